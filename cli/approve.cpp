#include "cli/lasting.h"
#include "cli/verbs.h"
#include "core/contracts/control.h"
#include "core/number.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::DecideMyRequest;

class Approve : public Verb {
public:
    using Verb::Verb;

    /// A name proves nothing: the number or the key is needed.
    Result<void> check() override
    {
        m_request.id = typed().one("ID");
        m_request.wish = QStringLiteral("allow");
        m_request.rights = typed().all("--right");
        m_request.administrator = typed().has("--administrator");
        m_request.once = typed().has("--once");
        if (typed().has("--number") == typed().has("--key"))
            return Error { Code::InvalidArgument,
                QStringLiteral("approve needs --number or --key: what was compared") };
        if (m_request.once && typed().has("--for"))
            return Error { Code::InvalidArgument, QStringLiteral("--once or --for, not both") };
        if (const Result<void> read = readProof(); !read)
            return read;
        if (!typed().has("--for"))
            return {};
        const Result<milliseconds> lasting = readLasting(typed().one("--for"));
        if (!lasting)
            return lasting.error();
        m_request.forMs = quint64(lasting->count());
        return {};
    }

    void start() override
    {
        session().ask<DecideMyRequest>(m_request, this, [this](const Result<DecideMyRequest::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            answer(*reply, QStringLiteral("allowed: %1 (%2)").arg(claimedName(reply->name), reply->key.hex()));
        });
    }

private:
    Result<void> readProof()
    {
        if (typed().has("--number")) {
            const std::optional<QString> number = readNumber(typed().one("--number"));
            if (!number)
                return Error { Code::InvalidArgument, QStringLiteral("--number takes six digits") };
            m_request.number = *number;
            return {};
        }
        const Result<PublicKey> key = PublicKey::fromHex(typed().one("--key"));
        if (!key)
            return Error { Code::InvalidArgument, QStringLiteral("--key: %1").arg(key.error().sentence) };
        m_request.key = *key;
        return {};
    }

    DecideMyRequest::Request m_request;
};

class Deny : public Verb {
public:
    using Verb::Verb;

    void start() override
    {
        DecideMyRequest::Request request;
        request.id = typed().one("ID");
        request.wish = typed().has("--block") ? QStringLiteral("block") : QStringLiteral("deny");
        session().ask<DecideMyRequest>(request, this, [this](const Result<DecideMyRequest::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            answer(*reply, QStringLiteral("denied: %1 (%2)").arg(claimedName(reply->name), reply->key.hex()));
        });
    }
};

} // namespace

VerbEntry approveVerb()
{
    return { { "approve", "say yes to a request, after comparing",
                 "  hawser approve 3 --number 739204\n"
                 "  hawser approve 3 --key 64-HEX-DIGITS --for 30d\n",
                 { { "ID", "of the request, a key, a unique beginning of one, or a name", Word::Kind::Required },
                     { "--number", "the six digits both sides see", Word::Kind::Optional, "N" },
                     { "--key", "the whole key that was compared", Word::Kind::Optional, "KEY" },
                     { "--for", "how long: 10m, 2h, 30d; without it always", Word::Kind::Optional, "TIME" },
                     { "--once", "until the link ends" },
                     { "--right", "less than was asked: messages, files", Word::Kind::Many, "RIGHT" },
                     { "--administrator", "may decide over others (a person who joins)" } },
                 true },
        makeVerb<Approve> };
}

VerbEntry denyVerb()
{
    return { { "deny", "say no to a request",
                 "  hawser deny 3\n"
                 "  hawser deny 3 --block\n",
                 { { "ID", "of the request, a key, a unique beginning of one, or a name", Word::Kind::Required },
                     { "--block", "and do not ask again" } },
                 true },
        makeVerb<Deny> };
}

} // namespace hawser::cli
