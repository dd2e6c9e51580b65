#pragma once

#include "chat/run.h"

namespace hawser::chat {

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

    bool operator==(const Machine &other) const;
};

/// The nodes of all brokers, live, and what was run on them.
class Machines : public QObject {
    Q_OBJECT

public:
    ~Machines() override;

    QList<Machine> all() const; ///< by name
    std::optional<Machine> find(const PublicKey &key) const;
    /// \param who  name, whole key or unique prefix of one
    Result<Machine> resolve(const QString &who) const;

    /// Starts a command. \param parameters  conforming to its schema (parseText, conform)
    /// \return owned here, deleted a while after `over` unless watched: keep the id, not the pointer
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
    friend class Person;
    class Private;
    explicit Machines(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace hawser::chat
