#pragma once

#include "core/contracts/node.h"

#include <QPlainTextEdit>
#include <QStringDecoder>
#include <QTimer>

namespace hawser::desktop {

/// The output of a command as it comes. Never blocks: a bounded part of what waits is shown 20 times a second, the oldest
/// lines go, and held() asks the source to wait. Bytes are read as UTF-8; whatever would move or hide text is visible.
class OutputView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit OutputView(QWidget *parent = nullptr);

    void take(contracts::RunStream stream, QByteArrayView bytes);
    /// No more comes: shows what is left.
    void finish();
    void setFollowing(bool follow);
    qint64 lines() const { return m_lines; }
    qint64 bytes() const { return m_bytes; }

signals:
    /// \param full  true: take no more in; false: go on
    void held(bool full);
    void counted();

private:
    struct Piece {
        bool error;
        QString text;
        qsizetype at = 0; ///< shown up to here
    };
    struct Reader {
        QStringDecoder decode { QStringDecoder::Utf8 };
        bool carriageReturn = false; // at the end of what came: it may belong to a line feed
    };

    void enqueue(bool error, QString text);
    void flush();
    void showText(bool error, QStringView text);
    void startLine(bool error);
    void hold(bool full);

    Reader m_readers[2]; // output, error
    QList<Piece> m_waiting;
    qint64 m_waitingChars = 0;
    QTimer m_timer;
    bool m_held = false;
    bool m_following = true;
    bool m_lineOpen = false;
    bool m_lineIsError = false;
    qint64 m_lineLength = 0;
    qint64 m_lines = 0;
    qint64 m_bytes = 0;
};

} // namespace hawser::desktop
