#include "brokerd/knocks.h"

#include "core/identity.h"
#include "core/number.h"
#include "core/text.h"
#include "core/wall_clock.h"

#include <QPointer>

namespace hawser::broker {

namespace {

constexpr qsizetype idBytes = 16;
constexpr qsizetype commitmentBytes = 32;
constexpr qsizetype mostRights = 16;
constexpr qsizetype mostCommands = 64; // that a request lists; the offer says all

QStringList shownList(const QStringList &list, qsizetype most)
{
    QStringList shown;
    for (const QString &item : list.mid(0, most))
        shown << claimedName(item);
    return shown;
}

} // namespace

Knocks::Knocks(Accounts &accounts, Invitations &invitations, Requests &requests, const Sessions &sessions, QString name,
    QObject *parent)
    : QObject(parent), m_accounts(accounts), m_invitations(invitations), m_requests(requests), m_sessions(sessions),
      m_name(std::move(name))
{
}

void Knocks::serve(Commands &commands)
{
    commands.serveChannel<Ask>([this](const Ask::Request &request, CallPointer call) { ask(request, call); });
}

void Knocks::ask(const Ask::Request &request, const CallPointer &call)
{
    const Session *session = call->link() ? m_sessions.of(*call->link()) : nullptr;
    if (!session)
        return call->fail({ Code::FailedPrecondition, QStringLiteral("who is on this machine need not ask") });
    const Result<Knock> knock = knockOf(request, *session);
    if (!knock)
        return call->fail(knock.error());
    if (!request.invitation.isEmpty())
        return takeInvitation(*knock, request.invitation, call);
    if (const Account *account = m_accounts.find(knock->key))
        return welcome(*account, call);
    wait(*knock, call);
}

Result<Knock> Knocks::knockOf(const Ask::Request &request, const Session &session) const
{
    if (request.kind == Ask::Kind::Contact)
        return Error { Code::FailedPrecondition,
            QStringLiteral("a broker lives here: ask it to join as a person or as a machine") };
    const AccountKind kind = request.kind == Ask::Kind::Machine ? AccountKind::Node : AccountKind::User;
    const Role role = kind == AccountKind::Node ? Role::Node : Role::Person;
    if (session.hello.role != role)
        return Error { Code::InvalidArgument, QStringLiteral("the greeting named another role than the request") };
    if (request.id.size() != idBytes || request.commitment.size() != commitmentBytes)
        return Error { Code::InvalidArgument, QStringLiteral("the request's id or commitment has the wrong length") };
    return Knock { session.key, kind, request.id, request.commitment, claimedName(request.claim),
        claimedName(request.program), claimedName(request.host), shownList(request.rights, mostRights),
        shownList(request.commands, mostCommands), session.address };
}

void Knocks::takeInvitation(const Knock &knock, const QByteArray &secret, const CallPointer &call)
{
    Account account { knock.key, knock.kind, knock.claim, knock.host, false, wallClock(), std::nullopt, false,
        QStringLiteral("an invitation") };
    if (const Account *before = m_accounts.find(knock.key)) {
        if (before->kind != knock.kind)
            return call->fail({ Code::FailedPrecondition, QStringLiteral("this key is something else here") });
        account = *before;
        account.once = false;
        account.until.reset();
    }
    const Result<void> done = m_accounts.admit(account, [&]() -> Result<void> {
        const Result<InvitationTerms> terms = m_invitations.take(secret, knock.kind, wallClock());
        if (!terms)
            return terms.error();
        account.administrator = account.administrator || terms->administrator;
        return m_requests.erase(knock.key);
    });
    if (!done) {
        if (const Session *session = call->link() ? m_sessions.of(*call->link()) : nullptr)
            emit invitationRefused(*session);
        return call->fail(done.error());
    }
    m_requests.forget(knock.key, account.by);
    emit invited(account);
    welcome(account, call);
}

void Knocks::wait(const Knock &knock, const CallPointer &call)
{
    if (const CallPointer older = takeCall(knock.key))
        older->fail({ Code::Aborted, QStringLiteral("the same key asks on another connection") });
    const bool blocked = m_requests.isBlocked(knock.key, knock.address, wallClock()); // and sees no difference
    const Result<Requests::Answer> answer = m_requests.answerTo(knock, wallClock(), now());
    if (!answer)
        return call->fail(answer.error());
    m_calls.insert(knock.key, call);
    const std::weak_ptr<IncomingCall> weak = call;
    connect(call.get(), &IncomingCall::stopped, this, [this, key = knock.key, weak] {
        if (const auto current = m_calls.constFind(key); current != m_calls.constEnd() && *current == weak.lock())
            m_calls.erase(current); // the request itself stays
    });
    connect(call.get(), &Channel::received, this,
        [this, knock, nonce = answer->nonce, blocked, weak](const ChannelMessage &message) {
            if (const CallPointer call = weak.lock())
                revealed(knock, nonce, blocked, message, call);
        });
    const WallTime until = answer->since + milliseconds(limits::requestOnScreen).count();
    call->send(Ask::In { answer->nonce, quint64(qMax<WallTime>(0, until - wallClock())) });
}

void Knocks::revealed(
    const Knock &knock, const QByteArray &nonce, bool blocked, const ChannelMessage &message, const CallPointer &call)
{
    disconnect(call.get(), &Channel::received, this, nullptr); // once
    const Result<Ask::Out> out = message.as<Ask::Out>();
    Result<void> taken = out ? m_requests.mayReveal(knock, out->nonce) : Result<void>(out.error());
    if (taken && !blocked)
        if (const Result<Waiting> waiting = m_requests.reveal(knock, nonce, out->nonce, wallClock()); !waiting)
            taken = waiting.error();
    if (taken)
        return;
    m_calls.remove(knock.key);
    call->fail(taken.error());
}

Knocks::CallPointer Knocks::takeCall(const PublicKey &key)
{
    return m_calls.take(key);
}

Knocks::Ask::Reply Knocks::replyFor(const Account &account) const
{
    Ask::Reply reply;
    reply.rights << (account.kind == AccountKind::Node ? QStringLiteral("node") : QStringLiteral("member"));
    reply.forMs = account.until ? quint64(qMax<WallTime>(1, *account.until - wallClock())) : 0;
    reply.once = account.once;
    reply.administrator = account.administrator;
    reply.claim = m_name;
    return reply;
}

void Knocks::welcome(const Account &account, const CallPointer &call)
{
    const QPointer<Link> link = call->link();
    call->finish(replyFor(account));
    const Session *session = link ? m_sessions.of(*link) : nullptr;
    if (session && !session->isMember()) // a stranger's link stays a stranger's
        link->leaveWhenWritten({ Leave::Leaving, {}, QStringLiteral("you are let in: come again") });
}

Result<void> Knocks::allow(const Waiting &request, Account account)
{
    account.key = request.knock.key;
    account.kind = request.knock.kind;
    account.name = request.knock.claim;
    account.host = request.knock.host;
    account.since = wallClock();
    const Result<void> done = m_accounts.admit(account, [&] { return m_requests.erase(account.key); });
    if (!done)
        return done;
    m_requests.forget(account.key, account.by);
    if (const CallPointer call = takeCall(account.key))
        welcome(account, call);
    return {};
}

Result<void> Knocks::deny(const Waiting &request, const QString &by, bool told)
{
    if (const Result<void> closed = m_requests.close(request.knock.key, by); !closed)
        return closed;
    if (!told)
        return {};
    if (const CallPointer call = takeCall(request.knock.key))
        call->fail({ Code::PermissionDenied, QStringLiteral("an administrator said no") });
    return {};
}

} // namespace hawser::broker
