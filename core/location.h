#pragma once

#include "core/public_key.h"

namespace hawser {

/// Where somebody can be reached: host name or address, and a port.
struct Address {
    QString host; ///< without brackets
    quint16 port = 4780;

    /// "host", "host:port", "[v6]:port", "v6"; port 4780 when none is said.
    /// \retval InvalidArgument  not an address: the sentence says why
    static Result<Address> parse(const QString &text, quint16 defaultPort = 4780);
    /// The same for an address to listen at, where port 0 means that the kernel chooses.
    static Result<Address> parseListening(const QString &text, quint16 defaultPort = 4780);
    QString text() const; ///< "host:port", IPv6 in brackets
    bool operator==(const Address &) const = default;
};

/// What a pasted link says (docs/protocol.md §10): `hawser:join/1/<key hex>@<host:port>/<secret base64url>`.
struct Invitation {
    PublicKey key; ///< the broker's, pinned
    Address address;
    QByteArray secret; ///< 16 bytes, works as often as its maker said

    /// \retval InvalidArgument  not a link of ours, or a damaged one: the sentence says what is wrong
    static Result<Invitation> parse(const QString &text);
    QString text() const;
    bool operator==(const Invitation &) const = default;
};

/// A named broker and its pinned key, kept in FOLDER/locations/NAME/{broker.pub,address}.
struct Location {
    QString name; ///< safe as a folder name: see isLocationName
    Address address;
    PublicKey broker;

    bool operator==(const Location &) const = default;
};

/// Letters, digits, '.', '-', '_', 1 to 64 of them, not starting with a dot.
bool isLocationName(QStringView name);

/// The locations of one data folder. Every change is on disk (temp, fsync, rename) when the call returns.
class Locations {
public:
    explicit Locations(const QString &folder);

    QList<Location> all() const; ///< damaged ones are left out
    Result<Location> find(const QString &name) const;
    Result<void> save(const Location &location);
    Result<void> remove(const QString &name);
    /// The name in `default_location`, or of the only location there is.
    /// \retval NotFound  there is none
    Result<Location> defaultLocation() const;
    Result<void> setDefault(const QString &name);

private:
    QString m_folder;
};

} // namespace hawser
