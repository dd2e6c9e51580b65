#pragma once

#include "core/public_key.h"
#include "core/store/store_thread.h"

#include <deque>
#include <optional>

namespace hawser::broker {

/// Last values on the broker's disk. Of each topic the newest is written, all that changed while the last batch was written
/// in one batch: however fast somebody publishes, what waits here is a value a topic.
class LastValueStore : public QObject {
    Q_OBJECT

public:
    struct Row {
        QByteArray topic;
        PublicKey publisher;
        QByteArray body;
    };
    using Done = std::function<void(const Result<void> &)>;

    /// The statements that make its table.
    static QStringList schema();
    /// All that was written, by topic.
    static Result<std::vector<Row>> readAll(Database &database);

    /// \param store  outlives this
    explicit LastValueStore(StoreThread &store) : m_store(store) { }
    /// What changed is written yet.
    ~LastValueStore() override;
    /// From now on nothing is written, and whoever waits hears why.
    void giveUp(const Error &why) { m_broken = why; }

    /// Whether one more change of this topic would not be more than `most` that wait.
    bool hasRoom(const QByteArray &topic, qsizetype most) const;
    /// The newest value of a topic; an empty body: it has none any more. Whoever changed something calls whenWritten().
    void change(const Row &row) { m_changes[row.topic] = row; }
    /// `done` when all that changed so far is on disk, or why not: then a restart brings older values back. In the order
    /// of asking; at once if nothing is on its way.
    void whenWritten(QObject *context, const Done &done);
    bool isIdle() const { return m_changes.isEmpty() && m_waiting.empty(); }

private:
    struct Waiting {
        QPointer<QObject> context;
        Done done;
    };
    using Changes = QHash<QByteArray, Row>;

    static Result<void> write(Database &database, const Changes &changes);
    void writeNext();
    void written(const Result<void> &outcome);

    StoreThread &m_store;
    std::optional<Error> m_broken;
    Changes m_changes; // not yet handed to the store
    std::deque<Waiting> m_waiting;
    size_t m_beingWritten = 0; // so many of those wait for the batch that is being written
    bool m_writing = false;
};

} // namespace hawser::broker
