#include "core/commands.h"

#include <QPointer>
#include <numeric>

namespace hawser {

namespace {

template <typename Enum>
std::optional<Enum> enumFrom(const Value &value, Enum last)
{
    const qint64 number = value.toInt(0);
    if (number < 1 || number > qint64(last))
        return std::nullopt;
    return Enum(number);
}

Error unreadable(const char *what)
{
    return { Code::InvalidArgument,
        QStringLiteral("the description of a command has no readable %1").arg(QLatin1String(what)) };
}

} // namespace

Value specToValue(const CommandSpec &spec)
{
    Value value;
    value.insert(QStringLiteral("name"), spec.name);
    value.insert(QStringLiteral("description"), spec.description);
    value.insert(QStringLiteral("kind"), int(spec.kind));
    value.insert(QStringLiteral("class"), int(spec.streamClass));
    value.insert(QStringLiteral("parameters"), schemaToValue(spec.parameters));
    value.insert(QStringLiteral("reply"), schemaToValue(spec.reply));
    if (spec.idempotent)
        value.insert(QStringLiteral("idempotent"), true);
    return value;
}

Result<CommandSpec> specFromValue(const Value &value)
{
    CommandSpec spec;
    spec.name = value[u"name"].toText();
    if (!isCommandName(spec.name))
        return unreadable("name");
    spec.description = value[u"description"].toText();
    const auto kind = enumFrom(value[u"kind"], CommandKind::OneWay);
    if (!kind)
        return unreadable("kind");
    spec.kind = *kind;
    const auto streamClass = enumFrom(value[u"class"], StreamClass::Admin);
    if (!streamClass)
        return unreadable("class");
    spec.streamClass = *streamClass;
    Result<Schema> parameters = schemaFromValue(value[u"parameters"]);
    if (!parameters)
        return parameters.error();
    spec.parameters = std::move(*parameters);
    const Value idempotent = value[u"idempotent"];
    if (!idempotent.isNull() && idempotent.kind() != Value::Kind::Bool)
        return unreadable("word on whether it is idempotent");
    spec.idempotent = idempotent.toBool();
    if (value[u"reply"].isNull())
        return spec;
    Result<Schema> reply = schemaFromValue(value[u"reply"]);
    if (!reply)
        return reply.error();
    spec.reply = std::move(*reply);
    return spec;
}

Commands::Commands(QObject *parent) : QObject(parent), m_held(std::make_shared<std::map<const Link *, qsizetype>>())
{
}

Commands::~Commands() = default;

QList<CommandSpec> Commands::specs() const
{
    QList<CommandSpec> specs;
    for (const auto &[name, entry] : m_entries)
        specs.append(entry->spec);
    return specs;
}

bool Commands::serves(const QString &name) const
{
    return m_entries.contains(name);
}

std::optional<CommandSpec> Commands::spec(const QString &name) const
{
    const auto found = m_entries.find(name);
    return found == m_entries.end() ? std::nullopt : std::optional(found->second->spec);
}

void Commands::remove(const QString &name)
{
    m_entries.erase(name);
}

void Commands::add(Entry entry)
{
    Q_ASSERT(isCommandName(entry.spec.name));
    const QString name = entry.spec.name;
    m_entries[name] = std::make_shared<const Entry>(std::move(entry));
}

void Commands::serveDynamic(const CommandSpec &spec, DynamicHandler handler)
{
    const auto checked = [schema = spec.parameters, handler = std::move(handler)](
                             const Value &parameters, std::shared_ptr<IncomingCall> call) {
        const Result<Value> conforming = conform(parameters, schema);
        if (!conforming)
            return call->fail(conforming.error());
        handler(*conforming, std::move(call));
    };
    add({ spec, checked, {} });
}

void Commands::attach(Link *link)
{
    connect(link, &Link::opened, this, [this](Stream *stream) { dispatch(stream); });
    connect(link, &Link::oneWay, this,
        [this, link](const OpenHead &head, QByteArrayView body) { dispatchOneWay(head, link->caller(head), body); });
}

void Commands::detach(Link *link)
{
    disconnect(link, nullptr, this, nullptr);
}

Result<Commands::EntryPointer> Commands::admit(QByteArrayView name, const Caller &caller) const
{
    const QString wanted = QString::fromUtf8(name);
    const auto found = m_entries.find(wanted);
    if (found == m_entries.end())
        return Error { Code::Unimplemented, QStringLiteral("this program has no command “%1”").arg(wanted), Begun::No };
    if (!m_policy)
        return found->second;
    const Result<void> allowed = m_policy(caller, found->second->spec);
    if (!allowed)
        return allowed.error();
    return found->second;
}

void Commands::dispatch(Stream *stream, const Caller &caller)
{
    const auto call = IncomingCall::share(stream, caller);
    const auto refuse = [this, &call](const Error &error) {
        ++m_refused;
        call->fail(error);
    };
    const Result<EntryPointer> entry = admit(stream->head().name, call->caller());
    if (!entry)
        return refuse(entry.error());
    Result<UnpackedPayload> body = unpackPayload(stream->body());
    if (!body)
        return refuse(body.error());
    if (body->missing == 0) {
        call->setBulk(std::move(body->payload.bulk));
        return run(**entry, body->payload.parameters, call);
    }
    std::shared_ptr<void> place = reserve(stream->link(), body->missing);
    if (!place)
        return refuse(
            { Code::ResourceExhausted, QStringLiteral("too much bulk of other calls is held already"), Begun::No });
    call->keep(std::move(place));
    call->gather(body->missing, [self = QPointer(this), entry = *entry, parameters = body->payload.parameters, call] {
        if (!self.isNull())
            self->run(*entry, parameters, call);
    });
}

/// A place for that many bytes, given back when the call it is kept by has gone; null when there is no room.
std::shared_ptr<void> Commands::reserve(Link *link, qsizetype bulk)
{
    qsizetype &held = (*m_held)[link];
    if (held + bulk > m_mostBulk) {
        ++m_bulkRefused;
        if (held == 0)
            m_held->erase(link);
        return nullptr;
    }
    held += bulk;
    return std::shared_ptr<void>(link, [book = m_held, bulk](void *link) {
        const auto entry = book->find(static_cast<Link *>(link)); // compared, never followed: the link may be gone
        entry->second -= bulk;
        if (entry->second == 0)
            book->erase(entry);
    });
}

qint64 Commands::heldBulk() const
{
    return std::accumulate(
        m_held->begin(), m_held->end(), qint64(0), [](qint64 sum, const auto &entry) { return sum + entry.second; });
}

void Commands::run(const Entry &entry, const Value &parameters, const std::shared_ptr<IncomingCall> &call)
{
    const Result<Nothing> done = guarded<Nothing>([&]() -> Result<Nothing> {
        if (entry.handler) {
            entry.handler(parameters, call);
            return Nothing {};
        }
        entry.oneWay(parameters, call->caller());
        call->finish(Value());
        return Nothing {};
    });
    if (!done)
        call->fail(done.error());
}

void Commands::dispatchOneWay(const OpenHead &head, const Caller &caller, QByteArrayView body)
{
    const Result<Nothing> done = guarded<Nothing>([&]() -> Result<Nothing> {
        const Result<EntryPointer> entry = admit(head.name, caller);
        if (!entry)
            return entry.error();
        if (!(*entry)->oneWay)
            return Error { Code::FailedPrecondition, QStringLiteral("the command wants to answer") };
        const Result<UnpackedPayload> payload = unpackPayload(body);
        if (!payload)
            return payload.error();
        if (payload->missing > 0)
            return Error { Code::InvalidArgument, QStringLiteral("a one-way command has its bulk in its OPEN") };
        (*entry)->oneWay(payload->payload.parameters, caller);
        return Nothing {};
    });
    if (!done)
        ++m_refused;
}

} // namespace hawser
