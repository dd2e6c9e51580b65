#include "desktop/desktop.h"

#include "core/contracts/control.h"
#include "desktop/desks/join_desk.h"
#include "desktop/desks/machine_desk.h"
#include "desktop/desks/request_desk.h"
#include "desktop/desks/talk_desk.h"

namespace hawser::desktop {

Desktop::Desktop(std::unique_ptr<chat::Person> person)
    : m_person(std::move(person)), m_models(*m_person), m_window(m_models, m_person->folder()),
      m_joining(new JoinDesk(*m_person, m_window, this))
{
    new TalkDesk(*m_person, m_models, m_window, m_notifications, this);
    new MachineDesk(*m_person, m_window, this);
    new RequestDesk(*m_person, m_window, m_notifications, this);
    connect(&m_person->requests(), &chat::Requests::changed, this, &Desktop::count);
    connect(&m_person->conversations(), &chat::Conversations::unreadChanged, this, &Desktop::count);
    connect(&m_models.transfers(), &QAbstractItemModel::dataChanged, this, &Desktop::count);
    connect(&m_models.transfers(), &QAbstractItemModel::rowsInserted, this, &Desktop::count);
    connect(&m_models.transfers(), &QAbstractItemModel::rowsRemoved, this, &Desktop::count);
    count();
    m_person->controlCommands().serve<contracts::ShowWindow>(
        [this](const contracts::ShowWindow::Request &request, const Caller &) -> Result<contracts::Nothing> {
            showAgain(request.link);
            return contracts::Nothing {};
        });
}

Desktop::~Desktop()
{
    m_person->controlCommands().remove(QLatin1String(contracts::ShowWindow::name));
    // The desks hear the person and speak to the window: they go before both.
    for (QObject *desk : children())
        delete desk;
}

void Desktop::showAgain(const QString &link)
{
    m_window.present();
    if (!link.isEmpty())
        m_joining->begin(link);
}

void Desktop::count()
{
    m_window.setCounts(
        int(m_person->requests().all().size()), m_models.transfers().underWay(), m_person->conversations().unread());
}

} // namespace hawser::desktop
