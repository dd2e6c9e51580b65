#include "desktop/models/transfer_model.h"

#include "core/text.h"
#include "desktop/models/words.h"

namespace hawser::desktop {

using chat::Transfer;

namespace {

QString line(const TransferRow &row)
{
    const bool out = row.transfer.direction == Transfer::Direction::Out;
    const QString whose = out ? TransferModel::tr("to %1") : TransferModel::tr("from %1");
    return QStringList { visible(row.transfer.title), whose.arg(visible(row.peer)), contentText(row.transfer),
        progressText(row.transfer) }
        .join(QStringLiteral(" · "));
}

} // namespace

QVariant TransferModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return line(row(index));
    case RowRole:
        return QVariant::fromValue(row(index));
    default:
        return {};
    }
}

int TransferModel::underWay() const
{
    return int(std::ranges::count_if(rows(), [](const TransferRow &row) { return !row.transfer.isOver(); }));
}

} // namespace hawser::desktop
