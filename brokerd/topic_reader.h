#pragma once

#include "brokerd/topic_store.h"
#include "core/call.h"

namespace hawser::broker {

/// Who reads a durable subscription now: rows from the disk as far as there is credit, acknowledgements to it.
class DurableReader : public QObject {
    Q_OBJECT

public:
    using MayHear = std::function<bool(const PublicKey &who, const PublicKey &publisher, QByteArrayView topic)>;

    /// Takes the subscription over from who had it before. Store outlives this.
    /// \pre after is no number that was never given
    DurableReader(TopicStore &store, KeptSubscription &kept, const std::shared_ptr<IncomingCall> &call, quint64 after,
        MayHear mayHear);

    /// There may be more.
    void look();
    void stop(const Error &why);

signals:
    void over(); ///< delete it later

private:
    void take(const std::vector<TopicStore::Row> &rows, quint64 upTo);
    void send(const TopicStore::Row &row);
    void tellGap(quint64 upTo);
    quint32 sourceOf(const TopicStore::Row &row);
    void acknowledged(quint64 number);
    void writeAcknowledged();

    TopicStore &m_store;
    KeptSubscription *m_kept; // null: over
    std::shared_ptr<IncomingCall> m_call;
    MayHear m_mayHear;
    QHash<QByteArray, quint32> m_sources; // key and topic, as announced here
    quint32 m_lastSource = 0;
    quint64 m_sent; // the last number, sent or told as missing
    quint64 m_handled = 0; // as the subscriber said
    bool m_reading = false;
    bool m_writing = false;
    bool m_ending = false;
};

} // namespace hawser::broker
