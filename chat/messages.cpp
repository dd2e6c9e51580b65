#include "chat/messages.h"

#include "chat/offers.h"
#include "chat/parts.h"
#include "core/contracts/mail.h"
#include "core/contracts/talk.h"
#include "core/limits.h"
#include "core/mail_items.h"
#include "core/wire.h"

namespace hawser::chat::messages {

namespace {

using contracts::ChatText;
using contracts::MailReceipt;

constexpr char toStranger = '\x01';

QByteArray oneItem(const char *kind, const QByteArray &body, qint64 written)
{
    const MailItem item { kind, body, written };
    return packItems({ &item, 1 });
}

/// Puts it into the outbox; its number and state follow.
Result<Entry> post(Database &database, Entry entry, const Myself &me, bool again)
{
    const qint64 written = entry.said > 0 ? entry.said : entry.at;
    const Result<quint64> number =
        Outbox(database, me.room)
            .put(sequenceTo(entry.with), oneItem(ChatText::kind, encodeStruct(ChatText { entry.text }), written));
    if (!number)
        return number.error();
    entry.device = me.device;
    entry.elsewhere = false;
    entry.number = *number;
    entry.state = Entry::State::Queued;
    const Result<void> told = tellSaid(database, me, entry, again);
    return told ? Result<Entry>(entry) : told.error();
}

} // namespace

Database::Steps steps()
{
    return { history::tables(), history::moreTables() + Outbox::tables() + Inbox::tables(), history::tablesOfDevices(),
        CallBook::tables(), offers::tables(), offers::orderOfEnds(), CallBook::moreTables(), parts::tables() };
}

Result<quint64> put(Database &database, const MailSequence &sequence, const char *kind, const QByteArray &body)
{
    return Outbox(database).put(sequence, oneItem(kind, body, 0));
}

Result<bool> answer(
    Database &database, const MailSequence &sequence, const char *kind, const QByteArray &body, qint64 most)
{
    const Result<MailProgress> progress = Outbox(database).progress(sequence);
    if (!progress)
        return progress.error();
    if (qint64(progress->last - progress->kept) >= most)
        return false;
    const Result<quint64> put = messages::put(database, sequence, kind, body);
    return put ? Result<bool>(true) : put.error();
}

MailSequence sequenceTo(const PublicKey &with)
{
    return { with, MailSource::betweenTheTwo() };
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

Result<void> tellReceipt(Database &database, const MailSequence &whom, const char *kind, const MailReceipt &receipt)
{
    const Result<quint64> told = put(database, whom, kind, encodeStruct(receipt));
    return told ? Result<void>() : told.error();
}

Result<Entry> say(Database &database, Entry entry, const Myself &me)
{
    const Result<Entry> posted = post(database, std::move(entry), me, false);
    if (!posted)
        return posted.error();
    if (const Result<void> added = history::add(database, *posted); !added)
        return added.error();
    return posted;
}

Result<Entry> sayAgain(Database &database, quint64 id, const Myself &me)
{
    Result<Entry> found = history::find(database, id);
    if (!found)
        return found.error();
    if (found->state != Entry::State::NotSent)
        return Error { Code::NotFound, QStringLiteral("it was sent") };
    found->sentence.clear();
    const Result<Entry> posted = post(database, *found, me, true);
    if (!posted)
        return posted.error();
    if (const Result<void> kept = history::setState(database, *posted); !kept)
        return kept.error();
    return posted;
}

Result<void> markRead(Database &database, const PublicKey &with, quint64 id, const Myself &me)
{
    const Result<QList<history::SeenMark>> seen = history::markRead(database, with, id);
    if (!seen)
        return seen.error();
    for (const history::SeenMark &mark : *seen) {
        // What cannot be told now is read all the same.
        const Result<void> toThem =
            tellReceipt(database, sequenceTo(with), MailReceipt::read, { {}, mark.device, mark.number });
        Q_UNUSED(toThem)
        if (me.others.recipient.isNull())
            continue;
        const Result<void> toMe =
            tellReceipt(database, me.others, MailReceipt::read, { with, mark.device, mark.number });
        Q_UNUSED(toMe)
    }
    return {};
}

Result<News> kept(Database &database, const PublicKey &with, const Myself &me, quint64 upto, const QString &broker)
{
    const Entry::State state = broker.isEmpty() ? Entry::State::Delivered : Entry::State::AtBroker;
    // What another keeper took before is not meant.
    const Result<QList<Entry>> changed = history::settle(database, { with, me.device, 1, upto }, state, broker);
    if (!changed)
        return changed.error();
    if (const Result<void> told = tellState(database, me, *changed); !told)
        return told.error();
    return News { {}, *changed, {} };
}

Result<News> refused(
    Database &database, const PublicKey &with, const Myself &me, quint64 number, Refusal refusal, const QString &why)
{
    const Result<MailProgress> progress = Outbox(database).progress(sequenceTo(with));
    if (!progress)
        return progress.error();
    const quint64 last = refusal == Refusal::GivenUp ? number : progress->last;
    const Entry::State state = refusal == Refusal::ForNow ? Entry::State::Queued : Entry::State::NotSent;
    const Result<QList<Entry>> changed = history::settle(database, { with, me.device, number, last }, state, why);
    if (!changed)
        return changed.error();
    if (const Result<void> told = tellState(database, me, *changed); !told)
        return told.error();
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
    if (const Result<void> given = Outbox(database).giveUpAll(sequenceTo(with)); !given)
        return given.error();
    if (const Result<void> forgotten = offers::forget(database, with); !forgotten)
        return forgotten.error();
    return history::forget(database, with);
}

Result<void> renumber(Database &database, const PublicKey &with, const Myself &me, quint64 after, quint64 by)
{
    const Result<QList<Entry>> renumbered = history::renumber(database, with, { me.device, after }, by);
    if (!renumbered)
        return renumbered.error();
    for (const Entry &entry : *renumbered)
        if (const Result<void> told = tellSaid(database, me, entry, true); !told)
            return told;
    return {};
}

Result<void> reconcile(Database &database)
{
    if (const Result<void> reconciled = offers::reconcile(database); !reconciled)
        return reconciled.error();
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

Result<News> lost(Database &database, const PublicKey &broker, quint64 inAll, quint64 id, qint64 now)
{
    const Result<quint64> items = history::noteLost(database, broker, inAll);
    if (!items || *items == 0)
        return items ? Result<News>(News {}) : items.error();
    Entry entry;
    entry.id = id;
    entry.with = broker;
    entry.kind = Entry::Kind::Missed;
    entry.at = now;
    entry.text = *items == 1 ? QStringLiteral("One message may have gone before this computer fetched it.")
                             : QStringLiteral("Up to %1 messages went before this computer fetched them.").arg(*items);
    const Result<void> added = history::add(database, entry);
    return added ? Result<News>(News { { entry }, {}, {} }) : added.error();
}

} // namespace hawser::chat::messages
