#include "chat/person_limits.h"

#include "core/toml_table.h"

namespace hawser::chat {

namespace {

constexpr qint64 most = 100'000; // of what a person looks through
constexpr qint64 mostMail = 1'000'000'000'000; // items or bytes

Limits requestLimits(RequestLimits &requests)
{
    const char *const table = "requests";
    return {
        { table, "waiting", &requests.waiting, 1, most, "requests that wait behind the one on the screen" },
        { table, "per_address", &requests.perAddress, 1, most,
            "requests from one address in `window_minutes` that come on the screen; the rest is only listed" },
        { table, "window_minutes", &requests.windowMinutes, 1, 1440, "minutes, see above" },
        { table, "on_screen_seconds", &requests.onScreenSeconds, 10, 3600, "seconds a request stands on the screen" },
        { table, "days", &requests.days, 1, 365, "days a request is kept" },
        { table, "listed", &requests.listed, 1, most,
            "requests that are kept; further strangers look as if they waited" },
        { table, "unanswered", &requests.unanswered, 1, most, "strangers who were told a number; the same holds" },
    };
}

Limits otherLimits(PersonLimits &person)
{
    TransferLimits &transfers = person.transfers;
    return {
        { "transfers", "at_once", &transfers.atOnce, 1, 1000, "transfers to one person at once; the rest waits" },
        { "transfers", "stall_seconds", &transfers.stallSeconds, 5, 86400,
            "seconds in which nothing moves until a transfer ends" },
        { "transfers", "offers", &transfers.offers, 1, 1000,
            "offers of one person that are not answered, while both are there" },
        { "transfers", "kept_offers", &transfers.kept.open, 1, most,
            "offers that are kept for one person, and of one person, until they are over" },
        { "transfers", "ended", &transfers.kept.ended, 1, most,
            "transfers with one person that are over and still listed" },
        { "transfers", "answers", &transfers.kept.answers, 1, most,
            "answers to one person's offers that wait to be sent; more are not given" },
        { "transfers", "tries", &transfers.kept.tries, 1, 1000,
            "times that what was accepted is begun until it is given up" },
        { "outbox", "items", &person.outboxItems, 1, mostMail, "messages that wait for one recipient" },
        { "outbox", "bytes", &person.outboxBytes, limits::mailItem, mostMail, "bytes of them" },
        { "calls", "kept", &person.callsKept, 1, most,
            "commands that were sent to wait, and their answers; those that were looked at go first" },
        { "limits", "control_connections", &person.controlConnections, 2, 4096,
            "programs that are served over the control socket" },
    };
}

} // namespace

Limits describe(PersonLimits &person)
{
    Limits all;
    for (const Limits &more : { hawser::describe(person.links), hawser::describe(person.dials),
             hawser::describe(person.admission), requestLimits(person.requests), otherLimits(person) })
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

Result<PersonLimits> parseLimits(const QByteArray &text, const QString &file)
{
    const Result<toml::table> parsed = TomlTable::parse(text, file);
    if (!parsed)
        return parsed.error();
    PersonLimits person;
    TomlTable table(*parsed, file);
    if (const auto read = readLimits(table, describe(person)); !read)
        return read.error();
    if (const auto read = table.nothingElse(); !read)
        return read.error();
    return person;
}

Result<PersonLimits> loadLimits(const QString &folder)
{
    return TomlTable::loadOr({}, folder + QStringLiteral("/limits.toml"), parseLimits);
}

} // namespace hawser::chat
