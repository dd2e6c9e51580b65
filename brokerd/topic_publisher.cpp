#include "brokerd/topic_publisher.h"

#include "brokerd/topics.h"
#include "core/topics.h"

namespace hawser::broker {

namespace {
constexpr qint64 unreadMost = 64 * 1024; // bytes of answers that a publisher does not read
}

TopicPublisher::TopicPublisher(Topics &topics, const std::shared_ptr<IncomingCall> &call)
    : m_topics(topics), m_call(call),
      m_load(std::make_shared<PublisherLoad>(call->stream(), topics.publisherHeldBytes())), m_builder(m_load)
{
    connect(call->stream(), &Stream::received, this, &TopicPublisher::take);
    connect(call.get(), &Channel::peerEnded, this, [this] {
        m_peerEnded = true;
        endWhenAnswered();
    });
    connect(call.get(), &IncomingCall::stopped, this, &TopicPublisher::over);
}

void TopicPublisher::take(std::span<const MessageView> messages)
{
    Result<void> fine;
    for (const MessageView &message : messages) {
        fine = takeOne(message.bytes);
        if (!fine)
            break;
    }
    handOver();
    if (!fine)
        stop(fine.error());
}

/// Errors end the stream; what is only refused is told in an answer.
Result<void> TopicPublisher::takeOne(QByteArrayView message)
{
    const Result<topic::Published> said = topic::decodePublished(message);
    if (!said)
        return said.error();
    if (said->said == topic::Said::Topic) {
        declare(said->number, said->rest);
        return {};
    }
    if (said->number >= m_declared.size() || !m_declared[said->number])
        return Error { Code::InvalidArgument, QStringLiteral("a message has a number that stands for no topic") };
    ++m_count;
    const Result<void> taken = takeMessage(*m_declared[said->number], said->rest, said->said == topic::Said::Last);
    if (taken)
        return {};
    m_topics.countRefused();
    append(m_refused, m_count, taken.error());
    return {};
}

void TopicPublisher::append(Refusals &runs, quint64 number, const Error &why)
{
    if (!runs.empty() && runs.back().first + runs.back().count == number && runs.back().why.code == why.code)
        ++runs.back().count;
    else
        runs.push_back({ number, 1, why });
}

void TopicPublisher::declare(quint32 number, QByteArrayView name)
{
    if (number >= m_declared.size())
        m_declared.resize(number + 1);
    if (!isTopicName(name))
        m_declared[number] = Declared { nullptr, Error { Code::InvalidArgument, QStringLiteral("this is no topic") } };
    else
        m_declared[number] = Declared { m_topics.makeSource(m_call->caller().user, name.toByteArray()), {} };
}

Result<void> TopicPublisher::takeMessage(Declared &topic, QByteArrayView body, bool last)
{
    if (topic.source && topic.judgedAt != m_topics.version()) {
        topic.allowed = m_topics.mayPublish(*topic.source);
        topic.judgedAt = m_topics.version();
    }
    if (!topic.allowed)
        return topic.allowed;
    if (body.size() > limits::topicMessage)
        return Error { Code::ResourceExhausted,
            QStringLiteral("a message to a topic has at most %1 bytes").arg(limits::topicMessage) };
    if (last)
        if (const Result<void> kept = m_topics.keepLast(topic.source, body); !kept)
            return kept;
    m_builder.add(topic.source, {}, body);
    if (m_topics.keepDurably(*topic.source, body) || last)
        append(m_toKeep, m_count, {});
    return {};
}

/// Everything one turn brought goes on at once.
void TopicPublisher::handOver()
{
    for (const BlockPointer &block : m_builder.take())
        m_topics.deliver(block);
    ++m_unanswered;
    const auto answered = [this, count = m_count, refused = std::exchange(m_refused, {}),
                              toKeep = std::exchange(m_toKeep, {})](const Result<void> &durable) {
        --m_unanswered;
        Refusals all = refused;
        for (const auto &[first, many, _] : durable ? Refusals() : toKeep)
            all.push_back({ first, many, durable.error() });
        answer(count, all);
    };
    m_topics.whenDurable(this, answered);
}

void TopicPublisher::answer(quint64 count, const Refusals &refused)
{
    for (const topic::Refused &range : refused)
        say(encode(topic::Answer(range)));
    say(encode(topic::Answer(topic::Taken { count })));
    endWhenAnswered();
}

void TopicPublisher::say(const QByteArray &answer)
{
    if (!m_call->stream())
        return;
    m_call->sendBytes(answer);
    if (m_call->stream() && m_call->stream()->waiting() > unreadMost)
        stop({ Code::ResourceExhausted, QStringLiteral("the broker's answers are not read") });
}

void TopicPublisher::endWhenAnswered()
{
    if (!m_peerEnded || m_unanswered > 0 || m_call->isFinished())
        return;
    m_call->finish(Value(Value::Map {}));
    emit over();
}

void TopicPublisher::stop(const Error &why)
{
    if (m_call->isFinished())
        return;
    m_call->fail(why);
    emit over();
}

} // namespace hawser::broker
