#pragma once

#include "cli/output.h"
#include "core/value.h"

#include <QStringDecoder>

namespace hawser::cli {

/// What a remote program wrote. Into a pipe or a file it goes byte for byte; on a terminal, only as text: what a terminal
/// would act on is made visible, in whatever pieces it comes.
class RemoteOutput : public QObject {
    Q_OBJECT

public:
    explicit RemoteOutput(Output &output);

    void write(const QByteArray &bytes);
    void end(); ///< nothing follows: what was half is shown
    bool isFull() const; ///< let the writer wait until roomAgain

signals:
    void roomAgain();

private:
    Output &m_output;
    QStringDecoder m_decoder { QStringDecoder::Utf8 };
    bool m_returnHeld = false; // a CR whose LF may still come
};

/// The same for --json, which cannot hold any bytes: what is no UTF-8 is told in base64.
/// \param stream  "out" or "err"
Value outputObject(const char *stream, const QByteArray &bytes);

} // namespace hawser::cli
