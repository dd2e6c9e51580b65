#include "desktop/pages/ask_card.h"

#include "chat/widgets/safelabel.h"
#include "core/number.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

using chat::Ask;
using chat::isolated;
using chat::SafeText;

namespace {

SafeText titleOf(const Ask &ask)
{
    switch (ask.state) {
    case Ask::State::Connecting:
        return SafeText::sentence(AskCard::tr("Connecting to %1…"), ask.to);
    case Ask::State::Waiting:
        return SafeText::sentence(AskCard::tr("Waiting for %1 to accept"), ask.to);
    case Ask::State::NoAnswer:
        return SafeText::sentence(AskCard::tr("No answer from %1 yet"), ask.to);
    case Ask::State::Unreachable:
        return SafeText::sentence(AskCard::tr("%1 cannot be reached now"), ask.to);
    case Ask::State::ChangedKey:
        return SafeText::sentence(AskCard::tr("%1 has another key than you were told"), ask.to);
    case Ask::State::Accepted:
        return SafeText::sentence(AskCard::tr("%1 accepted"), ask.to);
    case Ask::State::Denied:
        return SafeText::sentence(AskCard::tr("%1 said no"), ask.to);
    case Ask::State::Failed:
        return SafeText::sentence(AskCard::tr("Asking %1 failed"), ask.to);
    case Ask::State::Already:
        return ask.kind == contracts::AskToBeLetIn::Kind::Contact
            ? SafeText::sentence(AskCard::tr("You and %1 are contacts already"), ask.to)
            : SafeText::sentence(AskCard::tr("You belong to %1 already"), ask.to);
    }
    return {};
}

QString detailOf(const Ask &ask)
{
    const bool person = ask.kind == contracts::AskToBeLetIn::Kind::Contact;
    if (ask.state == Ask::State::Waiting && !ask.number.isEmpty())
        return person ? AskCard::tr("Tell them this number: it must be the same on both screens.")
                      : AskCard::tr("The administrator sees the same number. You need not stay connected.");
    if (ask.state == Ask::State::Accepted || ask.state == Ask::State::Already)
        return {}; // the title says it
    if (!ask.sentence.isEmpty())
        return ask.sentence;
    switch (ask.state) {
    case Ask::State::NoAnswer:
        return AskCard::tr("They can still accept later; you need not stay connected.");
    case Ask::State::Unreachable:
        return AskCard::tr("Hawser tries again by itself.");
    default:
        return {};
    }
}

bool isOver(const Ask &ask)
{
    return ask.state == Ask::State::Accepted || ask.state == Ask::State::Denied || ask.state == Ask::State::Failed
        || ask.state == Ask::State::Already;
}

} // namespace

AskCard::AskCard(QWidget *parent)
    : Panel(Tone::Plain, parent), m_title(new chat::SafeLabel(this)), m_number(new chat::SafeLabel(this)),
      m_detail(new chat::SafeLabel(this)), m_time(new chat::SafeLabel(this)),
      m_compared(new QCheckBox(tr("We compared: it is the same on their screen"), this)),
      m_cancel(new QPushButton(tr("Cancel"), this))
{
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    m_title->setFont(strong);
    m_title->setWordWrap(true);
    QFont large = strong;
    large.setPointSizeF(font().pointSizeF() * 2);
    m_number->setFont(large);
    m_number->setObjectName(QStringLiteral("waitingNumber"));
    m_number->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_detail->setWordWrap(true);
    m_title->setObjectName(QStringLiteral("askTitle"));
    m_detail->setObjectName(QStringLiteral("askDetail"));
    m_time->setObjectName(QStringLiteral("askTime"));
    m_cancel->setObjectName(QStringLiteral("askCancel"));

    auto *text = new QVBoxLayout;
    for (chat::SafeLabel *label : { m_title, m_number, m_detail, m_time })
        text->addWidget(label);
    m_compared->setObjectName(QStringLiteral("waitingMatches"));
    text->addWidget(m_compared, 0, Qt::AlignLeft);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->addLayout(text, 1);
    layout->addWidget(m_cancel, 0, Qt::AlignTop);
    connect(m_cancel, &QPushButton::clicked, this, [this] { emit cancelWished(m_ask.id); });
    connect(m_compared, &QCheckBox::clicked, this, [this] { emit comparedWished(m_ask.id); });
    m_ticker.setInterval(1000);
    m_ticker.callOnTimeout(this, &AskCard::showTime);
}

void AskCard::setAsk(const Ask &ask)
{
    m_ask = ask;
    m_title->setText(titleOf(ask));
    const bool person = ask.kind == contracts::AskToBeLetIn::Kind::Contact;
    const bool accepted = ask.state == Ask::State::Accepted && person;
    const bool compare = !ask.number.isEmpty() && (!isOver(ask) || accepted);
    m_compared->setVisible(compare && person);
    m_compared->setChecked(ask.compared);
    m_compared->setEnabled(!ask.compared); // what was compared stays compared
    m_number->setVisible(compare);
    m_number->setText(showNumber(ask.number));
    QStringList digits;
    for (const QChar digit : ask.number)
        digits << digit;
    m_number->setAccessibleName(tr("Number to compare: %1").arg(digits.join(QLatin1Char(' '))));
    const QString detail = detailOf(ask);
    m_detail->setVisible(!detail.isEmpty());
    m_detail->setText(detail);
    m_cancel->setText(isOver(ask) ? tr("Close") : tr("Cancel"));
    m_cancel->setAccessibleName(tr("Cancel the request to %1").arg(isolated(ask.to)));
    setTone(ask.state == Ask::State::ChangedKey ? Tone::Danger
            : ask.state == Ask::State::Failed   ? Tone::Warning
                                                : Tone::Plain);
    showTime();
}

void AskCard::showTime()
{
    const bool counts = m_ask.state == Ask::State::Waiting && m_ask.until && *m_ask.until > now();
    m_time->setVisible(counts);
    if (!counts)
        return m_ticker.stop();
    const auto left = std::chrono::ceil<seconds>(*m_ask.until - now()).count();
    m_time->setText(tr("It stays on their screen for %1:%2; then they can still accept later.")
                        .arg(QString::number(left / 60), QStringLiteral("%1").arg(left % 60, 2, 10, QLatin1Char('0'))));
    m_ticker.start();
}

} // namespace hawser::desktop
