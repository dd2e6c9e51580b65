#include "chat/control.h"
#include "chat/person.h"
#include "core/contracts/control.h"
#include "core/number.h"
#include "core/ticker.h"

namespace hawser::chat {

namespace {

QString nameOf(Ask::State state)
{
    switch (state) {
    case Ask::State::Connecting:
        return QStringLiteral("connecting");
    case Ask::State::Waiting:
        return QStringLiteral("waiting");
    case Ask::State::NoAnswer:
        return QStringLiteral("no-answer");
    case Ask::State::Unreachable:
        return QStringLiteral("unreachable");
    case Ask::State::ChangedKey:
        return QStringLiteral("changed-key");
    case Ask::State::Accepted:
    case Ask::State::Already:
        return QStringLiteral("accepted");
    case Ask::State::Denied:
        return QStringLiteral("denied");
    case Ask::State::Failed:
        return QStringLiteral("failed");
    }
    return {};
}

contracts::Join::In itemOf(const Ask &ask)
{
    contracts::Join::In in;
    in.id = ask.id;
    in.state = nameOf(ask.state);
    in.to = ask.to;
    in.number = ask.number;
    if (ask.until)
        in.leftMs = quint64(std::max<qint64>(0, std::chrono::duration_cast<milliseconds>(*ask.until - now()).count()));
    in.sentence = ask.sentence;
    return in;
}

contracts::Join::Reply replyOf(const Ask &ask)
{
    const bool person = ask.kind == contracts::AskToBeLetIn::Kind::Contact;
    return { ask.key, ask.to, person ? QStringLiteral("person") : QStringLiteral("broker"), ask.rights };
}

QString nameOf(Asking kind)
{
    switch (kind) {
    case Asking::JoinPerson:
        return QStringLiteral("join-person");
    case Asking::JoinMachine:
        return QStringLiteral("join-machine");
    case Asking::ContactThroughBroker:
        return QStringLiteral("contact-broker");
    case Asking::ContactDirect:
        return QStringLiteral("contact-direct");
    }
    return {};
}

contracts::WatchMyRequests::In itemOf(const Request &request)
{
    contracts::WatchMyRequests::In in;
    in.id = request.id;
    in.kind = nameOf(request.kind);
    in.key = request.key;
    in.words = request.key.words();
    in.claim = request.claim;
    in.number = request.number();
    in.program = request.program;
    in.host = request.host;
    for (const Door &door : request.doors) {
        if (in.address.isEmpty())
            in.address = door.address;
        if (!door.brokerName.isEmpty())
            in.via << door.brokerName;
    }
    in.rights = request.rights;
    in.commands = request.commands;
    in.lookAlike = request.lookAlike;
    in.since = request.since;
    return in;
}

} // namespace

void Control::followAsk(const QByteArray &id, const std::shared_ptr<IncomingCall> &call)
{
    IncomingCall *to = keep(call);
    auto *ticker = new Ticker(to);
    const auto tell = [this, to, ticker, id] {
        const std::optional<Ask> ask = m_person.asks().find(id);
        if (!ask)
            return finish(to, Error { Code::Cancelled, QStringLiteral("the request was taken back") });
        ticker->tell({}, itemOf(*ask));
        switch (ask->state) {
        case Ask::State::Accepted:
        case Ask::State::Already:
            return finish(to, toValue(replyOf(*ask)));
        case Ask::State::Denied:
            return finish(to, Error { Code::PermissionDenied, ask->sentence });
        case Ask::State::Failed:
        case Ask::State::ChangedKey:
            return finish(to, Error { Code::FailedPrecondition, ask->sentence });
        default:
            return;
        }
    };
    const auto changed = [tell, id](const QByteArray &which) {
        if (which == id)
            tell();
    };
    connect(&m_person.asks(), &Asks::changed, to, changed);
    connect(&m_person.asks(), &Asks::removed, to, changed);
    tell();
}

void Control::serveAsking()
{
    m_commands.serveChannel<contracts::Join>(
        [this](const contracts::Join::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const Result<QByteArray> id = m_person.asks().join(request.text);
            if (!id)
                return call->fail(id.error());
            followAsk(*id, call);
        });
    m_commands.serveChannel<contracts::AskContact>(
        [this](const contracts::AskContact::Request &request, const std::shared_ptr<IncomingCall> &call) {
            const Result<PublicKey> key = m_person.resolve(request.who);
            if (!key)
                return call->fail(key.error());
            for (const Broker &broker : m_person.brokers().all()) {
                const auto member = m_person.brokers().member(broker.key, *key);
                if (!member)
                    continue;
                const Result<QByteArray> id = m_person.asks().contact(broker.key, *key, member->name);
                if (!id)
                    return call->fail(id.error());
                return followAsk(*id, call);
            }
            call->fail({ Code::NotFound, QStringLiteral("no broker of yours has such a user") });
        });
    m_commands.serve<contracts::AskCompared>(
        [this](const contracts::AskCompared::Request &request, const Caller &) -> Result<contracts::Nothing> {
            const std::optional<Ask> ask = m_person.asks().find(request.id);
            if (!ask)
                return Error { Code::NotFound, QStringLiteral("no such request") };
            if (readNumber(request.number) != ask->number)
                return Error { Code::FailedPrecondition,
                    QStringLiteral("that is not the number of this request: somebody may be between you") };
            if (const Result<void> done = m_person.asks().setCompared(request.id); !done)
                return done.error();
            return contracts::Nothing {};
        });
    m_commands.serve<contracts::AskCancel>(
        [this](const contracts::AskCancel::Request &request, const Caller &) -> Result<contracts::Nothing> {
            if (!m_person.asks().find(request.id))
                return Error { Code::NotFound, QStringLiteral("no such request") };
            m_person.asks().cancel(request.id);
            return contracts::Nothing {};
        });
}

void Control::serveRequests()
{
    m_commands.serveChannel<contracts::WatchMyRequests>(
        [this](const contracts::WatchMyRequests::Request &request, const std::shared_ptr<IncomingCall> &call) {
            Requests &requests = m_person.requests();
            if (!request.follow) {
                for (const Request &one : requests.all())
                    call->send(itemOf(one));
                return call->finish(Value(Value::Map {}));
            }
            auto *to = new Ticker(keep(call));
            for (const Request &one : requests.all())
                to->tell(QString::number(one.id), itemOf(one));
            connect(&requests, &Requests::arrived, to, [&requests, to](quint64 id) {
                if (const auto one = requests.find(id); one)
                    to->tell(QString::number(id), itemOf(*one));
            });
            connect(&requests, &Requests::closed, to, [to](quint64 id, const QString &sentence) {
                contracts::WatchMyRequests::In in;
                in.id = id;
                in.closed = true;
                in.sentence = sentence;
                to->tell(QString::number(id), in);
            });
        });
    m_commands.serveLater<contracts::DecideMyRequest>(
        [this](const contracts::DecideMyRequest::Request &request, const Caller &,
            const Reply<contracts::DecideMyRequest> &reply) { decide(request, reply); });
}

/// \pre the decision is not there yet; a broker's answer comes later
void Control::decide(const contracts::DecideMyRequest::Request &said, const Reply<contracts::DecideMyRequest> &reply)
{
    Requests &requests = m_person.requests();
    const Result<Request> request = requests.resolve(said.id);
    if (!request)
        return reply(request.error());
    const quint64 id = request->id;
    const contracts::DecideMyRequest::Reply answer { request->key, request->claim };
    if (said.wish == QLatin1String("later")) {
        requests.notNow(id);
        return reply(answer);
    }

    auto *waiting = new QObject(this); // goes when the request is closed or has failed
    connect(&requests, &Requests::closed, waiting, [waiting, id, reply, answer](quint64 closed) {
        if (closed != id)
            return;
        reply(answer);
        waiting->deleteLater();
    });
    connect(&requests, &Requests::failed, waiting, [waiting, id, reply](quint64 failed, const QString &sentence) {
        if (failed != id)
            return;
        reply(Error { Code::FailedPrecondition, sentence });
        waiting->deleteLater();
    });
    Result<void> done = Error { Code::InvalidArgument, QStringLiteral("allow, later, deny or block") };
    if (said.wish == QLatin1String("allow"))
        done = allow(*request, said);
    else if (said.wish == QLatin1String("deny"))
        done = requests.deny(id);
    else if (said.wish == QLatin1String("block"))
        done = requests.block(id, Block::What::Key);
    if (done)
        return;
    waiting->deleteLater();
    reply(done.error());
}

Result<void> Control::allow(const Request &request, const contracts::DecideMyRequest::Request &said)
{
    const std::optional<QString> number = readNumber(said.number);
    const bool byNumber = number && *number == request.number();
    const bool byKey = !said.key.isNull() && said.key == request.key;
    if (!said.number.isEmpty() && !byNumber)
        return Error { Code::FailedPrecondition,
            QStringLiteral("that is not the number of this request: somebody may be between you") };
    if (!said.key.isNull() && !byKey)
        return Error { Code::FailedPrecondition, QStringLiteral("that is not the key of this request") };
    Decision decision;
    decision.compared = byNumber || byKey;
    decision.rights = said.rights.isEmpty() ? rightsFromNames(request.rights) : rightsFromNames(said.rights);
    decision.lasting = said.once ? Lasting::Once : said.forMs > 0 ? Lasting::Days : Lasting::Always;
    if (said.forMs > 0)
        decision.lastsFor = milliseconds(qint64(std::min<quint64>(said.forMs, 1ULL << 40)));
    decision.administrator = said.administrator;
    return m_person.requests().allow(request.id, decision);
}

} // namespace hawser::chat
