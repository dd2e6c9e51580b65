#pragma once

#include "core/commands.h"

#include <map>

namespace hawser::broker {

/// Tells every watcher what changed, by name. A watcher that reads slowly gets the newest of each name and nothing
/// twice, so what waits for it is never more than there are names.
class Feed : public QObject {
    Q_OBJECT

public:
    explicit Feed(QObject *parent = nullptr) : QObject(parent) { }

    /// The call gets `snapshot` (name → message) and then whatever is pushed.
    void watch(const std::shared_ptr<IncomingCall> &call, const std::map<QString, Value> &snapshot);
    void push(const QString &name, const Value &message);
    int watchers() const { return int(m_watchers.size()); }

private:
    struct Watcher {
        std::shared_ptr<IncomingCall> call;
        std::map<QString, Value> due;
    };
    static void flush(Watcher &watcher);

    std::map<const IncomingCall *, Watcher> m_watchers;
};

} // namespace hawser::broker
