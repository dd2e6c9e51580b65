#pragma once

#include "core/public_key.h"
#include "core/result.h"

#include <variant>

/// The messages on the streams of topics, byte by byte (docs/protocol.md §16.3, §16.5). Numbers are big-endian; every
/// QByteArrayView points into what was decoded.
namespace hawser::topic {

// --- what a publisher says: kind u8 · number u32 · rest

enum class Said : quint8 {
    Topic = 1, ///< from now on `number` stands for the topic `rest`
    Message = 2, ///< `rest` to the topic with this number
    Last = 3, ///< the same, and it is kept as the topic's last value; nothing: the kept one is forgotten
};
inline constexpr qsizetype publishedHead = 5;

struct Published {
    Said said;
    quint32 number;
    QByteArrayView rest;
};
QByteArray encodeHead(Said said, quint32 number);
/// \retval InvalidArgument  too short, an unknown kind, or a number above limits::topicsOfPublisher
Result<Published> decodePublished(QByteArrayView message);

// --- what the broker answers: kind u8 · rest

/// So many messages have been dealt with since the stream began: all but those told as refused are with the broker, and on its
/// disk where somebody subscribes durably.
struct Taken { // kind 1 · u64
    quint64 count = 0;
};
/// Messages first … first + count − 1 (the stream's first is 1) were not taken.
struct Refused { // kind 2 · u64 first · u64 count · u8 code · sentence
    quint64 first = 0;
    quint64 count = 0;
    Error why;
};
using Answer = std::variant<Taken, Refused>;
QByteArray encode(const Answer &answer);
/// \retval InvalidArgument  the layout is another
Result<Answer> decodeAnswer(QByteArrayView message);

// --- what comes on a subscription: source u32 · rest; source 0 is the broker's own word: kind u8 · rest

/// From now on `number` stands for this publisher and topic. A receiver keeps limits::topicSources of them, each at the place
/// number mod that; what stood there is forgotten.
struct Source { // kind 1 · u32 number · key 32 · topic
    quint32 number = 0;
    PublicKey publisher = {};
    QByteArray topic = {};
};
/// So many messages are missing here.
struct Gap { // kind 2 · u64
    quint64 count = 0;
};
/// What came before was kept from earlier; from now on it is new. Comes once.
struct Begin { // kind 3
};
/// A message. On a durable subscription u64 number stands before the body.
struct Message {
    quint32 source = 0;
    QByteArrayView body = {};
};
using Word = std::variant<Source, Gap, Begin, Message>;
QByteArray encode(const Source &source);
QByteArray encode(const Gap &gap);
QByteArray encode(const Begin &begin);
/// \retval InvalidArgument  the layout is another
Result<Word> decodeWord(QByteArrayView message);

/// A u64 as durable subscriptions have it: before a body, and alone as the subscriber's acknowledgement.
QByteArray encodeNumber(quint64 number);
/// \retval InvalidArgument  shorter than that
Result<quint64> decodeNumber(QByteArrayView message);

} // namespace hawser::topic
