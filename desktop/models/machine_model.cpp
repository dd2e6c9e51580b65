#include "desktop/models/machine_model.h"

#include "core/text.h"
#include "desktop/models/words.h"

#include <QDateTime>

namespace hawser::desktop {

using chat::Machine;

namespace {

QString stateText(const Machine &machine)
{
    if (machine.online)
        return MachineModel::tr("online");
    if (machine.goneSince == 0)
        return MachineModel::tr("gone");
    return MachineModel::tr("gone since %1").arg(momentText(machine.goneSince, QDateTime::currentMSecsSinceEpoch()));
}

QString offersText(const Machine &machine)
{
    QStringList names;
    for (const CommandSpec &command : machine.commands)
        names << visible(command.name);
    return names.join(QStringLiteral(", "));
}

QString cell(const Machine &machine, int column)
{
    switch (column) {
    case MachineModel::Name:
        return visible(machine.name);
    case MachineModel::State:
        return stateText(machine);
    case MachineModel::Offers:
        return offersText(machine);
    default:
        return visible(machine.lastRun);
    }
}

QString spoken(const Machine &machine, int column)
{
    const QString text = cell(machine, column);
    switch (column) {
    case MachineModel::Offers:
        return text.isEmpty() ? MachineModel::tr("no offers") : MachineModel::tr("offers %1").arg(text);
    case MachineModel::LastCommand:
        return text.isEmpty() ? MachineModel::tr("no command yet") : MachineModel::tr("last command %1").arg(text);
    default:
        return text;
    }
}

} // namespace

QVariant MachineModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return cell(row(index), index.column());
    case Qt::AccessibleTextRole:
        return spoken(row(index), index.column());
    case RowRole:
        return QVariant::fromValue(row(index));
    default:
        return {};
    }
}

QVariant MachineModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Name");
    case State:
        return tr("State");
    case Offers:
        return tr("Offers");
    case LastCommand:
        return tr("Last command");
    default:
        return {};
    }
}

bool MachineModel::isBefore(const Machine &a, const Machine &b) const
{
    const int order = QString::localeAwareCompare(a.name, b.name);
    return order != 0 ? order < 0 : a.key < b.key;
}

} // namespace hawser::desktop
