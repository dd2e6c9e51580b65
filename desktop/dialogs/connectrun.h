#pragma once

#include "chat/run.h"
#include "desktop/dialogs/runwindow.h"

namespace hawser::desktop {

/// Lets a window watch a run: state, time and output go in, Stop and the wish to wait go back.
/// \param run  may go before the window
void connectRun(RunWindow *window, chat::Run *run);

} // namespace hawser::desktop
