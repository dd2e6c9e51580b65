#pragma once

#include "chat/conversation.h"
#include "chat/transfers.h"

#include <QAbstractListModel>
#include <QHash>
#include <QTimer>

namespace hawser::desktop {

/// What was said with one contact, oldest first. Of a long conversation only the newest part has rows; showEarlier()
/// brings more. What comes in a burst is told to views together, at most 20 times a second.
class ConversationModel : public QAbstractListModel {
    Q_OBJECT

public:
    static constexpr int page = 200; ///< rows at first, and more each time
    static constexpr auto tellEvery = std::chrono::milliseconds(50);

    enum Role {
        EntryRole = Qt::UserRole, ///< chat::Entry
        TransferRole, ///< chat::Transfer, when the entry is one and it is known
        FirstOfDayRole, ///< bool: a date line stands above
        FollowsRole, ///< bool: the same person goes on within five minutes
    };

    explicit ConversationModel(QObject *parent = nullptr);

    /// \param name  of the other person: text from others
    void reset(const QString &name, const QList<chat::Entry> &entries, const QList<chat::Transfer> &transfers);
    void setName(const QString &name) { m_name = name; }
    void append(const chat::Entry &entry);
    void change(const chat::Entry &entry);
    void trim(int count);
    void putTransfer(const chat::Transfer &transfer);

    bool hasEarlier() const { return m_begin > 0; }
    void showEarlier();

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    /// \pre the index is valid and of this model
    const chat::Entry &entry(const QModelIndex &index) const { return m_entries[m_begin + index.row()]; }

private:
    void touch(qsizetype entry);
    void tell();
    void tellSoon();
    QString textOf(const chat::Entry &entry) const;
    QString spoken(const chat::Entry &entry) const;
    bool isFirstOfDay(qsizetype entry) const;
    bool follows(qsizetype entry) const;

    QString m_name;
    QList<chat::Entry> m_entries;
    QHash<QByteArray, chat::Transfer> m_transfers;
    qsizetype m_begin = 0; // entries before it have no row yet
    qsizetype m_end = 0; // entries from it on were not told yet
    qsizetype m_first = -1; // changed and not told; -1: none
    qsizetype m_last = -1;
    QTimer m_timer;
};

} // namespace hawser::desktop

Q_DECLARE_METATYPE(hawser::chat::Entry)
Q_DECLARE_METATYPE(hawser::chat::Transfer)
