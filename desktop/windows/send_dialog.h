#pragma once

#include "desktop/tally.h"

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// "Send to Bea": what it is, counted while one looks, and a note. "Send now" works while it counts.
class SendDialog : public QDialog {
    Q_OBJECT

public:
    /// \param name  of the receiver: text from others
    SendDialog(const QString &name, const QStringList &paths, QWidget *parent = nullptr);

    void setCounted(const Counted &counted);

signals:
    void sendWished(const QString &note);

private:
    chat::SafeLabel *m_counted;
    chat::SafeLabel *m_left;
    QLineEdit *m_note;
    QPushButton *m_send;
};

} // namespace hawser::desktop
