#include "core/wire.h"

#include "core/limits.h"

#include <QStringDecoder>
#include <QtEndian>
#include <array>
#include <cmath>
#include <msgpack.hpp>

namespace hawser {

namespace {

/// What msgpack's packer writes into.
struct Sink {
    QByteArray bytes;

    void write(const char *data, size_t size) { bytes.append(data, qsizetype(size)); }
};

class Packer : public msgpack::packer<Sink> {
public:
    explicit Packer(Sink &sink) : packer(sink), m_sink(sink) { }

    /// Always in nine bytes: the library's pack_double() makes whole numbers of whole floats.
    void packFloat(double value)
    {
        char bytes[9] = { char(0xcb) };
        qToBigEndian(value, bytes + 1);
        m_sink.write(bytes, sizeof bytes);
    }

private:
    Sink &m_sink;
};

void packText(Packer &packer, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    packer.pack_str(quint32(bytes.size()));
    packer.pack_str_body(bytes.constData(), quint32(bytes.size()));
}

void packBytes(Packer &packer, const QByteArray &bytes)
{
    packer.pack_bin(quint32(bytes.size()));
    packer.pack_bin_body(bytes.constData(), quint32(bytes.size()));
}

void pack(Packer &packer, const Value &value);

void packList(Packer &packer, const Value::List &list)
{
    packer.pack_array(quint32(list.size()));
    for (const Value &item : list)
        pack(packer, item);
}

void packMap(Packer &packer, const Value::Map &map)
{
    packer.pack_map(quint32(map.size()));
    for (const auto &[key, member] : map) {
        packText(packer, key);
        pack(packer, member);
    }
}

void pack(Packer &packer, const Value &value)
{
    switch (value.kind()) {
    case Value::Kind::Null:
        packer.pack_nil();
        return;
    case Value::Kind::Bool:
        value.toBool() ? packer.pack_true() : packer.pack_false();
        return;
    case Value::Kind::Int:
        packer.pack_int64(value.toInt());
        return;
    case Value::Kind::Unsigned:
        packer.pack_uint64(value.toUnsigned());
        return;
    case Value::Kind::Float:
        packer.packFloat(value.toFloat());
        return;
    case Value::Kind::Text:
        return packText(packer, value.toText());
    case Value::Kind::Bytes:
        return packBytes(packer, value.toBytes());
    case Value::Kind::List:
        return packList(packer, value.list());
    case Value::Kind::Map:
        return packMap(packer, value.map());
    }
}

/// Text of valid UTF-8, to the letter: QString::fromUtf8 would drop a byte order mark at the beginning.
QString textOf(QByteArrayView bytes)
{
    if (!bytes.startsWith("\xef\xbb\xbf"))
        return QString::fromUtf8(bytes);
    QStringDecoder decoder(
        QStringConverter::Utf8, QStringConverter::Flag::Stateless | QStringConverter::Flag::ConvertInitialBom);
    return decoder(bytes);
}

/// Hears what msgpack's parser finds and builds the value, or says what is wrong with it. Whatever is refused is refused
/// before memory is taken for it: a container may not announce more items than there are bytes.
class Builder : public msgpack::null_visitor {
public:
    explicit Builder(qsizetype size) : m_size(size) { }

    bool visit_nil() { return take(Value()); }
    bool visit_boolean(bool value) { return take(Value(value)); }
    bool visit_positive_integer(uint64_t value) { return take(Value(quint64(value))); }
    bool visit_negative_integer(int64_t value) { return take(Value(qint64(value))); }
    bool visit_float32(float value) { return visit_float64(double(value)); }
    bool visit_float64(double value)
    {
        if (!std::isfinite(value))
            return malformed("a number is not finite");
        return take(Value(value));
    }
    bool visit_str(const char *text, uint32_t size) { return takeText(QByteArrayView(text, size)); }
    bool visit_bin(const char *bytes, uint32_t size) { return take(Value(QByteArray(bytes, size))); }
    bool visit_ext(const char *, uint32_t) { return malformed("extension types are not used"); }

    bool start_array(uint32_t items)
    {
        if (items > limits::arrayItems)
            return tooMuch("a list has too many items");
        if (!open(items, items))
            return false;
        m_levels[m_depth - 1].list.reserve(items);
        return true;
    }
    bool end_array() { return take(Value(std::move(m_levels[--m_depth].list))); }

    bool start_map(uint32_t members)
    {
        if (members > limits::mapItems)
            return tooMuch("a map has too many members");
        if (!open(members, 2 * qsizetype(members)))
            return false;
        m_levels[m_depth - 1].isMap = true;
        m_levels[m_depth - 1].map.reserve(members);
        return true;
    }
    bool start_map_key()
    {
        m_keyNext = true;
        return true;
    }
    bool end_map() { return take(Value(std::move(m_levels[--m_depth].map))); }

    void parse_error(size_t, size_t) { malformed("a byte that is not used in msgpack"); }
    void insufficient_bytes(size_t, size_t) { malformed("it ends too early"); }

    bool malformed(const char *why) { return refuse(Code::InvalidArgument, why); }
    bool tooMuch(const char *why) { return refuse(Code::ResourceExhausted, why); }
    Result<Value> result()
    {
        if (m_error)
            return *m_error;
        return std::move(m_value);
    }

private:
    struct Level {
        Value::List list;
        Value::Map map;
        QString key;
        bool isMap = false;
    };

    bool refuse(Code code, const char *why)
    {
        if (!m_error)
            m_error = Error { code, QStringLiteral("not a valid value: ") + QLatin1String(why) };
        return false;
    }

    bool open(quint32 items, qsizetype leastBytes)
    {
        if (m_keyNext)
            return malformed("a key is not a text");
        if (m_depth == limits::depth)
            return tooMuch("it is nested too deep");
        if (leastBytes > m_size)
            return malformed("it ends too early");
        m_elements += items;
        if (m_elements > limits::elements)
            return tooMuch("it has too many elements");
        m_levels[m_depth++] = Level();
        return true;
    }

    bool take(Value value)
    {
        if (m_keyNext)
            return malformed("a key is not a text");
        if (m_depth == 0) {
            m_value = std::move(value);
            return true;
        }
        Level &level = m_levels[m_depth - 1];
        if (level.isMap)
            level.map.emplace_back(std::move(level.key), std::move(value));
        else
            level.list.push_back(std::move(value));
        return true;
    }

    bool takeText(QByteArrayView bytes)
    {
        if (bytes.size() > qsizetype(m_keyNext ? limits::keyBytes : limits::stringBytes))
            return tooMuch(m_keyNext ? "a key is too long" : "a text is too long");
        if (!bytes.isValidUtf8())
            return malformed("a text is not UTF-8");
        if (bytes.contains('\0'))
            return malformed("a text contains a zero byte");
        QString text = textOf(bytes);
        if (!m_keyNext)
            return take(Value(std::move(text)));
        Level &level = m_levels[m_depth - 1];
        for (const auto &[known, value] : level.map) {
            if (known == text)
                return malformed("a key appears twice");
        }
        level.key = std::move(text);
        m_keyNext = false;
        return true;
    }

    std::array<Level, limits::depth> m_levels;
    int m_depth = 0;
    bool m_keyNext = false;
    quint32 m_elements = 0;
    qsizetype m_size;
    Value m_value;
    std::optional<Error> m_error;
};

} // namespace

QByteArray encode(const Value &value)
{
    Sink sink;
    sink.bytes.reserve(128);
    Packer packer(sink);
    pack(packer, value);
    return sink.bytes;
}

Result<Value> decode(QByteArrayView bytes)
{
    Builder builder(bytes.size());
    if (bytes.size() > limits::message) {
        builder.tooMuch("it is too large");
        return builder.result();
    }
    try {
        size_t end = 0;
        msgpack::parse(bytes.data(), size_t(bytes.size()), end, builder);
        if (end != size_t(bytes.size()))
            builder.malformed("bytes follow after its end");
    } catch (const std::exception &) {
        builder.malformed("it cannot be read");
    }
    return builder.result();
}

} // namespace hawser
