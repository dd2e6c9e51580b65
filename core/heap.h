#pragma once

namespace hawser {

/// Tells malloc to keep what was freed instead of giving it back and taking it again, page by page: a program that
/// streams lost a third of its time to that. For main(), first of all.
void keepFreedMemory();

} // namespace hawser
