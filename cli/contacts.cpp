#include "cli/verbs.h"
#include "cli/watching.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::EditContact;
using contracts::WatchContacts;

QString lineOf(const WatchContacts::In &contact)
{
    const QString state = contact.removed ? QStringLiteral("removed")
        : contact.online                  ? QStringLiteral("online")
                                          : QStringLiteral("away");
    const QString way =
        contact.via.isEmpty() ? QStringLiteral("direct") : QStringLiteral("via ") + visible(contact.via);
    return QStringLiteral("%1  %2  %3  %4  %5  %6")
        .arg(visible(contact.name), state, contact.key.hex().left(16), contact.words, way,
            contact.rights.isEmpty() ? QStringLiteral("no rights here")
                                     : visible(contact.rights.join(QLatin1Char(','))));
}

/// Lists; with WHO and an option it changes one.
class ContactsVerb : public Watching<WatchContacts> {
public:
    using Watching::Watching;

    Result<void> check() override
    {
        const bool changes = typed().has("--alias") || typed().has("--revoke") || typed().has("--forget");
        if (changes != typed().has("WHO"))
            return Error { Code::InvalidArgument, QStringLiteral("WHO goes with --alias, --revoke or --forget") };
        return {};
    }

    void start() override
    {
        if (!typed().has("WHO"))
            return Watching::start();
        EditContact::Request request { typed().one("WHO"), {}, typed().all("--revoke"), typed().has("--forget") };
        if (typed().has("--alias"))
            request.alias = typed().one("--alias");
        session().ask<EditContact>(request, this, [this](const Result<EditContact::Reply> &reply) {
            if (!reply)
                return fail(reply.error());
            answer(*reply, {});
        });
    }

private:
    WatchContacts::Request request() override { return { follows() }; }
    QString textOf(const WatchContacts::In &in) override { return lineOf(in); }
};

} // namespace

VerbEntry contactsVerb()
{
    return { { "contacts", "the people I know",
                 "  hawser contacts\n"
                 "  hawser contacts bea --alias \"Bea K.\"\n"
                 "  hawser contacts bea --revoke files    takes a right away, at once\n",
                 { { "WHO", "the one to change" }, followWord(),
                     { "--alias", "what I call them", Word::Kind::Optional, "NAME" },
                     { "--revoke", "a right they lose: messages, files", Word::Kind::Many, "RIGHT" },
                     { "--forget", "no contact any more" } },
                 true },
        makeVerb<ContactsVerb> };
}

} // namespace hawser::cli
