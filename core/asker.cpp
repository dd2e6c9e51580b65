#include "core/asker.h"

#include "core/number.h"

namespace hawser {

namespace {
constexpr qsizetype idBytes = 16;
} // namespace

AskProof AskProof::fresh()
{
    return { randomBytes(int(idBytes)), randomBytes(int(numberNonce)), {} };
}

bool AskProof::isWhole() const
{
    return id.size() == idBytes && nonce.size() == numberNonce;
}

Asker::Asker(AskProof proof, Keep keep, QObject *parent)
    : QObject(parent), m_proof(std::move(proof)), m_keep(std::move(keep))
{
}

Asker::~Asker()
{
    stop();
}

void Asker::ask(Client &client, const Party &to, Ask::Request what)
{
    if (m_call)
        return;
    m_me = client.identity().key();
    m_them = to.user.isNull() ? client.peerKey() : to.user;
    what.id = m_proof.id;
    what.claim = client.profile().name;
    what.program = client.profile().program;
    what.host = client.profile().host;
    what.commitment = commitmentOf(m_proof.nonce, m_me, m_them);
    m_call = client.start<Ask>(to, what);
    connect(m_call, &Channel::received, this, &Asker::heard);
    connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
        m_call.clear();
        emit answered(replyOf<Ask>(result));
    });
}

void Asker::stop()
{
    if (!m_call)
        return;
    m_call->disconnect(this);
    m_call->cancel();
    m_call.clear();
}

void Asker::heard(const ChannelMessage &message)
{
    disconnect(m_call, &Channel::received, this, nullptr); // revealed once
    const Result<Ask::In> in = take(message);
    if (!in) {
        stop();
        return emit failed(in.error());
    }
    m_call->send(Ask::Out { m_proof.nonce });
    const quint64 most = quint64(milliseconds(limits::requestOnScreen).count());
    emit waiting(milliseconds(qint64(std::min(in->leftMs, most))));
}

/// What must be so before the nonce is revealed.
Result<Asker::Ask::In> Asker::take(const ChannelMessage &message)
{
    const Result<Ask::In> in = message.as<Ask::In>();
    if (!in || in->nonce.size() != numberNonce)
        return Error { Code::Protocol, QStringLiteral("what answered does not know how requests are made") };
    const QString number = compareNumber(m_me, m_them, m_proof.nonce, in->nonce);
    if (!m_proof.number.isEmpty() && m_proof.number != number)
        return Error { Code::Unauthenticated, QStringLiteral("the number has changed since the last time") };
    m_proof.number = number;
    if (const Result<void> kept = m_keep(m_proof); !kept)
        return kept.error();
    return in;
}

} // namespace hawser
