#include "core/durable_client.h"

#include "core/wall_clock.h"

namespace hawser {

DurableClient::DurableClient(Client &client, const PublicKey &broker, const QString &path, QObject *parent)
    : QObject(parent), m_client(client), m_broker(broker), m_device(client.profile().device),
      m_store(path, { Outbox::tables() + Inbox::tables() + CallBook::tables(), CallBook::moreTables() }),
      m_poster(m_store), m_news(m_store, m_device, wallClock),
      m_taker(
          client.identity().key(), [this](const MailTaken &taken, const MailTaker::Done &done) { take(taken, done); })
{
    Q_ASSERT(m_device.size() == MailSource::deviceBytes);
    connect(&client, &Client::ready, this, &DurableClient::begin);
    m_poster.setChoice([this, ours = MailSource::ofBroker(broker)](const MailSequence &sequence) {
        return sequence.conversation == ours && m_news.mayGo(m_broker);
    });
    connect(&m_poster, &MailPoster::storeFailed, this, &DurableClient::failed);
    connect(&m_news, &CallNews::changed, this, &DurableClient::changed);
    connect(&m_news, &CallNews::failed, this, &DurableClient::failed);
    m_news.follow(m_poster, broker, [this] { return m_client.welcome().name; });
    m_news.tellUnseen();
    m_news.look();
    begin();
}

DurableClient::~DurableClient() = default;

void DurableClient::begin()
{
    if (m_client.state() != Client::State::Ready || m_client.peerKey() != m_broker)
        return;
    m_news.mayLeave(m_broker);
    m_poster.start(m_client.link());
    m_taker.start(m_client.link());
}

void DurableClient::call(const PublicKey &to, const QString &command, const Value &parameters, QObject *context,
    std::function<void(const Result<SentCall> &)> queued, milliseconds within)
{
    SentCall call;
    call.to = to;
    call.broker = m_broker;
    call.mayHaveLeft = m_news.mayHaveLeft(m_broker);
    call.command = command;
    call.parameters = parameters.isNull() ? Value(Value::Map {}) : parameters;
    call.at = wallClock();
    call.until = call.at + std::min<milliseconds>(within, limits::durableMost).count();
    call.device = m_device;
    m_news.look();
    m_store.write(
        this, [call](Database &database) { return CallBook(database).put(call); },
        [this, context = QPointer(context), queued = std::move(queued)](const Result<SentCall> &call) {
            m_poster.look();
            m_news.look();
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
    if (taken.source.sender == m_broker)
        return m_news.takeExpiry(taken, done);
    m_news.take(taken, m_broker, done);
}

} // namespace hawser
