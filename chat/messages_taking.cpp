#include "chat/messages.h"

#include "chat/offers.h"
#include "core/contracts/talk.h"
#include "core/limits.h"
#include "core/mail_items.h"
#include "core/wire.h"

#include <algorithm>

namespace hawser::chat::messages {

namespace {

using contracts::ChatText;
using contracts::FileAnswer;
using contracts::MailExpired;
using contracts::MailHeard;
using contracts::MailReceipt;
using contracts::MailSent;
using contracts::MailState;

/// One arrival while it is taken.
class Taking {
public:
    Taking(Database &database, const Arrival &arrival) : m_database(database), m_arrival(arrival) { }

    Result<News> run()
    {
        const Result<QList<MailItem>> items = unpackItems(m_arrival.items);
        if (!items)
            return items.error();
        if (isOfFiles() && offers::readable(*items) < items->size())
            return Error { Code::InvalidArgument, QStringLiteral("a file offer that cannot be read") };
        Inbox inbox(m_database);
        const Result<Inbox::Highest> before = inbox.highest(m_arrival.source);
        if (!before)
            return before.error();
        const auto fresh = inbox.takeNew(m_arrival.source, m_arrival.first, m_arrival.items);
        if (!fresh)
            return fresh.error();
        noteTurn(before->marks.highest(), quint64(items->size()));
        if (const Result<void> taken = isOfFiles() ? takeOffers(*fresh) : takeAll(*fresh); !taken)
            return taken.error();
        if (const Result<void> told = passOn(*fresh); !told)
            return told.error();
        return m_news;
    }

private:
    bool isMine() const { return m_arrival.source.sender == m_arrival.source.recipient; }

    bool isOfFiles() const { return offers::isOffers({ m_arrival.source.sender, m_arrival.source.conversation }); }

    bool isToStranger() const
    {
        return m_arrival.source.conversation == sequenceToStranger(m_arrival.source.sender).conversation;
    }

    void noteTurn(quint64 before, quint64 count)
    {
        const MailSource &source = m_arrival.source;
        const bool isTalk = !isMine() && source.conversation == sequenceTo(source.sender).conversation;
        if (isTalk && m_arrival.isAllowed && m_arrival.first != before + 1)
            m_news.outOfTurn << OutOfTurn { source.sender, source.device, before, m_arrival.first,
                m_arrival.first + count - 1 };
    }

    Result<void> takeOffers(const QList<Inbox::NewItem> &fresh)
    {
        return offers::take(m_database, m_arrival, fresh, m_news);
    }

    Result<void> takeAll(const QList<Inbox::NewItem> &fresh)
    {
        for (const Inbox::NewItem &came : fresh)
            if (const Result<void> done = take(came); !done)
                return done.error();
        return answer();
    }

    Result<void> take(const Inbox::NewItem &came)
    {
        const MailItem &item = came.item;
        if (item.kind == ChatText::kind)
            return takeText(came);
        if (isMine())
            return takeOfMine(came);
        if (item.kind == MailExpired::kind)
            return takeExpiry(item);
        if (item.kind == FileAnswer::kind && isToStranger())
            return decodeStruct<FileAnswer>(item.body) ? takeOffers({ came }) : Result<void>();
        const bool isRead = item.kind == MailReceipt::read;
        const bool isRefused = item.kind == MailReceipt::refused;
        if (!isRead && !isRefused && item.kind != MailReceipt::delivered)
            return {}; // of a newer program, or given up
        const Result<MailReceipt> receipt = decodeStruct<MailReceipt>(item.body);
        if (!receipt)
            return {};
        return isRefused ? takeRefusal(*receipt) : takeReceipt(*receipt, isRead);
    }

    Result<void> takeText(const Inbox::NewItem &came)
    {
        const Result<ChatText> said = decodeStruct<ChatText>(came.item.body);
        const bool isText = said && !said->text.isEmpty() && said->text.toUtf8().size() <= limits::chatBytes;
        if (!isText || isMine())
            return {};
        m_lastText = came.number;
        if (m_firstText == 0)
            m_firstText = came.number;
        if (!m_arrival.isAllowed)
            return {};
        Entry entry;
        entry.id = m_arrival.nextId();
        entry.with = m_arrival.source.sender;
        entry.text = said->text;
        entry.at = m_arrival.now;
        entry.said = came.item.written;
        entry.device = m_arrival.source.device;
        entry.number = came.number;
        m_news.added << entry;
        return history::add(m_database, entry);
    }

    Result<void> takeReceipt(const MailReceipt &receipt, bool isRead)
    {
        Outbox outbox(m_database);
        const PublicKey &with = m_arrival.source.sender;
        history::SeenMark upto { receipt.device, receipt.upto };
        if (receipt.device == m_arrival.me.device) {
            const MailSequence sequence = sequenceTo(with);
            const Result<MailProgress> raised =
                isRead ? outbox.read(sequence, receipt.upto) : outbox.delivered(sequence, receipt.upto);
            if (!raised)
                return raised.error();
            upto.number = isRead ? raised->read : raised->delivered;
        } else if (const Result<void> noted = history::noteTold(
                       m_database, with, receipt.device, { receipt.upto, isRead ? receipt.upto : 0, 0 });
                   !noted) {
            return noted;
        }
        const Result<QList<Entry>> changed =
            history::advance(m_database, with, upto, isRead ? Entry::State::Read : Entry::State::Delivered, {});
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        if (isRead || receipt.first == 0)
            return {};
        const Result<QList<Entry>> after =
            history::tookAfterAll(m_database, { with, receipt.device, receipt.first, receipt.upto });
        if (!after)
            return after.error();
        m_news.changed << *after;
        return {};
    }

    Result<void> takeRefusal(const MailReceipt &receipt)
    {
        if (receipt.device != m_arrival.me.device)
            if (const Result<void> noted =
                    history::noteTold(m_database, m_arrival.source.sender, receipt.device, { 0, 0, receipt.upto });
                !noted)
                return noted;
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
        if (!gone || !m_arrival.isBroker)
            return {};
        if (offers::isOffers({ gone->to, gone->conversation }))
            return gone->device == m_arrival.me.device ? takeExpiredOffers(*gone) : Result<void>();
        if (gone->conversation == MailSource::ofBroker(m_arrival.source.sender)) {
            const CallBook::Changed calls = CallBook(m_database).expired(*gone, m_arrival.source.sender, m_arrival.now);
            if (!calls)
                return calls.error();
            m_news.calls << *calls;
            return {};
        }
        if (gone->conversation != sequenceTo(gone->to).conversation)
            return {};
        const Result<QList<Entry>> changed =
            history::expire(m_database, { gone->to, gone->device, gone->first, gone->upto }, expiredSentence());
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        return {};
    }

    Result<void> takeExpiredOffers(const MailExpired &gone)
    {
        const Result<QList<Offer>> changed = offers::expired(m_database, gone.to, gone.first, gone.upto);
        if (!changed)
            return changed.error();
        m_news.offers << *changed;
        return {};
    }

    // --- of another device of mine

    Result<void> takeOfMine(const Inbox::NewItem &came)
    {
        const MailItem &item = came.item;
        if (item.kind == FileAnswer::kind) {
            const Result<FileAnswer> said = decodeStruct<FileAnswer>(item.body);
            return said && m_arrival.people.contains(said->from) ? takeOffers({ came }) : Result<void>();
        }
        if (item.kind == MailReceipt::read) {
            const Result<MailReceipt> read = decodeStruct<MailReceipt>(item.body);
            return read ? readElsewhere(*read) : Result<void>();
        }
        if (item.kind == MailSent::kind) {
            const Result<MailSent> sent = decodeStruct<MailSent>(item.body);
            return sent && m_arrival.people.contains(sent->to) ? saidElsewhere(*sent, item.written) : Result<void>();
        }
        if (item.kind == MailState::kind) {
            const Result<MailState> state = decodeStruct<MailState>(item.body);
            return state && m_arrival.people.contains(state->to) ? wentOnElsewhere(*state) : Result<void>();
        }
        if (item.kind == MailHeard::kind) {
            const Result<MailHeard> heard = decodeStruct<MailHeard>(item.body);
            return heard && m_arrival.people.contains(heard->from) ? heardElsewhere(*heard) : Result<void>();
        }
        return {}; // of a newer program, or given up
    }

    Result<void> readElsewhere(const MailReceipt &receipt)
    {
        m_news.read.insert(receipt.from);
        return history::markRead(m_database, receipt.from, history::SeenMark { receipt.device, receipt.upto });
    }

    Result<void> saidElsewhere(const MailSent &sent, qint64 written)
    {
        Entry entry;
        entry.id = m_arrival.nextId();
        entry.at = m_arrival.now;
        entry.said = written;
        entry.device = m_arrival.source.device;
        const Result<SaidElsewhere> said = takeSaid(m_database, entry, sent);
        if (!said)
            return said.error();
        if (said->added)
            m_news.added << *said->added;
        if (said->changed)
            m_news.changed << *said->changed;
        return {};
    }

    Result<void> wentOnElsewhere(const MailState &state)
    {
        const Result<QList<Entry>> changed = takeState(m_database, m_arrival.source.device, state);
        if (!changed)
            return changed.error();
        m_news.changed << *changed;
        return {};
    }

    /// As if it had come here; who said it knows already that it is with me.
    Result<void> heardElsewhere(const MailHeard &heard)
    {
        Arrival inner = m_arrival;
        inner.source = { heard.from, heard.device, m_arrival.source.recipient, heard.conversation };
        inner.first = heard.first;
        inner.items = heard.items;
        inner.direct = true;
        inner.isBroker = false;
        inner.isAllowed = m_arrival.people.value(heard.from);
        inner.isHeard = true;
        inner.me.others = {};
        const bool isWhole = heard.from != inner.source.recipient && heard.device.size() == MailSource::deviceBytes
            && heard.conversation.size() == MailSource::conversationBytes && cutItems(heard.items);
        if (!isWhole)
            return {};
        const Result<News> news = Taking(m_database, inner).run();
        if (!news && news.error().code == Code::InvalidArgument)
            return {};
        if (!news)
            return news.error();
        m_news.added << news->added;
        m_news.changed << news->changed;
        m_news.read.unite(news->read);
        m_news.offers << news->offers;
        m_news.limitsHit << news->limitsHit;
        m_news.outOfTurn << news->outOfTurn;
        return {};
    }

    /// A broker's mailbox brings it to my other devices itself; what comes directly comes here alone.
    Result<void> passOn(const QList<Inbox::NewItem> &fresh)
    {
        if (!m_arrival.direct || !m_arrival.isAllowed)
            return {};
        const MailSource &source = m_arrival.source;
        return tellHeard(m_database, m_arrival.me,
            { source.sender, source.device, source.conversation, m_arrival.first, m_arrival.items }, fresh);
    }

    /// Through a broker they cannot see otherwise what became of it.
    Result<void> answer()
    {
        if (m_arrival.direct || m_lastText == 0)
            return {};
        return tellReceipt(m_database, sequenceTo(m_arrival.source.sender),
            m_arrival.isAllowed ? MailReceipt::delivered : MailReceipt::refused,
            { {}, m_arrival.source.device, m_lastText, m_firstText });
    }

    Database &m_database;
    const Arrival &m_arrival;
    News m_news;
    quint64 m_firstText = 0;
    quint64 m_lastText = 0;
};

} // namespace

Result<News> take(Database &database, const Arrival &arrival)
{
    return Taking(database, arrival).run();
}

Result<void> turnAway(Database &database, const Arrival &arrival)
{
    const Result<QList<MailItem>> items = unpackItems(arrival.items);
    if (!items)
        return items.error();
    if (offers::isOffers({ arrival.source.sender, arrival.source.conversation }))
        return offers::turnAway(database, arrival, *items);
    const auto said = std::ranges::find(items->rbegin(), items->rend(), ChatText::kind, &MailItem::kind);
    if (said == items->rend())
        return {};
    const quint64 number = arrival.first + quint64(items->rend() - said) - 1;
    const MailReceipt refused { {}, arrival.source.device, number };
    const Result<bool> told = answer(database, sequenceToStranger(arrival.source.sender), MailReceipt::refused,
        encodeStruct(refused), arrival.me.offers.answers);
    return told ? Result<void>() : told.error();
}

} // namespace hawser::chat::messages
