#include "chat/control.h"
#include "chat/person.h"
#include "core/long_wait.h"
#include "core/ticker.h"

#include <QTimer>

// Commands of machines that are called durably, for whoever owns this data folder.

namespace hawser::chat {

namespace {

using contracts::CallDurably;
using contracts::SentCallItem;
using contracts::ShowCall;
using contracts::WatchCalls;

constexpr milliseconds patience = std::chrono::seconds(3); ///< for a broker that is there

QString nameOf(SentCall::State state)
{
    switch (state) {
    case SentCall::State::Queued:
        return QStringLiteral("queued");
    case SentCall::State::AtBroker:
        return QStringLiteral("at-broker");
    case SentCall::State::Taken:
        return QStringLiteral("taken");
    case SentCall::State::Done:
        break;
    }
    return QStringLiteral("done");
}

SentCallItem itemOf(const SentCall &call, const Machines &machines)
{
    SentCallItem item;
    item.id = call.id;
    item.key = call.to;
    item.name = call.name;
    item.command = call.command;
    item.parameters = call.parameters;
    item.at = call.at;
    item.until = call.until;
    item.state = nameOf(call.state);
    item.sentence = call.sentence;
    item.ended = call.ended;
    item.seen = call.seen;
    if (call.state == SentCall::State::AtBroker) {
        const std::optional<Machine> machine = machines.find(call.to);
        item.there = machine && machine->online;
    }
    if (!call.isDone())
        return item;
    const Error outcome = call.outcome();
    item.code = QLatin1String(outcome.code == Code::Ok ? "ok" : name(outcome.code));
    if (outcome.code != Code::Ok && outcome.begun != Begun::NotSaid)
        item.begun = QLatin1String(outcome.begun == Begun::No ? "no" : "maybe");
    item.result = call.result.result;
    item.output = call.result.output;
    item.leftOut = call.result.leftOut;
    return item;
}

/// The same without what may be long.
SentCallItem lineOf(SentCall call, const Machines &machines)
{
    call.result.result = {};
    call.result.output.clear();
    return itemOf(call, machines);
}

/// What a CLOSE has room for.
Value answerOf(const SentCall &call, const Machines &machines)
{
    SentCallItem item = lineOf(call, machines);
    item.parameters = {};
    return toValue(item);
}

QString placeOf(quint64 id)
{
    return QString::number(id).rightJustified(20, QLatin1Char('0'));
}

} // namespace

void Control::serveCalls()
{
    m_commands.serveChannel<CallDurably>(
        [this](const CallDurably::Request &request, const std::shared_ptr<IncomingCall> &call) {
            IncomingCall *to = keep(call);
            whenHistory(to, [this, to, request] { callDurably(request, to); });
        });
    m_commands.serveChannel<ShowCall>(
        [this](const ShowCall::Request &request, const std::shared_ptr<IncomingCall> &call) {
            IncomingCall *to = keep(call);
            whenHistory(to, [this, to, request] { showCall(request, to); });
        });
    m_commands.serveChannel<WatchCalls>(
        [this](const WatchCalls::Request &request, const std::shared_ptr<IncomingCall> &call) {
            IncomingCall *to = keep(call);
            Calls &calls = m_person.conversations().calls();
            if (request.follow) {
                auto *ticker = new Ticker(to);
                const auto tell = [this, ticker](const SentCall &one) {
                    ticker->tell(placeOf(one.id), lineOf(one, m_person.machines()));
                };
                connect(&calls, &Calls::changed, ticker, tell);
                calls.all(ticker, [tell](const Result<QList<SentCall>> &all) {
                    if (all)
                        std::for_each(all->begin(), all->end(), tell);
                });
                return;
            }
            whenHistory(to, [this, to, &calls] {
                calls.all(to, [this, to](const Result<QList<SentCall>> &all) {
                    if (!all)
                        return finish(to, all.error());
                    for (const SentCall &one : *all)
                        to->send(lineOf(one, m_person.machines()));
                    finish(to, Value(Value::Map {}));
                });
            });
        });
}

/// Answers when it is known how far it comes now: to a broker that is there that takes a moment.
void Control::callDurably(const CallDurably::Request &request, IncomingCall *to)
{
    const Result<MachineCall> wish = machineCall(request.node, request.command, request.parameters);
    if (!wish)
        return finish(to, wish.error());
    Calls &calls = m_person.conversations().calls();
    const milliseconds within = request.withinMs > 0 ? milliseconds(qint64(request.withinMs)) : Calls::within;
    const auto last = std::make_shared<SentCall>();
    connect(&calls, &Calls::changed, to, [this, to, last](const SentCall &call) {
        if (call.id != last->id)
            return;
        *last = call;
        if (call.state != SentCall::State::Queued)
            finish(to, answerOf(call, m_person.machines()));
    });
    calls.call(
        wish->machine, request.command, wish->parameters, within, to, [this, to, last](const Result<SentCall> &queued) {
            if (!queued)
                return finish(to, queued.error());
            *last = *queued;
            QTimer::singleShot(patience, to, [this, to, last] { finish(to, answerOf(*last, m_person.machines())); });
        });
}

void Control::showCall(const ShowCall::Request &request, IncomingCall *to)
{
    Calls &calls = m_person.conversations().calls();
    const auto show = [this, to, &calls](const SentCall &call) {
        if (call.isDone())
            calls.markSeen(call.id);
        to->send(itemOf(call, m_person.machines())); // longer than a CLOSE may be
        finish(to, Value(Value::Map {}));
    };
    const auto look = [this, to, &calls, show, id = request.id](bool last) {
        calls.find(id, to, [this, to, show, last](const Result<SentCall> &call) {
            if (!call)
                return finish(to, call.error());
            if (last || call->isDone())
                show(*call);
        });
    };
    if (request.waitMs == 0)
        return look(true);
    connect(&calls, &Calls::changed, to, [show, id = request.id](const SentCall &call) {
        if (call.id == id && call.isDone())
            show(call);
    });
    look(false);
    waitLong(to, milliseconds(qint64(request.waitMs)), [look] { look(true); });
}

} // namespace hawser::chat
