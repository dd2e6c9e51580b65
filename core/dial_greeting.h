#pragma once

#include "core/frame.h"
#include "core/greeting.h"

#include <QObject>

namespace hawser {

/// The dialler's side of the greeting: HELLO goes out, WELCOME or GOAWAY comes back (docs/protocol.md §5). Sans-I/O.
class DialGreeting : public QObject, public FrameSink {
    Q_OBJECT

public:
    explicit DialGreeting(const Hello &hello);

    // --- FrameSink
    Result<void> read(FrameReader &reader, Instant now) override;
    QByteArray nextChunk(Instant now) override;
    Result<void> tick(Instant) override { return {}; }
    Instant deadline() const override { return Instant::max(); }
    void lost(const Error &, Instant) override { }

signals:
    /// The greeting is over: whoever hears this sets the next sink, which gets the frames that came behind it.
    void welcomed(const hawser::Welcome &welcome);
    void refused(const hawser::GoAway &goAway); ///< the connection closes

private:
    QByteArray m_unsent; // HELLO
};

} // namespace hawser
