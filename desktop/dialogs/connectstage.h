#pragma once

#include "desktop/dialogs/approvalstage.h"

namespace hawser::desktop {

/// Lets the requests of this person come up on the stage, and their answers go back.
void connectStage(ApprovalStage *stage, chat::Requests *requests);

} // namespace hawser::desktop
