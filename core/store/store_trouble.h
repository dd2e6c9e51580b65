#pragma once

#include "core/instant.h"
#include "core/store/store_thread.h"

#include <QTimer>

namespace hawser {

/// Why a store does not keep what it should: from the first failure until there is room again for more than a little, which it
/// tries by itself every two seconds (what is damaged: every minute). Told in the log once.
class StoreTrouble : public QObject {
    Q_OBJECT

public:
    /// \param store  outlives all events
    /// \param event  what the log line is called
    StoreTrouble(StoreThread &store, const char *event, QObject *parent = nullptr);

    /// How long until it tries again; what is damaged waits thirty times as long.
    void setPause(milliseconds pause) { m_pause = pause; }
    void failed(const Error &why);
    quint64 failures() const { return m_failures; } ///< since the start
    /// Empty: all is well.
    QString sentence() const { return m_why ? m_why->sentence : QString(); }

signals:
    void over();

private:
    void waitAndTry();
    void tryToWrite();
    void worked();

    StoreThread &m_store;
    const char *m_event;
    milliseconds m_pause { 2000 };
    std::optional<Error> m_why;
    quint64 m_failures = 0;
    QTimer m_again;
};

} // namespace hawser
