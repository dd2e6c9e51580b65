#pragma once

#include <QDialog>

namespace hawser::desktop {

/// Which program this is, and what it is made of.
class AboutDialog : public QDialog {
    Q_OBJECT

public:
    explicit AboutDialog(QWidget *parent = nullptr);
};

} // namespace hawser::desktop
