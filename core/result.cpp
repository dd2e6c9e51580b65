#include "core/result.h"

namespace hawser {

namespace {

constexpr const char *names[] = {
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
    "conflict",
    "protocol",
};
static_assert(std::size(names) == size_t(Code::Protocol) + 1);

} // namespace

const char *name(Code code)
{
    return size_t(code) < std::size(names) ? names[size_t(code)] : name(Code::Unknown);
}

Code codeFromWire(quint8 number)
{
    return number < std::size(names) ? Code(number) : Code::Unknown;
}

} // namespace hawser
