#include "chat/offers.h"

#include "core/contracts/mail.h"
#include "core/limits.h"
#include "core/transfer/records.h"
#include "core/wire.h"

// What durable offers, their answers and what is withdrawn do when they come.

namespace hawser::chat::offers {

using contracts::File;
using contracts::FileAnswer;
using contracts::FileWithdrawn;
using contracts::MailReceipt;

namespace {

/// One arrival while it is taken.
class Taking {
public:
    Taking(Database &database, const messages::Arrival &arrival, messages::News &news)
        : m_database(database), m_arrival(arrival), m_news(news)
    {
    }

    Result<void> run(const QList<Inbox::NewItem> &all)
    {
        for (const Inbox::NewItem &came : all)
            if (const Result<void> done = take(came); !done)
                return done.error();
        const bool isAsked = !m_arrival.direct && m_lastOffer > 0; // directly the acknowledgement says it
        return isAsked ? say(MailReceipt::delivered, MailReceipt { {}, m_arrival.source.device, m_lastOffer })
                       : Result<void>();
    }

private:
    const PublicKey &peer() const { return m_arrival.source.sender; }

    template <typename Body>
    Result<void> say(const char *kind, const Body &body)
    {
        const Result<bool> said =
            messages::answer(m_database, sequenceTo(peer()), kind, encodeStruct(body), m_arrival.me.offers.answers);
        if (said && !*said)
            m_news.limitsHit << "transfers_answers";
        return said ? Result<void>() : said.error();
    }

    Result<void> keep(const Offer &offer)
    {
        m_news.offers << offer;
        return save(m_database, offer);
    }

    Result<void> take(const Inbox::NewItem &came)
    {
        const QByteArray &kind = came.item.kind;
        const bool isMyDevice = peer() == m_arrival.source.recipient;
        if (kind == FileAnswer::kind)
            return isMyDevice ? takeElsewhere(*decodeStruct<FileAnswer>(came.item.body))
                              : takeAnswer(*decodeStruct<FileAnswer>(came.item.body));
        if (isMyDevice)
            return {};
        if (kind == contracts::fileOfferKind)
            return takeOffer(*decodeStruct<File::Request>(came.item.body), came.number);
        if (kind == FileWithdrawn::kind)
            return takeWithdrawn(*decodeStruct<FileWithdrawn>(came.item.body));
        if (kind == MailReceipt::delivered)
            return takeDelivered(decodeStruct<MailReceipt>(came.item.body));
        return {}; // of a newer program, or given up
    }

    Result<void> takeOffer(const File::Request &request, quint64 number)
    {
        if (m_arrival.isHeard || request.id.size() != idBytes)
            return {};
        m_lastOffer = number;
        const Result<Offer> before = find(m_database, peer(), false, request.id);
        if (before || before.error().code != Code::NotFound)
            return before ? Result<void>() : before.error();
        const Result<QString> why = obstacle(request);
        if (!why)
            return why.error();
        if (!why->isEmpty())
            return say(FileAnswer::kind,
                FileAnswer { {}, m_arrival.source.device, request.id, QLatin1String(FileAnswer::refused), *why });
        Offer offer;
        offer.id = request.id;
        offer.peer = peer();
        offer.since = m_arrival.now;
        offer.title = request.title;
        offer.note = request.note.left(mostWhy);
        offer.folder = request.folder;
        offer.files = request.files;
        offer.folders = request.folders;
        offer.bytes = request.bytes;
        offer.device = m_arrival.source.device;
        if (const Result<void> room = forgetEnded(m_database, peer(), m_arrival.me.offers.ended); !room)
            return room;
        return keep(offer);
    }

    /// Why it is refused; empty: it is not.
    Result<QString> obstacle(const File::Request &request)
    {
        if (!m_arrival.mayOffer)
            return takesNoFiles;
        if (const Result<void> checked = check(request); !checked)
            return checked.error().sentence;
        const Result<bool> known = isKnown(m_database, request.id);
        const Result<int> waiting = open(m_database, peer(), false);
        if (!known || !waiting)
            return known ? waiting.error() : known.error();
        if (*known)
            return QStringLiteral("a transfer has a fresh id");
        if (*waiting < m_arrival.me.offers.open)
            return QString();
        m_news.limitsHit << "transfers_kept_offers";
        return QStringLiteral("too many offers of yours wait there already");
    }

    Result<void> takeAnswer(const FileAnswer &said)
    {
        if (said.device != m_arrival.me.device)
            return {};
        Result<Offer> mine = find(m_database, peer(), true, said.id);
        if (!mine)
            return mine.error().code == Code::NotFound ? Result<void>() : mine.error();
        const bool isFirst = mine->state == Offer::State::Open;
        const bool isSame = mine->device == m_arrival.source.device;
        if (said.answer == QLatin1String(FileAnswer::accepted)) {
            if (!isFirst)
                return isSame ? Result<void>() : takeBack(*mine);
            mine->state = Offer::State::Accepted;
            mine->device = m_arrival.source.device;
            mine->since = m_arrival.now;
            mine->sentence.clear();
            return keep(*mine);
        }
        const bool isNo = said.answer == QLatin1String(FileAnswer::declined);
        const bool isLate = mine->state == Offer::State::Accepted && isSame;
        if ((!isNo && said.answer != QLatin1String(FileAnswer::refused)) || (!isFirst && !isLate))
            return {};
        mine->state = isNo ? Offer::State::Cancelled : Offer::State::Failed;
        mine->sentence = said.why.left(mostWhy);
        return keep(*mine);
    }

    /// Another device of theirs was first.
    Result<void> takeBack(const Offer &mine)
    {
        return say(FileWithdrawn::kind,
            FileWithdrawn { mine.id, m_arrival.source.device, QStringLiteral("it was answered on another device") });
    }

    /// Another device of mine has answered.
    Result<void> takeElsewhere(const FileAnswer &said)
    {
        Result<Offer> theirs = find(m_database, said.from, false, said.id);
        if (!theirs)
            return theirs.error().code == Code::NotFound ? Result<void>() : theirs.error();
        if (theirs->state != Offer::State::Open)
            return {};
        theirs->state = Offer::State::Cancelled;
        theirs->sentence = said.answer == QLatin1String(FileAnswer::accepted)
            ? QStringLiteral("accepted on another device of mine")
            : QStringLiteral("declined on another device of mine");
        return keep(*theirs);
    }

    Result<void> takeWithdrawn(const FileWithdrawn &said)
    {
        Result<Offer> theirs = find(m_database, peer(), false, said.id);
        if (!theirs)
            return theirs.error().code == Code::NotFound ? Result<void>() : theirs.error();
        const bool waits = theirs->state == Offer::State::Open || theirs->state == Offer::State::Accepted;
        if (!waits || (!said.device.isEmpty() && said.device != m_arrival.me.device))
            return {};
        theirs->state = Offer::State::Cancelled;
        theirs->sentence = said.why.left(mostWhy);
        return keep(*theirs);
    }

    Result<void> takeDelivered(const Result<MailReceipt> &receipt)
    {
        if (!receipt || receipt->device != m_arrival.me.device)
            return {};
        const Result<MailProgress> raised = Outbox(m_database).delivered(sequenceTo(peer()), receipt->upto);
        if (!raised)
            return raised.error();
        const Result<QList<Offer>> changed = delivered(m_database, peer(), raised->delivered);
        if (!changed)
            return changed.error();
        m_news.offers << *changed;
        return {};
    }

    Database &m_database;
    const messages::Arrival &m_arrival;
    messages::News &m_news;
    quint64 m_lastOffer = 0;
};

} // namespace

bool isOneThing(const File::Request &request)
{
    return request.folder || (request.files == 1 && request.folders == 0);
}

Result<void> check(const File::Request &request)
{
    if (request.id.size() != idBytes)
        return Error { Code::InvalidArgument, QStringLiteral("a transfer has a fresh id of 16 bytes") };
    const auto named = transfer::safePath(request.title.toUtf8());
    if (isOneThing(request) && (!named || named->size() != 1))
        return Error { Code::InvalidArgument, QStringLiteral("one thing is offered by its own name") };
    if (std::max(request.files, request.folders) > limits::transferEntries
        || request.files + request.folders > limits::transferEntries)
        return Error { Code::ResourceExhausted,
            QStringLiteral("more than %1 files and folders").arg(limits::transferEntries) };
    return {};
}

Result<void> take(
    Database &database, const messages::Arrival &arrival, const QList<Inbox::NewItem> &came, messages::News &news)
{
    return Taking(database, arrival, news).run(came);
}

} // namespace hawser::chat::offers
