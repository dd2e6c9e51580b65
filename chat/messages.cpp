#include "chat/messages.h"

#include "core/contracts/mail.h"
#include "core/contracts/talk.h"
#include "core/limits.h"
#include "core/mail_items.h"
#include "core/wire.h"

#include <algorithm>

namespace hawser::chat::messages {

namespace {

using contracts::ChatText;
using contracts::MailExpired;
using contracts::MailReceipt;

constexpr char toStranger = '\x01';

QByteArray oneItem(const char *kind, const QByteArray &body, qint64 written)
{
    const MailItem item { kind, body, written };
    return packItems({ &item, 1 });
}

Result<void> tell(Database &database, const MailSequence &whom, const char *kind, const MailReceipt &receipt)
{
    const Result<quint64> put = Outbox(database).put(whom, oneItem(kind, encodeStruct(receipt), 0));
    return put ? Result<void>() : put.error();
}

/// Puts it into the outbox; its number and state follow.
Result<Entry> post(Database &database, Entry entry, const QByteArray &myDevice)
{
    const Result<quint64> number = Outbox(database).put(
        sequenceTo(entry.with), oneItem(ChatText::kind, encodeStruct(ChatText { entry.text }), entry.at));
    if (!number)
        return number.error();
    entry.device = myDevice;
    entry.number = *number;
    entry.state = Entry::State::Queued;
    return entry;
}

/// One arrival while it is taken.
class Taking {
public:
    Taking(Database &database, const Arrival &arrival) : m_database(database), m_arrival(arrival) { }

    Result<News> run()
    {
        const Result<QList<Inbox::Seen>> seen =
            Inbox(m_database).take(m_arrival.source, m_arrival.first, m_arrival.items);
        if (!seen)
            return seen.error();
        const Result<QList<MailItem>> items = unpackItems(m_arrival.items);
        if (!items)
            return items.error();
        for (qsizetype i = 0; i < items->size(); ++i)
            if (seen->at(i) == Inbox::Seen::New)
                if (const Result<void> done = take(items->at(i), quint64(i)); !done)
                    return done.error();
        if (const Result<void> told = answer(); !told)
            return told.error();
        return m_news;
    }

private:
    Result<void> take(const MailItem &item, quint64 place)
    {
        if (item.kind == ChatText::kind)
            return takeText(item, place);
        if (item.kind == MailExpired::kind)
            return takeExpiry(item);
        const bool isRead = item.kind == MailReceipt::read;
        const bool isRefused = item.kind == MailReceipt::refused;
        if (!isRead && !isRefused && item.kind != MailReceipt::delivered)
            return {}; // of a newer program, or given up
        const Result<MailReceipt> receipt = decodeStruct<MailReceipt>(item.body);
        if (!receipt)
            return {};
        if (m_arrival.source.sender == m_arrival.source.recipient)
            return isRead ? readElsewhere(*receipt) : Result<void>();
        if (receipt->device != m_arrival.myDevice)
            return {}; // what another device of mine said
        return isRefused ? takeRefusal(*receipt) : takeReceipt(*receipt, isRead);
    }

    Result<void> takeText(const MailItem &item, quint64 place)
    {
        const Result<ChatText> said = decodeStruct<ChatText>(item.body);
        const bool isText = said && !said->text.isEmpty() && said->text.toUtf8().size() <= limits::chatBytes;
        if (!isText || m_arrival.source.sender == m_arrival.source.recipient)
            return {};
        m_lastText = m_arrival.first + place;
        if (!m_arrival.isAllowed)
            return {};
        Entry entry;
        entry.id = m_arrival.firstId + place;
        entry.with = m_arrival.source.sender;
        entry.text = said->text;
        entry.at = m_arrival.now;
        entry.said = item.written;
        entry.device = m_arrival.source.device;
        entry.number = m_lastText;
        m_news.added << entry;
        return history::add(m_database, entry);
    }

    Result<void> takeReceipt(const MailReceipt &receipt, bool isRead)
    {
        Outbox outbox(m_database);
        const MailSequence sequence = sequenceTo(m_arrival.source.sender);
        const Result<MailProgress> raised =
            isRead ? outbox.read(sequence, receipt.upto) : outbox.delivered(sequence, receipt.upto);
        if (!raised)
            return raised.error();
        const history::SeenMark upto { receipt.device, isRead ? raised->read : raised->delivered };
        const Result<QList<Entry>> changed = history::advance(
            m_database, m_arrival.source.sender, upto, isRead ? Entry::State::Read : Entry::State::Delivered, {});
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        return {};
    }

    Result<void> takeRefusal(const MailReceipt &receipt)
    {
        const Result<QList<Entry>> changed =
            history::turnDown(m_database, m_arrival.source.sender, { receipt.device, receipt.upto }, noSentence());
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        return {};
    }

    /// Only the broker that said it has them can take that back.
    Result<void> takeExpiry(const MailItem &item)
    {
        const Result<MailExpired> gone = decodeStruct<MailExpired>(item.body);
        if (!gone || !m_arrival.isBroker || gone->device != m_arrival.myDevice
            || gone->conversation != sequenceTo(gone->to).conversation)
            return {};
        const Result<QList<Entry>> changed =
            history::expire(m_database, { gone->to, gone->device, gone->first, gone->upto }, expiredSentence());
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        return {};
    }

    Result<void> readElsewhere(const MailReceipt &receipt)
    {
        m_news.read.insert(receipt.from);
        return history::markRead(m_database, receipt.from, history::SeenMark { receipt.device, receipt.upto });
    }

    /// Through a broker they cannot see otherwise what became of it.
    Result<void> answer()
    {
        if (m_arrival.direct || m_lastText == 0)
            return {};
        return tell(m_database, sequenceTo(m_arrival.source.sender),
            m_arrival.isAllowed ? MailReceipt::delivered : MailReceipt::refused,
            { {}, m_arrival.source.device, m_lastText });
    }

    Database &m_database;
    const Arrival &m_arrival;
    News m_news;
    quint64 m_lastText = 0;
};

} // namespace

Database::Steps steps()
{
    return { history::tables(), history::moreTables() + Outbox::tables() + Inbox::tables() };
}

MailSequence sequenceTo(const PublicKey &with)
{
    return { with, QByteArray(MailSource::conversationBytes, '\0') };
}

MailSequence sequenceToStranger(const PublicKey &with)
{
    return { with, QByteArray(MailSource::conversationBytes, toStranger) };
}

QString noSentence()
{
    return QStringLiteral("they do not take messages from you now");
}

QString expiredSentence()
{
    return QStringLiteral("nobody fetched it from the broker in time");
}

Result<Entry> say(Database &database, Entry entry, const QByteArray &myDevice)
{
    const Result<Entry> posted = post(database, std::move(entry), myDevice);
    if (!posted)
        return posted.error();
    if (const Result<void> added = history::add(database, *posted); !added)
        return added.error();
    return posted;
}

Result<Entry> sayAgain(Database &database, quint64 id, const QByteArray &myDevice)
{
    Result<Entry> found = history::find(database, id);
    if (!found)
        return found.error();
    if (found->state != Entry::State::NotSent)
        return Error { Code::NotFound, QStringLiteral("it was sent") };
    found->sentence.clear();
    const Result<Entry> posted = post(database, *found, myDevice);
    if (!posted)
        return posted.error();
    if (const Result<void> kept = history::setState(database, *posted); !kept)
        return kept.error();
    return posted;
}

Result<void> markRead(Database &database, const PublicKey &with, quint64 id, const PublicKey &toMyDevices)
{
    const Result<QList<history::SeenMark>> seen = history::markRead(database, with, id);
    if (!seen)
        return seen.error();
    for (const history::SeenMark &mark : *seen) {
        // What cannot be told now is read all the same.
        const Result<void> toThem =
            tell(database, sequenceTo(with), MailReceipt::read, { {}, mark.device, mark.number });
        Q_UNUSED(toThem)
        if (toMyDevices.isNull())
            continue;
        const Result<void> toMe =
            tell(database, sequenceTo(toMyDevices), MailReceipt::read, { with, mark.device, mark.number });
        Q_UNUSED(toMe)
    }
    return {};
}

Result<News> kept(
    Database &database, const PublicKey &with, const QByteArray &myDevice, quint64 upto, const QString &broker)
{
    const Entry::State state = broker.isEmpty() ? Entry::State::Delivered : Entry::State::AtBroker;
    if (broker.isEmpty())
        if (const Result<MailProgress> raised = Outbox(database).delivered(sequenceTo(with), upto); !raised)
            return raised.error();
    const Result<QList<Entry>> changed = history::advance(database, with, { myDevice, upto }, state, broker);
    if (!changed)
        return changed.error();
    return News { {}, *changed, {} };
}

Result<News> refused(Database &database, const PublicKey &with, const QByteArray &myDevice, quint64 number,
    Refusal refusal, const QString &why)
{
    const Result<MailProgress> progress = Outbox(database).progress(sequenceTo(with));
    if (!progress)
        return progress.error();
    const quint64 last = refusal == Refusal::GivenUp ? number : progress->last;
    const Entry::State state = refusal == Refusal::ForNow ? Entry::State::Queued : Entry::State::NotSent;
    const Result<QList<Entry>> changed = history::settle(database, { with, myDevice, number, last }, state, why);
    if (!changed)
        return changed.error();
    if (refusal == Refusal::All)
        for (const Entry &entry : *changed)
            if (const Result<void> given = Outbox(database).giveUp(sequenceTo(with), entry.number); !given)
                return given.error();
    return News { {}, *changed, {} };
}

Result<News> explain(Database &database, const PublicKey &with, const QByteArray &myDevice, const QString &why)
{
    const Result<QList<Entry>> changed =
        history::settle(database, { with, myDevice, 1, mostMailNumber }, Entry::State::Queued, why);
    return changed ? Result<News>(News { {}, *changed, {} }) : changed.error();
}

Result<void> forget(Database &database, const PublicKey &with)
{
    Outbox outbox(database);
    const Result<MailProgress> progress = outbox.progress(sequenceTo(with));
    if (!progress)
        return progress.error();
    for (quint64 number = progress->kept + 1; number <= progress->last; ++number)
        if (const Result<void> given = outbox.giveUp(sequenceTo(with), number); !given)
            return given.error();
    return history::forget(database, with);
}

Result<void> renumber(Database &database, const PublicKey &with, const QByteArray &myDevice, quint64 after, quint64 by)
{
    const auto done = database.run(
        QStringLiteral("UPDATE entries SET number = number + ? WHERE talk = (SELECT id FROM talks WHERE key = ?)"
                       " AND device = ? AND number > ? AND mine = 1"),
        { by, with.bytes(), myDevice, after });
    return done ? Result<void>() : done.error();
}

Result<void> reconcile(Database &database)
{
    if (const Result<void> forgotten = history::forgetWhyQueued(database); !forgotten)
        return forgotten.error();
    const Result<QList<history::UnderWay>> underWay = history::underWay(database);
    if (!underWay)
        return underWay.error();
    for (const history::UnderWay &talk : *underWay) {
        const Result<MailProgress> progress = Outbox(database).progress(sequenceTo(talk.with));
        if (!progress)
            return progress.error();
        const std::pair<quint64, Entry::State> marks[] = { { progress->kept, Entry::State::AtBroker },
            { progress->delivered, Entry::State::Delivered }, { progress->read, Entry::State::Read } };
        for (const auto &[upto, state] : marks)
            if (const auto done = history::advance(database, talk.with, { talk.device, upto }, state, {}); !done)
                return done.error();
    }
    return {};
}

Result<News> take(Database &database, const Arrival &arrival)
{
    return Taking(database, arrival).run();
}

Result<void> turnAway(Database &database, const Arrival &arrival)
{
    const Result<QList<MailItem>> items = unpackItems(arrival.items);
    if (!items)
        return items.error();
    const auto said = std::ranges::find(items->rbegin(), items->rend(), ChatText::kind, &MailItem::kind);
    if (said == items->rend())
        return {};
    const quint64 number = arrival.first + quint64(items->rend() - said) - 1;
    return tell(database, sequenceToStranger(arrival.source.sender), MailReceipt::refused,
        { {}, arrival.source.device, number });
}

} // namespace hawser::chat::messages
