#include "desktop/pages/contacts_page.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "desktop/models/contact_model.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/pages/missed_bar.h"
#include "desktop/pages/start_page.h"
#include "desktop/views/contact_list.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>

namespace hawser::desktop {

ContactsPage::ContactsPage(QAbstractItemModel *contacts, ConversationModel *conversation, QWidget *parent)
    : QWidget(parent), m_start(new StartPage), m_conversation(new ConversationPage(conversation)),
      m_splitter(new QSplitter(this)), m_stack(new QStackedWidget), m_addMenu(new QMenu(this))
{
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_stack->addWidget(m_start);
    m_stack->addWidget(m_conversation);
    m_splitter->addWidget(makeSide(contacts));
    m_splitter->addWidget(m_stack);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_splitter);
    connect(m_list, &ContactList::chosen, this, &ContactsPage::showContact);
    connect(m_list, &ContactList::dropped, this, &ContactsPage::droppedOn);
    connect(m_conversation, &ConversationPage::left, this, &ContactsPage::showStart);
    connect(m_filter, &QLineEdit::textChanged, m_filtered, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_filter, &QLineEdit::returnPressed, this, [this] {
        if (m_filtered->rowCount() == 0)
            return;
        m_list->setCurrentIndex(m_filtered->index(0, 0));
        showContact(m_list->currentKey());
    });
}

QWidget *ContactsPage::makeSide(QAbstractItemModel *contacts)
{
    auto *side = new QWidget;
    side->setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    m_you = new QToolButton;
    m_you->setObjectName(QStringLiteral("youButton"));
    m_you->setIcon(chat::icon(QStringLiteral("person")));
    m_you->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_you->setAutoRaise(true);
    m_you->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto *add = new QToolButton;
    add->setObjectName(QStringLiteral("addContact"));
    add->setIcon(chat::icon(QStringLiteral("add")));
    add->setText(tr("Add"));
    add->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    add->setAutoRaise(true);
    add->setPopupMode(QToolButton::InstantPopup);
    add->setAccessibleName(tr("Add a contact"));
    add->setMenu(m_addMenu);
    m_addMenu->setObjectName(QStringLiteral("addMenu"));
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("contactFilter"));
    m_filter->setAccessibleName(tr("Find a contact"));
    m_filter->setPlaceholderText(tr("Find a contact"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(chat::icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    m_filtered = new QSortFilterProxyModel(this);
    m_filtered->setSourceModel(contacts);
    m_filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list = new ContactList;
    m_list->setModel(m_filtered);

    auto *head = new QHBoxLayout;
    head->setContentsMargins(8, 8, 8, 0);
    head->addWidget(m_you, 1);
    head->addWidget(add);
    auto *find = new QHBoxLayout;
    find->setContentsMargins(10, 0, 10, 4);
    find->addWidget(m_filter);
    auto *layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addLayout(find);
    layout->addWidget(m_list, 1);
    m_missed = new MissedBar;
    layout->addWidget(m_missed);
    connect(m_you, &QToolButton::clicked, this, &ContactsPage::showStart);
    return side;
}

PublicKey ContactsPage::shown() const
{
    return m_stack->currentWidget() == m_conversation ? m_conversation->key() : PublicKey();
}

void ContactsPage::showStart()
{
    m_list->select({});
    m_stack->setCurrentWidget(m_start);
    emit chosen({});
}

void ContactsPage::showContact(const PublicKey &key)
{
    m_list->select(key);
    if (m_list->currentKey() != key) {
        m_filter->clear();
        m_list->select(key);
    }
    if (shown() == key)
        return;
    emit chosen(key); // fills the page
    m_stack->setCurrentWidget(m_conversation);
}

void ContactsPage::setMyName(const QString &name)
{
    m_you->setText(chat::plainCaption(name));
    m_you->setAccessibleName(tr("You, %1: your page").arg(chat::isolated(name)));
}

void ContactsPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

QList<QWidget *> ContactsPage::panes() const
{
    const bool talking = m_stack->currentWidget() == m_conversation;
    QList<QWidget *> panes { m_list };
    if (talking)
        panes << m_conversation->findChild<QWidget *>(QStringLiteral("chatView"))
              << m_conversation->findChild<QWidget *>(QStringLiteral("chatInput"));
    else
        panes << m_start->findChild<QWidget *>(QStringLiteral("joinField"));
    return panes;
}

} // namespace hawser::desktop
