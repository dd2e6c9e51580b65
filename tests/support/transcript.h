#pragma once

#include "core/link.h"

namespace hawser::test {

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

private:
    Result<void> carry(Link &from, Link &to, QByteArray &pipe, FrameReader &reader, qsizetype most, bool &moved)
    {
        for (QByteArray chunk = from.nextChunk(now); !chunk.isEmpty(); chunk = from.nextChunk(now))
            pipe += chunk;
        if (pipe.isEmpty())
            return {};
        moved = true;
        const qsizetype size = qMin(most, pipe.size());
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
