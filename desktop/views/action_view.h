#pragma once

#include "desktop/views/painting.h"

#include <QListView>
#include <QStyledItemDelegate>

namespace hawser::desktop {

/// Draws rows in which there is something to do.
class ActionDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    /// What can be done in this row, the most likely first.
    virtual QList<RowAction> actions(const QModelIndex &index) const = 0;
    /// What a click does there. \param position  in the coordinates of option.rect
    virtual RowAction actionAt(
        const QStyleOptionViewItem &option, const QModelIndex &index, const QPoint &position) const = 0;
};

/// A list whose rows are acted on by click, by Enter, and by their menu; all can be copied.
class ActionView : public QListView {
    Q_OBJECT

public:
    explicit ActionView(QWidget *parent = nullptr);

    void setActionDelegate(ActionDelegate *delegate);

signals:
    void acted(const QModelIndex &index, hawser::desktop::RowAction action);

protected:
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    RowAction actionAt(const QPoint &position) const;
    void copy(const QModelIndex &index) const;

    ActionDelegate *m_delegate = nullptr;
};

} // namespace hawser::desktop
