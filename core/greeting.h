#pragma once

#include "core/fields.h"
#include "core/frame.h"
#include "core/public_key.h"

#include <QStringList>

namespace hawser {

/// What greetings name; a feature is in use when both sides do.
namespace feature {
inline constexpr QLatin1String resume("resume"); ///< links outlive connections (docs/protocol.md §5.7)
inline constexpr QLatin1String lanes("lanes"); ///< bulk data has a connection of its own (§5.7)
} // namespace feature

/// Who takes part: what a program is, said in its greeting.
enum class Role : quint8 { Person = 1, Node = 2, Broker = 3 };

/// Where the listener puts the dialler.
enum class Standing : quint8 {
    Stranger = 1, ///< may only open `request/1`, frames stay at 4 KiB
    Member = 2,
};

/// HELLO: the dialler's first frame (docs/protocol.md §5). Everything in it but the TLS key is a claim.
struct Hello {
    int protocol = 1;
    QStringList features;
    Role role = Role::Person;
    QString name; ///< what it calls itself
    QString program; ///< "hawser-desktop 0.1.0"
    QString host; ///< the machine's own name
    QByteArray device; ///< 8 bytes
    QByteArray session; ///< 8 bytes, new each start of the program
    QByteArray link; ///< 16 bytes, new each start of the program
    quint32 connection = 1; ///< number of this connection of the link
    quint64 taken = 0; ///< counted frames taken so far on this lane
    quint32 lane = 0;
    quint32 ping = 15; ///< seconds, 5–120; the larger wish holds
    quint64 opens = limits::openStreams; ///< OPENs the other may send in all

    static void describe(auto &field)
    {
        field("protocol", &Hello::protocol, { .required = true });
        field("features", &Hello::features);
        field("role", &Hello::role, { .required = true, .least = 1, .most = 3 });
        field("name", &Hello::name);
        field("program", &Hello::program);
        field("host", &Hello::host);
        field("device", &Hello::device, { .required = true });
        field("session", &Hello::session, { .required = true });
        field("link", &Hello::link, { .required = true });
        field("connection", &Hello::connection, { .required = true, .least = 1 });
        field("taken", &Hello::taken);
        field("lane", &Hello::lane);
        field("ping", &Hello::ping);
        field("opens", &Hello::opens);
    }
};

/// WELCOME: the listener's answer; with it the greeting is over.
struct Welcome {
    int protocol = 1;
    QStringList features;
    Role role = Role::Broker;
    QString name;
    QString program;
    QByteArray device;
    QByteArray session;
    Standing standing = Standing::Stranger;
    bool resumed = false; ///< false: `new`, the dialler ends its old streams
    quint64 taken = 0;
    quint32 ping = 15;
    quint64 opens = limits::openStreams;

    static void describe(auto &field)
    {
        field("protocol", &Welcome::protocol, { .required = true });
        field("features", &Welcome::features);
        field("role", &Welcome::role, { .required = true, .least = 1, .most = 3 });
        field("name", &Welcome::name);
        field("program", &Welcome::program);
        field("device", &Welcome::device, { .required = true });
        field("session", &Welcome::session, { .required = true });
        field("standing", &Welcome::standing, { .required = true, .least = 1, .most = 2 });
        field("resumed", &Welcome::resumed);
        field("taken", &Welcome::taken);
        field("ping", &Welcome::ping);
        field("opens", &Welcome::opens);
    }
};

/// Why a connection ends (GOAWAY's first byte; docs/protocol.md §5.4).
enum class Leave : quint8 {
    Draining = 1,
    Leaving = 2,
    Replaced = 3,
    Protocol = 4,
    DataLoss = 5,
    Refused = 6,
    Busy = 7,
    Stale = 8
};

struct GoAway {
    Leave reason = Leave::Leaving;
    milliseconds retryAfter { 0 }; ///< 0: not said
    QString sentence;
};

QByteArray encodeGoAway(const GoAway &goAway);
Result<GoAway> decodeGoAway(QByteArrayView payload);
/// The error a link or a client reports after the peer said GOAWAY.
Error errorOf(const GoAway &goAway);

Result<Hello> decodeHello(QByteArrayView payload); ///< lengths and ranges checked
QByteArray encodeHello(const Hello &hello); ///< texts longer than 256 bytes are cut
Result<Welcome> decodeWelcome(QByteArrayView payload);
QByteArray encodeWelcome(const Welcome &welcome);

} // namespace hawser
