#include "core/control_server.h"
#include "support/framesink.h"

#include <QFile>
#include <QFileInfo>
#include <QLocalSocket>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace hawser;

namespace {

/// Leaves a socket behind that nobody listens at.
void leaveStaleSocket(const QString &path)
{
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, QFile::encodeName(path).constData(), sizeof address.sun_path);
    (void)::bind(descriptor, reinterpret_cast<sockaddr *>(&address), sizeof address);
    ::close(descriptor);
}

struct stat statusOf(const QString &path)
{
    struct stat status { };
    (void)::lstat(QFile::encodeName(path).constData(), &status);
    return status;
}

} // namespace

class TestControlServer : public QObject {
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral("device not open"))); }

    void linksWithoutAGreeting()
    {
        QTemporaryDir folder;
        ControlServer server;
        QSignalSpy arrived(&server, &ControlServer::arrived);
        QVERIFY(server.listen(folder.filePath("control")));
        auto connection = Connection::dialLocal(folder.filePath("control"));
        RecordingSink sink;
        QByteArray ping;
        appendFrame(ping, FrameType::Ping, 0, 0, "eight888");
        sink.out.push_back(ping);
        connection->setSink(&sink);
        QTRY_COMPARE(arrived.size(), 1);
        QTRY_VERIFY(!sink.frames.empty());
        QCOMPARE(sink.frames[0].type, FrameType::Pong);
        QVERIFY(arrived[0][0].value<Link *>()->settings().local);
        QVERIFY(connection->peerKey().isNull());
        connection.reset();
        QTRY_COMPARE(server.connections(), 0);
    }

    void onlyTheOwnerMayOpenIt() // Z01
    {
        QTemporaryDir folder;
        const mode_t before = ::umask(0);
        ControlServer server;
        const auto listening = server.listen(folder.filePath("control"));
        ::umask(before);
        QVERIFY(listening);
        QCOMPARE(statusOf(folder.filePath("control")).st_mode & 0777, mode_t(0600));
    }

    void aStaleSocketIsReplacedAndALiveOneIsNot() // Z02
    {
        QTemporaryDir folder;
        leaveStaleSocket(folder.filePath("control"));
        ControlServer server, second;
        QVERIFY(server.listen(folder.filePath("control")));
        const auto taken = second.listen(folder.filePath("control"));
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, Code::AlreadyExists);
        auto connection = Connection::dialLocal(folder.filePath("control"));
        QSignalSpy ready(connection.get(), &Connection::encrypted);
        QVERIFY(ready.wait());
    }

    void whatIsNoSocketStays_data() // Z02
    {
        QTest::addColumn<QString>("kind");
        for (const char *kind : { "file", "folder", "symlink to a file", "symlink to a socket" })
            QTest::newRow(kind) << kind;
    }
    void whatIsNoSocketStays()
    {
        QFETCH(QString, kind);
        QTemporaryDir folder;
        const QString path = folder.filePath("control"), target = folder.filePath("target");
        QFile file(kind == "file" ? path : target);
        if (kind == "folder")
            QVERIFY(QDir().mkdir(path));
        else if (kind == "symlink to a socket")
            leaveStaleSocket(target);
        else
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4 && file.flush());
        if (kind.startsWith("symlink"))
            QVERIFY(QFile::link(target, path));
        const ino_t before = statusOf(path).st_ino;
        ControlServer server;
        const auto refused = server.listen(path);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, Code::FailedPrecondition);
        QCOMPARE(statusOf(path).st_ino, before);
    }

    void aPathTooLongIsAClearError() // Z02
    {
        QTemporaryDir folder;
        ControlServer server;
        const auto refused = server.listen(folder.filePath(QString(120, 'x')));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, Code::InvalidArgument);
        QVERIFY(refused.error().sentence.contains("107"));
    }

    void nobodyThereIsSaid()
    {
        QTemporaryDir folder;
        leaveStaleSocket(folder.filePath("control"));
        for (const char *name : { "control", "missing" }) {
            auto connection = Connection::dialLocal(folder.filePath(name));
            Error why;
            connect(connection.get(), &Connection::closed, this, [&](const Error &error) { why = error; });
            QTRY_COMPARE(why.code, Code::Unavailable);
            QVERIFY2(why.sentence.contains("nothing runs"), qUtf8Printable(why.sentence));
        }
    }

    void anOversizeHeaderEndsThatConnectionOnly() // Z03
    {
        QTemporaryDir folder;
        ControlServer server;
        QVERIFY(server.listen(folder.filePath("control")));
        auto liar = Connection::dialLocal(folder.filePath("control"));
        auto honest = Connection::dialLocal(folder.filePath("control"));
        RecordingSink lies, truth;
        char header[limits::frameHeader];
        writeHeader(header, 1u << 30, FrameType::Data, 0, 1);
        lies.out.push_back(QByteArray(header, sizeof header));
        liar->setSink(&lies);
        honest->setSink(&truth);
        QTRY_COMPARE(lies.losses.size(), 1u);
        QTRY_COMPARE(server.connections(), 1);
        QVERIFY(truth.losses.empty());
        liar->setSink(nullptr);
        honest->setSink(nullptr);
    }

    void whoIsGoneWhileWeWriteIsNotReadFrom()
    {
        int ends[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        auto socket = std::make_unique<QLocalSocket>();
        QVERIFY(socket->setSocketDescriptor(ends[0]));
        auto connection = Connection::acceptLocal(socket.release());
        QSignalSpy ready(connection.get(), &Connection::encrypted);
        QVERIFY(ready.wait());
        RecordingSink sink;
        connection->setSink(&sink);
        ::close(ends[1]);
        sink.sayFrame("nobody reads this");
        QTRY_COMPARE(sink.losses.size(), 1u);
    }

    void theSocketGoesWithTheServer()
    {
        QTemporaryDir folder;
        {
            ControlServer server;
            QVERIFY(server.listen(folder.filePath("control")));
        }
        QVERIFY(!QFileInfo::exists(folder.filePath("control")));
    }
};

QTEST_GUILESS_MAIN(TestControlServer)
#include "tst_control_server.moc"
