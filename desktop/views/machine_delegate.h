#pragma once

#include <QStyledItemDelegate>

namespace hawser::desktop {

/// A cell of the table of machines; its state is a shape beside the word.
class MachineDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace hawser::desktop
