#pragma once

#include "chat/history_tables.h"
#include "chat/transfers.h"

#include <QAbstractListModel>
#include <QHash>
#include <QTimer>

namespace hawser::desktop {

/// What was said with one contact, oldest first: a window over a conversation of any length. It asks for pages by
/// `wanted` and is given them by take(); what is far from where one reads is let go. What comes in a burst is told to
/// views together, at most 20 times a second.
class ConversationModel : public QAbstractListModel {
    Q_OBJECT

public:
    static constexpr int page = 100; ///< entries asked for at once
    static constexpr int mostRows = 3 * page;
    static constexpr auto tellEvery = std::chrono::milliseconds(50);

    enum Role {
        EntryRole = Qt::UserRole, ///< chat::Entry
        TransferRole, ///< chat::Transfer, when the entry is one
        FirstOfDayRole, ///< bool: a date line stands above
        FollowsRole, ///< bool: the same person goes on within five minutes
    };

    explicit ConversationModel(QObject *parent = nullptr);

    /// Another conversation, from its newest lines on. Null: none.
    void open(const PublicKey &with, const QString &name, const QList<chat::Transfer> &transfers);
    void setName(const QString &name) { m_name = name; }
    /// The answer to `wanted`; one that is not waited for any more does nothing.
    void take(const chat::PageWish &wish, chat::Page page);
    /// Something was said: it has a row if the newest lines are shown.
    void append(const chat::Entry &entry);
    void change(const chat::Entry &entry);
    void putTransfer(const chat::Transfer &transfer);

    bool hasEarlier() const { return m_hasEarlier; }
    bool hasLater() const { return m_hasLater; }
    void fetchEarlier();
    void fetchLater();
    /// Shows the lines around that entry; `found` follows.
    void goTo(quint64 entry);
    void goToNewest();
    /// While somebody reads elsewhere, lines that come do not push away what is read.
    void setFollowing(bool on) { m_following = on; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    /// \pre the index is valid and of this model
    const chat::Entry &entry(const QModelIndex &index) const { return m_entries[index.row()]; }

signals:
    void wanted(const hawser::chat::PageWish &wish);
    void found(const QModelIndex &index); ///< goTo has its row

private:
    void ask(chat::PageWish::From from, quint64 id);
    void replace(const chat::PageWish &wish, const chat::Page &page);
    void insert(const QList<chat::Entry> &entries, bool later);
    void letGo(bool later);
    qsizetype rowOf(quint64 id) const; ///< of m_entries; -1: none
    void touch(qsizetype row);
    void tell();
    void tellSoon();
    chat::Transfer transferOf(const chat::Entry &entry) const;
    QString textOf(const chat::Entry &entry) const;
    QString spoken(const chat::Entry &entry) const;
    bool isFirstOfDay(qsizetype row) const;
    bool follows(qsizetype row) const;

    PublicKey m_with;
    QString m_name;
    QList<chat::Entry> m_entries; // ids grow
    QHash<QByteArray, chat::Transfer> m_transfers;
    std::optional<chat::PageWish> m_wished;
    QHash<quint64, chat::Entry> m_changed; // since the page was wished for: it may be older
    bool m_hasEarlier = false;
    bool m_hasLater = false;
    bool m_following = true;
    qsizetype m_told = 0; // entries from it on have no row yet
    qsizetype m_first = -1; // changed and not told; -1: none
    qsizetype m_last = -1;
    QTimer m_timer;
};

} // namespace hawser::desktop

Q_DECLARE_METATYPE(hawser::chat::Entry)
Q_DECLARE_METATYPE(hawser::chat::Transfer)
