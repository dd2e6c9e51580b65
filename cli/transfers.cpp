#include "cli/transfer_text.h"
#include "cli/verbs.h"
#include "cli/watching.h"

#include <QFileInfo>

namespace hawser::cli {

namespace {

using contracts::DecideTransfer;
using contracts::TransferItem;
using contracts::WatchTransfers;

class ListVerb : public Watching<WatchTransfers> {
public:
    using Watching::Watching;

private:
    WatchTransfers::Request request() override { return { follows() }; }
    QString textOf(const TransferItem &in) override { return transferText(in); }
};

/// One of them is accepted, declined or stopped.
class DecideVerb : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        const QStringList wishes = said();
        if (wishes.size() != 1 || typed().has("--follow"))
            return Error { Code::InvalidArgument, QStringLiteral("say one of --accept, --decline, --cancel") };
        if (typed().one("ID").size() < 4)
            return Error { Code::InvalidArgument, QStringLiteral("an id, or four digits of its beginning at least") };
        m_wish = wishes.first();
        if (!typed().has("--to"))
            return {};
        const QFileInfo folder(typed().one("--to"));
        if (m_wish != QLatin1String("accept") || !folder.isDir())
            return Error { Code::InvalidArgument, QStringLiteral("--to is a folder, for --accept") };
        m_folder = folder.absoluteFilePath();
        return {};
    }

    void start() override
    {
        Call *call = session().start<WatchTransfers>({ false });
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            const auto item = message.as<TransferItem>();
            if (item && item->id.toHex().startsWith(typed().one("ID").toLatin1().toLower()))
                m_meant << item->id;
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                return fail(result.error());
            if (m_meant.size() != 1)
                return fail({ m_meant.isEmpty() ? Code::NotFound : Code::InvalidArgument,
                    m_meant.isEmpty() ? QStringLiteral("there is no transfer with this id")
                                      : QStringLiteral("several transfers begin so: say more of the id") });
            decide();
        });
    }

private:
    QStringList said() const
    {
        QStringList wishes;
        for (const char *wish : { "accept", "decline", "cancel" })
            if (typed().has((QByteArray("--") + wish).constData()))
                wishes << QLatin1String(wish);
        return wishes;
    }

    void decide()
    {
        session().ask<DecideTransfer>(
            { m_meant.first(), m_wish, m_folder }, this, [this](const Result<DecideTransfer::Reply> &reply) {
                if (!reply)
                    return fail(reply.error());
                answer(*reply, {});
            });
    }

    QString m_wish;
    QString m_folder;
    QList<QByteArray> m_meant;
};

std::unique_ptr<Verb> makeTransfers(const Desk &desk)
{
    const bool decides =
        desk.typed.has("ID") || desk.typed.has("--accept") || desk.typed.has("--decline") || desk.typed.has("--cancel");
    return decides ? makeVerb<DecideVerb>(desk) : makeVerb<ListVerb>(desk);
}

} // namespace

VerbEntry transfersVerb()
{
    return { { "transfers", "files on their way, both directions",
                 "  hawser transfers\n"
                 "  hawser transfers --follow --json\n"
                 "  hawser transfers 3f9a12c4 --accept --to Downloads\n"
                 "  hawser transfers 3f9a12c4 --cancel    takes an offer back\n",
                 { { "ID", "one of them: the beginning of its id", Word::Kind::Optional },
                     { "--accept", "take what is offered" }, { "--decline", "do not take it" },
                     { "--cancel", "stop it, or take my offer back" },
                     { "--to", "where to save; without it the usual place", Word::Kind::Optional, "DIR" },
                     followWord() } },
        makeTransfers };
}

} // namespace hawser::cli
