#include "desktop/models/transfer_model.h"

#include "core/text.h"
#include "desktop/models/words.h"

namespace hawser::desktop {

using chat::Transfer;

QString TransferModel::shown(const TransferRow &row, int) const
{
    const bool out = row.transfer.direction == Transfer::Direction::Out;
    const QString whose = out ? tr("to %1") : tr("from %1");
    return QStringList { visible(row.transfer.title), whose.arg(visible(row.peer)), contentText(row.transfer),
        progressText(row.transfer) }
        .join(QStringLiteral(" · "));
}

int TransferModel::underWay() const
{
    return int(std::ranges::count_if(rows(), [](const TransferRow &row) { return !row.transfer.isOver(); }));
}

} // namespace hawser::desktop
