#pragma once

#include "chat/widgets/panel.h"

#include <QTimer>

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// "Sending 3 files… [Undo]", for a few seconds.
class UndoBar : public chat::Panel {
    Q_OBJECT

public:
    explicit UndoBar(QWidget *parent = nullptr);

    void appear(const QString &sentence, const QByteArray &transfer);
    /// That transfer is over: there is nothing to undo.
    void forget(const QByteArray &transfer);

signals:
    void undone(const QByteArray &transfer);

private:
    QTimer m_timer;
    QByteArray m_transfer;
    chat::SafeLabel *m_text;
};

} // namespace hawser::desktop
