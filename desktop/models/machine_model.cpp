#include "desktop/models/machine_model.h"

#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/words.h"

namespace hawser::desktop {

using chat::Machine;

namespace {

QString stateText(const Machine &machine)
{
    if (machine.online)
        return MachineModel::tr("online");
    if (machine.goneSince == 0)
        return MachineModel::tr("gone");
    return MachineModel::tr("gone since %1").arg(momentText(machine.goneSince, wallClock()));
}

QString offersText(const Machine &machine)
{
    QStringList names;
    for (const CommandSpec &command : machine.commands)
        names << visible(command.name);
    return names.join(QStringLiteral(", "));
}

} // namespace

QString MachineModel::shown(const Machine &machine, int column) const
{
    switch (column) {
    case Name:
        return visible(machine.name);
    case State:
        return stateText(machine);
    case Offers:
        return offersText(machine);
    default:
        return visible(machine.lastRun);
    }
}

QString MachineModel::spoken(const Machine &machine, int column) const
{
    const QString text = shown(machine, column);
    switch (column) {
    case Offers:
        return text.isEmpty() ? tr("no offers") : tr("offers %1").arg(text);
    case LastCommand:
        return text.isEmpty() ? tr("no command yet") : tr("last command %1").arg(text);
    default:
        return text;
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
