#pragma once

#include <QDialog>

class QMenuBar;

namespace hawser::desktop {

/// All shortcuts, as the menus have them, and those that only views know.
class ShortcutsDialog : public QDialog {
    Q_OBJECT

public:
    explicit ShortcutsDialog(const QMenuBar &menus, QWidget *parent = nullptr);
};

} // namespace hawser::desktop
