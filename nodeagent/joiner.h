#pragma once

#include "core/asker.h"
#include "nodeagent/pending.h"

namespace hawser::node {

/// What joining needs to know of this node.
struct Self {
    Identity identity;
    Profile profile;
    QString folder; ///< the data folder
};

/// Asks a broker to let this node in: with an invitation at once, else an administrator decides (docs/protocol.md §7).
/// It goes on asking until somebody does; the request stays the same over restarts.
class Joiner : public QObject {
    Q_OBJECT

public:
    /// \param commands  names of what the node would offer
    Joiner(const Self &self, const QStringList &commands, QObject *parent = nullptr);
    ~Joiner() override;

    /// \param text  an invitation link, or an address
    /// \retval InvalidArgument  it is neither: the sentence says why
    Result<void> start(const QString &text);

signals:
    /// An administrator has to decide. \param number  six digits to compare; may come again
    void waiting(const QString &number);
    /// Once, last: the broker (stored in the data folder), or why not. PermissionDenied: it said no. Unavailable: it could
    /// not be reached; afterwards that is waited for.
    void ended(const hawser::Result<hawser::Location> &result);

private:
    using Ask = contracts::AskToBeLetIn;

    void ask();
    Result<void> keep(const AskProof &proof);
    void answered(const Result<Ask::Reply> &reply);
    void failed(const Error &why);
    void letIn();
    void couldNot(const Error &why);
    Result<Location> store();
    QString freeName(const Locations &locations) const;
    void end(const Result<Location> &result);

    Self m_self;
    QStringList m_commands;
    Client m_client;
    Address m_address;
    QByteArray m_invitation; // empty: an administrator decides
    PublicKey m_broker; // that was asked; null: none yet
    Asker m_asker;
    bool m_ended = false;
};

} // namespace hawser::node
