#include "brokerd/admin.h"

#include "brokerd/feed.h"
#include "core/log.h"
#include "core/number.h"
#include "core/wall_clock.h"

namespace hawser::broker {

namespace {

constexpr qsizetype blocksAtOnce = 1000; // in one answer
constexpr quint64 longestMs = 100ull * 365 * 24 * 3600 * 1000; // what is longer is a mistake

/// For the log: who decided.
QString who(const Caller &caller)
{
    return caller.local ? QStringLiteral("control-socket") : caller.user.words();
}

Value describe(const Waiting &request, bool closed = false, const QString &by = {})
{
    contracts::WatchRequests::In said;
    const Knock &knock = request.knock;
    said.id = request.id;
    said.key = knock.key;
    said.machine = knock.kind == AccountKind::Node;
    said.claim = knock.claim;
    said.program = knock.program;
    said.host = knock.host;
    said.number = request.number;
    said.address = knock.address;
    said.rights = knock.rights;
    said.commands = knock.commands;
    said.sinceMs = quint64(qMax<WallTime>(0, wallClock() - request.since));
    said.closed = closed;
    said.by = by;
    return toValue(said);
}

} // namespace

Admin::Admin(const Parts &parts, QObject *parent) : QObject(parent), m_parts(parts), m_feed(new Feed(this))
{
    connect(&parts.requests, &Requests::changed, this,
        [this](const Waiting &request) { m_feed->push(request.id, describe(request)); });
    connect(&parts.requests, &Requests::closed, this,
        [this](const Waiting &request, const QString &by) { m_feed->push(request.id, describe(request, true, by)); });
}

void Admin::serve(Commands &commands)
{
    using namespace contracts;
    commands.serve<Decide>([this](const Decide::Request &r, const Caller &caller) { return decide(r, caller); });
    commands.serve<Revoke>([this](const Revoke::Request &r, const Caller &caller) { return revoke(r, caller); });
    commands.serve<BrokerStatus>(
        [this](const BrokerStatus::Request &, const Caller &caller) { return status(caller); });
    commands.serve<Invite>([this](const Invite::Request &r, const Caller &caller) { return invite(r, caller); });
    commands.serve<BrokerBlocks>([this](const BrokerBlocks::Request &r, const Caller &) { return blocks(r.after); });
    commands.serve<LiftBrokerBlock>(
        [this](const LiftBrokerBlock::Request &r, const Caller &caller) { return unblock(r.what, caller); });
    commands.serve<Drain>([this](const Drain::Request &, const Caller &caller) -> Result<Drain::Reply> {
        if (!caller.local)
            return Error { Code::PermissionDenied, QStringLiteral("only on the broker's own machine") };
        log(Level::Notice, "drained", { { "by", who(caller) } });
        m_parts.drain();
        return Drain::Reply {};
    });
    commands.serveChannel<WatchRequests>(
        [this](const WatchRequests::Request &r, std::shared_ptr<IncomingCall> call) { watch(r, call); });
}

bool Admin::isAdministrator(const Caller &caller) const
{
    if (caller.local)
        return true;
    const Account *account = m_parts.accounts.find(caller.user);
    return account && account->administrator && account->kind == AccountKind::User;
}

QString Admin::nameOf(const Caller &caller) const
{
    if (caller.local)
        return QStringLiteral("the command line");
    const Account *account = m_parts.accounts.find(caller.user);
    return account && !account->name.isEmpty() ? account->name : caller.user.words();
}

void Admin::watch(const contracts::WatchRequests::Request &wish, const std::shared_ptr<IncomingCall> &call)
{
    std::map<QString, Value> snapshot;
    for (const Waiting &request : m_parts.requests.all())
        snapshot[request.id] = describe(request);
    if (wish.follow)
        return m_feed->watch(call, snapshot);
    for (const auto &[id, request] : snapshot)
        call->sendValue(request);
    call->finish(contracts::WatchRequests::Reply {});
}

Result<void> Admin::compare(const Decide::Request &decision, const Waiting &request) const
{
    if (!decision.number.isEmpty()) {
        const std::optional<QString> number = readNumber(decision.number);
        if (!number || *number != request.number)
            return Error { Code::InvalidArgument,
                QStringLiteral("the number is not the one of %1: somebody else may be asking. Nobody was let in")
                    .arg(request.id) };
    }
    if (!decision.key.isNull() && decision.key != request.knock.key)
        return Error {
            Code::InvalidArgument,
            QStringLiteral("the key is not the one of %1: somebody else is asking. Nobody was let in").arg(request.id)
        };
    return {};
}

Result<Admin::Decide::Reply> Admin::decide(const Decide::Request &decision, const Caller &caller)
{
    const Result<Waiting> request = m_parts.requests.find(decision.id);
    if (!request)
        return request.error();
    if (const Result<void> same = compare(decision, *request); !same)
        return same.error();
    if (qMax(decision.forMs, decision.blockMs) > longestMs)
        return Error { Code::InvalidArgument, QStringLiteral("nothing lasts that long") };
    const Decide::Reply reply { request->knock.key, request->knock.claim };
    const QString whose = request->knock.key.words();
    if (!decision.allow) {
        if (const Result<void> denied = deny(decision, *request, nameOf(caller)); !denied)
            return denied.error();
        const char *what = decision.quietly ? "put-off" : decision.blockMs > 0 ? "blocked" : "denied";
        log(Level::Notice, what,
            { { "by", who(caller) }, { "request", request->id }, { "claim", reply.name }, { "peer", whose } });
        return reply;
    }
    if (decision.administrator && request->knock.kind == AccountKind::Node)
        return Error { Code::InvalidArgument, QStringLiteral("a machine is no administrator") };
    Account account;
    account.administrator = decision.administrator;
    account.once = decision.once;
    account.by = nameOf(caller);
    if (decision.forMs > 0)
        account.until = wallClock() + WallTime(decision.forMs);
    if (const Result<void> allowed = m_parts.knocks.allow(*request, account); !allowed)
        return allowed.error();
    log(Level::Notice, "let-in",
        { { "by", who(caller) }, { "request", request->id }, { "claim", reply.name }, { "peer", whose },
            { "seconds", qint64(decision.forMs) / 1000 }, { "once", decision.once },
            { "administrator", decision.administrator } });
    return reply;
}

Result<void> Admin::deny(const Decide::Request &decision, const Waiting &request, const QString &by)
{
    if (decision.quietly)
        return {}; // not now: it stays, and nobody hears of it
    if (decision.blockMs > 0) {
        const WallTime until = wallClock() + WallTime(decision.blockMs);
        if (const Result<void> blocked = m_parts.requests.block(request.knock.key.hex(), until); !blocked)
            return blocked;
        if (decision.blockAddress)
            if (const Result<void> blocked = m_parts.requests.block(request.knock.address, until); !blocked)
                return blocked;
    }
    return m_parts.knocks.deny(request, by, decision.blockMs == 0);
}

Result<contracts::Revoke::Reply> Admin::revoke(const contracts::Revoke::Request &wish, const Caller &caller)
{
    const Result<Account> account = m_parts.accounts.findByText(wish.who);
    if (!account)
        return account.error();
    const auto sessions = m_parts.sessions.members(account->key).size();
    if (const Result<Account> gone = m_parts.accounts.revoke(account->key); !gone)
        return gone.error();
    log(Level::Notice, "revoked",
        { { "by", who(caller) }, { "claim", account->name }, { "peer", account->key.words() } });
    return contracts::Revoke::Reply { account->key, account->name, quint64(sessions) };
}

Result<contracts::Invite::Reply> Admin::invite(const contracts::Invite::Request &wish, const Caller &caller)
{
    const quint64 time = wish.forMs ? wish.forMs : m_parts.invitationMs();
    if (time > longestMs)
        return Error { Code::InvalidArgument, QStringLiteral("no invitation lasts that long") };
    if (wish.machine && wish.administrator)
        return Error { Code::InvalidArgument, QStringLiteral("a machine is no administrator") };
    const Result<QString> link = invite({ wish.machine ? AccountKind::Node : AccountKind::User, wish.administrator,
        wish.uses, wallClock() + WallTime(time) });
    if (!link)
        return link.error();
    log(Level::Notice, "invited",
        { { "by", who(caller) }, { "machine", wish.machine }, { "administrator", wish.administrator },
            { "uses", qint64(wish.uses) }, { "seconds", qint64(time / 1000) } });
    return contracts::Invite::Reply { *link };
}

Result<QString> Admin::invite(const InvitationTerms &terms)
{
    const Result<QByteArray> secret = m_parts.invitations.make(terms);
    if (!secret)
        return secret.error();
    return Invitation { m_parts.key, m_parts.address(), *secret }.text();
}

/// A page of them.
contracts::BrokerBlocks::Reply Admin::blocks(const QString &after) const
{
    QStringList all = m_parts.requests.blocks().keys();
    all.sort();
    auto next = after.isEmpty() ? all.cbegin() : std::upper_bound(all.cbegin(), all.cend(), after);
    contracts::BrokerBlocks::Reply reply;
    for (; next != all.cend() && reply.blocks.size() < blocksAtOnce; ++next) {
        const WallTime left = m_parts.requests.blocks().value(*next) - wallClock();
        if (left > 0)
            reply.blocks << contracts::BrokerBlocks::Item { *next, quint64(left) };
    }
    reply.more = next != all.cend();
    return reply;
}

/// \param text  as it is listed, or the beginning of a key that fits one only
Result<contracts::LiftBrokerBlock::Reply> Admin::unblock(const QString &text, const Caller &caller)
{
    const QString wanted = text.trimmed().toLower();
    QStringList found;
    const QStringList all = m_parts.requests.blocks().keys();
    for (const QString &what : all)
        if (what == wanted || (wanted.size() >= Accounts::shortestPrefix && what.startsWith(wanted)))
            found << what;
    if (found.contains(wanted))
        found = QStringList { wanted };
    if (found.size() > 1)
        return Accounts::fitsSeveral(wanted, found.size());
    const QString what = found.isEmpty() ? wanted : found.first();
    if (const Result<void> lifted = m_parts.requests.unblock(what); !lifted)
        return lifted.error();
    log(Level::Notice, "unblocked", { { "by", who(caller) }, { "what", what } });
    return contracts::LiftBrokerBlock::Reply { what };
}

Result<contracts::BrokerStatus::Reply> Admin::status(const Caller &caller) const
{
    const contracts::BrokerStatus::Reply all = m_parts.status();
    if (isAdministrator(caller))
        return all;
    contracts::BrokerStatus::Reply some;
    some.name = all.name;
    some.version = all.version;
    some.key = all.key;
    some.uptimeMs = all.uptimeMs;
    return some;
}

} // namespace hawser::broker
