#pragma once

#include "core/client.h"
#include "core/store/call_book.h"
#include "core/store/call_news.h"
#include "core/store/mail_poster.h"
#include "core/store/store_thread.h"

namespace hawser {

/// The programmer's door for calls that wait (docs/protocol.md §17.11). For each kind of call you choose: Client::call for one
/// that somebody is there for now, or this, when it must reach a machine that may be away and its result must reach a program
/// that may have ended meanwhile. Both ends keep it on disk; it takes effect once, and its result is told until handled().
///
///     DurableClient durable(client, broker, folder + "/calls.sqlite");
///     connect(&durable, &DurableClient::changed, this, [&](const SentCall &call) {
///         if (call.isDone())
///             store(call.id, DurableClient::replyOf<AddOrder>(call)), durable.handled(call.id);
///     });
///     durable.call<AddOrder>(machine, { 12 }, this, [](const Result<SentCall> &queued) { … });
///
/// It takes all mail of its client's device: a program has one of these, or is a chat::Person, not both.
class DurableClient : public QObject {
    Q_OBJECT

public:
    /// \param client  to that broker; outlives this. \pre its profile has a device that stays (core/device.h)
    /// \param broker  its key: what waits goes by it and no other
    /// \param path    of a database of its own
    DurableClient(Client &client, const PublicKey &broker, const QString &path, QObject *parent = nullptr);
    ~DurableClient() override;

    /// `queued(Result<SentCall>)` once it is on this program's disk. \param within  it begins within this time or not at all
    /// \retval ResourceExhausted  too many have no answer, or were not handled
    template <typename C, typename Queued>
    void call(const PublicKey &to, const typename C::Request &request, QObject *context, Queued queued,
        milliseconds within = limits::durableFor)
    {
        static_assert(C::idempotent, "only a command that takes an idempotency key may be called durably");
        call(to, QLatin1String(C::name), toValue(request), context, std::move(queued), within);
    }
    /// The same for a command that is known only at run time. \pre it is offered as idempotent
    void call(const PublicKey &to, const QString &command, const Value &parameters, QObject *context,
        std::function<void(const Result<SentCall> &)> queued, milliseconds within = limits::durableFor);
    /// What came of it. \pre call.isDone()
    template <typename C>
    static Result<typename C::Reply> replyOf(const SentCall &call)
    {
        if (const Error outcome = call.outcome(); outcome.code != Code::Ok)
            return outcome;
        return fromValue<typename C::Reply>(call.result.result);
    }
    /// Its result needs not be told again.
    void handled(quint64 id);

signals:
    /// It went further. Those that are done and not handled are told again when a program begins. One that ended because
    /// its time was over (isOverdue) is told once more if an answer comes after all.
    void changed(const hawser::SentCall &call);
    void failed(const hawser::Error &why); ///< the file cannot be used now; what is in it stays

private:
    void begin();
    void take(const MailTaken &taken, const MailTaker::Done &done);

    Client &m_client;
    PublicKey m_broker;
    QByteArray m_device;
    StoreThread m_store;
    MailPoster m_poster;
    CallNews m_news;
    MailTaker m_taker;
};

} // namespace hawser
