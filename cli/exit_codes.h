#pragma once

#include "core/result.h"

namespace hawser::cli {

// How `hawser` ends (docs/cli.md): sysexits, and for `run` the remote program's own code.
inline constexpr int exitOk = 0;
inline constexpr int exitUsage = 64;
inline constexpr int exitNotFound = 66;
inline constexpr int exitUnavailable = 69;
inline constexpr int exitSoftware = 70;
inline constexpr int exitSomeFailed = 74; ///< some files of a transfer
inline constexpr int exitPending = 75; ///< not over: it goes on by itself, or may be tried again
inline constexpr int exitRefused = 77;
inline constexpr int exitTimeLimit = 124; ///< `run`: as timeout(1)
inline constexpr int exitRunFailed = 125; ///< `run`: hawser itself
inline constexpr int exitRunRefused = 126; ///< `run`: it may not be, or could not be started
inline constexpr int exitRunNotFound = 127; ///< `run`: no such machine or command
inline constexpr int exitSignal = 128; ///< and the signal's number
inline constexpr int exitInterrupted = 130; ///< Ctrl-C
inline constexpr int exitBrokenPipe = 141; ///< nobody reads standard output any more

int exitCodeOf(const Error &error);
/// The same for `run`, whose codes below 124 belong to the remote program.
int runExitCodeOf(const Error &error);

} // namespace hawser::cli
