#pragma once

#include "brokerd/topic_block.h"

#include <functional>
#include <map>

namespace hawser::broker {

struct LastValueLimits {
    int topics = 10000; ///< in all
    int topicsOfOne = 1000; ///< of one publisher
    qint64 bytes = 64 * 1024 * 1024; ///< in all, bodies and names
    qint64 valueBytes = 64 * 1024; ///< of one
};

/// The last value of each topic whose publisher asked for that, encoded for those who ask. LastValueStore has them on disk.
class LastValues {
public:
    /// \retval ResourceExhausted  a limit: nothing is changed
    Result<void> keep(const SourcePointer &source, QByteArrayView body, const LastValueLimits &limits);
    /// Whether there was one.
    bool forget(const QByteArray &topic);
    /// All that somebody published. \return their topics
    QByteArrayList forgetOf(const PublicKey &publisher);

    /// Where somebody who reads one after the other stands.
    struct Cursor {
        QByteArray pattern;
        quint64 until = 0; ///< what is kept later comes as a message
        QByteArray topic = {}; ///< the last one read
    };
    Cursor cursor(const QByteArray &pattern) const { return { pattern, m_stamp }; }
    /// The next value that fits and is allowed; no blocks: there is no more.
    std::vector<BlockPointer> next(Cursor &cursor, const std::function<bool(const TopicSource &)> &allowed) const;

    int topics() const { return int(m_values.size()); }
    qint64 bytes() const { return m_bytes; }

private:
    struct Value {
        SourcePointer source;
        std::vector<BlockPointer> blocks;
        qint64 bytes = 0;
        quint64 stamp = 0;
    };
    using Values = std::map<QByteArray, Value>;
    void remove(Values::iterator value);

    Values m_values;
    std::map<PublicKey, int> m_ofOne;
    qint64 m_bytes = 0;
    quint64 m_stamp = 0;
};

} // namespace hawser::broker
