#pragma once

#include "core/contracts/broker.h"

#include <QHash>

namespace hawser::broker {

/// Tells machines who may call them, and at once when somebody may not any more (`caller.may/1`).
class Callers : public QObject {
    Q_OBJECT

public:
    /// \param may  whether a person may call machines now
    explicit Callers(std::function<Result<Nothing>(const PublicKey &)> may) : m_may(std::move(may)) { }

    void serve(Commands &commands);
    /// What this person may could be different now.
    void look(const PublicKey &person);

private:
    void watch(const PublicKey &person, const std::shared_ptr<IncomingCall> &call);

    std::function<Result<Nothing>(const PublicKey &)> m_may;
    QMultiHash<PublicKey, std::shared_ptr<IncomingCall>> m_watchers; // by whom they are about
};

} // namespace hawser::broker
