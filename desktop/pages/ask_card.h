#pragma once

#include "chat/asks.h"
#include "chat/widgets/panel.h"

#include <QTimer>

class QCheckBox;
class QPushButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// What I wait for: whom, the number to compare, how long it stays on their screen.
class AskCard : public chat::Panel {
    Q_OBJECT

public:
    explicit AskCard(QWidget *parent = nullptr);

    void setAsk(const chat::Ask &ask);

signals:
    void cancelWished(const QByteArray &id);
    void comparedWished(const QByteArray &id); ///< the number is the same on their screen

private:
    void showTime();

    chat::Ask m_ask;
    QTimer m_ticker;
    chat::SafeLabel *m_title;
    chat::SafeLabel *m_number;
    chat::SafeLabel *m_detail;
    chat::SafeLabel *m_time;
    QCheckBox *m_compared;
    QPushButton *m_cancel;
};

} // namespace hawser::desktop
