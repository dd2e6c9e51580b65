#pragma once

#include "core/result.h"

#include <QHash>
#include <QSqlQuery>
#include <QStringList>
#include <QVariant>
#include <chrono>
#include <functional>
#include <memory>

namespace hawser {

/// One SQLite file that loses nothing it said was done: WAL with synchronous=FULL (NORMAL lost every acknowledged row in
/// a power cut). Readable by its owner alone. Lives in the thread that opened it.
class Database {
public:
    /// The statements that take the file from version i to i + 1; one transaction each.
    using Steps = QList<QStringList>;

    /// For open(): a database that is gone with its object.
    static inline const QString inMemory = QStringLiteral(":memory:");

    /// Opens `path`, or makes it, and takes it step by step to version `steps.size()`.
    /// \retval FailedPrecondition  it was written by a newer program, or cannot be opened: it is left untouched
    /// \retval DataLoss            it is no database, or a step failed
    static Result<std::unique_ptr<Database>> open(const QString &path, const Steps &steps);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    /// Runs one statement with `values` for its question marks, null texts as empty ones; a reader stands before its first row.
    /// \retval ResourceExhausted   the disk is full
    /// \retval AlreadyExists       a key or something unique is there already
    /// \retval Unavailable         another program holds the file, for longer than 5 s; or the disk fails, or takes nothing
    /// \retval FailedPrecondition  the file or its disk is read-only
    /// \retval DataLoss            anything else that the database says
    Result<QSqlQuery> run(const QString &statement, const QVariantList &values = {});
    /// The same for what runs often: prepared once and kept. The query is this object's and the statement's next run takes
    /// it over; a reader that stops before its last row calls finish(), or the file cannot be tidied.
    Result<QSqlQuery *> again(const QString &statement, const QVariantList &values = {});
    /// What again() finds first, as a number; 0 when there is no row, or NULL in it.
    Result<qint64> number(const QString &question, const QVariantList &values = {});
    /// All of `work` is on disk when this returns, or nothing of it. Not nested.
    Result<void> transaction(const std::function<Result<void>()> &work);

    /// Writes what is there already, and a file beside it that is gone at once: whether something can be kept now.
    Result<void> touch();
    /// How long a statement waits for another program that holds the file, 5 s at first. On a thread that serves others: little.
    Result<void> setPatience(std::chrono::milliseconds time);

private:
    Database(QString connection, QString path) : m_connection(std::move(connection)), m_path(std::move(path)) { }
    Result<void> prepare(const QString &path, const Steps &steps);

    QString m_connection;
    QString m_path;
    QHash<QString, std::shared_ptr<QSqlQuery>> m_prepared;
};

/// For a statement whose rows nobody looks at.
inline Result<void> done(const Result<QSqlQuery *> &query)
{
    return query ? Result<void>() : query.error();
}

} // namespace hawser
