#include "core/durable_client.h"

#include <QDateTime>

namespace hawser {

namespace {

/// A call waits until a date, and its caller is told when it ended.
qint64 wallClock()
{
    return QDateTime::currentMSecsSinceEpoch();
}

} // namespace

DurableClient::DurableClient(Client &client, const QString &path, QObject *parent)
    : QObject(parent), m_client(client), m_device(client.profile().device),
      m_store(path, { Outbox::tables() + Inbox::tables() + CallBook::tables() }), m_poster(m_store),
      m_taker(
          client.identity().key(), [this](const MailTaken &taken, const MailTaker::Done &done) { take(taken, done); })
{
    Q_ASSERT(m_device.size() == MailSource::deviceBytes);
    connect(&client, &Client::ready, this, &DurableClient::begin);
    connect(&m_poster, &MailPoster::storeFailed, this, &DurableClient::failed);
    connect(&m_poster, &MailPoster::kept, this, [this](const MailSequence &sequence, const MailProgress &progress) {
        const QString by = m_client.welcome().name;
        write([=](CallBook &book) { return book.kept(sequence.recipient, progress.kept, by); });
    });
    connect(&m_poster, &MailPoster::refused, this,
        [this](const MailSequence &sequence, quint64 number, const Error &why, qint64 retryMs) {
            const bool forNow = retryMs > 0 || why.code == Code::NotFound || why.code == Code::PermissionDenied;
            write([=](CallBook &book) { return book.refused(sequence.recipient, number, forNow, why, wallClock()); });
        });
    connect(&m_poster, &MailPoster::restored, this, [this](const MailSequence &sequence, const Outbox::Restored &how) {
        write([=](CallBook &book) -> CallBook::Changed {
            const Result<void> done = book.renumber(sequence.recipient, how.after, how.by);
            return done ? CallBook::Changed(QList<SentCall>()) : done.error();
        });
    });
    write([](CallBook &book) { return book.unseen(); });
    begin();
}

DurableClient::~DurableClient() = default;

void DurableClient::begin()
{
    if (m_client.state() != Client::State::Ready)
        return;
    m_poster.start(m_client.link());
    m_taker.start(m_client.link());
}

void DurableClient::call(const PublicKey &to, const QString &command, const Value &parameters, QObject *context,
    std::function<void(const Result<SentCall> &)> queued, milliseconds within)
{
    SentCall call;
    call.to = to;
    call.command = command;
    call.parameters = parameters.isNull() ? Value(Value::Map {}) : parameters;
    call.at = wallClock();
    call.until = call.at + std::min<milliseconds>(within, limits::durableMost).count();
    call.device = m_device;
    m_store.write(
        this, [call](Database &database) { return CallBook(database).put(call); },
        [this, context = QPointer(context), queued = std::move(queued)](const Result<SentCall> &call) {
            m_poster.look();
            if (context)
                queued(call);
        });
}

void DurableClient::handled(quint64 id)
{
    m_store.write(
        this, [id](Database &database) { return CallBook(database).markSeen(id); }, [](const Result<void> &) {});
}

void DurableClient::take(const MailTaken &taken, const MailTaker::Done &done)
{
    const qint64 now = wallClock();
    const bool isBroker = taken.source.sender == m_client.peerKey();
    write(
        [taken, isBroker, now, device = m_device](
            CallBook &book) { return isBroker ? book.takeExpiry(taken, device, now) : book.take(taken, device, now); },
        done);
}

void DurableClient::write(std::function<CallBook::Changed(CallBook &)> work, const MailTaker::Done &done)
{
    m_store.write(
        this,
        [work = std::move(work)](Database &database) {
            CallBook book(database);
            return work(book);
        },
        [this, done](const CallBook::Changed &calls) {
            if (done)
                done(calls ? Result<void>() : calls.error());
            if (!calls)
                return emit failed(calls.error());
            for (const SentCall &call : *calls)
                emit changed(call);
        });
}

} // namespace hawser
