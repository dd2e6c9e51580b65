#include "desktop/desks/join_desk.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "desktop/dialogs/changedkeydialog.h"
#include "desktop/mainwindow.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/start_page.h"
#include "desktop/windows/confirm_dialog.h"
#include "desktop/windows/invite_dialog.h"

#include <QMenu>
#include <QPointer>
#include <QTimer>

namespace hawser::desktop {

JoinDesk::JoinDesk(chat::Person &person, MainWindow &window, QObject *parent)
    : QObject(parent), m_person(person), m_window(window), m_clock(new QTimer(this))
{
    followMe();
    followBrokers();
    followAsks();
    followListening();
    connect(&person.changedKeys(), &chat::ChangedKeys::found, this, &JoinDesk::showChangedContact);
    QMenu *add = window.contacts()->addMenu();
    connect(add, &QMenu::aboutToShow, this, &JoinDesk::fillAddMenu);
    connect(&window, &MainWindow::joinWished, this, [this] { begin({}); });
    fillAddMenu();
}

void JoinDesk::begin(const QString &text)
{
    m_window.showPage(MainWindow::Contacts);
    m_window.contacts()->showStart();
    m_window.contacts()->start()->beginJoin(text);
}

void JoinDesk::followMe()
{
    connect(&m_person, &chat::Person::nameChanged, this, &JoinDesk::showMe);
    connect(m_window.contacts()->start(), &StartPage::nameChosen, this, [this](const QString &name) {
        report(m_person.setName(name));
        showMe();
    });
    showMe();
}

void JoinDesk::showMe()
{
    m_window.contacts()->start()->setMe(m_person.name(), m_person.host(), m_person.key());
    m_window.contacts()->setMyName(m_person.name());
}

void JoinDesk::followBrokers()
{
    chat::Brokers &brokers = m_person.brokers();
    connect(&brokers, &chat::Brokers::added, this, &JoinDesk::showBrokers);
    connect(&brokers, &chat::Brokers::changed, this, &JoinDesk::showBrokers);
    connect(&brokers, &chat::Brokers::removed, this, &JoinDesk::showBrokers);
    connect(&brokers, &chat::Brokers::keyChanged, this, &JoinDesk::showChangedKey);
    StartPage *start = m_window.contacts()->start();
    connect(start, &StartPage::retryWished, &brokers, &chat::Brokers::retryNow);
    connect(start, &StartPage::inviteWished, this, &JoinDesk::invite);
    connect(start, &StartPage::leaveWished, this, &JoinDesk::leave);
    connect(start, &StartPage::changedKeyWished, this, &JoinDesk::showChangedKey);
    m_clock->setInterval(1000);
    m_clock->callOnTimeout(this, &JoinDesk::showBrokers);
    showBrokers();
}

void JoinDesk::showBrokers()
{
    const QList<chat::Broker> brokers = m_person.brokers().all();
    m_window.contacts()->start()->setBrokers(brokers);
    const bool counts = std::ranges::any_of(
        brokers, [](const chat::Broker &broker) { return broker.state == chat::Broker::State::Offline; });
    if (counts && !m_clock->isActive())
        m_clock->start();
    else if (!counts)
        m_clock->stop();
}

void JoinDesk::followAsks()
{
    chat::Asks &asks = m_person.asks();
    StartPage *start = m_window.contacts()->start();
    const auto show = [this, start] { start->setAsks(m_person.asks().all()); };
    connect(&asks, &chat::Asks::added, this, show);
    connect(&asks, &chat::Asks::changed, this, show);
    connect(&asks, &chat::Asks::removed, this, show);
    connect(start, &StartPage::askCancelWished, &asks, &chat::Asks::cancel);
    connect(start, &StartPage::askComparedWished, this,
        [this](const QByteArray &id) { report(m_person.asks().setCompared(id)); });
    connect(start, &StartPage::joinWished, this, &JoinDesk::join);
    show();
}

void JoinDesk::join(const QString &text)
{
    StartPage *start = m_window.contacts()->start();
    if (const auto asked = m_person.asks().join(text); !asked)
        start->joinFailed(asked.error().sentence);
    else
        start->joinSucceeded();
}

void JoinDesk::followListening()
{
    const auto wish = [this](bool on) {
        report(m_person.setListening(on));
        showListening();
    };
    connect(&m_person, &chat::Person::listeningChanged, this, &JoinDesk::showListening);
    connect(m_window.contacts()->start(), &StartPage::listeningWished, this, wish);
    connect(&m_window, &MainWindow::listeningWished, this, wish);
    showListening();
}

void JoinDesk::showListening()
{
    QStringList addresses;
    for (const Address &address : m_person.addresses())
        addresses << address.text();
    m_window.contacts()->start()->setListening(m_person.isListening(), addresses);
    m_window.listening()->setChecked(m_person.isListening());
}

void JoinDesk::fillAddMenu()
{
    QMenu *menu = m_window.contacts()->addMenu();
    for (QMenu *old : menu->findChildren<QMenu *>(Qt::FindDirectChildrenOnly))
        old->deleteLater();
    menu->clear();
    menu->addAction(chat::icon(QStringLiteral("link")), tr("By link or address…"), this, [this] { begin({}); });
    for (const chat::Broker &broker : m_person.brokers().all()) {
        if (broker.state == chat::Broker::State::Ready)
            addPeople(menu, broker);
    }
}

void JoinDesk::addPeople(QMenu *menu, const chat::Broker &broker)
{
    auto *people = new QMenu(chat::plainCaption(tr("People at %1").arg(broker.name)), menu);
    people->setObjectName(QStringLiteral("peopleMenu"));
    people->setIcon(chat::icon(QStringLiteral("contacts")));
    menu->addMenu(people);
    for (const chat::Member &member : m_person.brokers().people(broker.key)) {
        const bool known = m_person.contacts().find(member.key).has_value();
        const bool reached = known && m_person.contacts().believes(member.key, broker.key);
        const QString name = chat::plainCaption(member.name.isEmpty() ? member.key.words() : member.name);
        QAction *ask = people->addAction(reached ? tr("%1 – a contact already").arg(name)
                : known                          ? tr("%1 – a contact, not yet through here").arg(name)
                                                 : name);
        ask->setIcon(chat::icon(member.online ? QStringLiteral("online") : QStringLiteral("offline")));
        ask->setEnabled(!reached);
        connect(ask, &QAction::triggered, this, [this, broker = broker.key, key = member.key, name = member.name] {
            if (const auto asked = m_person.asks().contact(broker, key, name); !asked)
                return m_window.tell(asked.error().sentence);
            m_window.showPage(MainWindow::Contacts);
            m_window.contacts()->showStart();
        });
    }
    if (people->isEmpty())
        people->addAction(tr("Nobody else yet"))->setEnabled(false);
}

void JoinDesk::invite(const PublicKey &key)
{
    const auto broker = m_person.brokers().find(key);
    if (!broker)
        return;
    auto *dialog = new InviteDialog(broker->name, &m_window);
    connect(dialog, &InviteDialog::inviteWished, this, [this, key, dialog](const contracts::Invite::Request &request) {
        m_person.brokers().invite(key, request, dialog,
            [dialog](const Result<contracts::Invite::Reply> &answer) { dialog->setAnswer(answer); });
    });
    dialog->open();
}

void JoinDesk::leave(const PublicKey &key)
{
    const auto broker = m_person.brokers().find(key);
    if (!broker)
        return;
    auto *dialog = new ConfirmDialog(
        chat::SafeText::sentence(
            tr("Leave %1? Its machines and the people you reach only through it go from here."), broker->name),
        tr("Leave"), tr("Stay"), &m_window);
    connect(dialog, &QDialog::accepted, this, [this, key] { report(m_person.brokers().leave(key)); });
    dialog->open();
}

void JoinDesk::showChangedKey(const PublicKey &key)
{
    const auto broker = m_person.brokers().find(key);
    if (!broker || m_window.findChild<ChangedKeyDialog *>())
        return;
    const PublicKey newKey = broker->newKey;
    auto *dialog = new ChangedKeyDialog(broker->name, broker->key, newKey, broker->knownSince, &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ChangedKeyDialog::replaceWished, this, [this, key, newKey, address = broker->address.text()] {
        report(m_person.brokers().replaceKey(key, newKey.words().section(QLatin1Char('-'), 0, 0)));
        begin({});
        join(address); // it may not know us any more
    });
    dialog->show();
}

/// A contact's address answers with another key; the next of several is shown when this one is decided.
void JoinDesk::showChangedContact(const PublicKey &key)
{
    chat::ChangedKeys &changed = m_person.changedKeys();
    const auto contact = m_person.contacts().find(key);
    if (!contact || changed.now(key).isNull())
        return;
    const PublicKey newKey = changed.now(key);
    auto *dialog = new ChangedKeyDialog(contact->shownName(), key, newKey, contact->since, &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ChangedKeyDialog::disconnectWished, this,
        [this, key] { report(m_person.changedKeys().disconnectFrom(key)); });
    connect(dialog, &ChangedKeyDialog::replaceWished, this, [this, key, newKey] {
        const auto address = m_person.changedKeys().replace(key, newKey.words().section(QLatin1Char('-'), 0, 0));
        if (!address)
            return m_window.tell(address.error().sentence);
        begin({});
        join(*address);
    });
    dialog->show();
}

void JoinDesk::report(const Result<void> &done)
{
    if (!done)
        m_window.tell(done.error().sentence);
}

} // namespace hawser::desktop
