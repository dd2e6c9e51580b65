#include "chat/requests.h"

#include "chat/brokers.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "chat/once.h"
#include "chat/requests_private.h"
#include "core/store/database.h"
#include "core/text.h"

#include <QTimer>

namespace hawser::chat {

namespace {

constexpr milliseconds addressBlock = std::chrono::hours(1);

/// How a request stands in the database; who stands there and what looks alike is found anew.
struct KeptRequest {
    quint64 kind = 0;
    PublicKey key;
    QString claim;
    QString program;
    QString host;
    QStringList rights;
    QStringList commands;
    bool invited = false;
    std::optional<PublicKey> broker;
    QString brokerName;
    QString remoteId;
    QByteArray askId;
    QString number;
    QString address;
    QString interface;
    static void describe(auto &field)
    {
        field("kind", &KeptRequest::kind, { .required = true, .least = 1, .most = 4 });
        field("key", &KeptRequest::key, { .required = true });
        field("claim", &KeptRequest::claim, {});
        field("program", &KeptRequest::program, {});
        field("host", &KeptRequest::host, {});
        field("rights", &KeptRequest::rights, {});
        field("commands", &KeptRequest::commands, {});
        field("invited", &KeptRequest::invited, {});
        field("broker", &KeptRequest::broker, {});
        field("broker_name", &KeptRequest::brokerName, {});
        field("remote_id", &KeptRequest::remoteId, {});
        field("ask_id", &KeptRequest::askId, {});
        field("number", &KeptRequest::number, {});
        field("address", &KeptRequest::address, {});
        field("interface", &KeptRequest::interface, {});
    }
};

bool isJoin(const Request &request)
{
    return request.kind == Asking::JoinPerson || request.kind == Asking::JoinMachine;
}

} // namespace

Requests::Private::Private(Requests *q, const Me &me, Database &database, Contacts &contacts, Brokers &brokers,
    Direct &direct, OnceGrants &once)
    : q(q), me(me), database(database), contacts(contacts), brokers(brokers), direct(direct), once(once),
      queue(me.limits.requests), timer(new QTimer(this))
{
    timer->setSingleShot(true);
    connect(timer, &QTimer::timeout, this, &Private::tick);
    connect(&brokers, &Brokers::administratorChanged, this, &Private::administratorChanged);
}

void Requests::report(LimitUse &use) const
{
    d->queue.report(use);
    if (const Result<qint64> knocks = d->database.number(QStringLiteral("SELECT COUNT(*) FROM knocks")))
        use.used("requests_unanswered", *knocks);
}

// --- on disk

void Requests::Private::load()
{
    Result<QSqlQuery> rows = database.run(QStringLiteral("SELECT id, since, body FROM requests ORDER BY id"));
    while (rows && rows->next()) {
        const Result<KeptRequest> kept = decodeStruct<KeptRequest>(rows->value(2).toByteArray());
        if (!kept)
            continue;
        Request request;
        request.id = rows->value(0).toULongLong();
        request.since = rows->value(1).toLongLong();
        request.kind = Asking(kept->kind);
        request.key = kept->key;
        request.claim = kept->claim;
        request.program = kept->program;
        request.host = kept->host;
        request.rights = kept->rights;
        request.commands = kept->commands;
        request.invited = kept->invited;
        Door door;
        door.broker = kept->broker.value_or(PublicKey());
        door.brokerName = kept->brokerName;
        door.remoteId = kept->remoteId;
        door.askId = kept->askId;
        door.number = kept->number;
        door.address = kept->address;
        door.interface = kept->interface;
        request.doors = { door };
        if (const auto known = contacts.find(request.key); known)
            request.contact = known->shownName();
        if (const auto alike = contacts.lookAlike(request.claim, request.key); alike)
            request.lookAlike = alike->shownName();
        const qint64 age = std::max<qint64>(0, wallClock() - request.since);
        queue.restore(request, milliseconds(age), now());
    }
    tick();
}

void Requests::Private::keep(quint64 id)
{
    const Request *request = queue.find(id);
    if (request == nullptr || request->doors.isEmpty())
        return;
    const Door &door = request->doors.first();
    KeptRequest kept { quint64(request->kind), request->key, request->claim, request->program, request->host,
        request->rights, request->commands, request->invited, std::nullopt, door.brokerName, door.remoteId, door.askId,
        door.number, door.address, door.interface };
    if (!door.broker.isNull())
        kept.broker = door.broker;
    const auto saved =
        database.run(QStringLiteral("INSERT OR REPLACE INTO requests (id, since, body) VALUES (?, ?, ?)"),
            { request->id, request->since, encodeStruct(kept) });
    Q_UNUSED(saved) // not on disk it still waits here as long as this program runs
}

void Requests::Private::forget(quint64 id)
{
    const auto gone = database.run(QStringLiteral("DELETE FROM requests WHERE id = ?"), { id });
    Q_UNUSED(gone) // it would only be listed once more
}

// --- the list

void Requests::Private::take(const Request &request)
{
    const quint64 shownBefore = queue.shown() ? queue.shown()->id : 0;
    const qsizetype before = queue.all().size();
    const quint64 id = queue.knock(request, now());
    if (id == 0)
        return;
    keep(id);
    told(shownBefore);
    if (queue.all().size() > before)
        emit q->arrived(id);
}

void Requests::Private::close(quint64 id, const QString &sentence)
{
    const Request *request = queue.find(id);
    if (request == nullptr)
        return;
    const QString who = request->claim;
    const quint64 shownBefore = queue.shown() ? queue.shown()->id : 0;
    queue.remove(id, now());
    forget(id);
    for (Knock &knock : knocks)
        if (knock.id == id) {
            knock.id = 0;
            knock.silent = true;
        }
    emit q->closed(id, sentence);
    emit q->decided(QStringLiteral("Request of “%1”: %2").arg(visible(who), sentence));
    told(shownBefore);
}

void Requests::Private::told(quint64 shownBefore)
{
    const Instant next = queue.deadline();
    if (next == Instant::max()) {
        timer->stop();
    } else {
        const auto wait = std::chrono::duration_cast<milliseconds>(next - now());
        timer->start(std::clamp(wait, milliseconds(1), milliseconds(std::chrono::hours(24))));
    }
    emit q->changed();
    const quint64 shownNow = queue.shown() ? queue.shown()->id : 0;
    if (shownNow != shownBefore)
        emit q->shownChanged();
}

void Requests::Private::tick()
{
    const quint64 shownBefore = queue.shown() ? queue.shown()->id : 0;
    for (const quint64 id : queue.tick(now()))
        forget(id);
    told(shownBefore);
}

// --- what the person does

Requests::Requests(const Me &me, Database &database, Contacts &contacts, Brokers &brokers, Direct &direct,
    OnceGrants &once, Commands &served)
    : d(std::make_unique<Private>(this, me, database, contacts, brokers, direct, once))
{
    d->load();
    served.serveChannel<contracts::AskToBeLetIn>(
        [this](const contracts::AskToBeLetIn::Request &request, const std::shared_ptr<IncomingCall> &call) {
            d->knocked(request, call);
        });
}

Requests::~Requests() = default;

const QList<Request> &Requests::all() const
{
    return d->queue.all();
}

std::optional<Request> Requests::find(quint64 id) const
{
    const Request *request = std::as_const(d->queue).find(id);
    return request ? std::optional(*request) : std::nullopt;
}

std::optional<Request> Requests::shown() const
{
    const Request *request = d->queue.shown();
    return request ? std::optional(*request) : std::nullopt;
}

int Requests::waiting() const
{
    return d->queue.waiting();
}

std::optional<milliseconds> Requests::timeLeft() const
{
    return d->queue.timeLeft(now());
}

Result<Request> Requests::resolve(const QString &text) const
{
    QList<Request> found;
    for (const Request &request : all()) {
        if (QString::number(request.id) == text || request.key.hex() == text.toLower())
            return request;
        const bool prefix = text.size() >= 4 && request.key.hex().startsWith(text, Qt::CaseInsensitive);
        if (prefix || request.claim == text)
            found.append(request);
    }
    if (found.size() == 1)
        return found.first();
    if (found.isEmpty())
        return Error { Code::NotFound, QStringLiteral("no request “%1” waits here").arg(visible(text)) };
    return Error { Code::InvalidArgument,
        QStringLiteral("“%1” may be several requests; say which by its id").arg(visible(text)) };
}

Result<void> Requests::allow(quint64 id, const Decision &decision)
{
    const std::optional<Request> request = find(id);
    if (!request)
        return Error { Code::NotFound, QStringLiteral("this request is not there any more") };
    if (decision.lasting == Lasting::Always && !decision.compared && !request->invited)
        return Error { Code::FailedPrecondition,
            QStringLiteral("“always” needs the number to be compared, or an invitation") };
    if (!isJoin(*request)) {
        d->letIn(*request, decision);
        return {};
    }
    contracts::DecideRequest::Request said;
    said.allow = true;
    said.key = request->key;
    if (decision.compared)
        said.number = request->number();
    said.once = decision.lasting == Lasting::Once;
    if (decision.lasting == Lasting::Days)
        said.forMs = quint64(decision.lastsFor.count());
    said.administrator = decision.administrator && request->kind == Asking::JoinPerson;
    d->decide(*request, said, QStringLiteral("allowed"));
    return {};
}

void Requests::notNow(quint64 id)
{
    const quint64 shownBefore = d->queue.shown() ? d->queue.shown()->id : 0;
    d->queue.notNow(id, now());
    d->told(shownBefore);
}

void Requests::rejectAll()
{
    const quint64 shownBefore = d->queue.shown() ? d->queue.shown()->id : 0;
    d->queue.rejectAll();
    d->told(shownBefore);
}

void Requests::moreTime(quint64 id)
{
    d->queue.moreTime(id);
    d->told(id);
}

void Requests::review(quint64 id)
{
    const quint64 shownBefore = d->queue.shown() ? d->queue.shown()->id : 0;
    d->queue.review(id, now());
    d->told(shownBefore);
}

Result<void> Requests::block(quint64 id, Block::What what)
{
    const std::optional<Request> request = find(id);
    if (!request)
        return Error { Code::NotFound, QStringLiteral("this request is not there any more") };
    if (isJoin(*request)) {
        if (what == Block::What::Strangers)
            return Error { Code::FailedPrecondition,
                QStringLiteral("a broker cannot be told to refuse all strangers") };
        contracts::DecideRequest::Request said;
        said.blockMs =
            quint64((what == Block::What::Address ? addressBlock : milliseconds(limits::requestKept)).count());
        said.blockAddress = what == Block::What::Address;
        d->decide(*request, said, QStringLiteral("blocked"));
        return {};
    }
    Block block { what, {}, {}, {}, 0, wallClock() };
    if (what == Block::What::Key) {
        block.key = request->key;
        block.claim = request->claim;
    } else if (what == Block::What::Address) {
        block.address = request->doors.first().address;
        block.until = wallClock() + addressBlock.count();
        if (block.address.isEmpty())
            return Error { Code::FailedPrecondition,
                QStringLiteral("through a broker the address is not known; block the key") };
    }
    if (const Result<void> blocked = d->contacts.block(block); !blocked)
        return blocked.error();
    d->close(id, QStringLiteral("blocked"));
    return {};
}

Result<void> Requests::deny(quint64 id)
{
    const std::optional<Request> request = find(id);
    if (!request)
        return Error { Code::NotFound, QStringLiteral("this request is not there any more") };
    if (isJoin(*request))
        d->decide(*request, {}, QStringLiteral("denied"));
    else
        d->close(id, QStringLiteral("removed; they are not told"));
    return {};
}

} // namespace hawser::chat
