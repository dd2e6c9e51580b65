#pragma once

#include <QStyledItemDelegate>

namespace hawser::desktop {

/// A contact's row: letter, presence as a shape and in words, what is unread.
class ContactDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace hawser::desktop
