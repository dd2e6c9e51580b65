#pragma once

#include "brokerd/topic_block.h"
#include "core/call.h"
#include "core/topic_messages.h"

#include <optional>

namespace hawser::broker {

class Topics;

/// One publishing stream (docs/protocol.md §16.3).
class TopicPublisher : public QObject {
    Q_OBJECT

public:
    /// \param topics  outlives this
    TopicPublisher(Topics &topics, const std::shared_ptr<IncomingCall> &call);

    void stop(const Error &why);

signals:
    void over(); ///< nothing more comes: delete it later

private:
    /// A number of the publisher's.
    struct Declared {
        SourcePointer source; // null: its name is none
        Result<void> allowed;
        quint64 judgedAt = 0; // the version of the rights
    };
    using Refusals = std::vector<topic::Refused>; // runs of messages with one reason

    void take(std::span<const MessageView> messages);
    Result<void> takeOne(QByteArrayView message);
    void declare(quint32 number, QByteArrayView name);
    Result<void> takeMessage(Declared &topic, QByteArrayView body, bool last);
    static void append(Refusals &runs, quint64 number, const Error &why);
    void handOver();
    void answer(quint64 count, const Refusals &refused);
    void say(const QByteArray &answer);
    void endWhenAnswered();

    Topics &m_topics;
    std::shared_ptr<IncomingCall> m_call;
    std::shared_ptr<PublisherLoad> m_load;
    BlockBuilder m_builder;
    std::vector<std::optional<Declared>> m_declared; // by number
    Refusals m_refused; // of this turn
    Refusals m_toKeep; // of this turn: what is refused, and why, if it does not come to disk
    quint64 m_count = 0; // messages so far
    int m_unanswered = 0; // turns
    bool m_peerEnded = false;
};

} // namespace hawser::broker
