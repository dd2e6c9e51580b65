#pragma once

#include "desktop/views/painting.h"

#include <QWidget>

class QAbstractItemModel;
class QPushButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

class ActionView;

/// All files and folders on their way, and what became of them.
class TransfersPage : public QWidget {
    Q_OBJECT

public:
    explicit TransfersPage(QAbstractItemModel *transfers, QWidget *parent = nullptr);

signals:
    void cancelWished(const QByteArray &transfer);
    void openFolderWished(const QByteArray &transfer);
    void clearWished();

private:
    void refresh();
    void act(const QModelIndex &index, RowAction action);
    void actOnCurrent(RowAction action);

    ActionView *m_list;
    QPushButton *m_cancel;
    QPushButton *m_open;
    QPushButton *m_clear;
    chat::SafeLabel *m_details;
};

} // namespace hawser::desktop
