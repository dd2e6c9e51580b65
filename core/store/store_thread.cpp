#include "core/store/store_thread.h"

namespace hawser {

StoreThread::StoreThread(const QString &path, const Database::Steps &steps, QObject *parent)
    : QObject(parent), m_worker(new Worker(path, steps))
{
    m_thread.setObjectName(QStringLiteral("store"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

StoreThread::~StoreThread()
{
    const auto last = std::make_shared<Batch>();
    last->writes.swap(m_writes);
    QMetaObject::invokeMethod(m_worker, [worker = m_worker, last] {
        if (!last->writes.empty())
            worker->run(*last);
        QThread::currentThread()->quit();
    });
    m_thread.wait();
}

void StoreThread::post(Job job, Jobs &jobs)
{
    jobs.push_back(std::move(job));
    ++m_unanswered;
    if (m_running || std::exchange(m_due, true))
        return;
    QMetaObject::invokeMethod(this, &StoreThread::handOver, Qt::QueuedConnection);
}

void StoreThread::handOver()
{
    m_due = false;
    if (m_running || (m_writes.empty() && m_reads.empty()))
        return;
    m_running = true;
    const auto batch = std::make_shared<Batch>();
    batch->writes.swap(m_writes);
    batch->reads.swap(m_reads);
    QMetaObject::invokeMethod(m_worker, [this, worker = m_worker, batch] {
        worker->run(*batch);
        QMetaObject::invokeMethod(this, [this, batch] { took(*batch); });
    });
}

void StoreThread::took(Batch &batch)
{
    m_running = false;
    handOver(); // the thread works while the answers are given
    const QPointer<StoreThread> alive(this);
    const auto answer = [&](Jobs &jobs, const std::optional<Error> &failed) {
        for (Job &job : jobs) {
            if (!alive)
                return;
            --m_unanswered;
            if (job.context)
                job.done(failed ? &*failed : nullptr);
        }
    };
    answer(batch.writes, batch.closed ? batch.closed : batch.writesFailed);
    answer(batch.reads, batch.closed);
}

void StoreThread::Worker::run(Batch &batch)
{
    if (!m_database) {
        Result<std::unique_ptr<Database>> opened = Database::open(m_path, m_steps);
        if (!opened) {
            batch.closed = opened.error();
            return;
        }
        m_database = std::move(*opened);
    }
    if (!batch.writes.empty())
        if (const Result<void> written = runWrites(batch.writes); !written)
            batch.writesFailed = written.error();
    for (Job &job : batch.reads)
        (void)job.run(*m_database); // its outcome is told by its `done`
}

Result<void> StoreThread::Worker::runWrites(Jobs &jobs)
{
    return m_database->transaction([&]() -> Result<void> {
        for (Job &job : jobs)
            if (const Result<void> done = runOne(*m_database, job); !done)
                return done;
        return {};
    });
}

/// Fails when the whole transaction is lost, not when the job alone is.
Result<void> StoreThread::Worker::runOne(Database &database, Job &job)
{
    if (const auto begun = database.again(QStringLiteral("SAVEPOINT job")); !begun)
        return begun.error();
    const Result<void> done = job.run(database);
    if (!done)
        if (const auto undone = database.again(QStringLiteral("ROLLBACK TO job")); !undone)
            return done; // SQLite has rolled back everything by itself: a full or broken disk
    const auto ended = database.again(QStringLiteral("RELEASE job"));
    return ended ? Result<void>() : ended.error();
}

} // namespace hawser
