#include "cli/transfer_text.h"
#include "cli/verbs.h"
#include "cli/watching.h"
#include "core/text.h"

#include <QFileInfo>
#include <QSet>

namespace hawser::cli {

namespace {

using contracts::DecideTransfer;
using contracts::TransferItem;
using contracts::WatchTransfers;

/// Accepts what the named people offer, and what was accepted elsewhere is watched; ends when something has come and
/// nothing is under way.
class Receive : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        const QFileInfo folder(typed().has("--to") ? typed().one("--to") : QStringLiteral("."));
        if (!folder.isDir())
            return Error { Code::InvalidArgument, QStringLiteral("“%1” is no folder").arg(folder.filePath()) };
        m_folder = folder.absoluteFilePath();
        return {};
    }

    void start() override
    {
        Call *contacts = session().start<contracts::WatchContacts>({ true });
        connect(contacts, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const auto in = message.as<contracts::WatchContacts::In>(); in)
                learn(*in);
        });
        Call *call = session().start<WatchTransfers>({ true });
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const auto in = message.as<TransferItem>(); in && in->incoming)
                take(*in);
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                fail(result.error());
        });
        if (!typed().has("--accept"))
            printer().talk(QStringLiteral("Offers are shown, not taken: --accept WHO takes them from somebody."));
    }

    void interrupt() override { emit finished(m_underWay.isEmpty() ? m_exitCode : exitPending); }

private:
    /// Names can be shared and changed: what --accept says is turned into a key once, of somebody known.
    void learn(const contracts::WatchContacts::In &contact)
    {
        for (const QString &who : typed().all("--accept")) {
            const bool isPrefix = who.size() >= 8 && contact.key.hex().startsWith(who.toLower());
            const bool isName = contact.alias == who || contact.name == who;
            if ((isPrefix || isName) && !contact.removed)
                m_keysOf[who].insert(contact.key);
        }
        for (const TransferItem &item : std::exchange(m_offered, {}))
            take(item);
    }

    bool isAccepted(const PublicKey &key) const
    {
        for (const QSet<PublicKey> &keys : m_keysOf)
            if (keys.size() == 1 && keys.contains(key))
                return true;
        return false;
    }

    void take(const TransferItem &item)
    {
        if (item.state == QLatin1String("offered"))
            return decide(item);
        tell(item);
        if (!isOver(item)) {
            m_underWay.insert(item.id);
            return;
        }
        if (!m_underWay.remove(item.id))
            return; // over before we came
        if (m_exitCode == exitOk)
            m_exitCode = exitCodeOf(item);
        if (m_underWay.isEmpty())
            emit finished(m_exitCode);
    }

    void decide(const TransferItem &item)
    {
        if (item.counting || m_decided.contains(item.id))
            return;
        tell(item);
        if (!isAccepted(item.peer)) {
            m_offered << item;
            return;
        }
        m_decided.insert(item.id);
        session().ask<DecideTransfer>(
            { item.id, QStringLiteral("accept"), m_folder }, this, [this](const Result<DecideTransfer::Reply> &reply) {
                if (!reply)
                    fail(reply.error());
            });
    }

    void tell(const TransferItem &item)
    {
        if (typed().json)
            return printer().object(toValue(item));
        if (std::exchange(m_told[item.id], item.state) == item.state)
            return;
        if (isOver(item))
            printer().line(transferText(item));
        else
            printer().talk(transferText(item));
    }

    QString m_folder;
    QHash<QString, QSet<PublicKey>> m_keysOf; // by what --accept said
    QList<TransferItem> m_offered; // of people not known yet
    QSet<QByteArray> m_decided;
    QSet<QByteArray> m_underWay;
    QHash<QByteArray, QString> m_told; // states
    int m_exitCode = exitOk;
};

} // namespace

VerbEntry receiveVerb()
{
    return { { "receive", "take what somebody offers; ends when it has come",
                 "  hawser receive --accept bea --to Downloads\n"
                 "  hawser receive                        shows offers, takes none\n",
                 { { "--to", "where to save; without it here", Word::Kind::Optional, "DIR" },
                     { "--accept", "whose offers to take: a contact", Word::Kind::Many, "WHO" } },
                 false, false, true },
        makeVerb<Receive> };
}

} // namespace hawser::cli
