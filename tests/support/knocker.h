#pragma once

#include "core/client.h"
#include "core/contracts/request.h"
#include "core/identity.h"
#include "core/number.h"

#include <QObject>

namespace hawser::test {

/// Somebody who knocks by hand and may reveal what was never promised.
class Knocker : public QObject {
public:
    using Ask = contracts::AskToBeLetIn;

    explicit Knocker(Ask::Kind kind) : m_kind(kind)
    {
        connect(&m_client, &Client::stranger, this, [this] { knock(); });
    }

    void connectTo(const Address &address, const PublicKey &key)
    {
        m_there = key;
        m_client.connectTo(address, key);
    }
    /// Asks anew, under another id. What becomes of an older request is not heard any more.
    void knock()
    {
        if (m_call)
            m_call->disconnect();
        const QByteArray nonce = randomBytes(numberNonce);
        heard.reset();
        refused.reset();
        Ask::Request request;
        request.kind = m_kind;
        request.id = randomBytes(16);
        request.claim = QStringLiteral("Mallory");
        request.rights = QStringList { QStringLiteral("messages") };
        request.commitment = commitmentOf(nonce, identity.key(), m_there);
        Call *call = m_call = m_client.start<Ask>({}, request);
        connect(call, &Channel::received, this, [this, call, nonce](const ChannelMessage &message) {
            if (const auto in = message.as<Ask::In>(); in)
                heard = *in;
            call->send(Ask::Out { lies ? randomBytes(numberNonce) : nonce });
            if (lies)
                call->send(Ask::Out { nonce }); // the first counts
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                refused = result.error();
        });
    }

    Identity identity = Identity::generate();
    bool lies = false;
    std::optional<Ask::In> heard;
    std::optional<Error> refused;

private:
    Ask::Kind m_kind;
    Client m_client { identity, Profile { Role::Person, QStringLiteral("Mallory"), {}, {}, {}, {} } };
    PublicKey m_there;
    QPointer<Call> m_call;
};

} // namespace hawser::test
