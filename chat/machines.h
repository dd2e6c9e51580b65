#pragma once

#include "chat/run.h"
#include "core/contracts/broker.h"

#include <map>

namespace hawser::chat {

class Brokers;

/// A node and what it offers.
struct Machine {
    PublicKey broker;
    PublicKey key;
    QString brokerName;
    QString name; ///< text from others
    QString host; ///< text from others
    bool online = false;
    qint64 goneSince = 0; ///< ms since 1970; 0: not known, or online
    QList<CommandSpec> commands; ///< all text in it is from others
    QString lastRun; ///< "disk.usage – finished (exit 0)"; empty: none
};

/// A command of one, with parameters that fit its schema.
struct MachineCall {
    Machine machine;
    Value parameters;
};

/// The nodes of all brokers, live, and what was run on them.
class Machines : public QObject {
    Q_OBJECT

public:
    /// \param brokers  outlives this
    explicit Machines(const Brokers &brokers);
    ~Machines() override;

    QList<Machine> all() const; ///< by name
    std::optional<Machine> find(const PublicKey &key) const;
    /// \param who  name, whole key or unique prefix of one
    Result<Machine> resolve(const QString &who) const;

    /// Starts a command. \param parameters  conforming to its schema (parseText, conform)
    /// \return owned here until forgetRun; null: no such machine
    Run *run(const PublicKey &node, const QString &command, const Value &parameters, milliseconds timeLimit = {});
    Run *findRun(quint64 id) const;
    QList<Run *> runs() const;
    /// No window shows this run any more: it goes when it is over.
    void forgetRun(quint64 id);

signals:
    void added(const hawser::PublicKey &key);
    void changed(const hawser::PublicKey &key);
    void removed(const hawser::PublicKey &key);

private:
    void watch(const PublicKey &broker);
    void take(const PublicKey &broker, const contracts::WatchOffers::In &in);
    void lostBroker(const PublicKey &broker);
    void noteLastRun(const Run &run);

    const Brokers &m_brokers;
    QHash<PublicKey, Machine> m_machines;
    QHash<PublicKey, QPointer<Call>> m_watches; // by broker
    std::map<quint64, LaterPointer<Run>> m_runs;
    quint64 m_nextRun = 1;
};

} // namespace hawser::chat
