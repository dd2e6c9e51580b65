#include "desktop/desks/send_desk.h"

#include "chat/widgets/safelabel.h"
#include "desktop/mainwindow.h"
#include "desktop/models/words.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/pages/undo_bar.h"
#include "desktop/tally.h"
#include "desktop/windows/send_dialog.h"

namespace hawser::desktop {

namespace {

bool isMuch(const Counted &counted)
{
    return counted.files > SendDesk::fewFiles || counted.bytes >= SendDesk::fewBytes || counted.skipped > 0
        || counted.unreadableCount > 0;
}

} // namespace

SendDesk::SendDesk(chat::Person &person, PersonModels &models, MainWindow &window, QObject *parent)
    : QObject(parent), m_person(person), m_models(models), m_window(window)
{
}

void SendDesk::send(const PublicKey &key, const QStringList &paths)
{
    if (key.isNull() || paths.isEmpty())
        return;
    m_window.showPage(MainWindow::Contacts);
    m_window.contacts()->showContact(key);
    auto *tally = new Tally(paths, this);
    auto *wait = new QTimer(tally);
    wait->setSingleShot(true);
    const auto look = [this, key, paths, tally, wait] {
        const Counted &counted = tally->counted();
        const bool much = isMuch(counted) || !wait->isActive();
        if (!much && !counted.whole)
            return; // still little, still counting
        wait->stop();
        tally->disconnect(wait);
        if (much)
            return ask(key, paths, tally);
        tally->deleteLater();
        sendAtOnce(key, paths, counted.files);
    };
    connect(tally, &Tally::changed, wait, look);
    connect(wait, &QTimer::timeout, wait, look);
    wait->start(patience);
}

void SendDesk::ask(const PublicKey &key, const QStringList &paths, Tally *tally)
{
    auto *dialog = new SendDialog(m_models.nameOf(key), paths, &m_window);
    tally->setParent(dialog);
    dialog->setCounted(tally->counted());
    connect(tally, &Tally::changed, dialog, [dialog, tally] { dialog->setCounted(tally->counted()); });
    connect(dialog, &SendDialog::sendWished, this,
        [this, key, paths](const QString &note) { (void)start(key, paths, note); });
    dialog->open();
}

void SendDesk::sendAtOnce(const PublicKey &key, const QStringList &paths, quint64 files)
{
    const auto id = start(key, paths, {});
    if (!id)
        return;
    const QString what = files == 0 ? tr("a folder") : filesText(files);
    m_window.contacts()->conversation()->undo()->appear(tr("Sending %1…").arg(what), *id);
}

std::optional<QByteArray> SendDesk::start(const PublicKey &key, const QStringList &paths, const QString &note)
{
    const auto sent = m_person.transfers().send(key, paths, note);
    if (sent)
        return *sent;
    m_window.contacts()->conversation()->showTrouble(sent.error().sentence);
    return {};
}

} // namespace hawser::desktop
