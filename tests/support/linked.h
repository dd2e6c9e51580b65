#pragma once

#include "core/link.h"

#include <QObject>
#include <memory>

namespace hawser::test {

/// Two links joined in memory, without any Connection. With an event loop the bytes flow by themselves (each wake moves
/// them in a later turn); without one call pump(). The time is what `clock` says.
class Linked : public QObject {
public:
    explicit Linked(const LinkSettings &first = diallerSettings(), const LinkSettings &second = listenerSettings())
    {
        join(0, first);
        join(1, second);
    }

    static PublicKey keyOf(quint8 number)
    {
        PublicKey key;
        const_cast<quint8 *>(key.data())[0] = number; // a name for tests; never checked as a point
        return key;
    }
    static LinkSettings diallerSettings()
    {
        LinkSettings settings;
        settings.dialler = true;
        settings.peer = keyOf(2);
        settings.peerParty.user = keyOf(2);
        return settings;
    }
    static LinkSettings listenerSettings()
    {
        LinkSettings settings;
        settings.peer = keyOf(1);
        settings.peerParty.user = keyOf(1);
        return settings;
    }

    Link *dialler() { return m_ends[0].link.get(); }
    Link *listener() { return m_ends[1].link.get(); }
    /// What ended a side's reading; Ok while all is well.
    const Error &brokenBy() const { return m_broken; }
    /// Bytes that went from the dialler to the listener (0) or back (1).
    qint64 moved(int from) const { return m_ends[from].moved; }

    /// Moves bytes until neither side has any.
    void pump()
    {
        m_posted = false;
        while (moveOnce(0) | moveOnce(1)) { }
    }
    /// The connection breaks: both links end.
    void cut(const Error &why = { Code::Unavailable, QStringLiteral("cut"), {}, {} })
    {
        for (End &end : m_ends) {
            end.link->wake = nullptr;
            end.link->lost(why, clock);
        }
    }

    Instant clock = now();

private:
    struct End {
        std::unique_ptr<Link> link;
        FrameReader reader { limits::framePayload };
        qint64 moved = 0;
    };

    void join(int index, const LinkSettings &settings)
    {
        m_ends[index].link = std::make_unique<Link>(settings, clock);
        m_ends[index].link->wake = [this] {
            if (!std::exchange(m_posted, true))
                QMetaObject::invokeMethod(this, &Linked::pump, Qt::QueuedConnection);
        };
    }

    bool moveOnce(int from)
    {
        const QByteArray chunk = m_ends[from].link->nextChunk(clock);
        m_ends[from].moved += chunk.size();
        End &to = m_ends[1 - from];
        for (qsizetype at = 0; at < chunk.size();) {
            const std::span<char> space = to.reader.space();
            const qsizetype part = std::min(qsizetype(space.size()), chunk.size() - at);
            std::copy_n(chunk.data() + at, part, space.data());
            to.reader.filled(part);
            at += part;
            const Result<void> taken = to.link->read(to.reader, clock);
            to.reader.endTurn();
            if (!taken && m_broken.code == Code::Ok)
                m_broken = taken.error();
        }
        return !chunk.isEmpty();
    }

    End m_ends[2];
    Error m_broken { Code::Ok, {}, {}, {} };
    bool m_posted = false;
};

} // namespace hawser::test
