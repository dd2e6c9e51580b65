#include "core/transfer/download.h"
#include "core/transfer/landing.h"
#include "core/transfer/upload.h"
#include "tests/support/linked.h"

#include <QDir>
#include <QDirIterator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace hawser;
using namespace hawser::transfer;

namespace {

std::atomic<int> diskSyncs = 0; // of all that one disk holds
std::atomic<int> folderSyncs = 0;

} // namespace

extern "C" int syncfs(int fd) noexcept
{
    ++diskSyncs;
    return int(::syscall(SYS_syncfs, fd));
}

extern "C" int fsync(int fd)
{
    ++folderSyncs;
    return int(::syscall(SYS_fsync, fd));
}

namespace {

void write(const QString &path, const QByteArray &bytes)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

QByteArray read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

/// Every path below a folder, hidden ones too, sorted; folders end in '/'.
QStringList tree(const QString &folder)
{
    QStringList out;
    QDirIterator it(
        folder, QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        it.next();
        out += QDir(folder).relativeFilePath(it.filePath()) + (it.fileInfo().isDir() ? "/" : "");
    }
    out.sort();
    return out;
}

/// One stream between two links, an upload at one end and a download at the other.
struct Carried {
    Carried(const QStringList &paths, const QString &folder) : upload(paths)
    {
        QObject::connect(links.listener(), &Link::opened, &download, [this, folder](Stream *stream) {
            theirs = stream;
            QObject::connect(stream, &Stream::closed, &download, [this] { theirs = nullptr; });
            download.start(stream, folder);
        });
        OpenHead head;
        head.name = "file/1";
        head.background = true;
        ours = links.dialler()->open(head, {});
        QObject::connect(&download, &Download::opened, &upload, [this](const QByteArray &opened) {
            part = opened;
            upload.start(ours);
        });
        upload.count();
    }
    test::Linked links;
    Upload upload;
    Download download;
    Stream *ours = nullptr;
    Stream *theirs = nullptr;
    QByteArray part; ///< the private folder's name
};

QByteArray fileRecords(const QByteArray &path, const QByteArray &content, Tally &tally)
{
    QByteArray out;
    appendFile(out, { false, path, quint64(content.size()), 0, false });
    memcpy(appendContent(out, quint32(content.size())), content.constData(), size_t(content.size()));
    Sha256 hash;
    hash.add(content);
    const QByteArray sum = hash.result();
    appendFileEnd(out, sum);
    tally.file(path, quint64(content.size()), sum);
    return out;
}

} // namespace

Q_DECLARE_METATYPE(hawser::Error)

class tst_transfer : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QString path(const QString &name) const { return m_dir.filePath(name); }

    /// What a hostile sender's bytes lead to: the error, and what stands in the folder afterwards.
    std::pair<Error, QStringList> injected(
        const QByteArray &bytes, const std::optional<Total> &offered = {}, const QByteArray &only = {})
    {
        const QString folder = path("in-%1").arg(++m_count);
        QDir().mkpath(folder);
        Error error { Code::Ok, {} };
        bool finished = false;
        {
            test::Linked links;
            Download download;
            if (offered)
                download.setOffered(*offered);
            download.setOnly(only);
            connect(
                links.listener(), &Link::opened, &download, [&](Stream *stream) { download.start(stream, folder); });
            connect(&download, &Download::failed, &download, [&](const Error &why) { error = why; });
            connect(&download, &Download::finished, &download, [&] { finished = true; });
            OpenHead head;
            head.name = "file/1";
            Stream *ours = links.dialler()->open(head, {});
            ours->send(bytes);
            [&] { QTRY_VERIFY(finished || error.code != Code::Ok); }();
        }
        return { error, tree(folder) };
    }
    int m_count = 0;

private slots:
    void aTreeArrivesAsItWas()
    {
        const QString from = path("shoot");
        for (int i = 0; i < 300; ++i)
            write(from + QStringLiteral("/raw/%1/img %2").arg(QString::number(i % 7), QString::number(i)),
                QByteArray(i * 37, char(i)));
        write(from + "/empty", "");
        write(from + "/line\nbreak", "newline");
        write(from + QStringLiteral("/gr\u00fc\u00dfe"), "umlaut");
        write(from + "/big", QByteArray(5'000'001, 'b'));
        QDir().mkpath(from + "/nothing/in here");
        const QString into = path("into");
        Carried carried({ from }, into);
        QSignalSpy finished(&carried.download, &Download::finished);
        QSignalSpy sent(&carried.upload, &Upload::sent);
        QVERIFY(finished.wait(20000));
        QCOMPARE(sent.size(), 1);
        const auto receipt = finished[0][0].value<Receipt>();
        QCOMPARE(receipt.total, sent[0][0].value<Total>());
        QCOMPARE(receipt.names, QStringList({ "shoot" }));
        QCOMPARE(receipt.total.files, 304u);
        QCOMPARE(tree(into + "/shoot"), tree(from));
        QCOMPARE(tree(into).filter(".hawser-part"), QStringList());
        for (const QString &name : tree(from)) {
            if (!name.endsWith('/'))
                QCOMPARE(read(into + "/shoot/" + name), read(from + "/" + name));
        }
        QCOMPARE(QFileInfo(into + "/shoot/big").lastModified(), QFileInfo(from + "/big").lastModified());
    }

    void nothingIsEverOverwritten()
    {
        const QString into = path("taken");
        write(path("one/a.txt"), "new");
        write(into + "/a.txt", "old");
        write(into + "/a (2).txt", "older");
        Carried carried({ path("one/a.txt") }, into);
        QSignalSpy finished(&carried.download, &Download::finished);
        QVERIFY(finished.wait(5000));
        QCOMPARE(finished[0][0].value<Receipt>().names, QStringList({ "a (3).txt" }));
        QCOMPARE(read(into + "/a.txt"), "old");
        QCOMPARE(read(into + "/a (2).txt"), "older");
        QCOMPARE(read(into + "/a (3).txt"), "new");
    }

    void linksAndSpecialFilesAreSkippedByName()
    {
        const QString from = path("special");
        write(from + "/file", "f");
        QVERIFY(symlink("/etc/passwd", QFile::encodeName(from + "/link").constData()) == 0);
        QVERIFY(mkfifo(QFile::encodeName(from + "/fifo").constData(), 0600) == 0);
        Carried carried({ from }, path("special-in"));
        QSignalSpy finished(&carried.download, &Download::finished);
        QSignalSpy counted(&carried.upload, &Upload::counted);
        QVERIFY(finished.wait(5000));
        const auto last = counted.last()[0].value<Counted>();
        QVERIFY(last.finished);
        QCOMPARE(last.files, 1u);
        QCOMPARE(last.skipped.size(), 2);
        QCOMPARE(tree(path("special-in")), QStringList({ "special/", "special/file" }));
    }

    void aVanishedFileIsToldAndTheRestGoesOn()
    {
        const QString from = path("vanish");
        write(from + "/a", "a");
        write(from + "/b", "b");
        test::Linked links;
        Upload upload({ from });
        QSignalSpy counted(&upload, &Upload::counted);
        upload.count();
        QTRY_VERIFY(!counted.isEmpty() && counted.last()[0].value<Counted>().finished);
        QFile::remove(from + "/a");
        Download download;
        QSignalSpy finished(&download, &Download::finished);
        QSignalSpy sent(&upload, &Upload::sent);
        connect(links.listener(), &Link::opened, &download,
            [&](Stream *stream) { download.start(stream, path("vanish-in")); });
        OpenHead head;
        head.name = "file/1";
        upload.start(links.dialler()->open(head, {}));
        QVERIFY(finished.wait(5000));
        QCOMPARE(sent[0][1].toStringList().size(), 1);
        QCOMPARE(tree(path("vanish-in")), QStringList({ "vanish/", "vanish/b" }));
    }

    void stoppingLeavesNothingOfIt()
    {
        const QString into = path("stopped");
        write(into + "/mine", "untouched");
        QFile large(path("large"));
        QVERIFY(large.open(QIODevice::WriteOnly) && large.resize(1'000'000'000)); // more than arrives before we look
        {
            Carried carried({ path("large") }, into);
            QSignalSpy progress(&carried.download, &Download::progress);
            QVERIFY(progress.wait(5000));
            QVERIFY(!tree(into).filter(".hawser-part").isEmpty());
            carried.upload.stop();
            carried.download.stop();
        }
        QCOMPARE(tree(into), QStringList({ "mine" }));
        QCOMPARE(read(into + "/mine"), "untouched");
        QCOMPARE(large.size(), 1'000'000'000); // what was to be sent stays where it was
        QVERIFY(QFileInfo::exists(path("large")));
    }

    void hostileBytesLeaveNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        Tally tally;
        for (const QByteArray &name : { QByteArray("../x"), QByteArray("/abs"), QByteArray("a/../../x"),
                 QByteArray(".."), QByteArray("."), QByteArray("a//b"), QByteArray("a/"), QByteArray("a\0b", 3),
                 QByteArray(256, 'n'), QByteArray("missing/parent"), QByteArray(130, '/').replace("/", "d/") + "f" })
            QTest::newRow(("name " + name.toPercentEncoding().left(30)).constData()) << fileRecords(name, "x", tally);
        const QByteArray good = fileRecords("good", "content", tally);
        QTest::newRow("the same name twice") << good + good;
        QByteArray bytes = good;
        appendFolder(bytes, { true, "good", 0, 0, false });
        QTest::newRow("a folder where a file is") << bytes;
        bytes = good;
        bytes[bytes.size() - 1] = char(bytes.back() ^ 1);
        QTest::newRow("another hash") << bytes;
        bytes = good;
        bytes[bytes.indexOf("content")] = 'C';
        QTest::newRow("other content") << bytes;
        bytes.clear();
        appendFile(bytes, { false, "short", 10, 0, false });
        appendFileEnd(bytes, QByteArray(32, 'h'));
        QTest::newRow("shorter than said") << bytes;
        bytes.clear();
        appendFile(bytes, { false, "long", 2, 0, false });
        memcpy(appendContent(bytes, 3), "abc", 3);
        QTest::newRow("longer than said") << bytes;
        bytes.clear();
        appendFile(bytes, { false, "huge", ~quint64(0), 0, false });
        QTest::newRow("impossible size") << bytes;
        QTest::newRow("content without a file") << QByteArray::fromHex("03"
                                                                       "00000001"
                                                                       "41");
        QTest::newRow("unknown kind") << QByteArray::fromHex("63"
                                                             "00000001"
                                                             "41");
        QTest::newRow("a record of 4 GiB") << QByteArray::fromHex("02"
                                                                  "ffffffff");
        QTest::newRow("an empty file record") << QByteArray::fromHex("02"
                                                                     "00000000");
        bytes = good;
        appendEnd(bytes, { 7, 0, 7, QByteArray(32, 'r') });
        QTest::newRow("an end that lies") << bytes;
    }
    void hostileBytesLeaveNothing()
    {
        QFETCH(QByteArray, bytes);
        const auto [error, left] = injected(bytes);
        QVERIFY(error.code != Code::Ok);
        QVERIFY(!error.sentence.isEmpty());
        QCOMPARE(left, QStringList());
    }

    void moreThanWasOfferedIsRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("taken");
        const auto ended = [](const QByteArray &records, Tally &tally) {
            QByteArray out = records;
            appendEnd(out, tally.total());
            return out;
        };
        const auto good = [](Tally &tally) {
            QByteArray out = fileRecords("one", "seven b", tally);
            appendFolder(out, { true, "folder", 0, 0, false });
            tally.folder("folder");
            return out;
        };
        Tally whole;
        QTest::newRow("as offered") << ended(good(whole), whole) << true;
        Tally more;
        const QByteArray two = good(more) + fileRecords("two", "", more);
        QTest::newRow("a further file") << ended(two, more) << false;
        Tally further;
        QByteArray folders = good(further);
        appendFolder(folders, { true, "folder/inner", 0, 0, false });
        QTest::newRow("a further folder") << folders << false;
        Tally large;
        const QByteArray eight = fileRecords("one", "eight by", large);
        QTest::newRow("a larger file") << ended(eight, large) << false;
    }
    void moreThanWasOfferedIsRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, taken);
        const auto [error, left] = injected(bytes, Total { 1, 1, 7, {} });
        QCOMPARE(error.code, taken ? Code::Ok : Code::InvalidArgument);
        QCOMPARE(left.isEmpty(), !taken);
    }

    void anotherNameThanWasOfferedIsRefused_data()
    {
        QTest::addColumn<QByteArray>("only");
        QTest::addColumn<bool>("taken");
        QTest::newRow("as offered") << QByteArray("one") << true;
        QTest::newRow("several were offered") << QByteArray() << true;
        QTest::newRow("another") << QByteArray("a.txt") << false;
        QTest::newRow("another case") << QByteArray("One") << false;
    }
    void anotherNameThanWasOfferedIsRefused()
    {
        QFETCH(QByteArray, only);
        QFETCH(bool, taken);
        Tally tally;
        QByteArray bytes = fileRecords("one", "seven b", tally);
        appendEnd(bytes, tally.total());
        const auto [error, left] = injected(bytes, Total { 1, 0, 7, {} }, only);
        QCOMPARE(error.code, taken ? Code::Ok : Code::InvalidArgument);
        QCOMPARE(left.isEmpty(), !taken);
    }

    void whatGrewSinceTheOfferIsLeftOut()
    {
        write(path("grew/log"), "short");
        write(path("grew/other"), "stays");
        Upload upload({ path("grew") });
        QSignalSpy counted(&upload, &Upload::counted);
        upload.count();
        QTRY_VERIFY(!counted.isEmpty() && counted.last()[0].value<Counted>().finished);
        write(path("grew/log"), "not so short any more");
        test::Linked links;
        Download download;
        download.setOffered({ 2, 1, 10, {} });
        connect(
            links.listener(), &Link::opened, &download, [&](Stream *stream) { download.start(stream, path("grown")); });
        OpenHead head;
        head.name = "file/1";
        Stream *ours = links.dialler()->open(head, {});
        connect(&download, &Download::opened, &upload, [&] { upload.start(ours); });
        QSignalSpy finished(&download, &Download::finished);
        QVERIFY(finished.wait(5000));
        const auto receipt = finished[0][0].value<Receipt>();
        QCOMPARE(receipt.failed.size(), 1);
        QVERIFY2(receipt.failed[0].contains("became larger"), qPrintable(receipt.failed[0]));
        QCOMPARE(tree(path("grown")), QStringList({ "grew/", "grew/other" }));
    }

    void numbersGoBeforeTheSuffixAndFit_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("numbered");
        QTest::newRow("suffix") << QByteArray("a.txt") << QByteArray("a (2).txt");
        QTest::newRow("none") << QByteArray("folder") << QByteArray("folder (2)");
        QTest::newRow("hidden") << QByteArray(".bashrc") << QByteArray(".bashrc (2)");
        QTest::newRow("255 bytes") << QByteArray(255, 'n') << QByteArray(251, 'n') + " (2)";
    }
    void numbersGoBeforeTheSuffixAndFit()
    {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, numbered);
        QCOMPARE(numberedName(name, 2), numbered);
    }

    void aFolderThatCannotBeWrittenIsToldInWords()
    {
        write(path("afile"), "x");
        const Result<qint64> room = roomIn(path("afile"));
        QVERIFY(!room);
        QCOMPARE(room.error().code, Code::FailedPrecondition);
        QVERIFY(roomIn(path("made on the way")));
    }

    /// A landing of two items in the state a killed process leaves it in. \return its private folder's name
    QByteArray killedLanding(const QString &folder)
    {
        QDir().mkpath(folder);
        const std::unique_ptr<Landing> landing = std::move(*Landing::open(folder));
        landing->setKept(true); // nobody tidies up after a kill
        for (const char *name : { "a.txt", "b.txt" }) {
            const Result<Fd> file = landing->makeFile({ name });
            if (!file || ::write(file->get(), name, 5) != 5 || !landing->makeDurable())
                qFatal("cannot write");
        }
        return landing->partName();
    }

    void whatWasDurableIsSettledAfterAKill()
    {
        const QString folder = path("killed");
        const QByteArray part = killedLanding(folder);
        QVERIFY(QFile::rename(folder + "/.hawser-part/" + part + "/a.txt", folder + "/a.txt")); // in the midst of it
        const Result<QStringList> names = Landing::settleLater(folder, part);
        QVERIFY(names);
        QCOMPARE(*names, QStringList { "b.txt" });
        QCOMPARE(read(folder + "/b.txt"), QByteArray("b.txt"));
        QCOMPARE(*Landing::settleLater(folder, part), QStringList()); // once
        QVERIFY(tree(folder).contains(".hawser-part/" + part + "/")); // which says that it is the right disk
        Landing::close(folder, part);
        QCOMPARE(tree(folder), (QStringList { "a.txt", "b.txt" }));
        for (const QString &where : { path("not there"), folder })
            QCOMPARE(Landing::settleLater(where, part).error().code, Code::FailedPrecondition);
        QVERIFY(!Landing::settleLater(folder, ".."));
    }

    void closingRemovesNothingThatIsWanted()
    {
        const QString folder = path("closed");
        const QByteArray part = killedLanding(folder);
        Landing::close(folder, part);
        QVERIFY(tree(folder).contains(".hawser-part/" + part + "/a.txt"));
    }

    void whatWasNotIsSwept()
    {
        const QString folder = path("swept");
        const QByteArray part = killedLanding(folder);
        QVERIFY(!Landing::sweep(folder, "../swept"));
        QVERIFY(tree(folder).contains(".hawser-part/" + part + "/a.txt"));
        QVERIFY(Landing::sweep(folder, part));
        QVERIFY(!Landing::sweep(folder, part));
        QCOMPARE(tree(folder), QStringList());
    }

    void whatIsUnderWayIsLeftAlone()
    {
        const QString folder = path("busy");
        QDir().mkpath(folder);
        std::unique_ptr<Landing> landing = std::move(*Landing::open(folder));
        const QByteArray part = landing->partName();
        QVERIFY(landing->makeFile({ "a.txt" }));
        QVERIFY(!Landing::sweep(folder, part));
        QVERIFY(!Landing::settleLater(folder, part));
        QVERIFY(tree(folder).contains(".hawser-part/" + part + "/a.txt"));
        landing->setKept(true);
        landing.reset();
        Landing::sweep(folder, part);
        QCOMPARE(tree(folder), QStringList());
    }

    void whatCameWholeWaitsForItsNamesWhenItIsAskedTo()
    {
        write(path("asked.txt"), "hello");
        const QString into = path("asks");
        Carried carried({ path("asked.txt") }, into);
        carried.download.setAsksBefore(true);
        QSignalSpy whole(&carried.download, &Download::whole);
        QSignalSpy finished(&carried.download, &Download::finished);
        const int before = diskSyncs.load();
        QTRY_COMPARE(whole.size(), 1);
        QCOMPARE(diskSyncs.load(), before + 1); // all of it is on disk when it says so
        QVERIFY(!QFile::exists(into + "/asked.txt"));
        QVERIFY(finished.isEmpty());
        const int named = folderSyncs.load();
        carried.download.settle();
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(folderSyncs.load(), named + 1); // and so are its names
        QCOMPARE(finished[0][0].value<Receipt>().total, whole[0][0].value<Receipt>().total);
        const QByteArray part = carried.part;
        QCOMPARE(tree(into).filter("asked.txt"), QStringList { "asked.txt" });
        Landing::close(into, part);
        QCOMPARE(tree(into), QStringList { "asked.txt" });
    }

    void whatWaitsForItsNamesIsOnlyRemovedOnPurpose_data()
    {
        QTest::addColumn<bool>("stopped");
        QTest::newRow("stopped") << true;
        QTest::newRow("the program ends") << false;
    }
    void whatWaitsForItsNamesIsOnlyRemovedOnPurpose()
    {
        QFETCH(const bool, stopped);
        write(path("asked.txt"), "hello");
        const QString into = path(stopped ? "stopped" : "ended");
        QByteArray part;
        {
            Carried carried({ path("asked.txt") }, into);
            carried.download.setAsksBefore(true);
            QSignalSpy whole(&carried.download, &Download::whole);
            QTRY_COMPARE(whole.size(), 1);
            part = carried.part;
            if (stopped)
                carried.download.stop();
        }
        QCOMPARE(tree(into).contains(".hawser-part/" + part + "/asked.txt"), !stopped);
        const Result<QStringList> names = Landing::settleLater(into, part);
        QCOMPARE(names ? *names : QStringList(), stopped ? QStringList() : QStringList { "asked.txt" });
    }

    void fingerprintsTellWhatChanged()
    {
        const QString folder = path("print");
        write(folder + "/a", "one");
        write(folder + "/b", "two");
        const auto print = [&] {
            Upload upload({ folder });
            QSignalSpy counted(&upload, &Upload::counted);
            upload.count();
            [&] { QTRY_VERIFY(!counted.isEmpty() && counted.last()[0].value<Counted>().finished); }();
            return counted.last()[0].value<Counted>().fingerprint;
        };
        QFile file(folder + "/a");
        QVERIFY(file.open(QIODevice::ReadWrite));
        const QDateTime then = QDateTime::fromSecsSinceEpoch(1'700'000'000);
        QVERIFY(file.setFileTime(then, QFileDevice::FileModificationTime));
        const QByteArray before = print();
        QCOMPARE(before.size(), 32);
        QCOMPARE(print(), before);
        QVERIFY(file.setFileTime(then.addSecs(-1), QFileDevice::FileModificationTime));
        const QByteArray touched = print();
        QVERIFY(touched != before);
        QVERIFY(file.setFileTime(then, QFileDevice::FileModificationTime));
        QCOMPARE(print(), before);
        QVERIFY(QFile::rename(folder + "/b", folder + "/c"));
        QVERIFY(print() != before);
    }

    void aSumIsWhatSendingWouldSay()
    {
        write(path("sum/big"), QByteArray(3'000'000, 's'));
        write(path("sum/small"), "x");
        Carried carried({ path("sum") }, path("summed"));
        QSignalSpy sent(&carried.upload, &Upload::sent);
        QTRY_COMPARE(sent.size(), 1);
        Upload only({ path("sum") });
        QSignalSpy summed(&only, &Upload::sent);
        only.count();
        only.sum();
        QTRY_COMPARE(summed.size(), 1);
        QCOMPARE(summed[0][0].value<Total>(), sent[0][0].value<Total>());
    }
};

QTEST_GUILESS_MAIN(tst_transfer)
#include "tst_transfer.moc"
