#pragma once

#include "core/public_key.h"

#include <QWidget>

class QAbstractItemModel;
class QPushButton;
class QTableView;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// The machines and what they offer, live.
class MachinesPage : public QWidget {
    Q_OBJECT

public:
    explicit MachinesPage(QAbstractItemModel *machines, QWidget *parent = nullptr);

    QTableView *table() const { return m_table; }

signals:
    void runWished(const hawser::PublicKey &machine);

private:
    void refresh();
    void run();

    QTableView *m_table;
    QPushButton *m_run;
    chat::SafeLabel *m_hint;
};

} // namespace hawser::desktop
