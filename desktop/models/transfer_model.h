#pragma once

#include "chat/transfers.h"
#include "desktop/models/row_model.h"

namespace hawser::desktop {

struct TransferRow {
    chat::Transfer transfer;
    QString peer; ///< shown name: text from others
    quint64 number = 0; ///< grows: the newest is on top

    bool operator==(const TransferRow &) const = default;
};

/// All transfers, the newest first. One column; its display text begins with the title.
class TransferModel : public RowModel<QByteArray, TransferRow> {
    Q_OBJECT

public:
    using RowModel::RowModel;

    /// How many are not over.
    int underWay() const;

protected:
    QByteArray keyOf(const TransferRow &row) const override { return row.transfer.id; }
    bool isBefore(const TransferRow &a, const TransferRow &b) const override { return a.number > b.number; }
    QString shown(const TransferRow &row, int column) const override;
};

} // namespace hawser::desktop
