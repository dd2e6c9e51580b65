#pragma once

#include <QStyledItemDelegate>

namespace hawser::desktop {

/// A row of the list of requests: who they say they are, what they want, from where, the number.
class RequestDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace hawser::desktop
