#include "cli/exit_codes.h"

namespace hawser::cli {

int exitCodeOf(const Error &error)
{
    switch (error.code) {
    case Code::Ok:
        return exitOk;
    case Code::InvalidArgument:
    case Code::OutOfRange:
        return exitUsage;
    case Code::NotFound:
    case Code::Unimplemented:
        return exitNotFound;
    case Code::Unavailable:
    case Code::DeadlineExceeded:
    case Code::FailedPrecondition:
    case Code::AlreadyExists:
    case Code::Conflict:
        return exitUnavailable;
    case Code::ResourceExhausted:
    case Code::Aborted:
    case Code::Cancelled:
        return exitPending;
    case Code::PermissionDenied:
    case Code::Unauthenticated:
        return exitRefused;
    case Code::Unknown:
    case Code::Internal:
    case Code::DataLoss:
    case Code::Protocol:
        break;
    }
    return exitSoftware;
}

int runExitCodeOf(const Error &error)
{
    switch (exitCodeOf(error)) {
    case exitNotFound:
        return exitRunNotFound;
    case exitRefused:
        return exitRunRefused;
    default:
        return exitRunFailed;
    }
}

} // namespace hawser::cli
