#include "cli/knock.h"
#include "cli/transfer_text.h"
#include "cli/verbs.h"
#include "core/text.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTimer>

namespace hawser::cli {

namespace {

using contracts::DecideTransfer;
using contracts::SendFiles;
using contracts::TransferItem;

constexpr qint64 progressEveryMs = 1000;
constexpr milliseconds patience = std::chrono::seconds(3); ///< for an offer that is kept to get as far as it comes now

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
        if (typed().has("--no-wait") && (typed().has("--wait") || typed().has("--timeout")))
            return Error { Code::InvalidArgument, QStringLiteral("--wait or --no-wait, not both") };
        if (!typed().has("--timeout"))
            return {};
        bool isNumber = false;
        const double seconds = typed().one("--timeout").toDouble(&isNumber);
        if (!isNumber || !(seconds > 0) || seconds > 30 * 86400.0)
            return Error { Code::InvalidArgument, QStringLiteral("--timeout is a number of seconds") };
        m_timeout = milliseconds(qint64(seconds * 1000));
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
    bool isToWait() const { return typed().has("--wait") || typed().has("--timeout"); }
    /// With an owner that goes when its verb is done the transfer would end.
    bool waits() const { return isToWait() || !session().ownerStays(); }

    void send(const QString &who)
    {
        session().whenThere(who, this, [this, who] {
            if (m_timeout.count() > 0)
                QTimer::singleShot(m_timeout, this, &Send::giveUpWaiting);
            Call *call = session().start<SendFiles>({ who, m_paths, typed().one("--note"), typed().has("--no-wait") });
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
        if (isOver(item))
            return;
        if (!item.offer.isEmpty() && !isToWait())
            return leaveIfFar(item);
        if (!waits() && !typed().has("--no-wait") && item.state != QLatin1String("counting")) {
            printer().talk(QStringLiteral("offered; hawser transfers shows how it goes"));
            emit finished(exitPending);
        }
    }

    /// It is kept: whether it waits here, at a broker or with them, it goes on without us.
    void leaveIfFar(const TransferItem &item)
    {
        if (item.offer != QLatin1String("queued"))
            return leave();
        if (!std::exchange(m_leaves, true))
            QTimer::singleShot(patience, this, &Send::leave);
    }

    void leave()
    {
        if (isOver(m_last))
            return;
        if (!typed().json) {
            printer().line(transferText(m_last));
            printer().talk(QStringLiteral("It goes when %1 has accepted and a hawser of yours runs. "
                                          "Take it back with: hawser transfers %2 --cancel")
                               .arg(claimedName(m_last.name), QString::fromLatin1(m_last.id.toHex().left(8))));
        }
        emit finished(typed().has("--no-wait") ? exitOk : exitPending);
    }

    /// What is kept, or goes on in another program, stays; the rest ends with us.
    void giveUpWaiting()
    {
        if (!m_last.offer.isEmpty())
            return leave();
        if (m_last.id.isEmpty() || session().ownerStays()) {
            printer().talk(QStringLiteral("not over; hawser transfers shows how it goes"));
            return emit finished(exitPending);
        }
        session().ask<DecideTransfer>(
            { m_last.id, QStringLiteral("cancel"), {} }, this, [this](const Result<DecideTransfer::Reply> &) {
                fail({ Code::Unavailable, QStringLiteral("not over in time, and taken back") });
            });
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
    milliseconds m_timeout { 0 };
    bool m_leaves = false;
    QElapsedTimer m_spoke;
};

} // namespace

VerbEntry sendVerb()
{
    return { { "send", "offer files and folders to somebody",
                 "  hawser send bea photos report.pdf --wait\n"
                 "  hawser send bea photos --no-wait      queued if need be, and done\n"
                 "  hawser send 192.0.2.7:4781 photos\n",
                 { { "WHO", "a contact, or HOST:PORT", Word::Kind::Required },
                     { "PATH", "files and folders", Word::Kind::AtLeastOne },
                     { "--wait", "until it is delivered and verified" },
                     { "--no-wait", "only until the offer is kept: it outlives this program" },
                     { "--timeout", "--wait no longer than so many seconds", Word::Kind::Optional, "SECONDS" },
                     { "--note", "a sentence for the receiver", Word::Kind::Optional, "TEXT" } },
                 true },
        makeVerb<Send> };
}

} // namespace hawser::cli
