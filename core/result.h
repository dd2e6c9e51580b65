#pragma once

#include <QString>
#include <variant>

namespace hawser {

/// The closed list of outcomes on the wire and in every Result (docs/protocol.md §11). Grows at the end only.
enum class Code : quint8 {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2, ///< the other side may or may not have acted
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
    Conflict = 17,
    Protocol = 18, ///< the peer broke the rules of the wire: close
};

/// Whether the far end may have begun what failed (docs/protocol.md §9).
enum class Begun : quint8 { NotSaid = 0, No = 1, Maybe = 2 };

/// Who said that something failed.
enum class Origin : quint8 { Here = 0, Peer = 1, Broker = 2 };

/// What went wrong: a code to branch on and a plain English sentence for people, never to be parsed.
struct Error {
    Code code = Code::Internal;
    QString sentence;
    Begun begun = Begun::NotSaid;
    Origin origin = Origin::Here;

    bool operator==(const Error &) const = default;
};

/// The lower-case name of a code as gRPC writes it: "invalid_argument".
const char *name(Code code);
/// The code of a number from the wire; numbers that are not known read as Unknown.
Code codeFromWire(quint8 number);

/// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : m_value(std::in_place_index<0>, std::move(value)) { }
    Result(Error error) : m_value(std::in_place_index<1>, std::move(error)) { }

    explicit operator bool() const { return m_value.index() == 0; }
    /// \pre holds a value
    T &value() { return *std::get_if<0>(&m_value); }
    const T &value() const { return *std::get_if<0>(&m_value); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }
    T &operator*() { return value(); }
    const T &operator*() const { return value(); }
    /// \pre holds an error
    const Error &error() const { return *std::get_if<1>(&m_value); }

private:
    std::variant<T, Error> m_value;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)), m_failed(true) { }

    explicit operator bool() const { return !m_failed; }
    /// \pre holds an error
    const Error &error() const { return m_error; }

private:
    Error m_error;
    bool m_failed = false;
};

} // namespace hawser
