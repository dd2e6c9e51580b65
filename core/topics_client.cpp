#include "core/topics_client.h"

#include "core/topics.h"

#include <QRandomGenerator>

namespace hawser {

namespace {

/// Lets go of a stream without a word to its owner.
void drop(QPointer<Call> &call)
{
    if (!call)
        return;
    call->disconnect();
    call->cancel();
    call->deleteLater();
    call = nullptr;
}

} // namespace

void OpenedAgain::begin()
{
    m_later.setSingleShot(true);
    const auto openNow = [this] {
        m_later.stop();
        if (m_client.state() == Client::State::Ready)
            open();
    };
    connect(&m_client, &Client::ready, this, openNow);
    connect(&m_later, &QTimer::timeout, this, openNow);
    openNow();
}

void OpenedAgain::openLater()
{
    m_later.start(m_backoff.next(QRandomGenerator::global()->generateDouble()));
}

// --- publishing

Publisher::Publisher(Client &client, QObject *parent) : OpenedAgain(client, parent)
{
    begin();
}

Publisher::~Publisher()
{
    drop(m_call);
}

void Publisher::open()
{
    drop(m_call);
    m_numbers.clear();
    m_topics.clear();
    m_next = 0;
    m_base = m_taken = m_sent;
    CallOptions options;
    options.keepOpen = true;
    m_call = m_client.start<contracts::PublishTopics>({}, {}, options);
    connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) { take(message.bytes); });
    connect(m_call, &Channel::roomAvailable, this, &Publisher::roomAvailable);
    connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
        closed(result ? Error { Code::Unavailable, QStringLiteral("the broker ended it") } : result.error());
    });
    emit ready();
}

/// The number of a topic on this stream; beyond so many the oldest gives its up.
quint32 Publisher::numberOf(const QByteArray &topic)
{
    if (const auto found = m_numbers.constFind(topic); found != m_numbers.constEnd())
        return *found;
    const quint32 number = m_next++ % limits::topicsOfPublisher;
    if (number < m_topics.size())
        m_numbers.remove(m_topics[number]);
    else
        m_topics.emplace_back();
    m_topics[number] = topic;
    m_numbers.insert(topic, number);
    m_call->sendBytes(topic::encodeHead(topic::Said::Topic, number) + topic);
    return number;
}

Result<quint64> Publisher::publish(const QString &topic, QByteArrayView message, Keep keep)
{
    const QByteArray name = topic.toUtf8();
    if (!isTopicName(name))
        return Error { Code::InvalidArgument, QStringLiteral("“%1” is no topic").arg(topic), Begun::No };
    if (message.size() > limits::topicMessage)
        return Error { Code::ResourceExhausted, QStringLiteral("a message to a topic has at most 1 MiB"), Begun::No };
    if (!m_call || !m_call->stream())
        return Error { Code::Unavailable, QStringLiteral("there is no broker"), Begun::No };
    const quint32 number = numberOf(name);
    const auto said = keep == Keep::LastValue ? topic::Said::Last : topic::Said::Message;
    m_call->sendBytes(topic::encodeHead(said, number).append(message));
    return ++m_sent;
}

qint64 Publisher::room() const
{
    return m_call ? m_call->room() : 0;
}

void Publisher::take(QByteArrayView answer)
{
    const Result<topic::Answer> said = topic::decodeAnswer(answer);
    if (!said)
        return;
    isOpen();
    if (const auto *range = std::get_if<topic::Refused>(&*said))
        emit refused(m_base + range->first, range->count, range->why);
    else if (m_base + std::get<topic::Taken>(*said).count <= m_sent)
        emit taken(m_taken = m_base + std::get<topic::Taken>(*said).count);
}

/// What the broker has not answered: nobody knows.
void Publisher::closed(const Error &why)
{
    m_call = nullptr;
    openLater();
    const quint64 first = m_taken + 1;
    const quint64 open = m_sent - m_taken;
    m_taken = m_base = m_sent;
    if (open > 0)
        emit refused(first, open, why);
}

// --- subscribing

Subscription::Subscription(Client &client, const QString &pattern, const SubscribeOptions &options, QObject *parent)
    : OpenedAgain(client, parent), m_request({ pattern, options.last, options.durable, {} }),
      m_acknowledgeMyself(options.acknowledgeMyself)
{
    connect(&client, &Client::away, this, &Subscription::goesAway);
    connect(&client, &Client::resumed, this, &Subscription::comesBack);
    begin();
}

Subscription::~Subscription()
{
    drop(m_call);
}

void Subscription::open()
{
    if (m_over)
        return;
    drop(m_call);
    m_sources.clear();
    CallOptions options;
    options.keepOpen = !m_request.durable.isEmpty();
    m_call = m_client.start<contracts::SubscribeTopics>({}, m_request, options);
    connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) { take(message.bytes); });
    connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
        closed(result ? Error { Code::Ok, {} } : result.error());
    });
}

void Subscription::take(QByteArrayView bytes)
{
    const Result<topic::Word> word = topic::decodeWord(bytes);
    if (!word)
        return;
    if (const auto *message = std::get_if<topic::Message>(&*word))
        return takeMessage(*message);
    if (const auto *source = std::get_if<topic::Source>(&*word)) {
        const size_t place = source->number % limits::topicSources;
        if (place >= m_sources.size())
            m_sources.resize(place + 1);
        m_sources[place] = *source;
    } else if (const auto *gap = std::get_if<topic::Gap>(&*word)) {
        emit missed(gap->count);
    } else {
        isOpen();
        m_ready = true;
        m_away = false;
        const bool again = std::exchange(m_wasReady, true);
        if (again && m_request.durable.isEmpty())
            emit missed(0);
        emit ready();
    }
}

void Subscription::takeMessage(const topic::Message &message)
{
    const size_t place = message.source % limits::topicSources;
    if (place >= m_sources.size() || m_sources[place].number != message.source)
        return; // of a source that was not announced
    TopicMessage told { QString::fromLatin1(m_sources[place].topic), m_sources[place].publisher, message.body, !m_ready,
        0 };
    if (!m_request.durable.isEmpty()) {
        const Result<quint64> number = topic::decodeNumber(message.body);
        if (!number)
            return;
        told.number = *number;
        told.bytes = message.body.sliced(sizeof(quint64));
        told.kept = false;
    }
    const QPointer<Subscription> alive(this);
    emit received(told);
    if (alive && told.number != 0 && !m_acknowledgeMyself)
        acknowledge(told.number);
}

void Subscription::acknowledge(quint64 number)
{
    if (m_call && !m_request.durable.isEmpty())
        m_call->sendBytes(topic::encodeNumber(number));
}

void Subscription::leave()
{
    if (m_call)
        m_call->sendEnd();
}

/// The stream stands for as long as the link may go on, and nothing comes over it.
void Subscription::goesAway()
{
    if (!m_ready || std::exchange(m_away, true))
        return;
    emit waits(m_client.lastError());
}

void Subscription::comesBack()
{
    if (std::exchange(m_away, false))
        emit ready();
}

void Subscription::closed(const Error &why)
{
    m_call = nullptr;
    m_ready = false;
    if (why.code == Code::Unavailable) {
        openLater();
        if (!std::exchange(m_away, false)) // it was told that nothing comes
            emit waits(why);
        return;
    }
    m_over = true;
    emit ended(why);
}

} // namespace hawser
