#include "core/byte_pipe.h"
#include "core/epoll_dispatcher.h"
#include "core/give_way.h"
#include "core/instant.h"
#include "core/limits.h"

#include <QCoreApplication>
#include <QMutex>
#include <QThread>
#include <deque>

namespace hawser {
namespace {

constexpr auto tellAfter = milliseconds(250); // when less than a step has gone

/// The thread that encrypts and decrypts bulk for the whole program.
class BulkThread {
public:
    static QThread *get()
    {
        static BulkThread only;
        const QMutexLocker alone(&only.m_mutex); // a BlockingClient has a thread of its own
        if (!only.m_thread) {
            only.m_thread = std::make_unique<QThread>();
            only.m_thread->setObjectName(QStringLiteral("bulk"));
            only.m_thread->setEventDispatcher(new EpollDispatcher);
            QObject::connect(only.m_thread.get(), &QThread::started, &workBehindOthers);
            only.m_thread->start();
            qAddPostRoutine([] { only.stop(); });
        }
        return only.m_thread.get();
    }
    ~BulkThread() { stop(); }

private:
    void stop()
    {
        const QMutexLocker alone(&m_mutex);
        if (!m_thread)
            return;
        m_thread->quit();
        m_thread->wait();
        m_thread.reset();
    }

    QMutex m_mutex;
    std::unique_ptr<QThread> m_thread;
};

/// The end in the bulk thread: owns the pipe that was moved there.
class FarEnd : public QObject {
    Q_OBJECT

public:
    explicit FarEnd(std::unique_ptr<BytePipe> pipe);

    void begin();
    void write(const QList<QByteArray> &pieces);
    void taken(qint64 bytes);
    void finish();
    void abort();
    void setReadBuffer(qint64 bytes) { m_pipe->setReadBuffer(bytes); }

signals:
    void came(const QByteArray &bytes);
    void went(qint64 bytes); ///< the kernel has so much, in all
    void ended(const hawser::Error &why); ///< after all that came

private:
    void read();
    void readSoon();
    void report();

    BytePipe *m_pipe;
    qint64 m_told = 0; // what went() said last
    Instant m_toldAt {};
    qint64 m_given; // bytes that the pipe was given, in all
    qint64 m_ahead = 0; // bytes that came and were not taken yet
    std::optional<Error> m_why; // the pipe has ended
    bool m_soon = false;
    bool m_over = false; // ended() was said, or nobody wants to hear it
};

/// Listens before it moves: an event of the pipe's that was posted already is handled there before begin().
FarEnd::FarEnd(std::unique_ptr<BytePipe> pipe) : m_pipe(pipe.release()), m_given(m_pipe->backlog())
{
    m_pipe->setParent(this);
    connect(m_pipe, &BytePipe::readable, this, &FarEnd::readSoon);
    connect(m_pipe, &BytePipe::written, this, &FarEnd::report);
    connect(m_pipe, &BytePipe::ended, this, [this](const Error &why) {
        m_why = why;
        readSoon();
    });
}

void FarEnd::begin()
{
    readSoon();
    report();
}

void FarEnd::write(const QList<QByteArray> &pieces)
{
    if (m_over || m_why)
        return;
    for (const QByteArray &piece : pieces) {
        m_given += piece.size();
        m_pipe->write(piece);
    }
    m_pipe->flush();
    report();
}

/// In steps, as each wakes the other thread, but often enough that a slow line is seen to move.
void FarEnd::report()
{
    const qint64 backlog = m_pipe->backlog();
    const qint64 gone = m_given - backlog;
    const Instant at = now();
    if (gone == m_told || (gone - m_told < limits::bulkTurn && backlog > 0 && at < m_toldAt + tellAfter))
        return;
    m_told = gone;
    m_toldAt = at;
    emit went(gone);
}

/// In a turn of its own: the pipe may be in the middle of something, and others want to be served too.
void FarEnd::readSoon()
{
    if (std::exchange(m_soon, true))
        return;
    QMetaObject::invokeMethod(this, &FarEnd::read, Qt::QueuedConnection);
}

void FarEnd::read()
{
    m_soon = false;
    if (m_over)
        return;
    if (m_ahead < limits::bulkAhead) {
        QByteArray bytes(limits::bulkTurn, Qt::Uninitialized);
        const qint64 got = m_pipe->read(bytes.data(), bytes.size());
        if (got > 0) {
            if (got < limits::bulkTurn / 2)
                bytes = QByteArray(bytes.constData(), got); // holds no more than is counted
            else
                bytes.truncate(got);
            m_ahead += got;
            emit came(bytes);
            return readSoon();
        }
        if (m_why) {
            m_over = true;
            emit ended(*m_why);
        }
    }
}

void FarEnd::taken(qint64 bytes)
{
    m_ahead -= bytes;
    readSoon();
}

void FarEnd::finish()
{
    if (!m_why)
        m_pipe->finish();
}

void FarEnd::abort()
{
    m_over = true;
    m_pipe->abort();
}

/// The end in the thread of the connection.
class BulkPipe : public BytePipe {
    Q_OBJECT

public:
    explicit BulkPipe(std::unique_ptr<BytePipe> pipe);
    ~BulkPipe() override { m_far->deleteLater(); }

    qint64 read(char *to, qint64 most) override;
    qint64 available() const override { return m_held; }
    void write(const QByteArray &bytes) override;
    void flush() override;
    qint64 backlog() const override { return m_given - m_gone; }
    void setReadBuffer(qint64 bytes) override;
    void finish() override;
    void abort() override;
    PublicKey peerKey() const override { return m_key; }
    QHostAddress peerAddress() const override { return m_peerAddress; }
    quint16 peerPort() const override { return m_peerPort; }
    QHostAddress localAddress() const override { return m_localAddress; }

private:
    template <typename Call>
    void there(Call call)
    {
        QMetaObject::invokeMethod(m_far, std::move(call), Qt::QueuedConnection);
    }

    PublicKey m_key;
    QHostAddress m_peerAddress;
    quint16 m_peerPort;
    QHostAddress m_localAddress;
    qint64 m_given; // bytes written, in all
    qint64 m_gone = 0; // of these, the kernel has
    FarEnd *m_far; // in the bulk thread; deleted there
    QList<QByteArray> m_unflushed;
    std::deque<QByteArray> m_came;
    qsizetype m_used = 0; // bytes of the first that were read
    qint64 m_held = 0;
    qint64 m_taken = 0; // bytes read, of which the far end was not told
};

BulkPipe::BulkPipe(std::unique_ptr<BytePipe> pipe)
    : m_key(pipe->peerKey()), m_peerAddress(pipe->peerAddress()), m_peerPort(pipe->peerPort()),
      m_localAddress(pipe->localAddress()), m_given(pipe->backlog()), m_far(new FarEnd(std::move(pipe)))
{
    connect(m_far, &FarEnd::came, this, [this](const QByteArray &bytes) {
        m_came.push_back(bytes);
        m_held += bytes.size();
        emit readable();
    });
    connect(m_far, &FarEnd::went, this, [this](qint64 bytes) {
        if (bytes > std::exchange(m_gone, bytes))
            emit written();
    });
    connect(m_far, &FarEnd::ended, this, [this](const Error &why) {
        m_gone = m_given;
        emit ended(why);
    });
    m_far->moveToThread(BulkThread::get());
    there([far = m_far] { far->begin(); });
}

qint64 BulkPipe::read(char *to, qint64 most)
{
    qint64 got = 0;
    while (got < most && !m_came.empty()) {
        const QByteArray &first = m_came.front();
        const qint64 part = std::min<qint64>(most - got, first.size() - m_used);
        memcpy(to + got, first.constData() + m_used, size_t(part));
        got += part;
        m_used += part;
        if (m_used == first.size()) {
            m_came.pop_front();
            m_used = 0;
        }
    }
    m_held -= got;
    m_taken += got;
    if (m_taken >= limits::bulkAhead / 2)
        there([far = m_far, taken = std::exchange(m_taken, 0)] { far->taken(taken); });
    return got;
}

void BulkPipe::write(const QByteArray &bytes)
{
    m_given += bytes.size();
    m_unflushed.push_back(bytes);
}

void BulkPipe::flush()
{
    if (!m_unflushed.isEmpty())
        there([far = m_far, pieces = std::exchange(m_unflushed, {})] { far->write(pieces); });
}

void BulkPipe::setReadBuffer(qint64 bytes)
{
    there([far = m_far, bytes] { far->setReadBuffer(bytes); });
}

void BulkPipe::finish()
{
    flush();
    there([far = m_far] { far->finish(); });
}

void BulkPipe::abort()
{
    there([far = m_far] { far->abort(); });
}

} // namespace

std::unique_ptr<BytePipe> inBulkThread(std::unique_ptr<BytePipe> pipe)
{
    return std::make_unique<BulkPipe>(std::move(pipe));
}

} // namespace hawser

#include "bulk_pipe.moc"
