#pragma once

#include <QPlainTextEdit>

namespace hawser::chat {

/// Where a message is written: plain text only, Enter sends, Shift+Enter begins a line; it grows with its text.
class ChatInput : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit ChatInput(QWidget *parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void sendWished();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void insertFromMimeData(const QMimeData *source) override;
    bool canInsertFromMimeData(const QMimeData *source) const override;
};

} // namespace hawser::chat
