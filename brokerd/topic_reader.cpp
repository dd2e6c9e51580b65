#include "brokerd/topic_reader.h"

#include "core/topic_messages.h"

namespace hawser::broker {

namespace {
constexpr qint64 enoughRoom = 16 * 1024; // Stream::roomAvailable comes at this
}

DurableReader::DurableReader(TopicStore &store, KeptSubscription &kept, const std::shared_ptr<IncomingCall> &call,
    quint64 after, MayHear mayHear)
    : m_store(store), m_kept(&kept), m_call(call), m_mayHear(std::move(mayHear)), m_sent(after)
{
    if (kept.reader)
        kept.reader->stop({ Code::Aborted, QStringLiteral("another program reads this subscription now") });
    kept.reader = this;
    connect(call.get(), &Channel::roomAvailable, this, &DurableReader::look);
    connect(call.get(), &IncomingCall::stopped, this, [this] {
        m_kept = nullptr;
        emit over();
    });
    connect(call.get(), &Channel::received, this, [this](const ChannelMessage &message) {
        const Result<quint64> number = topic::decodeNumber(message.bytes);
        if (!number || *number > m_sent)
            return stop({ Code::InvalidArgument, QStringLiteral("what was acknowledged was never sent") });
        acknowledged(*number);
    });
    connect(call.get(), &Channel::peerEnded, this, [this] {
        m_ending = true;
        writeAcknowledged();
    });
    m_call->sendBytes(encode(topic::Begin()));
    if (after > kept.acknowledged)
        acknowledged(after); // it knows better
    look();
}

void DurableReader::look()
{
    if (!m_kept || m_reading || m_ending || m_sent >= m_kept->written || m_call->room() < enoughRoom)
        return;
    m_reading = true;
    const quint64 upTo = m_kept->written;
    m_store.read(*m_kept, m_sent, upTo, this, [this, upTo](const Result<std::vector<TopicStore::Row>> &rows) {
        m_reading = false;
        if (!rows)
            return stop(rows.error());
        take(*rows, upTo);
    });
}

void DurableReader::take(const std::vector<TopicStore::Row> &rows, quint64 upTo)
{
    if (!m_kept || m_call->isFinished())
        return;
    for (const TopicStore::Row &row : rows) {
        if (!m_mayHear(m_kept->who, row.publisher, row.topic))
            continue; // its number is told as missing
        tellGap(row.number - 1);
        send(row);
    }
    tellGap(rows.empty() ? upTo : rows.back().number);
    look();
}

void DurableReader::tellGap(quint64 upTo)
{
    if (upTo > m_sent)
        m_call->sendBytes(encode(topic::Gap { upTo - m_sent }));
    m_sent = qMax(m_sent, upTo);
}

void DurableReader::send(const TopicStore::Row &row)
{
    const quint32 source = sourceOf(row);
    QByteArray message(sizeof source, Qt::Uninitialized);
    qToBigEndian(source, message.data());
    m_call->sendBytes(message + topic::encodeNumber(row.number) + row.body);
    m_sent = row.number;
}

quint32 DurableReader::sourceOf(const TopicStore::Row &row)
{
    const QByteArray both = row.publisher.bytes() + row.topic;
    if (const auto known = m_sources.constFind(both); known != m_sources.constEnd())
        return *known;
    if (m_sources.size() >= qsizetype(limits::topicSources))
        m_sources.clear(); // the receiver forgets them one by one
    m_sources.insert(both, ++m_lastSource);
    m_call->sendBytes(encode(topic::Source { m_lastSource, row.publisher, row.topic }));
    return m_lastSource;
}

void DurableReader::acknowledged(quint64 number)
{
    m_handled = qMax(m_handled, number);
    writeAcknowledged();
}

/// One write at a time; what was said meanwhile goes with the next.
void DurableReader::writeAcknowledged()
{
    if (!m_kept || m_writing)
        return;
    if (m_handled <= m_kept->acknowledged) {
        if (!m_ending)
            return;
        m_kept = nullptr;
        m_call->finish(Value(Value::Map {}));
        emit over();
        return;
    }
    m_writing = true;
    m_store.acknowledge(*m_kept, m_handled, this, [this](const Result<void> &done) {
        m_writing = false;
        if (!done)
            return stop(done.error());
        writeAcknowledged();
    });
}

void DurableReader::stop(const Error &why)
{
    if (!std::exchange(m_kept, nullptr))
        return;
    m_call->fail(why);
    emit over();
}

} // namespace hawser::broker
