#include "core/byte_pipe.h"
#include "core/limits.h"

#include <QPointer>
#include <algorithm>
#include <cstring>

namespace hawser {
namespace {

/// One end of a pair in memory. What one writes is readable at the other in a later turn, never inside write(); what
/// the other has not read is our backlog.
class MemoryPipe : public BytePipe {
    Q_OBJECT

public:
    explicit MemoryPipe(const PublicKey &peer) : m_peerKey(peer) { }
    ~MemoryPipe() override { leave(); }

    static void join(MemoryPipe *first, MemoryPipe *second);

    qint64 read(char *to, qint64 most) override;
    qint64 available() const override { return m_inbox.size(); }
    void write(const QByteArray &bytes) override;
    void flush() override { }
    qint64 backlog() const override { return m_peer ? m_peer->m_inbox.size() : 0; }
    void finish() override;
    void abort() override;
    PublicKey peerKey() const override { return m_peerKey; }

private:
    void later(void (MemoryPipe::*step)());
    void begin() { emit opened(); }
    void deliver();
    void sayWritten();
    void sayEnded();
    void leave();

    QPointer<MemoryPipe> m_peer;
    PublicKey m_peerKey;
    QByteArray m_inbox;
    bool m_deliverPosted = false;
    bool m_finishing = false;
    bool m_ended = false;
};

void MemoryPipe::join(MemoryPipe *first, MemoryPipe *second)
{
    first->m_peer = second;
    second->m_peer = first;
    first->later(&MemoryPipe::begin);
    second->later(&MemoryPipe::begin);
}

void MemoryPipe::later(void (MemoryPipe::*step)())
{
    QMetaObject::invokeMethod(
        this, [this, step] { (this->*step)(); }, Qt::QueuedConnection);
}

qint64 MemoryPipe::read(char *to, qint64 most)
{
    const qint64 count = std::min<qint64>(most, m_inbox.size());
    std::memcpy(to, m_inbox.constData(), size_t(count));
    m_inbox.remove(0, count);
    if (count > 0 && m_peer)
        m_peer->later(&MemoryPipe::sayWritten);
    return count;
}

void MemoryPipe::write(const QByteArray &bytes)
{
    if (!m_peer || m_ended)
        return;
    m_peer->m_inbox += bytes;
    if (m_peer->m_deliverPosted)
        return;
    m_peer->m_deliverPosted = true;
    m_peer->later(&MemoryPipe::deliver);
}

void MemoryPipe::deliver()
{
    m_deliverPosted = false;
    if (!m_ended)
        emit readable();
}

void MemoryPipe::sayWritten()
{
    if (m_finishing && backlog() == 0)
        return leave();
    if (!m_ended)
        emit written();
}

void MemoryPipe::finish()
{
    m_finishing = true;
    if (backlog() == 0)
        leave();
}

void MemoryPipe::abort()
{
    leave();
}

void MemoryPipe::leave()
{
    if (m_peer)
        m_peer->later(&MemoryPipe::sayEnded);
    later(&MemoryPipe::sayEnded);
    m_peer = nullptr;
}

void MemoryPipe::sayEnded()
{
    if (m_ended)
        return;
    m_ended = true;
    m_peer = nullptr;
    emit ended({ Code::Unavailable, QStringLiteral("the other side closed the connection") });
}

} // namespace

std::pair<std::unique_ptr<BytePipe>, std::unique_ptr<BytePipe>> memoryPipes(
    const PublicKey &first, const PublicKey &second)
{
    auto one = std::make_unique<MemoryPipe>(second);
    auto other = std::make_unique<MemoryPipe>(first);
    MemoryPipe::join(one.get(), other.get());
    return { std::move(one), std::move(other) };
}

} // namespace hawser

#include "connection_memory.moc"
