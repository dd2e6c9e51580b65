#pragma once

#include "chat/widgets/safelabel.h"

#include <QDialog>

namespace hawser::desktop {

/// Asks before something that cannot be taken back; the safe answer is the default.
class ConfirmDialog : public QDialog {
    Q_OBJECT

public:
    /// \param yes, no  verbs
    ConfirmDialog(const chat::SafeText &question, const QString &yes, const QString &no, QWidget *parent = nullptr);
};

} // namespace hawser::desktop
