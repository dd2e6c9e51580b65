#pragma once

#include "core/link.h"

namespace hawser::test {

inline OpenHead headOf(const QByteArray &name, bool background = false)
{
    OpenHead head;
    head.name = name;
    head.background = background;
    return head;
}

/// Two links joined in memory without an event loop, time passed in: what one writes the other reads when run() is called.
class Transcript {
public:
    explicit Transcript(LinkSettings first = {}, LinkSettings second = {})
    {
        first.dialler = true;
        second.dialler = false;
        a = std::make_unique<Link>(first, now);
        b = std::make_unique<Link>(second, now);
    }

    /// Moves bytes both ways until nothing moves any more. \param most  bytes of one read, to cut frames anywhere
    Result<void> run(qsizetype most = 64 * 1024)
    {
        Result<void> outcome;
        bool moved = true;
        while (moved && outcome) {
            moved = false;
            outcome = carry(*a, *b, m_toB, m_readerB, most, moved);
            if (outcome)
                outcome = carry(*b, *a, m_toA, m_readerA, most, moved);
        }
        return outcome;
    }
    /// The connection breaks: what is under way is lost. Both links wait when they may, else they end.
    void cut()
    {
        m_toA.clear();
        m_toB.clear();
        m_readerA = m_readerB = FrameReader(limits::framePayload);
        mostToA = mostToB = INT64_MAX;
        a->lost({ Code::Unavailable, QStringLiteral("cut"), {}, {} }, now);
        b->lost({ Code::Unavailable, QStringLiteral("cut"), {}, {} }, now);
    }
    /// The next connection, and what the two greetings say.
    Result<void> resume()
    {
        const quint64 takenByA = a->lane().takenCount();
        if (const Result<void> there = b->resume(takenByA, a->opensGranted(), seconds(15), now); !there)
            return there;
        return a->resume(b->lane().takenCount(), b->opensGranted(), seconds(15), now);
    }
    /// Lets time pass and both links look at it.
    Result<void> pass(milliseconds time)
    {
        now += time;
        for (Link *link : { a.get(), b.get() }) {
            if (link->deadline() <= now) {
                if (const Result<void> ticked = link->tick(now); !ticked)
                    return ticked;
            }
        }
        return run();
    }
    /// Raw bytes for b, as a hostile peer would send them.
    Result<void> inject(const QByteArray &bytes)
    {
        m_toB += bytes;
        return run();
    }

    Instant now { seconds(1000) };
    std::unique_ptr<Link> a;
    std::unique_ptr<Link> b;
    qint64 carriedToB = 0;
    qint64 carriedToA = 0;
    qint64 mostToB = INT64_MAX; ///< bytes that still arrive over this connection
    qint64 mostToA = INT64_MAX;

private:
    Result<void> carry(Link &from, Link &to, QByteArray &pipe, FrameReader &reader, qsizetype most, bool &moved)
    {
        for (QByteArray chunk = from.nextChunk(now); !chunk.isEmpty(); chunk = from.nextChunk(now))
            pipe += chunk;
        if (pipe.isEmpty())
            return {};
        qint64 &left = &to == b.get() ? mostToB : mostToA;
        const qsizetype size = qsizetype(qMin<qint64>(left, qMin(most, pipe.size())));
        left -= size;
        if (size == 0)
            return {};
        moved = true;
        memcpy(reader.space().data(), pipe.constData(), size);
        reader.filled(size);
        (&to == b.get() ? carriedToB : carriedToA) += size;
        pipe.remove(0, size);
        const Result<void> outcome = to.read(reader, now);
        reader.endTurn();
        return outcome;
    }

    QByteArray m_toA;
    QByteArray m_toB;
    FrameReader m_readerA { limits::framePayload };
    FrameReader m_readerB { limits::framePayload };
};

} // namespace hawser::test
