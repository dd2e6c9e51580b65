#pragma once

#include "core/asker.h"
#include "core/location.h"

#include <optional>

namespace hawser::node {

/// A request that waits for an administrator: what must stay the same when it knocks again, so that the number does.
struct Pending {
    Address address;
    PublicKey broker;
    AskProof proof;

    bool operator==(const Pending &) const = default;
};

/// FOLDER/request, 0600. A damaged one is none.
std::optional<Pending> loadPending(const QString &folder);
Result<void> savePending(const QString &folder, const Pending &pending);
void removePending(const QString &folder);

} // namespace hawser::node
