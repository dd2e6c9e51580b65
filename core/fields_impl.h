#pragma once

#include "core/fields.h"
#include "core/instant.h"
#include "core/public_key.h"

#include <QAnyStringView>
#include <QStringList>
#include <limits>
#include <type_traits>
#include <utility>

// How the members of described structs become values and come back. Included by fields.h.

namespace hawser::detail {

/// Where in a struct something is read; written out only for an error.
struct Where {
    QAnyStringView name; ///< empty: the value as a whole
    const FieldOptions *options = nullptr;
    const Where *outer = nullptr;
    qsizetype index = -1; ///< an item of `outer`

    /// `entries[3].path` in quotation marks, or "the value".
    QString subject() const;
    QString path() const;
};

/// What a number may be.
struct Bounds {
    std::optional<double> least;
    std::optional<double> most;
};

Error wrongType(const Where &where, FieldType type);
Error missing(const Where &where);
Result<void> checkText(const Where &where, const QString &text);
Result<void> checkBounds(const Where &where, const Value &number, const Bounds &bounds);
Result<void> checkChoices(const Where &where, const Value &value, const Value::List &choices);
/// The narrower of the two.
Bounds narrow(const Bounds &type, const FieldOptions *options);

template <typename M>
struct Codec;

struct AnyVisitor { };

template <typename T>
concept Described = requires(AnyVisitor &visitor)
{
    T::describe(visitor);
};

template <typename M>
Result<void> readMember(const Where &where, const Value &value, M &out)
{
    const Result<void> read = Codec<M>::read(where, value, out);
    if (!read || !where.options || where.options->choices.empty() || Codec<M>::type == FieldType::List)
        return read;
    return checkChoices(where, value, where.options->choices);
}

template <>
struct Codec<bool> {
    static constexpr FieldType type = FieldType::Bool;
    static Value write(bool member) { return member; }
    static Result<void> read(const Where &where, const Value &value, bool &out);
};

template <>
struct Codec<double> {
    static constexpr FieldType type = FieldType::Float;
    static Value write(double member) { return member; }
    static Result<void> read(const Where &where, const Value &value, double &out);
};

template <>
struct Codec<QString> {
    static constexpr FieldType type = FieldType::Text;
    static Value write(const QString &member) { return member; }
    static Result<void> read(const Where &where, const Value &value, QString &out);
};

template <>
struct Codec<QByteArray> {
    static constexpr FieldType type = FieldType::Bytes;
    static Value write(const QByteArray &member) { return member; }
    static Result<void> read(const Where &where, const Value &value, QByteArray &out);
};

template <>
struct Codec<PublicKey> {
    static constexpr FieldType type = FieldType::Key;
    static bool absent(const PublicKey &member) { return member.isNull(); }
    static Value write(const PublicKey &member) { return member.isNull() ? Value() : Value(member.bytes()); }
    static Result<void> read(const Where &where, const Value &value, PublicKey &out);
};

template <>
struct Codec<Value> {
    static constexpr FieldType type = FieldType::Any;
    static Value write(const Value &member) { return member; }
    static Result<void> read(const Where &, const Value &value, Value &out)
    {
        out = value;
        return {};
    }
};

template <std::integral M>
struct Codec<M> {
    static constexpr FieldType type = FieldType::Int;
    /// 64-bit numbers have no upper bound that a double could say.
    static Bounds bounds()
    {
        constexpr bool small = sizeof(M) < 8;
        using Limits = std::numeric_limits<M>;
        return { small || std::is_unsigned_v<M> ? std::optional<double>(double(Limits::min())) : std::nullopt,
            small ? std::optional<double>(double(Limits::max())) : std::nullopt };
    }
    static Value write(M member) { return member; }
    static Result<void> read(const Where &where, const Value &value, M &out)
    {
        if (value.kind() != Value::Kind::Int && value.kind() != Value::Kind::Unsigned)
            return wrongType(where, type);
        if (const Result<void> inside = checkBounds(where, value, narrow(bounds(), where.options)); !inside)
            return inside;
        if (value.kind() == Value::Kind::Int ? !std::in_range<M>(value.toInt()) : sizeof(M) < 8 || std::is_signed_v<M>)
            return wrongType(where, type);
        out = value.kind() == Value::Kind::Int ? M(value.toInt()) : M(value.toUnsigned());
        return {};
    }
};

template <typename M>
concept Enumeration = std::is_enum_v<M>;

template <Enumeration M>
struct Codec<M> {
    using Number = std::underlying_type_t<M>;
    static constexpr FieldType type = FieldType::Int;
    static Bounds bounds() { return Codec<Number>::bounds(); }
    static Value write(M member) { return Number(member); }
    static Result<void> read(const Where &where, const Value &value, M &out)
    {
        Number number {};
        if (const Result<void> read = Codec<Number>::read(where, value, number); !read)
            return read;
        out = M(number);
        return {};
    }
};

template <>
struct Codec<milliseconds> {
    static constexpr FieldType type = FieldType::Int;
    static Bounds bounds() { return { 0, std::nullopt }; }
    static Value write(milliseconds member) { return qint64(member.count()); }
    static Result<void> read(const Where &where, const Value &value, milliseconds &out);
};

template <typename M>
struct Codec<std::optional<M>> {
    static constexpr FieldType type = Codec<M>::type;
    static bool absent(const std::optional<M> &member) { return !member; }
    static Value write(const std::optional<M> &member) { return member ? Codec<M>::write(*member) : Value(); }
    static Result<void> read(const Where &where, const Value &value, std::optional<M> &out)
    {
        M inner {};
        if (const Result<void> read = Codec<M>::read(where, value, inner); !read)
            return read;
        out = std::move(inner);
        return {};
    }
    static Bounds bounds() requires requires { Codec<M>::bounds(); }
    {
        return Codec<M>::bounds();
    }
};

template <typename M>
struct Codec<QList<M>> {
    static constexpr FieldType type = FieldType::List;
    static Value write(const QList<M> &member)
    {
        Value::List list;
        list.reserve(size_t(member.size()));
        for (const M &item : member)
            list.push_back(Codec<M>::write(item));
        return list;
    }
    static Result<void> read(const Where &where, const Value &value, QList<M> &out)
    {
        if (value.kind() != Value::Kind::List)
            return wrongType(where, type);
        QList<M> items;
        items.reserve(qsizetype(value.list().size()));
        for (const Value &item : value.list()) {
            const Where place { {}, where.options, &where, items.size() };
            M read {};
            if (const Result<void> good = readMember(place, item, read); !good)
                return good;
            items.push_back(std::move(read));
        }
        out = std::move(items);
        return {};
    }
    static Bounds bounds() requires requires { Codec<M>::bounds(); }
    {
        return Codec<M>::bounds();
    }
};

template <>
struct Codec<Value::List> {
    static constexpr FieldType type = FieldType::List;
    static Value write(const Value::List &member) { return member; }
    static Result<void> read(const Where &where, const Value &value, Value::List &out)
    {
        if (value.kind() != Value::Kind::List)
            return wrongType(where, type);
        out = value.list();
        return {};
    }
};

template <typename T>
struct StructWriter {
    const T &object;
    Value::Map members;

    template <typename C, typename M>
    void operator()(const char *name, M C::*member, const FieldOptions & = {})
    {
        const M &value = object.*member;
        if constexpr (requires { Codec<M>::absent(value); }) {
            if (Codec<M>::absent(value))
                return;
        }
        members.emplace_back(QLatin1String(name), Codec<M>::write(value));
    }
};

template <typename T>
struct StructReader {
    const Where &where;
    const Value &map;
    T &object;
    Result<void> result {};

    template <typename C, typename M>
    void operator()(const char *name, M C::*member, const FieldOptions &options = {})
    {
        if (!result)
            return;
        const Where place { name, &options, &where };
        if (const Value *value = map.find(QLatin1String(name)))
            result = readMember(place, *value, object.*member);
        else if (options.required)
            result = missing(place);
    }
};

template <typename T>
struct SchemaMaker {
    const T defaults {};
    Schema schema {};

    template <typename C, typename M>
    void operator()(const char *name, M C::*member, const FieldOptions &options = {})
    {
        Field field { QString::fromLatin1(name), Codec<M>::type, options.required, {}, options.choices,
            QString::fromUtf8(options.description), options.least, options.most };
        if (!options.required)
            field.fallback = Codec<M>::write(defaults.*member);
        if constexpr (requires { Codec<M>::bounds(); }) {
            const Bounds bounds = narrow(Codec<M>::bounds(), &options);
            field.least = bounds.least;
            field.most = bounds.most;
        }
        schema.push_back(std::move(field));
    }
};

template <Described T>
struct Codec<T> {
    static constexpr FieldType type = FieldType::Map;
    static Value write(const T &object)
    {
        StructWriter<T> writer { object, {} };
        T::describe(writer);
        return std::move(writer.members);
    }
    static Result<void> read(const Where &where, const Value &value, T &out)
    {
        if (value.kind() != Value::Kind::Map)
            return wrongType(where, type);
        StructReader<T> reader { where, value, out };
        T::describe(reader);
        return reader.result;
    }
};

} // namespace hawser::detail

namespace hawser {

template <typename T>
Value toValue(const T &object)
{
    return detail::Codec<T>::write(object);
}

template <typename T>
Result<T> fromValue(const Value &value)
{
    T object {};
    const detail::Where top;
    if (const Result<void> read = detail::Codec<T>::read(top, value, object); !read)
        return read.error();
    return object;
}

template <typename T>
Schema schemaOf()
{
    detail::SchemaMaker<T> maker;
    T::describe(maker);
    return maker.schema;
}

} // namespace hawser
