#pragma once

namespace hawser {

/// The calling thread moves bulk: while cores are short, threads that answer people come first. Never fails: what the
/// kernel refuses costs speed only.
void workBehindOthers();
/// Whoever else is ready on this core runs first. A thread that is always busy holds it for milliseconds otherwise.
void letOthersRun();

} // namespace hawser
