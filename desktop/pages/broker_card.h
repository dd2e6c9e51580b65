#pragma once

#include "chat/brokers.h"
#include "chat/widgets/panel.h"

class QPushButton;

namespace hawser::chat {
class IconMark;
class SafeLabel;
} // namespace hawser::chat

namespace hawser::desktop {

/// One broker: where, in which state and why, and what I may do there.
class BrokerCard : public chat::Panel {
    Q_OBJECT

public:
    explicit BrokerCard(QWidget *parent = nullptr);

    void setBroker(const chat::Broker &broker);

signals:
    void retryWished(const hawser::PublicKey &broker);
    void inviteWished(const hawser::PublicKey &broker);
    void leaveWished(const hawser::PublicKey &broker);
    void changedKeyWished(const hawser::PublicKey &broker);

private:
    QPushButton *button(const QString &text, void (BrokerCard::*wish)(const PublicKey &));

    PublicKey m_key;
    chat::IconMark *m_mark;
    chat::SafeLabel *m_title;
    chat::SafeLabel *m_state;
    QPushButton *m_retry;
    QPushButton *m_invite;
    QPushButton *m_changed;
    QPushButton *m_leave;
};

} // namespace hawser::desktop
