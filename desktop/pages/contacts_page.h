#pragma once

#include "core/public_key.h"

#include <QWidget>

class QAbstractItemModel;
class QLineEdit;
class QMenu;
class QSortFilterProxyModel;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace hawser::desktop {

class ContactList;
class ConversationModel;
class ConversationPage;
class MissedBar;
class StartPage;

/// The people on the left; on the right the start page, or what was said with the one chosen.
class ContactsPage : public QWidget {
    Q_OBJECT

public:
    ContactsPage(QAbstractItemModel *contacts, ConversationModel *conversation, QWidget *parent = nullptr);

    StartPage *start() const { return m_start; }
    ConversationPage *conversation() const { return m_conversation; }
    MissedBar *missed() const { return m_missed; }
    QSplitter *splitter() const { return m_splitter; }
    QMenu *addMenu() const { return m_addMenu; }
    /// Whose conversation is seen; null: the start page.
    PublicKey shown() const;
    void showStart();
    void showContact(const PublicKey &key);
    void setMyName(const QString &name);
    void focusFilter();
    /// What F6 goes through, in their order on the screen.
    QList<QWidget *> panes() const;

signals:
    void chosen(const hawser::PublicKey &key);
    void droppedOn(const hawser::PublicKey &key, const QStringList &paths);

private:
    QWidget *makeSide(QAbstractItemModel *contacts);

    StartPage *m_start;
    ConversationPage *m_conversation;
    QSplitter *m_splitter;
    QStackedWidget *m_stack;
    QMenu *m_addMenu;
    QToolButton *m_you;
    QLineEdit *m_filter;
    QSortFilterProxyModel *m_filtered;
    ContactList *m_list;
    MissedBar *m_missed;
};

} // namespace hawser::desktop
