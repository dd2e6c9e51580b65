#include "desktop/views/transfer_delegate.h"

#include "desktop/models/transfer_model.h"
#include "desktop/views/transfer_card.h"

#include <QPainter>

namespace hawser::desktop {

void TransferDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const auto row = index.data(TransferModel::RowRole).value<TransferRow>();
    paintRowGround(painter, option, false);
    TransferCard(row.transfer, row.peer, option.rect, option.font).paint(painter, option.palette);
}

QSize TransferDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const auto row = index.data(TransferModel::RowRole).value<TransferRow>();
    return { option.fontMetrics.height() * 20, TransferCard::height(row.transfer, option.font) };
}

QList<RowAction> TransferDelegate::actions(const QModelIndex &index) const
{
    return TransferCard::actions(index.data(TransferModel::RowRole).value<TransferRow>().transfer);
}

RowAction TransferDelegate::actionAt(
    const QStyleOptionViewItem &option, const QModelIndex &index, const QPoint &position) const
{
    const auto row = index.data(TransferModel::RowRole).value<TransferRow>();
    return TransferCard(row.transfer, row.peer, option.rect, option.font).actionAt(position);
}

} // namespace hawser::desktop
