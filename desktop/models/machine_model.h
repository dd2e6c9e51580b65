#pragma once

#include "chat/machines.h"
#include "desktop/models/row_model.h"

namespace hawser::desktop {

/// The machines of all brokers: Name · State · Offers · Last command.
class MachineModel : public RowModel<PublicKey, chat::Machine> {
    Q_OBJECT

public:
    enum Column { Name, State, Offers, LastCommand, Columns };

    using RowModel::RowModel;

    int columnCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : Columns; }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    PublicKey keyOf(const chat::Machine &machine) const override { return machine.key; }
    bool isBefore(const chat::Machine &a, const chat::Machine &b) const override;
    QString shown(const chat::Machine &machine, int column) const override;
    QString spoken(const chat::Machine &machine, int column) const override;
};

} // namespace hawser::desktop
