#include "desktop/desks/talk_desk.h"

#include "chat/widgets/safelabel.h"
#include "desktop/desks/send_desk.h"
#include "desktop/mainwindow.h"
#include "desktop/models/words.h"
#include "desktop/notifications.h"
#include "desktop/open_folder.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/pages/find_bar.h"
#include "desktop/pages/missed_bar.h"
#include "desktop/pages/offer_bar.h"
#include "desktop/pages/transfers_page.h"
#include "desktop/pages/undo_bar.h"
#include "desktop/windows/confirm_dialog.h"
#include "desktop/windows/rights_dialog.h"

namespace hawser::desktop {

using chat::Transfer;

TalkDesk::TalkDesk(
    chat::Person &person, PersonModels &models, MainWindow &window, Notifications &notifications, QObject *parent)
    : QObject(parent), m_person(person), m_models(models), m_window(window), m_notifications(notifications),
      m_sending(new SendDesk(person, models, window, this))
{
    followConversation();
    followOffers();
    followTransfers();
    connect(&window, &MainWindow::rightsWished, this, &TalkDesk::showRights);
    connect(&window, &MainWindow::activated, this, &TalkDesk::markRead);
}

void TalkDesk::followConversation()
{
    ContactsPage *page = m_window.contacts();
    ConversationPage *conversation = page->conversation();
    connect(page, &ContactsPage::chosen, this, &TalkDesk::choose);
    connect(page, &ContactsPage::droppedOn, m_sending, &SendDesk::send);
    connect(&m_models, &PersonModels::contactChanged, this, &TalkDesk::refresh);
    connect(&m_person.conversations(), &chat::Conversations::added, this, &TalkDesk::tellMessage);
    connect(&m_person.conversations(), &chat::Conversations::troubleChanged, this, &TalkDesk::tellTrouble);
    tellTrouble();
    connect(&m_person.conversations(), &chat::Conversations::unreadChanged, this, [this](const PublicKey &with) {
        if (m_person.brokers().find(with))
            showMissed();
    });
    connect(page->missed(), &MissedBar::seen, this, [this] {
        for (const chat::Broker &broker : m_person.brokers().all())
            m_person.conversations().markRead(broker.key);
    });
    showMissed();
    connect(conversation, &ConversationPage::said, this, &TalkDesk::say);
    connect(conversation, &ConversationPage::dropped, this,
        [this](const QStringList &paths) { m_sending->send(m_models.partner(), paths); });
    connect(conversation, &ConversationPage::tryAgainWished, this,
        [this](quint64 entry) { m_person.conversations().tryAgain(entry); });
    connect(conversation, &ConversationPage::searched, this, &TalkDesk::search);
    connect(conversation, &ConversationPage::cancelWished, this, &TalkDesk::cancel);
    connect(conversation, &ConversationPage::openFolderWished, this, &TalkDesk::openFolder);
    connect(conversation, &ConversationPage::rightsWished, this, &TalkDesk::showRights);
    connect(conversation->undo(), &UndoBar::undone, &m_person.transfers(), &chat::Transfers::cancel);
}

void TalkDesk::followOffers()
{
    OfferBar *offers = m_window.contacts()->conversation()->offers();
    connect(offers, &OfferBar::accepted, this, &TalkDesk::accept);
    connect(offers, &OfferBar::declined, &m_person.transfers(), &chat::Transfers::decline);
    connect(&m_person.transfers(), &chat::Transfers::offered, this, &TalkDesk::tellOffer);
    // Numbers of an offer may grow while the other side counts.
    connect(&m_person.transfers(), &chat::Transfers::changed, this, [this](const QByteArray &id) {
        const auto transfer = m_person.transfers().find(id);
        if (transfer && transfer->state == Transfer::State::Offered)
            refresh(transfer->peer);
        if (transfer && transfer->isOver())
            m_window.contacts()->conversation()->undo()->forget(id);
    });
}

void TalkDesk::followTransfers()
{
    TransfersPage *page = m_window.transfers();
    connect(page, &TransfersPage::cancelWished, this, &TalkDesk::cancel);
    connect(page, &TransfersPage::openFolderWished, this, &TalkDesk::openFolder);
    connect(page, &TransfersPage::clearWished, &m_person.transfers(), &chat::Transfers::clearEnded);
}

void TalkDesk::choose(const PublicKey &key)
{
    m_models.talkWith(key);
    refresh(key);
    if (!key.isNull())
        m_window.contacts()->conversation()->focusInput();
}

void TalkDesk::refresh(const PublicKey &key)
{
    if (key.isNull() || key != m_models.partner())
        return;
    const ContactRow row = m_models.contactRow(key);
    if (row.contact.key.isNull())
        return m_window.contacts()->showStart(); // removed
    ConversationPage *page = m_window.contacts()->conversation();
    page->setContact(row);
    page->offers()->setOffers(row.contact.shownName(), m_models.offersFrom(key), m_person.transfers().saveFolder());
    if (row.unread > 0)
        markRead();
}

void TalkDesk::markRead()
{
    if (isLooking(m_models.partner()))
        m_person.conversations().markRead(m_models.partner());
}

bool TalkDesk::isLooking(const PublicKey &key) const
{
    return !key.isNull() && m_window.isActiveWindow() && m_window.page() == MainWindow::Contacts
        && m_window.contacts()->shown() == key;
}

void TalkDesk::say(const QString &text)
{
    if (const auto said = m_person.conversations().say(m_models.partner(), text); !said)
        m_window.contacts()->conversation()->showTrouble(said.error().sentence);
}

void TalkDesk::accept(const QByteArray &id, const QString &folder)
{
    if (const auto accepted = m_person.transfers().accept(id, folder); !accepted)
        m_window.contacts()->conversation()->offers()->showFailure(accepted.error().sentence);
}

void TalkDesk::cancel(const QByteArray &id)
{
    const auto transfer = m_person.transfers().find(id);
    if (!transfer || transfer->isOver())
        return;
    if (transfer->done == 0)
        return m_person.transfers().cancel(id); // nothing is lost
    const QString question = transfer->direction == Transfer::Direction::Out
        ? tr("Stop sending %1? What has arrived is not kept.")
        : tr("Stop receiving %1? What has arrived is not kept.");
    auto *dialog =
        new ConfirmDialog(chat::SafeText::sentence(question, transfer->title), tr("Stop"), tr("Go on"), &m_window);
    connect(dialog, &QDialog::accepted, this, [this, id] { m_person.transfers().cancel(id); });
    connect(&m_person.transfers(), &chat::Transfers::changed, dialog, [this, id, dialog](const QByteArray &changed) {
        const auto now = m_person.transfers().find(id);
        if (changed == id && (!now || now->isOver()))
            dialog->reject();
    });
    dialog->open();
}

void TalkDesk::openFolder(const QByteArray &id)
{
    const auto transfer = m_person.transfers().find(id);
    if (!transfer)
        return;
    showInFileManager(transfer->saveTo, &m_window,
        [this, place = transfer->saveTo] { m_window.tell(tr("No file manager answers. It is in %1").arg(place)); });
}

void TalkDesk::showRights()
{
    const PublicKey key = m_models.partner();
    const auto contact = m_person.contacts().find(key);
    if (!contact)
        return;
    auto *dialog = new RightsDialog(*contact, &m_window);
    const auto report = [dialog](const Result<void> &done) {
        if (!done)
            dialog->showTrouble(done.error().sentence);
    };
    connect(dialog, &RightsDialog::revokeWished, this,
        [this, key, report](chat::Right right) { report(m_person.contacts().revoke(key, right)); });
    connect(dialog, &RightsDialog::revokeAllWished, this,
        [this, key, report] { report(m_person.contacts().setRights(key, {})); });
    connect(dialog, &RightsDialog::aliasChosen, this,
        [this, key, report](const QString &alias) { report(m_person.contacts().setAlias(key, alias)); });
    connect(dialog, &RightsDialog::removeWished, this, [this, key, dialog] {
        dialog->close();
        remove(key);
    });
    connect(&m_person.contacts(), &chat::Contacts::changed, dialog, [this, key, dialog](const PublicKey &changed) {
        if (const auto now = m_person.contacts().find(key); now && changed == key)
            dialog->setContact(*now);
    });
    dialog->open();
}

void TalkDesk::remove(const PublicKey &key)
{
    auto *dialog = new ConfirmDialog(
        chat::SafeText::sentence(tr("Remove %1? They may do nothing here any more, and what was said goes with them."),
            m_models.nameOf(key)),
        tr("Remove"), tr("Keep"), &m_window);
    connect(dialog, &QDialog::accepted, this, [this, key] {
        if (const auto removed = m_person.contacts().remove(key); !removed)
            m_window.tell(removed.error().sentence);
    });
    dialog->open();
}

void TalkDesk::tellMessage(const chat::Entry &entry)
{
    if (!entry.mine && entry.kind == chat::Entry::Kind::Message && !m_window.isActiveWindow())
        m_notifications.tell(QStringLiteral("im.received"), tr("%1: %2").arg(m_models.nameOf(entry.with), entry.text));
}

void TalkDesk::search(const QString &words)
{
    if (words.isEmpty())
        return;
    m_person.conversations().search(m_models.partner(), words, FindBar::mostHits, this,
        [this, words, with = m_models.partner()](const Result<QList<quint64>> &hits) {
            if (with == m_models.partner())
                m_window.contacts()->conversation()->finder()->setHits(words, hits ? *hits : QList<quint64> {});
        });
}

void TalkDesk::tellTrouble()
{
    const QString why = m_person.conversations().trouble();
    const QString disk = m_person.conversations().diskTrouble();
    QString condition;
    if (!why.isEmpty() && !m_person.conversations().history().isOpen())
        condition = tr("Conversations cannot be opened yet: until they can, nothing is saved and nothing goes out. %1")
                        .arg(why);
    else if (!why.isEmpty())
        condition = tr("Conversations cannot be opened, and nothing is kept: what you write goes out as long as Hawser "
                       "runs, what others write waits with them. %1")
                        .arg(why);
    else if (!disk.isEmpty())
        condition = tr("What others write cannot be kept on this computer now. It waits at the broker, and comes by "
                       "itself when it can: %1")
                        .arg(disk);
    m_window.contacts()->conversation()->setCondition(condition);
}

/// What brokers could not keep for this computer, as far as nobody has seen it.
void TalkDesk::showMissed()
{
    m_window.contacts()->missed()->clear();
    const quint64 asked = ++m_missedAsked;
    for (const chat::Broker &broker : m_person.brokers().all()) {
        const int unseen = m_person.conversations().unread(broker.key);
        if (unseen == 0)
            continue;
        m_person.conversations().page({ broker.key, chat::PageWish::From::Newest, 0, unseen }, this,
            [this, asked, name = broker.name](const Result<chat::Page> &page) {
                if (page && asked == m_missedAsked)
                    for (const chat::Entry &entry : page->entries)
                        m_window.contacts()->missed()->add(tr("%1: %2").arg(name, entry.text));
            });
    }
}

void TalkDesk::tellOffer(const QByteArray &id)
{
    const auto transfer = m_person.transfers().find(id);
    if (!transfer || isLooking(transfer->peer))
        return;
    m_notifications.tell(QStringLiteral("transfer"),
        tr("%1 offers %2 (%3)").arg(m_models.nameOf(transfer->peer), transfer->title, contentText(*transfer)));
}

} // namespace hawser::desktop
