#include "cli/verbs.h"
#include "cli/watching.h"
#include "core/text.h"

#include <QDateTime>

namespace hawser::cli {

namespace {

using contracts::EditContact;
using contracts::ListBlocks;
using contracts::Unblock;
using contracts::WatchContacts;

QString lineOf(const WatchContacts::In &contact)
{
    const QString state = contact.removed ? QStringLiteral("removed")
        : contact.online                  ? QStringLiteral("online")
                                          : QStringLiteral("away");
    const QString way =
        contact.via.isEmpty() ? QStringLiteral("direct") : QStringLiteral("via ") + visible(contact.via);
    const QString waiting = contact.waitingFor == 0
        ? QString()
        : QStringLiteral("  waiting for %1 earlier message%2 or receipt%2")
              .arg(QString::number(contact.waitingFor), contact.waitingFor == 1 ? QString() : QStringLiteral("s"));
    return QStringLiteral("%1  %2  %3  %4  %5  %6%7")
        .arg(visible(contact.name), state, contact.key.hex().left(16), contact.words, way,
            contact.rights.isEmpty() ? QStringLiteral("no rights here")
                                     : visible(contact.rights.join(QLatin1Char(','))),
            waiting);
}

QString whoIs(const ListBlocks::In &block)
{
    if (block.what == QLatin1String("address"))
        return QStringLiteral("everybody at ") + visible(block.address);
    if (block.what == QLatin1String("strangers"))
        return QStringLiteral("all strangers");
    return QStringLiteral("“%1”  %2  %3").arg(visible(block.claim), block.key.hex().left(16), block.words);
}

QString day(qint64 at)
{
    return QDateTime::fromMSecsSinceEpoch(at).toString(QStringLiteral("yyyy-MM-dd HH:mm"));
}

/// Whom I refuse.
class BlockedVerb : public Watching<ListBlocks> {
public:
    using Watching::Watching;

    Result<void> check() override
    {
        for (const char *word : { "WHO", "--follow", "--alias", "--revoke", "--forget", "--unblock" })
            if (typed().has(word))
                return Error { Code::InvalidArgument, QStringLiteral("--blocked goes alone") };
        return {};
    }

private:
    ListBlocks::Request request() override { return {}; }
    QString textOf(const ListBlocks::In &block) override
    {
        const QString since = block.since > 0 ? QStringLiteral("  since ") + day(block.since) : QString();
        return whoIs(block) + since + (block.until > 0 ? QStringLiteral("  until ") + day(block.until) : QString());
    }
};

/// Lists; with WHO and an option it changes one.
class ContactsVerb : public Watching<WatchContacts> {
public:
    using Watching::Watching;

    Result<void> check() override
    {
        const bool edits = typed().has("--alias") || typed().has("--revoke") || typed().has("--forget");
        if ((edits || typed().has("--unblock")) != typed().has("WHO"))
            return Error { Code::InvalidArgument,
                QStringLiteral("WHO goes with --alias, --revoke, --forget or --unblock") };
        if (edits && typed().has("--unblock"))
            return Error { Code::InvalidArgument, QStringLiteral("--unblock is for who is no contact: it goes alone") };
        return {};
    }

    void start() override
    {
        if (!typed().has("WHO"))
            return Watching::start();
        if (typed().has("--unblock"))
            return change<Unblock>({ typed().one("WHO") });
        EditContact::Request request { typed().one("WHO"), {}, typed().all("--revoke"), typed().has("--forget") };
        if (typed().has("--alias"))
            request.alias = typed().one("--alias");
        change<EditContact>(request);
    }

private:
    template <typename C>
    void change(const typename C::Request &request)
    {
        session().ask<C>(request, this, [this](const Result<typename C::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            answer(*reply, {});
        });
    }
    WatchContacts::Request request() override { return { follows() }; }
    QString textOf(const WatchContacts::In &in) override { return lineOf(in); }
};

} // namespace

VerbEntry contactsVerb()
{
    return { { "contacts", "the people I know",
                 "  hawser contacts\n"
                 "  hawser contacts bea --alias \"Bea K.\"\n"
                 "  hawser contacts bea --revoke files    takes a right away, at once\n"
                 "  hawser contacts --blocked             whom I refuse\n"
                 "  hawser contacts mallory --unblock     they may ask again\n",
                 { { "WHO", "the one to change" }, followWord(),
                     { "--alias", "what I call them", Word::Kind::Optional, "NAME" },
                     { "--revoke", "a right they lose: messages, files", Word::Kind::Many, "RIGHT" },
                     { "--forget", "no contact any more" }, { "--blocked", "lists who is refused instead" },
                     { "--unblock", "WHO is refused no longer: a key, a name, an address, or strangers" } },
                 true },
        [](const Desk &desk) -> std::unique_ptr<Verb> {
            if (desk.typed.has("--blocked"))
                return std::make_unique<BlockedVerb>(desk);
            return std::make_unique<ContactsVerb>(desk);
        } };
}

} // namespace hawser::cli
