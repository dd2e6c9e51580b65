#include "desktop/desks/request_desk.h"

#include "core/wall_clock.h"
#include "desktop/dialogs/connectstage.h"
#include "desktop/mainwindow.h"
#include "desktop/notifications.h"
#include "desktop/pages/requests_page.h"
#include "desktop/windows/blocked_dialog.h"

namespace hawser::desktop {

RequestDesk::RequestDesk(chat::Person &person, MainWindow &window, Notifications &notifications, QObject *parent)
    : QObject(parent), m_person(person), m_window(window), m_stage(new ApprovalStage(&window))
{
    m_stage->setParent(this);
    chat::Requests &requests = person.requests();
    connectStage(m_stage, &requests);
    connect(&window, &MainWindow::reviewWished, this, &RequestDesk::reviewNext);
    connect(&window, &MainWindow::blockedWished, this, &RequestDesk::showBlocked);
    connect(window.requests(), &RequestsPage::reviewWished, this, &RequestDesk::review);
    connect(&person, &chat::Person::activity, window.requests(), &RequestsPage::addDecision);
    connect(&requests, &chat::Requests::failed, &window,
        [&window](quint64, const QString &sentence) { window.tell(sentence); });
    connect(&requests, &chat::Requests::arrived, &notifications, [&requests, &notifications](quint64 id) {
        if (const auto request = requests.find(id))
            notifications.requestArrived(id, request->claim);
    });
    connect(&requests, &chat::Requests::closed, &notifications,
        [&notifications](quint64 id, const QString &) { notifications.withdrawRequest(id); });
    connect(&notifications, &Notifications::review, this, [this, &window](quint64 id, const QString &token) {
        qputenv("XDG_ACTIVATION_TOKEN", token.toUtf8()); // read by the platform when a window is activated next
        window.showPage(MainWindow::Requests);
        review(id);
    });
}

void RequestDesk::review(quint64 request)
{
    m_person.requests().review(request);
    m_stage->activate();
}

void RequestDesk::reviewNext()
{
    if (m_stage->isEmpty() && !m_person.requests().all().isEmpty())
        m_person.requests().review(m_person.requests().all().first().id);
    m_stage->activate();
}

void RequestDesk::showBlocked()
{
    auto *dialog = new BlockedDialog(&m_window);
    chat::Contacts &contacts = m_person.contacts();
    const auto show = [dialog, &contacts] { dialog->setBlocks(contacts.blocks(), wallClock()); };
    connect(&contacts, &chat::Contacts::blocksChanged, dialog, show);
    connect(dialog, &BlockedDialog::unblockWished, &contacts, [dialog, &contacts](const chat::Block &block) {
        if (const auto done = contacts.unblock(block); !done)
            dialog->showTrouble(done.error().sentence);
    });
    show();
    dialog->open();
}

} // namespace hawser::desktop
