#pragma once

#include "core/public_key.h"

#include <QString>

namespace hawser::chat {

/// One line of a conversation.
struct Entry {
    enum class Kind : quint8 {
        Message = 1,
        Transfer = 2,
        Notice = 3,
        Run = 4,
        Missed = 5, ///< `with` is a broker: what it could not keep for this device. Unread until somebody has seen it
    };
    /// How far a message of mine has come. Each is true when it is shown; the numbers stand in the database.
    enum class State : quint8 {
        None = 0, ///< theirs, or not a message
        Saving = 1, ///< not on this computer's disk yet
        Queued = 2, ///< kept here; goes by itself as soon as it can
        AtBroker = 3, ///< kept by a broker until they come
        Delivered = 4, ///< their program has it on its disk
        Read = 5, ///< it was shown to them
        NotSent = 6, ///< `sentence` says why; tryAgain
    };

    quint64 id = 0; ///< grows, over all conversations of this data folder
    PublicKey with; ///< whose conversation
    Kind kind = Kind::Message;
    bool mine = false;
    bool elsewhere = false; ///< mine, said on another device of mine
    QString text; ///< Message: text from others when not mine; Transfer: its title; Notice, Missed: a sentence
    qint64 at = 0; ///< ms since 1970 by this machine's clock: when it was said or came here
    qint64 said = 0; ///< theirs, or elsewhere: when it was said, by that clock; 0: not told
    State state = State::None;
    QString sentence; ///< NotSent: why; Queued: what is in the way, if that is known; AtBroker: the broker's name
    QByteArray device; ///< 8 bytes: whose number that is
    quint64 number = 0; ///< of a message among its device's (docs/protocol.md); 0: none
    QByteArray transfer; ///< Kind::Transfer: its id
    QByteArray details; ///< Kind::Transfer: how it stood, for the time after it is forgotten

    bool operator==(const Entry &) const = default;
};

} // namespace hawser::chat
