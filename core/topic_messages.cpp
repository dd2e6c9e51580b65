#include "core/topic_messages.h"

#include "core/limits.h"
#include "core/topics.h"

#include <QtEndian>

namespace hawser::topic {

namespace {

enum class Answered : quint8 { Taken = 1, Refused = 2 };
enum class Told : quint8 { Source = 1, Gap = 2, Begin = 3 };

constexpr qsizetype keySize = 32;
constexpr qsizetype sentenceBytes = 256;

template <typename Number>
void append(QByteArray &out, Number number)
{
    const Number wire = qToBigEndian(number);
    out.append(reinterpret_cast<const char *>(&wire), sizeof wire);
}

/// Reads one field after the other; ok() tells in the end whether they were there.
class Fields {
public:
    explicit Fields(QByteArrayView bytes) : m_rest(bytes) { }

    template <typename Number>
    Number number()
    {
        const QByteArrayView bytes = take(sizeof(Number));
        return m_ok ? qFromBigEndian<Number>(bytes.data()) : Number(0);
    }
    QByteArrayView take(qsizetype size)
    {
        m_ok = m_ok && m_rest.size() >= size;
        if (!m_ok)
            return {};
        const QByteArrayView taken = m_rest.first(size);
        m_rest = m_rest.sliced(size);
        return taken;
    }
    QByteArrayView rest() const { return m_rest; }
    bool ok() const { return m_ok; }

private:
    QByteArrayView m_rest;
    bool m_ok = true;
};

Error malformed(const char *what)
{
    return { Code::InvalidArgument,
        QStringLiteral("a message about topics is malformed: %1").arg(QLatin1String(what)) };
}

QByteArray told(Told kind)
{
    QByteArray out;
    append(out, quint32(0));
    out += char(kind);
    return out;
}

Result<Word> decodeSource(Fields fields)
{
    const auto number = fields.number<quint32>();
    const QByteArrayView bytes = fields.take(keySize);
    const Result<PublicKey> key = fields.ok() ? PublicKey::fromBytes(bytes) : malformed("a source is too short");
    if (!key)
        return malformed("a source has no key");
    if (number == 0 || !isTopicName(fields.rest()))
        return malformed("a source has no number or no topic");
    return Word(Source { number, *key, fields.rest().toByteArray() });
}

} // namespace

QByteArray encodeHead(Said said, quint32 number)
{
    QByteArray out;
    out += char(said);
    append(out, number);
    return out;
}

Result<Published> decodePublished(QByteArrayView message)
{
    Fields fields(message);
    const auto kind = fields.number<quint8>();
    const auto number = fields.number<quint32>();
    if (!fields.ok() || kind < quint8(Said::Topic) || kind > quint8(Said::Last))
        return malformed("no such kind");
    if (number >= limits::topicsOfPublisher)
        return malformed("the number of a topic is too high");
    return Published { Said(kind), number, fields.rest() };
}

QByteArray encode(const Answer &answer)
{
    QByteArray out;
    if (const auto *taken = std::get_if<Taken>(&answer)) {
        out += char(Answered::Taken);
        append(out, taken->count);
        return out;
    }
    const auto &refused = std::get<Refused>(answer);
    out += char(Answered::Refused);
    append(out, refused.first);
    append(out, refused.count);
    out += char(refused.why.code);
    return out + refused.why.sentence.toUtf8().left(sentenceBytes);
}

Result<Answer> decodeAnswer(QByteArrayView message)
{
    Fields fields(message);
    const auto kind = fields.number<quint8>();
    const auto first = fields.number<quint64>();
    if (fields.ok() && kind == quint8(Answered::Taken))
        return Answer(Taken { first });
    const auto count = fields.number<quint64>();
    const auto code = fields.number<quint8>();
    if (!fields.ok() || kind != quint8(Answered::Refused))
        return malformed("no such answer");
    return Answer(
        Refused { first, count, { codeFromWire(code), QString::fromUtf8(fields.rest()), Begun::No, Origin::Broker } });
}

QByteArray encode(const Source &source)
{
    QByteArray out = told(Told::Source);
    append(out, source.number);
    out += source.publisher.bytes();
    return out + source.topic;
}

QByteArray encode(const Gap &gap)
{
    QByteArray out = told(Told::Gap);
    append(out, gap.count);
    return out;
}

QByteArray encode(const Begin &)
{
    return told(Told::Begin);
}

Result<Word> decodeWord(QByteArrayView message)
{
    Fields fields(message);
    if (const auto source = fields.number<quint32>(); source != 0)
        return Word(Message { source, fields.rest() });
    switch (Told(fields.number<quint8>())) {
    case Told::Source:
        return decodeSource(fields);
    case Told::Gap: {
        const auto count = fields.number<quint64>();
        return fields.ok() ? Result<Word>(Gap { count }) : malformed("a gap is too short");
    }
    case Told::Begin:
        return Word(Begin {});
    }
    return malformed("no such word");
}

QByteArray encodeNumber(quint64 number)
{
    QByteArray out;
    append(out, number);
    return out;
}

Result<quint64> decodeNumber(QByteArrayView message)
{
    Fields fields(message);
    const auto number = fields.number<quint64>();
    return fields.ok() ? Result<quint64>(number) : malformed("a number is too short");
}

} // namespace hawser::topic
