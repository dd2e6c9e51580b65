#pragma once

#include <QAbstractTableModel>
#include <QTimer>
#include <algorithm>
#include <concepts>

namespace hawser::desktop {

/// Rows that have keys, kept in an order. What changes inside rows is told to views at most 20 times a second, however
/// often it is put; rows that come, go and move are told at once.
template <typename Key, typename Row>
class RowModel : public QAbstractTableModel {
public:
    static constexpr int RowRole = Qt::UserRole; ///< the whole Row
    static constexpr auto tellEvery = std::chrono::milliseconds(50);

    explicit RowModel(QObject *parent = nullptr) : QAbstractTableModel(parent)
    {
        m_timer.setSingleShot(true);
        m_timer.setInterval(tellEvery);
        m_timer.callOnTimeout(this, [this] { tell(); });
    }

    int rowCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : int(m_rows.size()); }
    int columnCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : 1; }
    QVariant data(const QModelIndex &index, int role) const override
    {
        if (!checkIndex(index, CheckIndexOption::IndexIsValid))
            return {};
        switch (role) {
        case Qt::DisplayRole:
            return shown(row(index), index.column());
        case Qt::AccessibleTextRole:
            return spoken(row(index), index.column());
        case RowRole:
            return QVariant::fromValue(row(index));
        default:
            return {};
        }
    }
    const QList<Row> &rows() const { return m_rows; }
    /// \pre the index is valid and of this model
    const Row &row(const QModelIndex &index) const { return m_rows[index.row()]; }
    QModelIndex find(const Key &key) const
    {
        const qsizetype at = indexOf(key);
        return at < 0 ? QModelIndex() : index(int(at), 0);
    }

    /// Adds the row, or replaces the one of the same key.
    void put(const Row &row)
    {
        const qsizetype old = indexOf(keyOf(row));
        if (old < 0)
            return insert(row);
        if constexpr (std::equality_comparable<Row>) {
            if (m_rows[old] == row)
                return;
        }
        const qsizetype place = placeOf(row, old);
        m_rows[old] = row;
        if (place != old)
            move(old, place);
        touch(place);
    }

    void remove(const Key &key)
    {
        const qsizetype at = indexOf(key);
        if (at < 0)
            return;
        tell();
        beginRemoveRows({}, int(at), int(at));
        m_rows.removeAt(at);
        endRemoveRows();
    }

protected:
    virtual Key keyOf(const Row &row) const = 0;
    virtual bool isBefore(const Row &a, const Row &b) const = 0;
    /// What a cell shows, and what is read aloud of it. What is foreign in it has been made visible.
    virtual QString shown(const Row &row, int column) const = 0;
    virtual QString spoken(const Row &row, int column) const { return shown(row, column); }

private:
    qsizetype indexOf(const Key &key) const
    {
        const auto found = std::ranges::find_if(m_rows, [&](const Row &row) { return keyOf(row) == key; });
        return found == m_rows.end() ? -1 : found - m_rows.begin();
    }

    /// Where `row` belongs when the one at `old` is not there.
    qsizetype placeOf(const Row &row, qsizetype old) const
    {
        qsizetype place = 0;
        for (qsizetype i = 0; i < m_rows.size(); ++i)
            place += i != old && isBefore(m_rows[i], row);
        return place;
    }

    void insert(const Row &row)
    {
        tell();
        const qsizetype place = placeOf(row, -1);
        beginInsertRows({}, int(place), int(place));
        m_rows.insert(place, row);
        endInsertRows();
    }

    void move(qsizetype from, qsizetype to)
    {
        tell();
        beginMoveRows({}, int(from), int(from), {}, int(to > from ? to + 1 : to));
        m_rows.move(from, to);
        endMoveRows();
    }

    void touch(qsizetype row)
    {
        m_first = m_first < 0 ? row : std::min(m_first, row);
        m_last = std::max(m_last, row);
        if (!m_timer.isActive())
            tell();
    }

    void tell()
    {
        if (m_first < 0)
            return;
        const qsizetype first = std::exchange(m_first, -1);
        const qsizetype last = std::exchange(m_last, -1);
        m_timer.start();
        emit dataChanged(index(int(first), 0), index(int(last), columnCount() - 1));
    }

    QList<Row> m_rows;
    qsizetype m_first = -1; // changed and not told; -1: none
    qsizetype m_last = -1;
    QTimer m_timer;
};

} // namespace hawser::desktop
