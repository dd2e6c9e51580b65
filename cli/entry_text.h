#pragma once

#include "core/contracts/control.h"

namespace hawser::cli {

/// A line of a conversation for the terminal. Each row of it begins with our own words, so no text can pass for another
/// person's line. \param width  columns; 0: rows are only broken where the text breaks them
QString entryText(const contracts::WatchMessages::In &entry, int width = 0);
/// Every row of `text` behind `prefix`, made visible, cut where it is over-long.
QString behindPrefix(const QString &prefix, const QString &text, int width = 0);

} // namespace hawser::cli
