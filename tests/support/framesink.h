#pragma once

#include "core/frame.h"

#include <QStringList>
#include <deque>
#include <functional>

/// A sink that writes down what happens and says what it is told to say.
class RecordingSink : public hawser::FrameSink {
public:
    struct Frame {
        hawser::FrameType type;
        quint32 stream;
        QByteArray payload;
    };

    std::vector<Frame> frames;
    std::deque<QByteArray> out; ///< handed to the connection, one a call
    std::function<void(const Frame &)> onFrame;
    std::function<void()> onLost;
    std::vector<hawser::Error> losses;
    hawser::Instant due = hawser::Instant::max();
    int ticks = 0;

    void say(const QByteArray &bytes)
    {
        out.push_back(bytes);
        if (wake)
            wake();
    }
    void sayFrame(QByteArrayView payload, quint32 stream = 1)
    {
        QByteArray frame;
        hawser::appendFrame(frame, hawser::FrameType::Data, 0, stream, payload);
        say(frame);
    }

    hawser::Result<void> read(hawser::FrameReader &reader, hawser::Instant) override
    {
        while (const auto frame = reader.next()) {
            frames.push_back({ frame->type, frame->stream, frame->payload.toByteArray() });
            if (onFrame)
                onFrame(Frame(frames.back()));
        }
        return reader.state();
    }
    QByteArray nextChunk(hawser::Instant) override
    {
        if (out.empty())
            return {};
        const QByteArray chunk = out.front();
        out.pop_front();
        return chunk;
    }
    hawser::Result<void> tick(hawser::Instant) override
    {
        ++ticks;
        due = hawser::Instant::max();
        return {};
    }
    hawser::Instant deadline() const override { return due; }
    void lost(const hawser::Error &error, hawser::Instant) override
    {
        losses.push_back(error);
        if (onLost)
            onLost();
    }
};
