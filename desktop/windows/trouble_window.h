#pragma once

#include <QWidget>

namespace hawser::desktop {

/// The one page that is shown when the program cannot keep anything: why, and what can be done.
class TroubleWindow : public QWidget {
    Q_OBJECT

public:
    explicit TroubleWindow(const QString &sentence, QWidget *parent = nullptr);

signals:
    void folderChosen(const QString &folder);

private:
    void choose();
};

} // namespace hawser::desktop
