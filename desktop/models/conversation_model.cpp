#include "desktop/models/conversation_model.h"

#include "chat/transfer_record.h"
#include "core/text.h"
#include "desktop/models/words.h"

#include <QDateTime>
#include <algorithm>

namespace hawser::desktop {

using chat::Entry;
using chat::Page;
using chat::PageWish;
using chat::Transfer;

namespace {

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

void ConversationModel::open(const PublicKey &with, const QString &name, const QList<Transfer> &transfers)
{
    beginResetModel();
    m_with = with;
    m_name = name;
    m_entries.clear();
    m_transfers.clear();
    for (const Transfer &transfer : transfers)
        m_transfers.insert(transfer.id, transfer);
    m_wished.reset();
    m_hasEarlier = m_hasLater = false;
    m_following = true;
    m_told = 0;
    m_first = m_last = -1;
    endResetModel();
    goToNewest();
}

void ConversationModel::ask(PageWish::From from, quint64 id)
{
    if (m_with.isNull())
        return;
    m_wished = PageWish { m_with, from, id, page };
    m_changed.clear();
    emit wanted(PageWish(*m_wished));
}

void ConversationModel::goToNewest()
{
    ask(PageWish::From::Newest, 0);
}

void ConversationModel::goTo(quint64 entry)
{
    tell();
    if (const qsizetype row = rowOf(entry); row >= 0)
        return emit found(index(int(row)));
    ask(PageWish::From::Around, entry);
}

void ConversationModel::fetchEarlier()
{
    tell();
    if (m_hasEarlier && !m_wished && !m_entries.isEmpty())
        ask(PageWish::From::Before, m_entries.first().id);
}

void ConversationModel::fetchLater()
{
    tell();
    if (m_hasLater && !m_wished && !m_entries.isEmpty())
        ask(PageWish::From::After, m_entries.last().id);
}

void ConversationModel::take(const PageWish &wish, Page page)
{
    if (m_wished != wish)
        return;
    m_wished.reset();
    for (Entry &entry : page.entries)
        entry = m_changed.value(entry.id, entry);
    if (wish.from == PageWish::From::Newest || wish.from == PageWish::From::Around)
        return replace(wish, page);
    tell();
    const bool later = wish.from == PageWish::From::After;
    insert(page.entries, later);
    (later ? m_hasLater : m_hasEarlier) = later ? page.hasLater : page.hasEarlier;
    letGo(!later);
}

/// What was said while the page was read is not in it.
void ConversationModel::replace(const PageWish &wish, const Page &page)
{
    const bool newest = wish.from == PageWish::From::Newest;
    QList<Entry> all = page.entries;
    if (newest && !m_hasLater)
        for (const Entry &said : std::as_const(m_entries))
            if (all.isEmpty() || said.id > all.last().id)
                all << said;
    beginResetModel();
    m_entries = all;
    m_hasEarlier = page.hasEarlier;
    m_hasLater = page.hasLater;
    m_told = m_entries.size();
    m_first = m_last = -1;
    endResetModel();
    if (const qsizetype row = newest ? -1 : rowOf(wish.id); row >= 0)
        emit found(index(int(row)));
}

void ConversationModel::insert(const QList<Entry> &entries, bool later)
{
    if (entries.isEmpty())
        return;
    const int at = later ? int(m_entries.size()) : 0;
    const int count = int(entries.size());
    beginInsertRows({}, at, at + count - 1);
    m_entries = later ? m_entries + entries : entries + m_entries;
    m_told = m_entries.size();
    endInsertRows();
    if (!later && count < rowCount())
        emit dataChanged(index(count), index(count)); // perhaps no first of its day any more
}

/// Forgets what is far away at one end.
void ConversationModel::letGo(bool later)
{
    const int gone = int(m_entries.size()) - mostRows;
    if (gone <= 0)
        return;
    const int first = later ? mostRows : 0;
    beginRemoveRows({}, first, first + gone - 1);
    m_entries.remove(first, gone);
    m_told = m_entries.size();
    (later ? m_hasLater : m_hasEarlier) = true;
    endRemoveRows();
}

void ConversationModel::append(const Entry &entry)
{
    if (m_hasLater)
        return;
    if (!m_following && m_entries.size() >= mostRows) {
        tell();
        m_hasLater = true;
        return;
    }
    if (!m_entries.isEmpty() && entry.id < m_entries.last().id) {
        tell(); // mine was shown before theirs was on disk
        const auto place = std::ranges::lower_bound(m_entries, entry.id, {}, &Entry::id);
        if (place->id == entry.id)
            return;
        const int row = int(place - m_entries.begin());
        beginInsertRows({}, row, row);
        m_entries.insert(row, entry);
        ++m_told;
        endInsertRows();
        return;
    }
    if (rowOf(entry.id) >= 0)
        return;
    m_entries.append(entry);
    tellSoon();
}

void ConversationModel::change(const Entry &entry)
{
    if (m_wished)
        m_changed.insert(entry.id, entry);
    const qsizetype row = rowOf(entry.id);
    if (row < 0)
        return;
    m_entries[row] = entry;
    touch(row);
}

void ConversationModel::putTransfer(const Transfer &transfer)
{
    m_transfers.insert(transfer.id, transfer);
    const auto found = std::ranges::find_if(m_entries.rbegin(), m_entries.rend(),
        [&](const Entry &entry) { return entry.kind == Entry::Kind::Transfer && entry.transfer == transfer.id; });
    if (found != m_entries.rend())
        touch(m_entries.rend() - found - 1);
}

qsizetype ConversationModel::rowOf(quint64 id) const
{
    const auto place = std::ranges::lower_bound(m_entries, id, {}, &Entry::id);
    return place != m_entries.end() && place->id == id ? place - m_entries.begin() : -1;
}

int ConversationModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_told);
}

QVariant ConversationModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry &entry = m_entries[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return textOf(entry);
    case Qt::AccessibleTextRole:
        return spoken(entry);
    case EntryRole:
        return QVariant::fromValue(entry);
    case TransferRole:
        return QVariant::fromValue(transferOf(entry));
    case FirstOfDayRole:
        return isFirstOfDay(index.row());
    case FollowsRole:
        return follows(index.row());
    default:
        return {};
    }
}

void ConversationModel::touch(qsizetype row)
{
    if (row >= m_told)
        return;
    m_first = m_first < 0 ? row : std::min(m_first, row);
    m_last = std::max(m_last, row);
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
    const bool more = m_told < m_entries.size();
    if (!changed && !more)
        return;
    m_timer.start();
    if (changed) {
        const int first = int(std::exchange(m_first, -1));
        const int last = int(std::exchange(m_last, -1));
        emit dataChanged(index(first), index(last));
    }
    if (!more)
        return;
    beginInsertRows({}, int(m_told), int(m_entries.size() - 1));
    m_told = m_entries.size();
    endInsertRows();
    letGo(false);
}

Transfer ConversationModel::transferOf(const Entry &entry) const
{
    const auto found = m_transfers.constFind(entry.transfer);
    return found == m_transfers.constEnd() ? chat::transferOf(entry) : *found;
}

QString ConversationModel::textOf(const Entry &entry) const
{
    if (entry.kind != Entry::Kind::Transfer)
        return visibleText(entry.text);
    const Transfer transfer = transferOf(entry);
    return QStringList { visible(transfer.title), contentText(transfer), progressText(transfer) }.join(
        QStringLiteral(" · "));
}

QString ConversationModel::spoken(const Entry &entry) const
{
    if (entry.kind == Entry::Kind::Notice)
        return textOf(entry);
    const QString who = entry.mine ? tr("You") : visible(m_name);
    const QString said = QStringLiteral("%1, %2: %3").arg(who, clockText(entry.at), textOf(entry));
    const QString state = stateText(entry);
    return state.isEmpty() ? said : QStringLiteral("%1, %2").arg(said, state);
}

bool ConversationModel::isFirstOfDay(qsizetype row) const
{
    return row == 0 || dayOf(m_entries[row - 1]) != dayOf(m_entries[row]);
}

bool ConversationModel::follows(qsizetype row) const
{
    constexpr qint64 pause = 5 * 60 * 1000;
    if (isFirstOfDay(row))
        return false;
    const Entry &before = m_entries[row - 1];
    const Entry &now = m_entries[row];
    return before.kind == Entry::Kind::Message && now.kind == Entry::Kind::Message && before.mine == now.mine
        && now.at - before.at < pause;
}

} // namespace hawser::desktop
