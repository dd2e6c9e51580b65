#pragma once

#include "core/commands.h"
#include "core/ticker.h"

namespace hawser::broker {

/// Tells every watcher what changed, by name, each as fast as it reads (core/ticker.h).
class Feed : public QObject {
    Q_OBJECT

public:
    explicit Feed(QObject *parent = nullptr) : QObject(parent) { }

    /// The call gets `snapshot` (name → message) and then whatever is pushed.
    void watch(const std::shared_ptr<IncomingCall> &call, const std::map<QString, Value> &snapshot);
    void push(const QString &name, const Value &message);

private:
    std::map<Ticker *, std::shared_ptr<IncomingCall>> m_watchers;
};

} // namespace hawser::broker
