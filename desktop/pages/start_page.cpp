#include "desktop/pages/start_page.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "desktop/pages/ask_card.h"
#include "desktop/pages/broker_card.h"

#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>

namespace hawser::desktop {

using chat::SafeLabel;

namespace {

SafeLabel *heading(const QString &text, double size)
{
    auto *label = new SafeLabel(text);
    QFont font = label->font();
    font.setPointSizeF(font.pointSizeF() * size);
    font.setWeight(QFont::DemiBold);
    label->setFont(font);
    return label;
}

/// Makes `cards` hold exactly the keys of `wanted`, in that order of appearance.
template <typename Key, typename Card, typename Make>
void keepCards(QMap<Key, Card *> &cards, const QList<Key> &wanted, Make make)
{
    for (const Key &key : cards.keys()) {
        if (!wanted.contains(key))
            cards.take(key)->deleteLater();
    }
    for (const Key &key : wanted) {
        if (!cards.contains(key))
            cards.insert(key, make());
    }
}

} // namespace

StartPage::StartPage(QWidget *parent) : QScrollArea(parent), m_askList(new QVBoxLayout), m_brokerList(new QVBoxLayout)
{
    setObjectName(QStringLiteral("startPage"));
    setAccessibleName(tr("You and your brokers"));
    setFrameShape(NoFrame);
    setBackgroundRole(QPalette::Base);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *body = new QWidget;
    body->setMaximumWidth(fontMetrics().averageCharWidth() * 100);
    auto *layout = new QVBoxLayout(body);
    const int gap = fontMetrics().height();
    layout->setContentsMargins(gap * 2, gap * 2, gap * 2, gap);
    layout->setSpacing(gap);
    layout->addWidget(makeMe());
    layout->addLayout(m_askList);
    layout->addWidget(makeJoin());
    layout->addLayout(m_brokerList);
    layout->addWidget(makeDirect());
    layout->addStretch(1);
    auto *foot = new SafeLabel(tr("Nothing is shared until you invite someone or accept a request."));
    foot->setWordWrap(true);
    foot->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(foot);
    auto *holder = new QWidget;
    holder->setBackgroundRole(QPalette::Base);
    auto *across = new QHBoxLayout(holder);
    across->setContentsMargins(0, 0, 0, 0);
    across->addStretch(1);
    across->addWidget(body, 100);
    across->addStretch(1);
    setWidget(holder);
}

QWidget *StartPage::makeMe()
{
    auto *me = new QWidget;
    auto *layout = new QVBoxLayout(me);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *line = new QHBoxLayout;
    auto *you = heading(tr("You are"), 1.4);
    m_name = new QLineEdit;
    m_name->setObjectName(QStringLiteral("myName"));
    m_name->setAccessibleName(tr("Your name"));
    m_name->setFont(you->font());
    m_name->setMaxLength(64);
    m_host = heading({}, 1.4);
    line->addWidget(you);
    line->addWidget(m_name, 1);
    line->addWidget(m_host);
    layout->addLayout(line);

    auto *keyLine = new QHBoxLayout;
    m_words = new SafeLabel;
    m_words->setObjectName(QStringLiteral("myKeyWords"));
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *copy = new QToolButton;
    copy->setIcon(chat::icon(QStringLiteral("copy")));
    copy->setAutoRaise(true);
    copy->setAccessibleName(tr("Copy your whole key"));
    copy->setToolTip(tr("Copy your whole key"));
    connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_wholeKey); });
    auto *caption = new SafeLabel(tr("Your key"));
    caption->setForegroundRole(QPalette::PlaceholderText);
    keyLine->addWidget(caption);
    keyLine->addWidget(m_words);
    keyLine->addWidget(copy);
    keyLine->addStretch(1);
    layout->addLayout(keyLine);
    connect(m_name, &QLineEdit::editingFinished, this, [this] {
        if (m_name->isModified())
            emit nameChosen(m_name->text());
        m_name->setModified(false);
    });
    return me;
}

QWidget *StartPage::makeJoin()
{
    auto *join = new QWidget;
    auto *layout = new QVBoxLayout(join);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(heading(tr("Connect to a broker or a person"), 1.1));
    auto *line = new QHBoxLayout;
    m_join = new QLineEdit;
    m_join->setObjectName(QStringLiteral("joinField"));
    m_join->setAccessibleName(tr("Link or address"));
    m_join->setPlaceholderText(tr("Paste an invitation link, or enter an address"));
    m_join->setClearButtonEnabled(true);
    m_joinButton = new QPushButton(tr("Connect"));
    m_joinButton->setObjectName(QStringLiteral("joinButton"));
    m_joinButton->setEnabled(false);
    line->addWidget(m_join, 1);
    line->addWidget(m_joinButton);
    layout->addLayout(line);
    m_recognised = new SafeLabel;
    m_recognised->setObjectName(QStringLiteral("joinRecognised"));
    m_recognised->setWordWrap(true);
    layout->addWidget(m_recognised);
    connect(m_join, &QLineEdit::textChanged, this, &StartPage::recognise);
    connect(m_joinButton, &QPushButton::clicked, this, [this] { emit joinWished(m_join->text().trimmed()); });
    connect(m_join, &QLineEdit::returnPressed, m_joinButton, &QPushButton::click);
    recognise({});
    return join;
}

QWidget *StartPage::makeDirect()
{
    auto *direct = new QWidget;
    auto *layout = new QVBoxLayout(direct);
    layout->setContentsMargins(0, 0, 0, 0);
    m_listening = new QCheckBox(tr("Let people reach me directly"));
    m_listening->setObjectName(QStringLiteral("listenBox"));
    m_addresses = new SafeLabel;
    m_addresses->setObjectName(QStringLiteral("myAddresses"));
    m_addresses->setWordWrap(true);
    m_addresses->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    layout->addWidget(m_listening, 0, Qt::AlignLeft); // as wide as it can be clicked
    layout->addWidget(m_addresses);
    connect(m_listening, &QCheckBox::clicked, this, &StartPage::listeningWished);
    return direct;
}

void StartPage::setMe(const QString &name, const QString &host, const PublicKey &key)
{
    if (!m_name->hasFocus() || !m_name->isModified())
        m_name->setText(name);
    m_host->setText(chat::SafeText::sentence(tr("on %1"), host));
    m_words->setText(key.words());
    m_wholeKey = key.hex();
}

void StartPage::setBrokers(const QList<chat::Broker> &brokers)
{
    QList<PublicKey> keys;
    for (const chat::Broker &broker : brokers)
        keys << broker.key;
    keepCards(m_brokers, keys, [this] {
        auto *card = new BrokerCard;
        connect(card, &BrokerCard::retryWished, this, &StartPage::retryWished);
        connect(card, &BrokerCard::inviteWished, this, &StartPage::inviteWished);
        connect(card, &BrokerCard::leaveWished, this, &StartPage::leaveWished);
        connect(card, &BrokerCard::changedKeyWished, this, &StartPage::changedKeyWished);
        m_brokerList->addWidget(card);
        return card;
    });
    for (const chat::Broker &broker : brokers)
        m_brokers.value(broker.key)->setBroker(broker);
}

void StartPage::setAsks(const QList<chat::Ask> &asks)
{
    QList<QByteArray> ids;
    for (const chat::Ask &ask : asks)
        ids << ask.id;
    keepCards(m_asks, ids, [this] {
        auto *card = new AskCard;
        connect(card, &AskCard::cancelWished, this, &StartPage::askCancelWished);
        connect(card, &AskCard::comparedWished, this, &StartPage::askComparedWished);
        m_askList->addWidget(card);
        return card;
    });
    for (const chat::Ask &ask : asks)
        m_asks.value(ask.id)->setAsk(ask);
}

void StartPage::setListening(bool on, const QStringList &addresses)
{
    m_listening->setChecked(on);
    m_addresses->setVisible(on);
    m_addresses->setText(tr("Tell them one of these addresses: %1").arg(addresses.join(QStringLiteral(" · "))));
}

void StartPage::beginJoin(const QString &text)
{
    if (!text.isEmpty())
        m_join->setText(text);
    m_join->setFocus(Qt::ShortcutFocusReason);
    m_join->selectAll();
    ensureWidgetVisible(m_join);
}

void StartPage::joinSucceeded()
{
    m_join->clear();
}

void StartPage::joinFailed(const QString &sentence)
{
    m_recognised->setText(sentence);
}

void StartPage::recognise(const QString &text)
{
    const chat::Recognised found = chat::recognise(text);
    const bool usable = found.what != chat::Recognised::What::Nothing;
    m_joinButton->setEnabled(usable);
    if (text.trimmed().isEmpty())
        m_recognised->setText(tr("A link works once and needs no comparing. At an address you compare a number."));
    else
        m_recognised->setText(found.sentence);
}

} // namespace hawser::desktop
