#include "chat/calls.h"

#include "chat/me.h"
#include "core/store/call_news.h"
#include "core/text.h"

#include <QTimer>

namespace hawser::chat {

Calls::Calls(const Me &me, History &history) : m_me(me), m_history(history)
{
    connect(&history, &History::opened, this, &Calls::load);
}

/// Before it is known whose results they are none is taken.
void Calls::load()
{
    m_history.read(
        this, [](Database &database) { return CallBook(database).called(); },
        [this](const Result<CallBook::Called> &called) {
            if (!called) {
                QTimer::singleShot(1000, this, &Calls::load);
                return;
            }
            m_called.unite(*called);
            m_news = std::make_unique<CallNews>(m_history.store(), m_me.profile.device, wallClock);
            connect(m_news.get(), &CallNews::changed, this, &Calls::changed);
            m_news->look();
            emit loaded();
        });
}

Calls::~Calls() = default;

Result<SentCall> Calls::wishFor(
    const Machine &machine, const QString &command, const Value &parameters, milliseconds time) const
{
    const auto spec = std::find_if(machine.commands.begin(), machine.commands.end(),
        [&](const CommandSpec &offered) { return offered.name == command; });
    if (spec == machine.commands.end() || !spec->idempotent)
        return Error { Code::FailedPrecondition,
            QStringLiteral(
                "“%1” of %2 takes no idempotency key, so it cannot be sent to wait: run it while the machine is there")
                .arg(visible(command), visible(machine.name)),
            Begun::No };
    if (!m_history.trouble().isEmpty())
        return Error { Code::FailedPrecondition,
            QStringLiteral("nothing can be kept here to be sent later: %1").arg(m_history.trouble()), Begun::No };
    if (m_news)
        m_news->look(); // those whose time is over make room
    SentCall call;
    call.to = machine.key;
    call.broker = machine.broker;
    call.mayHaveLeft = m_news && m_news->mayHaveLeft(machine.broker);
    call.name = machine.name;
    call.command = command;
    call.parameters = parameters.isNull() ? Value(Value::Map {}) : parameters;
    call.at = wallClock();
    call.until = call.at + std::clamp<milliseconds>(time, milliseconds(1000), limits::durableMost).count();
    call.device = m_me.profile.device;
    return call;
}

void Calls::put(const SentCall &call)
{
    m_called.insert({ call.to, call.broker });
    emit queued();
    emit changed(call);
    if (m_news)
        m_news->look();
}

qint64 Calls::kept() const
{
    return m_me.limits.callsKept;
}

void Calls::markSeen(quint64 id)
{
    m_history.write(
        this, [id](Database &database) { return CallBook(database).markSeen(id); }, [](const Result<void> &) {});
}

void Calls::tell(const QList<SentCall> &calls)
{
    for (const SentCall &call : calls)
        emit changed(call);
}

void Calls::mayLeave(const PublicKey &broker)
{
    m_news->mayLeave(broker);
}

bool Calls::mayGo(const PublicKey &broker) const
{
    return m_news->mayGo(broker);
}

void Calls::follow(MailPoster &poster, const PublicKey &broker, const QString &name)
{
    m_news->follow(poster, broker, [name] { return name; });
}

void Calls::take(const MailTaken &taken, const PublicKey &broker, const MailTaker::Done &done)
{
    m_news->take(taken, broker, done);
}

} // namespace hawser::chat
