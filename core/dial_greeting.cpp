#include "core/dial_greeting.h"

namespace hawser {

DialGreeting::DialGreeting(const Hello &hello)
{
    appendFrame(m_unsent, FrameType::Hello, 0, 0, encodeHello(hello));
}

QByteArray DialGreeting::nextChunk(Instant)
{
    return std::exchange(m_unsent, {});
}

Result<void> DialGreeting::read(FrameReader &reader, Instant)
{
    while (const std::optional<FrameView> frame = reader.next()) {
        if (frame->stream == 0 && frame->type == FrameType::Welcome) {
            const Result<Welcome> welcome = decodeWelcome(frame->payload);
            if (!welcome)
                return welcome.error();
            emit welcomed(*welcome);
            return {}; // the rest is for the next sink
        }
        if (frame->stream == 0 && frame->type == FrameType::GoAway) {
            const Result<GoAway> goAway = decodeGoAway(frame->payload);
            if (!goAway)
                return goAway.error();
            emit refused(*goAway);
            return errorOf(*goAway);
        }
        if (frame->stream != 0 || quint8(frame->type) < 128)
            return Error { Code::Protocol, QStringLiteral("something came before the greeting was answered") };
    }
    return reader.state();
}

} // namespace hawser
