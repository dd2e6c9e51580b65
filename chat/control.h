#pragma once

#include "core/contracts/control.h"
#include "core/contracts/control_topics.h"

#include <QHash>
#include <QSet>

namespace hawser::chat {

namespace messages {
struct Stored;
}
struct Broker;
struct MachineCall;
class Person;
struct Path;
struct Request;

/// What the owner of a data folder may ask the program that holds it (core/contracts/control.h).
class Control : public QObject {
    Q_OBJECT

public:
    /// Registers everything. Both outlive this.
    Control(Person &person, Commands &commands);

    /// Programs that are served here and end by themselves.
    int guests() const { return int(m_guests.size()); }

signals:
    void guestGone();

private:
    void serveSelf(); // control.cpp
    contracts::PersonStatus::Reply status(const messages::Stored &stored) const; // control_status.cpp
    void serveGuests();
    void serveContacts();
    void serveBlocks(); // control_blocks.cpp
    void serveAsking(); // control_ask.cpp
    void serveRequests();
    void serveMessages(); // control_messages.cpp
    void serveTransfers(); // control_transfers.cpp
    void serveMachines(); // control_run.cpp
    void serveCalls(); // control_calls.cpp
    void serveTopics(); // control_topics.cpp

    /// Holds a call open until its caller goes or finish() is called. What is connected with it as context ends then.
    IncomingCall *keep(const std::shared_ptr<IncomingCall> &call);
    void letGo(IncomingCall *call);
    void finish(IncomingCall *call, const Result<Value> &result);
    void followAsk(const QByteArray &id, const std::shared_ptr<IncomingCall> &call);

    QString whyQueued(const PublicKey &with) const;
    void followSaid(const PublicKey &with, quint64 id, bool wait, IncomingCall *to);
    std::optional<Error> historyTrouble() const;
    void whenHistory(IncomingCall *to, const std::function<void()> &then);
    void decide(const contracts::DecideMyRequest::Request &said, const Reply<contracts::DecideMyRequest> &reply);
    Result<void> decide(const contracts::DecideTransfer::Request &said);
    Result<void> allow(const Request &request, const contracts::DecideMyRequest::Request &said);
    void runOnMachine(const contracts::RunOnMachine::Request &request, const std::shared_ptr<IncomingCall> &call);
    Result<MachineCall> machineCall(const QString &node, const QString &command, const Value &parameters);
    void callDurably(const contracts::CallDurably::Request &request, IncomingCall *to);
    void showCall(const contracts::ShowCall::Request &request, IncomingCall *to);
    void callOther(const contracts::CallOther::Request &request, const Reply<contracts::CallOther> &reply);
    void ping(const QString &who, const Reply<contracts::PingOther> &reply);
    Result<Path> pathTo(const QString &who);
    Result<Broker> brokerFor(const QString &name);
    void publishTopic(const contracts::PublishTopic::Request &request, const std::shared_ptr<IncomingCall> &call);
    void subscribeTopic(const contracts::SubscribeTopic::Request &request, const std::shared_ptr<IncomingCall> &call);

    Person &m_person;
    Commands &m_commands;
    Instant m_since = now();
    QHash<IncomingCall *, std::shared_ptr<IncomingCall>> m_kept;
    QSet<IncomingCall *> m_guests; // of m_kept
};

} // namespace hawser::chat
