#include "core/store/database.h"

#include "core/disk_space.h"

#include <QFile>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlError>
#include <atomic>
#include <fcntl.h>
#include <unistd.h>

namespace hawser {

namespace {

constexpr int busyMilliseconds = 5000;
// Primary result codes of SQLite (sqlite.org/rescode.html); an extended code keeps them in its low byte.
constexpr int sqliteBusy = 5;
constexpr int sqliteReadOnly = 8;
constexpr int sqliteInputOutput = 10;
constexpr int sqliteCorrupt = 11;
constexpr int sqliteFull = 13;
constexpr int sqliteNotADatabase = 26;
constexpr int sqlitePrimaryKey = 1555; // extended
constexpr int sqliteUnique = 2067; // extended

Error notSaved(const Error &why)
{
    return { why.code, why.sentence + QStringLiteral(": nothing was saved") };
}

Error diskFails(const QString &path)
{
    const Result<void> taken = canKeepIn(QFileInfo(path).path());
    return taken ? Error { Code::Unavailable, QStringLiteral("the disk fails: nothing was saved") }
                 : notSaved(taken.error());
}

/// \param path  of the file: a damaged one is named, whoever asks it
Error errorOf(const QSqlError &error, const QString &path)
{
    const int code = error.nativeErrorCode().toInt();
    if ((code & 0xff) == sqliteFull)
        return { Code::ResourceExhausted, QStringLiteral("the disk is full: nothing was saved") };
    if ((code & 0xff) == sqliteBusy)
        return { Code::Unavailable, QStringLiteral("another program holds the database: nothing was saved") };
    if ((code & 0xff) == sqliteReadOnly)
        return { Code::FailedPrecondition, QStringLiteral("the database is read-only: nothing was saved") };
    if ((code & 0xff) == sqliteInputOutput)
        return diskFails(path);
    if ((code & 0xff) == sqliteCorrupt || (code & 0xff) == sqliteNotADatabase)
        return { Code::DataLoss,
            QStringLiteral("%1 is damaged and left as it is (%2)").arg(path, error.databaseText()) };
    if (code == sqlitePrimaryKey || code == sqliteUnique)
        return { Code::AlreadyExists, QStringLiteral("it is there already") };
    return { Code::DataLoss, QStringLiteral("the database says: %1").arg(error.text()) };
}

/// Qt makes NULL of a null text; only a QVariant without a value is NULL here. And it makes text of a quint64, which compares
/// as no number does.
QVariant bound(const QVariant &value)
{
    if (value.typeId() == QMetaType::QString && value.toString().isNull())
        return QString::fromLatin1("");
    if (value.typeId() == QMetaType::QByteArray && value.toByteArray().isNull())
        return QByteArray("");
    if (value.typeId() == QMetaType::ULongLong)
        return qint64(value.toULongLong());
    return value;
}

/// \param how  options of the connection, each with its semicolon
Result<void> connect(const QString &name, const QString &path, const QString &how)
{
    QSqlDatabase connection = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
    if (!connection.isValid())
        return Error { Code::FailedPrecondition, QStringLiteral("Qt's SQLite driver is missing (libqt6sql6-sqlite)") };
    connection.setDatabaseName(path);
    connection.setConnectOptions(how + QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1").arg(busyMilliseconds));
    if (!connection.open())
        return Error { Code::FailedPrecondition, connection.lastError().text() };
    return {};
}

/// SQLite makes files as the umask says; made beforehand they are the owner's alone, and so are -wal and -shm.
Result<void> makePrivate(const QString &path)
{
    const int file = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return Error { Code::FailedPrecondition,
            QStringLiteral("cannot open %1: %2").arg(path, qt_error_string(errno)) };
    ::close(file);
    return {};
}

} // namespace

Result<std::unique_ptr<Database>> Database::open(const QString &path, const Steps &steps)
{
    if (path != inMemory)
        if (const Result<void> made = makePrivate(path); !made)
            return made.error();
    static std::atomic<quint64> serial { 0 };
    std::unique_ptr<Database> database(new Database(QStringLiteral("hawser-%1").arg(++serial), path));
    if (const Result<void> ready = database->prepare(path, steps); !ready) {
        if (ready.error().sentence.startsWith(path))
            return ready.error();
        return Error { ready.error().code, QStringLiteral("%1: %2").arg(path, ready.error().sentence) };
    }
    return database;
}

Database::~Database()
{
    m_prepared.clear();
    QSqlDatabase::removeDatabase(m_connection);
}

Result<void> Database::prepare(const QString &path, const Steps &steps)
{
    const auto versionIn = [&](Database &database) -> Result<qint64> {
        const Result<qint64> found = database.number(QStringLiteral("PRAGMA user_version"));
        if (found && *found > steps.size())
            return Error { Code::FailedPrecondition,
                QStringLiteral("written by a newer Hawser (version %1, this one knows %2): left as it is")
                    .arg(QString::number(*found), QString::number(steps.size())) };
        return found;
    };
    const auto isFull = [](const Result<qint64> &found) {
        return !found && found.error().code == Code::ResourceExhausted;
    };
    // Who may write carries the log of a program that was killed into the file, just by closing it. Who only reads does not.
    if (QFileInfo(path + QStringLiteral("-wal")).size() > 0) {
        Database reader(m_connection + QStringLiteral("-reads"), path);
        if (const auto connected = connect(reader.m_connection, path, QStringLiteral("QSQLITE_OPEN_READONLY;"));
            !connected)
            return connected;
        if (const Result<qint64> known = versionIn(reader); !known && !isFull(known))
            return known.error();
    }
    const auto openAnd = [&](const QString &first) -> Result<qint64> {
        m_prepared.clear();
        QSqlDatabase::removeDatabase(m_connection);
        if (const Result<void> connected = connect(m_connection, path, {}); !connected)
            return connected.error();
        if (const Result<QSqlQuery> done = run(first); !done)
            return done.error();
        return versionIn(*this);
    };
    Result<qint64> found = openAnd(QStringLiteral("PRAGMA locking_mode=NORMAL"));
    // A full disk has no room for the -shm file, by which several programs share one log; who has the file alone needs none.
    if (isFull(found))
        found = openAnd(QStringLiteral("PRAGMA locking_mode=EXCLUSIVE"));
    if (!found)
        return found.error();
    qint64 version = *found;
    for (const char *pragma : { "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON" })
        if (const Result<QSqlQuery> set = run(QString::fromLatin1(pragma)); !set)
            return set.error();
    for (; version < steps.size(); ++version) {
        const Result<void> stepped = transaction([&]() -> Result<void> {
            for (const QString &statement : steps[version])
                if (const Result<QSqlQuery> done = run(statement); !done)
                    return done.error();
            const Result<QSqlQuery> noted = run(QStringLiteral("PRAGMA user_version=%1").arg(version + 1));
            return noted ? Result<void>() : noted.error();
        });
        if (!stepped)
            return stepped.error();
    }
    return {};
}

Result<QSqlQuery> Database::run(const QString &statement, const QVariantList &values)
{
    QSqlQuery query(QSqlDatabase::database(m_connection, false));
    query.setForwardOnly(true);
    if (!query.prepare(statement))
        return errorOf(query.lastError(), m_path);
    for (const QVariant &value : values)
        query.addBindValue(bound(value));
    if (!query.exec())
        return errorOf(query.lastError(), m_path);
    return query;
}

Result<QSqlQuery *> Database::again(const QString &statement, const QVariantList &values)
{
    std::shared_ptr<QSqlQuery> &query = m_prepared[statement];
    if (!query) {
        auto fresh = std::make_shared<QSqlQuery>(QSqlDatabase::database(m_connection, false));
        fresh->setForwardOnly(true);
        if (!fresh->prepare(statement))
            return errorOf(fresh->lastError(), m_path);
        query = std::move(fresh);
    }
    for (qsizetype i = 0; i < values.size(); ++i)
        query->bindValue(int(i), bound(values[i]));
    if (!query->exec())
        return errorOf(query->lastError(), m_path);
    return query.get();
}

Result<qint64> Database::number(const QString &question, const QVariantList &values)
{
    const Result<QSqlQuery *> row = again(question, values);
    if (!row)
        return row.error();
    const qint64 number = (*row)->next() ? (*row)->value(0).toLongLong() : 0;
    (*row)->finish();
    return number;
}

Result<void> Database::touch()
{
    if (m_path != inMemory)
        if (const Result<void> taken = canKeepIn(QFileInfo(m_path).path()); !taken)
            return notSaved(taken.error());
    Result<QSqlQuery> version = run(QStringLiteral("PRAGMA user_version"));
    if (!version)
        return version.error();
    const qint64 same = version->next() ? version->value(0).toLongLong() : 0;
    version->finish();
    const Result<QSqlQuery> written = run(QStringLiteral("PRAGMA user_version=%1").arg(same));
    return written ? Result<void>() : written.error();
}

Result<void> Database::setPatience(std::chrono::milliseconds time)
{
    const Result<QSqlQuery> set = run(QStringLiteral("PRAGMA busy_timeout=%1").arg(time.count()));
    return set ? Result<void>() : set.error();
}

Result<void> Database::transaction(const std::function<Result<void>()> &work)
{
    if (const Result<QSqlQuery> begun = run(QStringLiteral("BEGIN IMMEDIATE")); !begun)
        return begun.error();
    Result<void> done = work();
    if (done) {
        const Result<QSqlQuery> committed = run(QStringLiteral("COMMIT"));
        if (committed)
            return {};
        done = committed.error();
    }
    const Result<QSqlQuery> undone = run(QStringLiteral("ROLLBACK"));
    Q_UNUSED(undone) // the first reason is the one to tell
    return done;
}

} // namespace hawser
