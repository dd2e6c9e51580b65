#pragma once

#include "core/store/database.h"

#include <QObject>
#include <QPointer>
#include <QThread>
#include <deque>
#include <memory>

namespace hawser {

/// A Database in a thread of its own. All that was posted while the last batch ran is the next one: one commit, one sync,
/// and no `done` is called before it. Lives in its owner's thread: post from there, hear there.
///
///     m_store.write(this, [row](Database &database) { return insert(database, row); },
///         [this](const Result<quint64> &number) { … });
class StoreThread : public QObject {
    Q_OBJECT

public:
    /// The file is opened in the thread, before the first batch; as long as that fails, each job hears why and the next
    /// batch tries again.
    StoreThread(const QString &path, const Database::Steps &steps, QObject *parent = nullptr);
    /// Does what was posted, then ends. Nobody is called any more.
    ~StoreThread() override;

    /// `work(Database &)` returns a Result<T> and runs in the thread, inside the batch's transaction (so it begins none);
    /// `done(const Result<T> &)` runs in the owner's once the batch is on disk, never when `context` is gone by then. A work
    /// that fails leaves nothing behind and harms no other; a batch that fails (disk full, locked by another program for
    /// longer than Database waits) is told to all of its works, and nothing of it is kept. Works run, and are answered, in
    /// the order of posting.
    template <typename Work, typename Done>
    void write(QObject *context, Work work, Done done)
    {
        post(jobOf(context, std::move(work), std::move(done)), m_writes);
    }
    /// The same for work that only reads: it runs after the writes of its batch, outside their transaction, and does not
    /// mind when they fail.
    template <typename Work, typename Done>
    void read(QObject *context, Work work, Done done)
    {
        post(jobOf(context, std::move(work), std::move(done)), m_reads);
    }
    /// Jobs that have not been answered.
    qsizetype unanswered() const { return m_unanswered; }

private:
    struct Job {
        QPointer<QObject> context;
        std::function<Result<void>(Database &)> run;
        std::function<void(const Error *instead)> done;
    };
    using Jobs = std::deque<Job>;
    struct Batch {
        Jobs writes;
        Jobs reads;
        std::optional<Error> writesFailed;
        std::optional<Error> closed; // the file cannot be opened
    };
    /// What lives in the thread.
    class Worker : public QObject {
    public:
        Worker(const QString &path, const Database::Steps &steps) : m_path(path), m_steps(steps) { }
        void run(Batch &batch);

    private:
        Result<void> runWrites(Jobs &jobs);
        static Result<void> runOne(Database &database, Job &job);

        QString m_path;
        Database::Steps m_steps;
        std::unique_ptr<Database> m_database;
    };

    template <typename Work, typename Done>
    static Job jobOf(QObject *context, Work work, Done done);
    void post(Job job, Jobs &jobs);
    void handOver();
    void took(Batch &batch);

    QThread m_thread;
    Worker *m_worker; // lives in m_thread, ends with it
    Jobs m_writes;
    Jobs m_reads;
    qsizetype m_unanswered = 0;
    bool m_due = false; // handOver is called at the end of this turn
    bool m_running = false;
};

template <typename Work, typename Done>
StoreThread::Job StoreThread::jobOf(QObject *context, Work work, Done done)
{
    using Outcome = std::invoke_result_t<Work, Database &>;
    const auto outcome = std::make_shared<std::optional<Outcome>>();
    Job job;
    job.context = context;
    job.run = [outcome, work = std::move(work)](Database &database) mutable -> Result<void> {
        outcome->emplace(work(database));
        return **outcome ? Result<void>() : (*outcome)->error();
    };
    job.done = [outcome, done = std::move(done)](
                   const Error *instead) mutable { done(instead ? Outcome(*instead) : **outcome); };
    return job;
}

} // namespace hawser
