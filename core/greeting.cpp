#include "core/greeting.h"

#include "core/wire.h"

namespace hawser {

namespace {

constexpr qsizetype nameBytes = 256; // of each text that says who somebody is
constexpr qsizetype featuresMost = 64;
constexpr qsizetype featureBytes = 64;
constexpr qsizetype idBytes = 8; // device, session
constexpr qsizetype linkBytes = 16;
constexpr qsizetype sentenceBytes = 512;
constexpr quint32 pingLeast = 5; // seconds
constexpr quint32 pingMost = 120;
constexpr int protocolSpoken = 1;

Error wrong(const char *field, const QString &what)
{
    return { Code::InvalidArgument, u'"' + QLatin1String(field) + QStringLiteral("\" ") + what };
}

Result<void> checkLength(const char *field, const QByteArray &bytes, qsizetype length)
{
    if (bytes.size() == length)
        return {};
    return wrong(field, QStringLiteral("must be %1 bytes").arg(length));
}

Result<void> checkText(const char *field, const QString &text)
{
    if (text.toUtf8().size() <= nameBytes)
        return {};
    return wrong(field, QStringLiteral("must not be longer than %1 bytes").arg(nameBytes));
}

Result<void> checkFeatures(const QStringList &features)
{
    if (features.size() > featuresMost)
        return wrong("features", QStringLiteral("must not have more than %1 items").arg(featuresMost));
    for (const QString &feature : features) {
        if (feature.isEmpty() || feature.toUtf8().size() > featureBytes)
            return wrong("features", QStringLiteral("must have items of 1 to %1 bytes").arg(featureBytes));
    }
    return {};
}

/// What HELLO and WELCOME have in common.
template <typename Greeting>
Result<void> checkGreeting(Greeting &greeting)
{
    if (greeting.protocol != protocolSpoken)
        return Error { Code::Unimplemented, QStringLiteral("protocol %1 is not spoken here").arg(greeting.protocol) };
    for (const Result<void> &good :
        { checkFeatures(greeting.features), checkText("name", greeting.name), checkText("program", greeting.program),
            checkLength("device", greeting.device, idBytes), checkLength("session", greeting.session, idBytes) }) {
        if (!good)
            return good;
    }
    greeting.ping = qBound(pingLeast, greeting.ping, pingMost);
    return {};
}

/// At most that many bytes of UTF-8, cut between characters, without zero bytes.
QString cut(QString text, qsizetype most)
{
    text.remove(QChar(u'\0'));
    QByteArray bytes = text.toUtf8();
    if (bytes.size() <= most)
        return text;
    bytes.truncate(most + 1);
    while ((quint8(bytes.back()) & 0xc0) == 0x80)
        bytes.chop(1);
    bytes.chop(1);
    return QString::fromUtf8(bytes);
}

template <typename Greeting>
Result<Greeting> decodeGreeting(QByteArrayView payload)
{
    if (payload.size() > qsizetype(limits::greetingPayload))
        return Error { Code::ResourceExhausted, QStringLiteral("a greeting is too large") };
    return decodeStruct<Greeting>(payload);
}

Code codeOf(Leave reason)
{
    switch (reason) {
    case Leave::Replaced:
        return Code::Aborted;
    case Leave::Protocol:
        return Code::Protocol;
    case Leave::DataLoss:
        return Code::DataLoss;
    case Leave::Refused:
        return Code::PermissionDenied;
    case Leave::Busy:
        return Code::ResourceExhausted;
    case Leave::Stale:
        return Code::FailedPrecondition;
    case Leave::Draining:
    case Leave::Leaving:
        break;
    }
    return Code::Unavailable;
}

QString sentenceOf(Leave reason)
{
    switch (reason) {
    case Leave::Draining:
        return QStringLiteral("the other side is shutting down");
    case Leave::Replaced:
        return QStringLiteral("a newer program of this device has taken the place");
    case Leave::Protocol:
        return QStringLiteral("the other side says that the rules of the wire were broken");
    case Leave::DataLoss:
        return QStringLiteral("the two sides do not agree on what was sent");
    case Leave::Refused:
        return QStringLiteral("the other side does not let us in");
    case Leave::Busy:
        return QStringLiteral("the other side is too busy");
    case Leave::Stale:
        return QStringLiteral("a newer connection has taken the place of this one");
    case Leave::Leaving:
        break;
    }
    return QStringLiteral("the other side has left");
}

} // namespace

QByteArray encodeGoAway(const GoAway &goAway)
{
    QByteArray bytes(5, Qt::Uninitialized);
    bytes[0] = char(goAway.reason);
    const auto wait = std::clamp<qint64>(goAway.retryAfter.count(), 0, std::numeric_limits<quint32>::max());
    qToBigEndian(quint32(wait), bytes.data() + 1);
    return bytes + cut(goAway.sentence, sentenceBytes).toUtf8();
}

Result<GoAway> decodeGoAway(QByteArrayView payload)
{
    if (payload.size() < 5)
        return Error { Code::InvalidArgument, QStringLiteral("GOAWAY is too short") };
    const QByteArrayView sentence = payload.sliced(5);
    if (sentence.size() > sentenceBytes)
        return Error { Code::ResourceExhausted, QStringLiteral("the sentence of GOAWAY is too long") };
    if (!sentence.isValidUtf8() || sentence.contains('\0'))
        return Error { Code::InvalidArgument, QStringLiteral("the sentence of GOAWAY is not text") };
    return GoAway { Leave(quint8(payload[0])), milliseconds(qFromBigEndian<quint32>(payload.data() + 1)),
        QString::fromUtf8(sentence) };
}

Error errorOf(const GoAway &goAway)
{
    const QString sentence = goAway.sentence.isEmpty() ? sentenceOf(goAway.reason) : goAway.sentence;
    return { codeOf(goAway.reason), sentence, Begun::NotSaid, Origin::Peer };
}

Result<Hello> decodeHello(QByteArrayView payload)
{
    Result<Hello> hello = decodeGreeting<Hello>(payload);
    if (!hello)
        return hello;
    for (const Result<void> &good :
        { checkGreeting(*hello), checkText("host", hello->host), checkLength("link", hello->link, linkBytes) }) {
        if (!good)
            return good.error();
    }
    return hello;
}

QByteArray encodeHello(const Hello &hello)
{
    Hello said = hello;
    said.name = cut(hello.name, nameBytes);
    said.program = cut(hello.program, nameBytes);
    said.host = cut(hello.host, nameBytes);
    return encodeStruct(said);
}

Result<Welcome> decodeWelcome(QByteArrayView payload)
{
    Result<Welcome> welcome = decodeGreeting<Welcome>(payload);
    if (!welcome)
        return welcome;
    if (const Result<void> good = checkGreeting(*welcome); !good)
        return good.error();
    return welcome;
}

QByteArray encodeWelcome(const Welcome &welcome)
{
    Welcome said = welcome;
    said.name = cut(welcome.name, nameBytes);
    said.program = cut(welcome.program, nameBytes);
    return encodeStruct(said);
}

} // namespace hawser
