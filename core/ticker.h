#pragma once

#include "core/call.h"

#include <map>

namespace hawser {

/// Tells the caller of a channel what changed, by name. A caller that reads slowly gets the newest of each name and
/// nothing twice, so what waits for it is never more than there are names. Child of the call, goes with it.
class Ticker : public QObject {
    Q_OBJECT

public:
    explicit Ticker(IncomingCall *to);

    void tell(const QString &name, const Value &message);
    template <detail::Described T>
    void tell(const QString &name, const T &message)
    {
        tell(name, toValue(message));
    }

private:
    void flush();

    IncomingCall *m_to;
    std::map<QString, Value> m_due;
};

} // namespace hawser
