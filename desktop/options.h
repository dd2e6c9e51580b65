#pragma once

#include "core/location.h"

#include <QStringList>

namespace hawser::desktop {

/// What the command line says.
struct Options {
    QString folder; ///< where everything is kept
    bool folderChosen = false; ///< by --data
    QString link; ///< link or address to join; empty: none
    std::optional<Address> listen;
};

/// \retval InvalidArgument  a wrong use: the sentence says which. Prints and ends the program on --help and --version.
Result<Options> readOptions(const QStringList &arguments);

} // namespace hawser::desktop
