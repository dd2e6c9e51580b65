#include "cli/knock.h"
#include "cli/transfer_text.h"
#include "cli/verbs.h"
#include "core/text.h"

#include <QElapsedTimer>
#include <QFileInfo>

namespace hawser::cli {

namespace {

using contracts::DecideTransfer;
using contracts::SendFiles;
using contracts::TransferItem;

constexpr qint64 progressEveryMs = 1000;

class Send : public Verb {
public:
    explicit Send(const Desk &desk) : Verb(desk), m_knock(desk.session, desk.printer) { }

    Result<void> check() override
    {
        for (const QString &path : typed().all("PATH")) {
            const QFileInfo info(path);
            if (!info.exists())
                return Error { Code::InvalidArgument, QStringLiteral("there is no “%1”").arg(path) };
            m_paths << info.absoluteFilePath();
        }
        return {};
    }

    void start() override
    {
        const QString who = typed().one("WHO");
        if (!Knock::isAddress(who))
            return send(who);
        connect(&m_knock, &Knock::failed, this, &Send::fail);
        connect(
            &m_knock, &Knock::accepted, this, [this](const contracts::Join::Reply &reply) { send(reply.key.hex()); });
        m_knock.join(who);
    }

    /// Takes the offer back.
    void interrupt() override
    {
        if (m_last.id.isEmpty())
            return Verb::interrupt();
        session().ask<DecideTransfer>({ m_last.id, QStringLiteral("cancel"), {} }, this,
            [this](const Result<DecideTransfer::Reply> &) { emit finished(exitInterrupted); });
    }

private:
    /// With an owner that goes when its verb is done the transfer would end.
    bool waits() const { return typed().has("--wait") || !session().ownerStays(); }

    void send(const QString &who)
    {
        session().whenThere(who, this, [this, who] {
            Call *call = session().start<SendFiles>({ who, m_paths, typed().one("--note") });
            connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
                if (const auto item = message.as<TransferItem>(); item)
                    take(*item);
            });
            connect(call, &Call::finished, this,
                [this](const Result<Payload> &result) { over(replyOf<SendFiles>(result)); });
        });
    }

    void take(const TransferItem &item)
    {
        const bool changed = item.state != m_last.state;
        m_last = item;
        if (typed().json)
            printer().object(toValue(item));
        else if (changed || !m_spoke.isValid() || m_spoke.elapsed() >= progressEveryMs)
            tell(item);
        if (!waits() && item.state != QLatin1String("counting") && !isOver(item)) {
            printer().talk(QStringLiteral("offered; hawser transfers shows how it goes"));
            emit finished(exitPending);
        }
    }

    void tell(const TransferItem &item)
    {
        m_spoke.start();
        if (const QString text = progressText(item); !text.isEmpty())
            printer().talk(text);
    }

    void over(const Result<TransferItem> &result)
    {
        if (!result)
            return fail(result.error());
        for (const QString &failed : result->failed)
            printer().talk(visible(failed));
        if (!result->sentence.isEmpty() && !typed().json)
            printer().talk(visible(result->sentence));
        answer(*result, transferText(*result), exitCodeOf(*result));
    }

    QStringList m_paths;
    Knock m_knock;
    TransferItem m_last;
    QElapsedTimer m_spoke;
};

} // namespace

VerbEntry sendVerb()
{
    return { { "send", "offer files and folders to somebody",
                 "  hawser send bea photos report.pdf --wait\n"
                 "  hawser send 192.0.2.7:4781 photos\n",
                 { { "WHO", "a contact, or HOST:PORT", Word::Kind::Required },
                     { "PATH", "files and folders", Word::Kind::AtLeastOne },
                     { "--wait", "until it is delivered and verified" },
                     { "--note", "a sentence for the receiver", Word::Kind::Optional, "TEXT" } },
                 true },
        makeVerb<Send> };
}

} // namespace hawser::cli
