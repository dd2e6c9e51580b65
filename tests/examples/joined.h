#pragma once

#include <QCoreApplication>
#include <core/client.h>
#include <core/location.h>
#include <memory>

/// A client of the broker that the owner of a data folder has joined (hawser join LINK --data FOLDER).
inline hawser::Result<std::unique_ptr<hawser::Client>> joined(const QString &folder)
{
    const hawser::Result<hawser::Identity> identity = hawser::Identity::load(folder);
    if (!identity)
        return identity.error();
    const hawser::Result<hawser::Location> broker = hawser::Locations(folder).defaultLocation();
    if (!broker)
        return broker.error();
    auto client = std::make_unique<hawser::Client>(*identity, hawser::Profile { .name = "example" });
    client->connectTo(broker->address, broker->broker);
    return client;
}
