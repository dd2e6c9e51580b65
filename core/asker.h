#pragma once

#include "core/client.h"
#include "core/contracts/request.h"

namespace hawser {

/// What makes a request the same request when it knocks again, so that its number stays.
struct AskProof {
    QByteArray id; ///< 16 bytes
    QByteArray nonce; ///< 32 bytes; secret until it is revealed
    QString number; ///< six digits; empty until the other side has said its nonce

    static AskProof fresh();
    /// Of lengths that can be true: what was read from a disk may be damaged.
    bool isWhole() const;

    bool operator==(const AskProof &) const = default;
};

/// The asking side of `request/1` (docs/protocol.md §7), for somebody who joins or wants to be a contact: commits to a nonce,
/// hears the decider's, knows the number, reveals, and waits. The same request may knock again, over a later connection or
/// after a restart; the first number counts.
class Asker : public QObject {
    Q_OBJECT

public:
    using Ask = contracts::AskToBeLetIn;
    /// Writes the proof to the disk. It is called before the nonce is revealed, and nothing is revealed when it fails: who
    /// knows the nonce can make any number appear here, so the number that came first must be known from then on.
    using Keep = std::function<Result<void>(const AskProof &)>;

    Asker(AskProof proof, Keep keep, QObject *parent = nullptr);
    ~Asker() override;

    const AskProof &proof() const { return m_proof; }
    /// \pre it does not ask
    void setProof(const AskProof &proof) { m_proof = proof; }

    /// Knocks, unless it does already. \param to  null: the client's other end; else somebody behind that broker
    /// \param what  kind, rights, commands and invitation; all else is filled in
    /// \pre the client has a link
    void ask(Client &client, const Party &to, Ask::Request what);
    bool isAsking() const { return !m_call.isNull(); }
    /// Hangs up; the request itself stays where it was asked.
    void stop();

signals:
    /// Somebody decides now. \param left  how long the question stays on their screen
    void waiting(hawser::milliseconds left);
    /// The end of this knock: what was decided, or why not. Unavailable and Cancelled: the link went, ask again.
    void answered(const hawser::Result<hawser::contracts::AskToBeLetIn::Reply> &reply);
    /// The end of the request. Unauthenticated: the number has changed. Protocol: no decider answered. Else: it could not be
    /// kept.
    void failed(const hawser::Error &why);

private:
    void heard(const ChannelMessage &message);
    Result<Ask::In> take(const ChannelMessage &message);

    AskProof m_proof;
    Keep m_keep;
    PublicKey m_me;
    PublicKey m_them;
    QPointer<Call> m_call;
};

} // namespace hawser
