#include "chat/own_devices.h"

#include "chat/messages.h"
#include "core/contracts/talk.h"
#include "core/limits.h"
#include "core/mail_items.h"
#include "core/wire.h"

namespace hawser::chat::messages {

namespace {

using contracts::ChatText;
using contracts::MailHeard;
using contracts::MailSent;
using contracts::MailState;

constexpr qsizetype heardBytes = limits::mailItem / 2; // of items in one of ours

template <typename Body>
Result<void> tell(Database &database, const Myself &me, const Body &body, qint64 written)
{
    const MailItem item { Body::kind, encodeStruct(body), written };
    const Result<quint64> put = Outbox(database).put(me.others, packItems({ &item, 1 }));
    return put ? Result<void>() : put.error();
}

bool areTold(const Myself &me)
{
    return !me.others.recipient.isNull();
}

quint8 onTheWire(Entry::State state)
{
    switch (state) {
    case Entry::State::AtBroker:
        return MailState::AtBroker;
    case Entry::State::Delivered:
        return MailState::Delivered;
    case Entry::State::NotSent:
        return MailState::NotSent;
    default:
        return 0;
    }
}

/// What is known already about something of mine that comes only now.
Result<Entry> withWhatWasTold(Database &database, Entry entry)
{
    const Result<history::Told> told = history::told(database, entry.with, entry.device);
    if (!told)
        return told.error();
    const bool isBoth = entry.number <= told->refused && entry.number <= told->delivered; // not known which
    entry.state = isBoth                  ? Entry::State::AtBroker
        : entry.number <= told->read      ? Entry::State::Read
        : entry.number <= told->delivered ? Entry::State::Delivered
        : entry.number <= told->refused   ? Entry::State::NotSent
                                          : Entry::State::Queued;
    entry.sentence = entry.state == Entry::State::NotSent ? noSentence()
        : entry.state == Entry::State::Queued             ? QStringLiteral("it is on another device of yours")
                                                          : QString();
    return entry;
}

} // namespace

MailSequence sequenceToMine(const PublicKey &me, const PublicKey &broker)
{
    return { me, MailSource::ofBroker(broker) };
}

Result<void> tellSaid(Database &database, const Myself &me, const Entry &entry, bool again)
{
    if (!areTold(me))
        return {};
    const MailSent sent { entry.with, entry.number, ChatText::kind, encodeStruct(ChatText { entry.text }), again };
    return tell(database, me, sent, entry.said > 0 ? entry.said : entry.at);
}

Result<void> tellState(Database &database, const Myself &me, const QList<Entry> &changed)
{
    if (!areTold(me))
        return {};
    std::optional<MailState> run;
    for (const Entry &entry : changed) {
        const quint8 state = onTheWire(entry.state);
        if (entry.device != me.device || entry.elsewhere || state == 0)
            continue;
        if (run && run->state == state && run->sentence == entry.sentence) {
            run->first = std::min(run->first, entry.number);
            run->upto = std::max(run->upto, entry.number);
            continue;
        }
        if (run)
            if (const Result<void> told = tell(database, me, *run, 0); !told)
                return told;
        run = MailState { entry.with, entry.number, entry.number, state, entry.sentence };
    }
    return run ? tell(database, me, *run, 0) : Result<void>();
}

Result<void> tellHeard(Database &database, const Myself &me, const MailHeard &heard, const QList<Inbox::NewItem> &fresh)
{
    if (!areTold(me))
        return {};
    const Result<QList<quint32>> cuts = cutItems(heard.items);
    if (!cuts)
        return cuts.error();
    for (qsizetype i = 0; i < fresh.size();) {
        const quint64 first = fresh[i].number;
        const quint32 *cut = cuts->data() + (first - heard.first);
        qsizetype count = 0;
        while (i + count < fresh.size() && fresh[i + count].number == first + quint64(count)
            && cut[count + 1] - cut[0] <= heardBytes)
            ++count;
        if (count > 0) {
            MailHeard part = heard;
            part.first = first;
            part.items = heard.items.mid(cut[0], cut[count] - cut[0]);
            if (const Result<void> told = tell(database, me, part, 0); !told)
                return told;
        }
        i += std::max<qsizetype>(count, 1);
    }
    return {};
}

Result<SaidElsewhere> takeSaid(Database &database, Entry entry, const MailSent &sent)
{
    const Result<ChatText> said = decodeStruct<ChatText>(sent.body);
    if (sent.what != ChatText::kind || !said || said->text.isEmpty() || said->text.toUtf8().size() > limits::chatBytes
        || sent.number < 1 || sent.number > mostMailNumber)
        return SaidElsewhere {}; // of a newer program
    entry.with = sent.to;
    entry.mine = true;
    entry.elsewhere = true;
    entry.text = said->text;
    entry.number = sent.number;
    const Result<Entry> known = sent.again ? history::findSaid(database, sent.to, entry.said, entry.text)
                                           : history::find(database, sent.to, entry.device, entry.number);
    if (known && !sent.again && known->mine && known->text == entry.text)
        return SaidElsewhere {};
    Result<Entry> shown = withWhatWasTold(database, entry);
    if (!shown)
        return shown.error();
    if (known && sent.again) {
        shown->id = known->id;
        shown->at = known->at;
        const Result<void> kept = history::setState(database, *shown);
        return kept ? Result<SaidElsewhere>(SaidElsewhere { {}, *shown }) : kept.error();
    }
    const Result<void> added = history::add(database, *shown);
    return added ? Result<SaidElsewhere>(SaidElsewhere { *shown, {} }) : added.error();
}

Result<QList<Entry>> takeState(Database &database, const QByteArray &device, const MailState &state)
{
    const history::SeenMark upto { device, state.upto };
    switch (state.state) {
    case MailState::AtBroker:
        return history::advance(database, state.to, upto, Entry::State::AtBroker, state.sentence);
    case MailState::Delivered:
        return history::advance(database, state.to, upto, Entry::State::Delivered, {});
    case MailState::NotSent:
        return history::settle(
            database, { state.to, device, state.first, state.upto }, Entry::State::NotSent, state.sentence);
    default:
        return QList<Entry> {}; // of a newer program
    }
}

} // namespace hawser::chat::messages
