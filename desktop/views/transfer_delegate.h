#pragma once

#include "desktop/views/action_view.h"

namespace hawser::desktop {

/// A row of the list of transfers: a card, with whom it is.
class TransferDelegate : public ActionDelegate {
    Q_OBJECT

public:
    using ActionDelegate::ActionDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QList<RowAction> actions(const QModelIndex &index) const override;
    RowAction actionAt(
        const QStyleOptionViewItem &option, const QModelIndex &index, const QPoint &position) const override;
};

} // namespace hawser::desktop
