#include "desktop/pages/broker_card.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/safelabel.h"
#include "desktop/models/words.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

using chat::Broker;

namespace {

QString stateText(const Broker &broker)
{
    switch (broker.state) {
    case Broker::State::Connecting:
        return BrokerCard::tr("connecting…");
    case Broker::State::Asking:
        return BrokerCard::tr("connected, waiting to be let in");
    case Broker::State::Ready:
        return broker.administrator ? BrokerCard::tr("connected · you are administrator") : BrokerCard::tr("connected");
    case Broker::State::Offline:
        return broker.retryIn > milliseconds::zero()
            ? BrokerCard::tr("not connected · tries again in %1").arg(durationText(broker.retryIn))
            : BrokerCard::tr("not connected");
    case Broker::State::ChangedKey:
        return BrokerCard::tr("has a different key than before: stopped");
    case Broker::State::Stopped:
        return BrokerCard::tr("stopped");
    }
    return {};
}

} // namespace

BrokerCard::BrokerCard(QWidget *parent)
    : Panel(Tone::Plain, parent), m_mark(new chat::IconMark(chat::icon(QStringLiteral("broker")), 1.6, this)),
      m_title(new chat::SafeLabel(this)), m_state(new chat::SafeLabel(this)),
      m_retry(button(tr("Try now"), &BrokerCard::retryWished)),
      m_invite(button(tr("Invite…"), &BrokerCard::inviteWished)),
      m_changed(button(tr("Look at the keys…"), &BrokerCard::changedKeyWished)),
      m_leave(button(tr("Leave…"), &BrokerCard::leaveWished))
{
    m_invite->setObjectName(QStringLiteral("inviteButton"));
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    m_title->setFont(strong);
    m_state->setWordWrap(true);
    auto *text = new QVBoxLayout;
    text->setSpacing(2);
    text->addWidget(m_title);
    text->addWidget(m_state);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->setSpacing(12);
    layout->addWidget(m_mark, 0, Qt::AlignTop);
    layout->addLayout(text, 1);
    for (QPushButton *each : { m_changed, m_retry, m_invite, m_leave })
        layout->addWidget(each, 0, Qt::AlignTop);
}

void BrokerCard::setBroker(const Broker &broker)
{
    m_key = broker.key;
    m_title->setText(QStringLiteral("%1  ·  %2").arg(broker.name, broker.address.text()));
    const QString why = broker.sentence.isEmpty() ? QString() : QStringLiteral("\n") + broker.sentence;
    m_state->setText(chat::SafeText::lines(stateText(broker) + why));
    m_retry->setVisible(broker.state == Broker::State::Offline || broker.state == Broker::State::Stopped);
    m_invite->setVisible(broker.state == Broker::State::Ready && broker.administrator);
    m_changed->setVisible(broker.state == Broker::State::ChangedKey);
    setTone(broker.state == Broker::State::ChangedKey ? Tone::Danger : Tone::Plain);
    const QString name = chat::isolated(broker.name);
    m_retry->setAccessibleName(tr("Try to connect to %1 now").arg(name));
    m_invite->setAccessibleName(tr("Invite somebody to %1").arg(name));
    m_changed->setAccessibleName(tr("Look at the keys of %1").arg(name));
    m_leave->setAccessibleName(tr("Leave %1").arg(name));
}

QPushButton *BrokerCard::button(const QString &text, void (BrokerCard::*wish)(const PublicKey &))
{
    auto *made = new QPushButton(text, this);
    connect(made, &QPushButton::clicked, this, [this, wish] { emit(this->*wish)(m_key); });
    return made;
}

} // namespace hawser::desktop
