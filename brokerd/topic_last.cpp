#include "brokerd/topic_last.h"

#include "core/topics.h"

namespace hawser::broker {

namespace {

/// What all names that fit begin with.
QByteArray literalPrefix(const QByteArray &pattern)
{
    for (qsizetype i = 0; i < pattern.size(); ++i)
        if (pattern[i] == '*' || pattern[i] == '>')
            return pattern.left(i);
    return pattern;
}

} // namespace

Result<void> LastValues::keep(const SourcePointer &source, QByteArrayView body, const LastValueLimits &limits)
{
    if (body.size() > limits.valueBytes)
        return Error { Code::ResourceExhausted,
            QStringLiteral("a value that is kept has at most %1 bytes").arg(limits.valueBytes) };
    const auto old = m_values.find(source->name);
    const bool isOld = old != m_values.end();
    const bool sameOwner = isOld && old->second.source->publisher == source->publisher;
    const qint64 bytes = body.size() + source->name.size();
    const auto owned = m_ofOne.find(source->publisher);
    if ((!isOld && topics() >= limits.topics)
        || (!sameOwner && owned != m_ofOne.end() && owned->second >= limits.topicsOfOne)
        || m_bytes - (isOld ? old->second.bytes : 0) + bytes > limits.bytes)
        return Error { Code::ResourceExhausted, QStringLiteral("too many last values are kept already") };
    if (isOld)
        remove(old);
    BlockBuilder builder(nullptr);
    builder.add(source, {}, body);
    m_values[source->name] = { source, builder.take(), bytes, ++m_stamp };
    ++m_ofOne[source->publisher];
    m_bytes += bytes;
    return {};
}

void LastValues::remove(Values::iterator value)
{
    m_bytes -= value->second.bytes;
    const auto owned = m_ofOne.find(value->second.source->publisher);
    if (--owned->second == 0)
        m_ofOne.erase(owned);
    m_values.erase(value);
}

bool LastValues::forget(const QByteArray &topic)
{
    const auto found = m_values.find(topic);
    if (found == m_values.end())
        return false;
    remove(found);
    return true;
}

QByteArrayList LastValues::forgetOf(const PublicKey &publisher)
{
    QByteArrayList topics;
    for (auto value = m_values.begin(); value != m_values.end();) {
        const auto here = value++;
        if (here->second.source->publisher != publisher)
            continue;
        topics << here->first;
        remove(here);
    }
    return topics;
}

std::vector<BlockPointer> LastValues::next(
    Cursor &cursor, const std::function<bool(const TopicSource &)> &allowed) const
{
    const QByteArray prefix = literalPrefix(cursor.pattern);
    auto value = cursor.topic.isEmpty() ? m_values.lower_bound(prefix) : m_values.upper_bound(cursor.topic);
    for (; value != m_values.end() && value->first.startsWith(prefix); ++value) {
        cursor.topic = value->first;
        const bool fits = value->second.stamp <= cursor.until && topicMatches(cursor.pattern, value->first);
        if (fits && allowed(*value->second.source))
            return value->second.blocks;
    }
    return {};
}

} // namespace hawser::broker
