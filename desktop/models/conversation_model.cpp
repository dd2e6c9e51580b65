#include "desktop/models/conversation_model.h"

#include "core/text.h"
#include "desktop/models/words.h"

#include <QDateTime>
#include <algorithm>

namespace hawser::desktop {

using chat::Entry;
using chat::Transfer;

namespace {

QString stateText(const Entry &entry)
{
    switch (entry.state) {
    case Entry::State::Sending:
        return ConversationModel::tr("sending");
    case Entry::State::Delivered:
        return ConversationModel::tr("delivered");
    case Entry::State::NotSent:
        return ConversationModel::tr("not sent: %1").arg(visible(entry.sentence));
    case Entry::State::None:
        break;
    }
    return {};
}

QDate dayOf(const Entry &entry)
{
    return QDateTime::fromMSecsSinceEpoch(entry.at).date();
}

} // namespace

ConversationModel::ConversationModel(QObject *parent) : QAbstractListModel(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(tellEvery);
    m_timer.callOnTimeout(this, &ConversationModel::tell);
}

void ConversationModel::reset(const QString &name, const QList<Entry> &entries, const QList<Transfer> &transfers)
{
    beginResetModel();
    m_name = name;
    m_entries = entries;
    m_transfers.clear();
    for (const Transfer &transfer : transfers)
        m_transfers.insert(transfer.id, transfer);
    m_end = m_entries.size();
    m_begin = std::max<qsizetype>(0, m_end - page);
    m_first = m_last = -1;
    endResetModel();
}

void ConversationModel::append(const Entry &entry)
{
    m_entries.append(entry);
    tellSoon();
}

void ConversationModel::change(const Entry &entry)
{
    const auto found = std::ranges::find(m_entries.rbegin(), m_entries.rend(), entry.id, &Entry::id);
    if (found == m_entries.rend())
        return;
    *found = entry;
    touch(m_entries.rend() - found - 1);
}

void ConversationModel::trim(int count)
{
    tell();
    const qsizetype gone = std::min<qsizetype>(count, m_entries.size());
    const qsizetype rows = std::max<qsizetype>(0, gone - m_begin);
    if (rows > 0)
        beginRemoveRows({}, 0, int(rows - 1));
    m_entries.remove(0, gone);
    m_begin = std::max<qsizetype>(0, m_begin - gone);
    m_end -= gone;
    if (rows > 0)
        endRemoveRows();
}

void ConversationModel::putTransfer(const Transfer &transfer)
{
    m_transfers.insert(transfer.id, transfer);
    const auto found = std::ranges::find_if(m_entries.rbegin(), m_entries.rend(),
        [&](const Entry &entry) { return entry.kind == Entry::Kind::Transfer && entry.transfer == transfer.id; });
    if (found != m_entries.rend())
        touch(m_entries.rend() - found - 1);
}

void ConversationModel::showEarlier()
{
    if (m_begin == 0)
        return;
    tell();
    const qsizetype begin = std::max<qsizetype>(0, m_begin - page);
    beginInsertRows({}, 0, int(m_begin - begin - 1));
    m_begin = begin;
    endInsertRows();
}

int ConversationModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_end - m_begin);
}

QVariant ConversationModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const qsizetype at = m_begin + index.row();
    const Entry &entry = m_entries[at];
    switch (role) {
    case Qt::DisplayRole:
        return textOf(entry);
    case Qt::AccessibleTextRole:
        return spoken(entry);
    case EntryRole:
        return QVariant::fromValue(entry);
    case TransferRole: {
        const auto found = m_transfers.constFind(entry.transfer);
        return found == m_transfers.constEnd() ? QVariant() : QVariant::fromValue(*found);
    }
    case FirstOfDayRole:
        return isFirstOfDay(at);
    case FollowsRole:
        return follows(at);
    default:
        return {};
    }
}

void ConversationModel::touch(qsizetype entry)
{
    if (entry < m_begin || entry >= m_end)
        return;
    m_first = m_first < 0 ? entry : std::min(m_first, entry);
    m_last = std::max(m_last, entry);
    tellSoon();
}

void ConversationModel::tellSoon()
{
    if (!m_timer.isActive())
        tell();
}

void ConversationModel::tell()
{
    const bool changed = m_first >= 0;
    const bool more = m_end < m_entries.size();
    if (!changed && !more)
        return;
    m_timer.start();
    if (changed) {
        const int first = int(std::exchange(m_first, -1) - m_begin);
        const int last = int(std::exchange(m_last, -1) - m_begin);
        emit dataChanged(index(first), index(last));
    }
    if (more) {
        beginInsertRows({}, int(m_end - m_begin), int(m_entries.size() - m_begin - 1));
        m_end = m_entries.size();
        endInsertRows();
    }
}

QString ConversationModel::textOf(const Entry &entry) const
{
    if (entry.kind != Entry::Kind::Transfer)
        return visibleText(entry.text);
    const Transfer transfer = m_transfers.value(entry.transfer);
    return QStringList { visible(transfer.title), contentText(transfer), progressText(transfer) }.join(
        QStringLiteral(" · "));
}

QString ConversationModel::spoken(const Entry &entry) const
{
    const QString who = entry.mine ? tr("You") : visible(m_name);
    const QString said = QStringLiteral("%1, %2: %3").arg(who, clockText(entry.at), textOf(entry));
    const QString state = stateText(entry);
    if (entry.kind == Entry::Kind::Notice)
        return textOf(entry);
    return state.isEmpty() ? said : QStringLiteral("%1, %2").arg(said, state);
}

bool ConversationModel::isFirstOfDay(qsizetype entry) const
{
    return entry == m_begin || dayOf(m_entries[entry - 1]) != dayOf(m_entries[entry]);
}

bool ConversationModel::follows(qsizetype entry) const
{
    constexpr qint64 pause = 5 * 60 * 1000;
    if (entry == m_begin || isFirstOfDay(entry))
        return false;
    const Entry &before = m_entries[entry - 1];
    const Entry &now = m_entries[entry];
    return before.kind == Entry::Kind::Message && now.kind == Entry::Kind::Message && before.mine == now.mine
        && now.at - before.at < pause;
}

} // namespace hawser::desktop
