#include "chat/brokers.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "chat/once.h"
#include "chat/requests_private.h"
#include "core/number.h"
#include "core/store/database.h"
#include "core/text.h"

// Who knocks at this person's own door: direct, or through a broker.

namespace hawser::chat {

using contracts::AskToBeLetIn;

namespace {

constexpr int idBytes = 16;
constexpr int newAsksPerKey = 3; ///< in RequestLimits::windowMinutes
constexpr qint64 day = 24 * 60 * 60 * 1000; // ms

/// A program's or machine's name as it came, made presentable.
QStringList claimedNames(const QStringList &names)
{
    QStringList list;
    for (const QString &name : names)
        list << claimedName(name);
    return list;
}

} // namespace

Knock *Requests::Private::standing(const IncomingCall *call)
{
    for (Knock &knock : knocks)
        if (knock.call.get() == call)
            return &knock;
    return nullptr;
}

void Requests::Private::knocked(const AskToBeLetIn::Request &request, const std::shared_ptr<IncomingCall> &call)
{
    const PublicKey key = call->caller().user;
    if (request.kind != AskToBeLetIn::Kind::Contact)
        return call->fail({ Code::InvalidArgument, QStringLiteral("a person lives here: ask to become a contact") });
    if (request.id.size() != idBytes || request.commitment.size() != numberNonce || key.isNull() || key == me.key())
        return call->fail({ Code::InvalidArgument, QStringLiteral("the request is not complete") });
    const Result<Nonce> nonce = nonceFor(request, key);
    if (!nonce)
        return call->fail(nonce.error());

    Knock knock;
    knock.call = call;
    knock.request = request;
    knock.key = key;
    knock.nonce = nonce->nonce;
    knock.door = doorOf(request, *call);
    knock.silent = nonce->since == 0 || contacts.isBlocked(key, knock.door.address, wallClock());
    knocks.push_back(knock);
    IncomingCall *raw = call.get();
    connect(raw, &Channel::received, this, [this, raw](const ChannelMessage &message) { revealed(raw, message); });
    connect(raw, &IncomingCall::stopped, this, [this, raw] { left(raw); });
    const qint64 waited = nonce->since == 0 ? 0 : std::max<qint64>(0, wallClock() - nonce->since);
    const qint64 onScreen = me.limits.requests.onScreenSeconds * 1000;
    raw->send(AskToBeLetIn::In { nonce->nonce, quint64(std::max<qint64>(0, onScreen - waited)) });
}

/// The same request keeps its nonce, so that its number stays; another commitment under its id could be made to fit a
/// number, so it is refused.
Result<Requests::Private::Nonce> Requests::Private::nonceFor(const AskToBeLetIn::Request &request, const PublicKey &key)
{
    Result<QSqlQuery> known =
        database.run(QStringLiteral("SELECT key, commitment, nonce, since, length(answer) FROM knocks WHERE ask = ?"),
            { request.id });
    if (!known)
        return known.error();
    if (known->next()) {
        if (known->value(0).toByteArray() != key.bytes() || known->value(1).toByteArray() != request.commitment)
            return Error { Code::InvalidArgument, QStringLiteral("another request has this id") };
        return Nonce { known->value(2).toByteArray(), known->value(3).toLongLong(), known->value(4).toInt() > 0 };
    }
    if (asksTooOften(key))
        return Nonce { randomBytes(numberNonce), 0, false };
    const Nonce fresh { randomBytes(numberNonce), wallClock(), false };
    const auto saved = database.run(QStringLiteral("INSERT INTO knocks VALUES (?, ?, ?, ?, ?, ?)"),
        { request.id, key.bytes(), request.commitment, fresh.nonce, fresh.since, QByteArray("") });
    if (!saved)
        return saved.error();
    recent.emplace_back(now(), key);
    return fresh;
}

bool Requests::Private::asksTooOften(const PublicKey &key)
{
    const Instant window = now() - std::chrono::minutes(me.limits.requests.windowMinutes);
    while (!recent.empty() && recent.front().first <= window)
        recent.pop_front();
    const auto isTheirs = [&](const auto &asked) { return asked.second == key; };
    if (std::count_if(recent.begin(), recent.end(), isTheirs) >= newAsksPerKey)
        return true;
    const Result<qint64> told = database.number(QStringLiteral("SELECT count(*) FROM knocks"));
    return !told || *told >= me.limits.requests.unanswered;
}

void Requests::keepHouse(qint64 wall)
{
    const auto pruned = d->database.run(
        QStringLiteral("DELETE FROM knocks WHERE since < ?"), { wall - d->me.limits.requests.days * day });
    Q_UNUSED(pruned) // what a full disk keeps goes another time
}

Door Requests::Private::doorOf(const AskToBeLetIn::Request &request, const IncomingCall &call) const
{
    Door door;
    door.askId = request.id;
    door.present = true;
    door.broker = call.caller().via;
    if (door.broker.isNull()) {
        // my own dials are no doors with an address of theirs
        const Origin origin = direct.origin(call.link()).value_or(Origin());
        door.address = origin.address;
        door.interface = origin.interface;
        return door;
    }
    if (const auto broker = brokers.find(door.broker); broker)
        door.brokerName = broker->name;
    if (const auto member = brokers.member(door.broker, call.caller().user); member) {
        door.knownAs = member->name;
        door.knownSince = member->since;
    }
    return door;
}

void Requests::Private::revealed(IncomingCall *call, const ChannelMessage &message)
{
    Knock *knock = standing(call);
    if (knock == nullptr || std::exchange(knock->revealed, true))
        return;
    const auto out = message.as<AskToBeLetIn::Out>();
    const PublicKey key = knock->key;
    const bool honest = out && opensCommitment(knock->request.commitment, out->nonce, key, me.key());
    if (!honest) {
        const std::shared_ptr<IncomingCall> last = knock->call;
        left(call);
        return last->fail({ Code::InvalidArgument, QStringLiteral("what was revealed is not what was promised") });
    }
    if (knock->silent)
        return; // a wrong nonce is told to everybody alike
    knock->door.number = compareNumber(key, me.key(), out->nonce, knock->nonce);
    const Result<Nonce> nonce = nonceFor(knock->request, key);
    if (nonce && nonce->answered && contacts.mayAnything(key, wallClock())) {
        const std::shared_ptr<IncomingCall> last = knock->call;
        left(call);
        return last->finish(toValue(replyFor(key))); // yes was said while they were away
    }

    Request request;
    request.kind = knock->door.broker.isNull() ? Asking::ContactDirect : Asking::ContactThroughBroker;
    request.key = key;
    request.claim = claimedName(knock->request.claim);
    request.program = claimedName(knock->request.program);
    request.host = claimedName(knock->request.host);
    request.rights = names(rightsFromNames(knock->request.rights));
    request.commands = claimedNames(knock->request.commands);
    request.since = wallClock();
    request.doors = { knock->door };
    if (const auto known = contacts.find(key); known)
        request.contact = known->shownName();
    if (const auto alike = contacts.lookAlike(request.claim, key); alike)
        request.lookAlike = alike->shownName();
    take(request);
    knock = standing(call);
    for (const Request &one : queue.all())
        if (knock != nullptr && one.key == key && one.kind != Asking::JoinPerson && one.kind != Asking::JoinMachine)
            knock->id = one.id;
}

void Requests::Private::left(IncomingCall *call)
{
    const auto found =
        std::find_if(knocks.begin(), knocks.end(), [call](const Knock &knock) { return knock.call.get() == call; });
    if (found == knocks.end())
        return;
    const Knock gone = std::move(*found);
    knocks.erase(found);
    if (gone.id == 0 || queue.find(gone.id) == nullptr)
        return;
    Door door = gone.door;
    door.present = false;
    queue.updateDoor(gone.id, door);
    emit q->changed();
}

AskToBeLetIn::Reply Requests::Private::replyFor(const PublicKey &key) const
{
    AskToBeLetIn::Reply reply;
    reply.claim = me.profile.name;
    const std::optional<Contact> contact = contacts.find(key);
    if (!contact)
        return reply;
    for (auto grant = contact->rights.begin(); grant != contact->rights.end(); ++grant) {
        reply.rights << name(grant.key());
        reply.once = grant->lasting == Lasting::Once;
        reply.forMs = grant->lasting == Lasting::Days ? quint64(std::max<qint64>(1, grant->until - wallClock())) : 0;
    }
    return reply;
}

void Requests::Private::letIn(const Request &request, const Decision &decision)
{
    const qint64 today = wallClock();
    const Door door = request.doors.first();
    Contact contact = contacts.find(request.key).value_or(Contact());
    if (contact.key.isNull()) {
        contact.key = request.key;
        contact.since = today;
    }
    for (const Door &one : request.doors)
        if (!one.broker.isNull() && !contact.brokers.contains(one.broker))
            contact.brokers << one.broker;
    contact.claim = request.claim;
    if (decision.compared) {
        contact.verified = Verified::Number;
        contact.verifiedAt = today;
    }
    const Grant grant { decision.lasting, decision.lasting == Lasting::Days ? today + decision.lastsFor.count() : 0 };
    contact.rights.clear();
    for (const Right right : { Right::Messages, Right::Files })
        if (decision.rights & right)
            contact.rights.insert(right, grant);
    if (const Result<void> saved = contacts.save(contact); !saved) {
        emit q->failed(request.id, saved.error().sentence);
        return;
    }
    for (const Door &one : request.doors) {
        const auto noted = database.run(
            QStringLiteral("UPDATE knocks SET answer = ? WHERE ask = ?"), { QByteArray("yes"), one.askId });
        Q_UNUSED(noted) // who has gone would only be asked about again
    }
    if (decision.lasting == Lasting::Once)
        once.given(request.key, door.broker);
    const auto asked = [&request](const QByteArray &askId) {
        return std::any_of(request.doors.begin(), request.doors.end(),
            [&](const Door &one) { return one.askId == askId && !one.number.isEmpty(); });
    };
    std::vector<std::shared_ptr<IncomingCall>> waiting;
    for (const Knock &knock : knocks)
        if (!knock.silent && knock.key == request.key && asked(knock.door.askId))
            waiting.push_back(knock.call);
    const Value reply = toValue(replyFor(request.key));
    for (const auto &call : waiting) {
        left(call.get());
        call->finish(reply);
    }
    close(request.id, QStringLiteral("allowed"));
}

} // namespace hawser::chat
