#include "brokerd/people.h"

#include "core/contracts/broker.h"
#include "core/wall_clock.h"

namespace hawser::broker {

People::People(const Accounts &accounts, const Sessions &sessions, QObject *parent)
    : QObject(parent), m_accounts(accounts), m_sessions(sessions)
{
    const auto accountChanged = [this](const Account &account) {
        if (account.kind == AccountKind::User)
            changed(account.key);
    };
    const auto sessionChanged = [this](const Session &session) {
        if (session.hello.role == Role::Person && session.isMember())
            changed(session.key);
    };
    connect(&accounts, &Accounts::changed, this, accountChanged);
    connect(&accounts, &Accounts::removed, this, accountChanged);
    connect(&sessions, &Sessions::came, this, sessionChanged);
    connect(&sessions, &Sessions::presenceChanged, this, sessionChanged);
    connect(&sessions, &Sessions::gone, this, sessionChanged);
}

void People::serve(Commands &commands)
{
    using contracts::WatchPeople;
    commands.serveChannel<WatchPeople>([this](const WatchPeople::Request &, std::shared_ptr<IncomingCall> call) {
        std::map<QString, Value> snapshot;
        const QList<Account> users = m_accounts.all(AccountKind::User);
        for (const Account &user : users)
            snapshot[user.key.hex()] = describe(user.key);
        m_feed.watch(call, snapshot);
    });
}

void People::changed(const PublicKey &user)
{
    m_feed.push(user.hex(), describe(user));
}

Value People::describe(const PublicKey &user) const
{
    contracts::WatchPeople::In said;
    said.user = user;
    const Account *account = m_accounts.find(user);
    if (!account) {
        said.removed = true;
        return toValue(said);
    }
    said.name = account->name;
    said.online = m_sessions.isHere(user);
    said.administrator = account->administrator;
    said.knownMs = quint64(qMax<qint64>(0, wallClock() - account->since));
    return toValue(said);
}

} // namespace hawser::broker
