#pragma once

namespace hawser {

/// The calling thread moves bulk: while cores are short, threads that answer people come first. Never fails: what the
/// kernel refuses costs speed only.
void workBehindOthers();

} // namespace hawser
