#pragma once

#include "core/call.h"
#include "core/party.h"
#include "core/wire.h"

#include <QThreadPool>
#include <map>
#include <memory>

namespace hawser {

/// How a command talks.
enum class CommandKind : quint8 { Call = 1, Channel = 2, OneWay = 3 };

/// What is known of a command before it is called: the offer carries it, forms and `--help` are made from it.
struct CommandSpec {
    QString name; ///< "disk.usage": see isCommandName
    QString description;
    CommandKind kind = CommandKind::Call;
    StreamClass streamClass = StreamClass::Command;
    Schema parameters;
    Schema reply; ///< empty: not said
    bool idempotent = false; ///< it takes an idempotency key (Caller::idempotencyKey), so it may be called durably
};

/// docs/protocol.md §8.3
Value specToValue(const CommandSpec &spec);
/// \retval InvalidArgument  no name, no such kind or class, or a schema that cannot be read: the sentence says which
Result<CommandSpec> specFromValue(const Value &value);

// A command is a struct: `static constexpr const char *name`, optional `static constexpr const char *description`,
// optional `static constexpr StreamClass streamClass`, optional `static constexpr bool idempotent`, nested `Request` and `Reply` with describe(); for channels the
// nested `Out` (caller to server) and `In` (server to caller) where messages are structs.

/// For a Request or a Reply that says nothing.
struct Nothing {
    static void describe(auto &) { }
};

/// The answer that a handler may give later, from the thread of its Commands; dropped without an answer it gives
/// `internal`. Copies share one answer; the first counts.
template <typename C>
class Reply {
public:
    explicit Reply(std::shared_ptr<IncomingCall> call) : m_call(std::move(call)) { }
    void operator()(const Result<typename C::Reply> &result, QByteArrayView bulk = {}) const
    {
        if (result)
            m_call->finish(*result, bulk);
        else
            m_call->fail(result.error());
    }
    /// For its bulk, the time it has left, `stopped`, and the link to call the caller back on.
    IncomingCall &call() const { return *m_call; }

private:
    std::shared_ptr<IncomingCall> m_call;
};

/// What a program can do for others: names and functions. Used by both sides of a link; belongs to nobody globally.
/// Handlers run on the thread of the Commands. What a handler throws becomes an error for its caller alone: a thrown
/// `Error` as it is, anything else `internal` without its text.
class Commands : public QObject {
    Q_OBJECT

public:
    using Policy = std::function<Result<void>(const Caller &, const CommandSpec &)>;
    using DynamicHandler = std::function<void(const Value &parameters, std::shared_ptr<IncomingCall>)>;
    using OneWayHandler = std::function<void(const Value &parameters, const Caller &)>;

    explicit Commands(QObject *parent = nullptr);
    /// Waits for functions of serveInThread that still run.
    ~Commands() override;

    /// Asked before each dispatch; no policy lets everybody in that the link lets through.
    void setPolicy(Policy policy) { m_policy = std::move(policy); }
    QList<CommandSpec> specs() const;
    bool serves(const QString &name) const;
    std::optional<CommandSpec> spec(const QString &name) const;
    void remove(const QString &name);

    // A name that is served already is served by the newer handler from then on. \pre isCommandName(C::name)

    /// Answers at once.
    template <typename C>
    void serve(std::function<Result<typename C::Reply>(const typename C::Request &, const Caller &)> handler);
    /// Answers when it is ready: a slow handler delays nobody.
    template <typename C>
    void serveLater(std::function<void(const typename C::Request &, const Caller &, Reply<C>)> handler);
    /// Runs in a thread pool; must not touch anything of this thread. The caller's cancel or deadline ends the call, not
    /// the function.
    template <typename C>
    void serveInThread(std::function<Result<typename C::Reply>(const typename C::Request &, const Caller &)> handler);
    /// A call whose replies keep coming: the handler keeps the call (shared) as long as it goes on. Whoever wants the
    /// caller's messages connects `received` before it returns.
    template <typename C>
    void serveChannel(std::function<void(const typename C::Request &, std::shared_ptr<IncomingCall>)> handler);
    /// Nothing is answered; what it refuses is only counted. Called as a call it answers with nothing once it has run.
    template <typename C>
    void serveOneWay(std::function<void(const typename C::Request &, const Caller &)> handler);
    /// For commands known only at run time. `parameters` conform to the spec's schema.
    void serveDynamic(const CommandSpec &spec, DynamicHandler handler);

    /// Hears what the peer opens on this link from now on.
    void attach(Link *link);
    void detach(Link *link);
    /// Takes over an opened stream, or a one-way OPEN.
    void dispatch(Stream *stream) { dispatch(stream, stream->caller()); }
    /// The same when somebody else than the link's other end calls by it. \pre the caller is right about that
    void dispatch(Stream *stream, const Caller &caller);
    void dispatchOneWay(const OpenHead &head, const Caller &caller, QByteArrayView body);
    /// One-way commands that were refused or failed, calls of unknown names: counted.
    quint64 refused() const { return m_refused; }
    /// Bytes of bulk that the calls of one link may be waiting for; limits::bulkAtOnce at first.
    void setMostBulk(qint64 bytes) { m_mostBulk = bytes; }
    /// Of all links together, now; and how often there was no room.
    qint64 heldBulk() const;
    quint64 bulkRefused() const { return m_bulkRefused; }

private:
    struct Entry {
        CommandSpec spec;
        DynamicHandler handler;
        OneWayHandler oneWay; // one-way commands have only this
    };
    using EntryPointer = std::shared_ptr<const Entry>; // survives its own removal while it runs

    template <typename C>
    static CommandSpec specOf(CommandKind kind);
    void add(Entry entry);
    Result<EntryPointer> admit(QByteArrayView name, const Caller &caller) const;
    std::shared_ptr<void> reserve(Link *link, qsizetype bulk);
    void run(const Entry &entry, const Value &parameters, const std::shared_ptr<IncomingCall> &call);

    std::map<QString, EntryPointer> m_entries;
    Policy m_policy;
    quint64 m_refused = 0;
    quint64 m_bulkRefused = 0;
    qint64 m_mostBulk = limits::bulkAtOnce;
    std::shared_ptr<std::map<const Link *, qsizetype>> m_held; // bytes of bulk, by link
    QThreadPool m_pool;
};

} // namespace hawser

#include "core/commands_impl.h"
