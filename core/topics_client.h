#pragma once

#include "core/backoff.h"
#include "core/client.h"
#include "core/contracts/topics.h"
#include "core/topic_messages.h"

#include <QHash>
#include <QTimer>

namespace hawser {

/// What is opened each time its client is let in, and again after a pause when it ends while the client still is.
class OpenedAgain : public QObject {
protected:
    /// \param client  outlives this
    OpenedAgain(Client &client, QObject *parent) : QObject(parent), m_client(client) { }

    virtual void open() = 0;
    /// Opens as soon as the client is let in, now if it is. For the constructor.
    void begin();
    /// It ended.
    void openLater();
    /// The broker goes along: the next pause is short.
    void isOpen() { m_backoff = Backoff(); }

    Client &m_client;

private:
    QTimer m_later;
    Backoff m_backoff;
};

/// Publishes to topics at a broker, over one stream that is opened again each time the client is let in. What is published
/// while it is not there is refused, never kept for later.
///
///     Publisher publisher(client);
///     publisher.publish("metrics.host1.cpu", "0.42");
class Publisher : public OpenedAgain {
    Q_OBJECT

public:
    enum class Keep {
        No,
        LastValue, ///< the broker keeps it as the topic's last value; an empty message: it forgets that
    };

    /// \param client  outlives this
    explicit Publisher(Client &client, QObject *parent = nullptr);
    ~Publisher() override;

    /// Returns the message's number: one more each time.
    /// \retval InvalidArgument    this is no topic
    /// \retval ResourceExhausted  the message is larger than limits::topicMessage
    /// \retval Unavailable        there is no broker
    Result<quint64> publish(const QString &topic, QByteArrayView message, Keep keep = Keep::No);
    /// Any described struct.
    template <detail::Described T>
    Result<quint64> publish(const QString &topic, const T &message, Keep keep = Keep::No)
    {
        return publish(topic, encode(toValue(message)), keep);
    }
    bool isReady() const { return !m_call.isNull(); }
    /// Bytes that go now without waiting here; ask when there is much to say.
    qint64 room() const;
    /// All up to this number are with the broker, but those that were told as refused.
    quint64 takenUpTo() const { return m_taken; }

signals:
    void ready(); ///< it may publish, each time
    void taken(quint64 number);
    /// These were not taken, or nobody knows (Unavailable: the link broke before the broker said so).
    void refused(quint64 first, quint64 count, const hawser::Error &why);
    void roomAvailable();

private:
    void open() override;
    void take(QByteArrayView answer);
    void closed(const Error &why);
    quint32 numberOf(const QByteArray &topic);

    QPointer<Call> m_call;
    QHash<QByteArray, quint32> m_numbers; // declared on this stream
    std::vector<QByteArray> m_topics; // the same by number
    quint32 m_next = 0;
    quint64 m_sent = 0;
    quint64 m_taken = 0;
    quint64 m_base = 0; // messages before this stream
};

/// One message of a topic. Valid during the signal.
struct TopicMessage {
    QString topic;
    PublicKey publisher; ///< the broker vouches for it
    QByteArrayView bytes;
    bool kept = false; ///< the last value from earlier
    quint64 number = 0; ///< durable subscriptions: grows by one; else 0

    /// \retval InvalidArgument  it is no such struct
    template <typename T>
    Result<T> as() const
    {
        const Result<Value> value = decode(bytes);
        return value ? fromValue<T>(*value) : Result<T>(value.error());
    }
};

struct SubscribeOptions {
    bool last = false; ///< first the last value of each topic
    QString durable = {}; ///< a name: the broker keeps what comes while I am away
    bool acknowledgeMyself = false; ///< durable: handled is what `acknowledge` says, not what `received` was told
};

/// The messages of all topics that fit a pattern: '*' is one token, '>' the rest. Opened again each time the client is let in, and
/// after a pause when the broker cannot just now.
///
///     Subscription metrics(client, "metrics.>", { .last = true });
///     connect(&metrics, &Subscription::received, …);
class Subscription : public OpenedAgain {
    Q_OBJECT

public:
    /// \param client  outlives this
    Subscription(
        Client &client, const QString &pattern, const SubscribeOptions &options = {}, QObject *parent = nullptr);
    ~Subscription() override;

    /// Durable: everything up to this number is handled; the broker forgets it.
    void acknowledge(quint64 number);
    /// Durable: ends it here when what was acknowledged is on the broker's disk; `ended` with Ok follows.
    void leave();
    const QString &pattern() const { return m_request.pattern; }
    bool isReady() const { return m_ready; }
    /// For who reads slower than it comes. Null unless open.
    Stream *stream() const { return m_call ? m_call->stream() : nullptr; }

signals:
    void received(const hawser::TopicMessage &message);
    /// Messages are missing before the next one; 0: how many is not known (the link was gone meanwhile).
    void missed(quint64 count);
    void ready(); ///< it stands, or goes on: what comes now is new. Each time
    /// Nothing comes just now: the broker cannot, or the client is away (Client::away). It is tried again until `ready`.
    void waits(const hawser::Error &why);
    void ended(const hawser::Error &why); ///< refused, or the right was taken away: it does not come again by itself

private:
    void open() override;
    void take(QByteArrayView bytes);
    void takeMessage(const topic::Message &message);
    void closed(const Error &why);
    void goesAway();
    void comesBack();

    contracts::SubscribeTopics::Request m_request;
    bool m_acknowledgeMyself;
    QPointer<Call> m_call;
    std::vector<topic::Source> m_sources; // by number mod limits::topicSources
    bool m_ready = false;
    bool m_wasReady = false;
    bool m_away = false; // the client is, and that was told
    bool m_over = false;
};

} // namespace hawser
