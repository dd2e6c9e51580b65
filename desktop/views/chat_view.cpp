#include "desktop/views/chat_view.h"

#include "chat/widgets/icon.h"
#include "desktop/models/conversation_model.h"
#include "desktop/views/bubble_delegate.h"

#include <QScrollBar>
#include <QToolButton>

namespace hawser::desktop {

ChatView::ChatView(QWidget *parent)
    : ActionView(parent), m_bubbles(new BubbleDelegate(this)), m_newest(new QToolButton(this))
{
    setObjectName(QStringLiteral("chatView"));
    setAccessibleName(tr("Conversation"));
    setActionDelegate(m_bubbles);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // a width that does not change is laid out once
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_newest->setObjectName(QStringLiteral("newestButton"));
    m_newest->setText(tr("Newest"));
    m_newest->setAccessibleName(tr("Go to the newest message"));
    m_newest->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_newest->setIcon(chat::icon(QStringLiteral("down")));
    m_newest->hide();
    connect(m_newest, &QToolButton::clicked, this, &ChatView::goToNewest);
    connect(this, &ActionView::acted, this, &ChatView::act);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &ChatView::rangeChanged);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &ChatView::scrolled);
}

void ChatView::setConversation(ConversationModel *model)
{
    m_model = model;
    setModel(model);
    using Model = QAbstractItemModel;
    connect(model, &Model::modelReset, this, [this] {
        setAtEnd(!m_model->hasLater());
        if (m_atEnd)
            scrollToBottom();
    });
    connect(model, &Model::dataChanged, this, [this] { scheduleDelayedItemsLayout(); });
    connect(model, &Model::rowsAboutToBeInserted, this, &ChatView::holdPlace);
    connect(model, &Model::rowsAboutToBeRemoved, this, &ChatView::holdPlace);
    connect(model, &Model::rowsInserted, this, &ChatView::keepPlace);
    connect(model, &Model::rowsRemoved, this, &ChatView::keepPlace);
    connect(model, &ConversationModel::found, this, &ChatView::showFound);
}

void ChatView::markWords(const QString &words)
{
    m_bubbles->markWords(words);
    viewport()->update();
}

void ChatView::resizeEvent(QResizeEvent *event)
{
    const bool atEnd = m_atEnd;
    ActionView::resizeEvent(event);
    setAtEnd(atEnd);
    if (m_atEnd)
        scrollToBottom();
    placeButton();
}

void ChatView::placeButton()
{
    m_newest->adjustSize();
    const QRect inside = viewport()->geometry();
    m_newest->move(inside.right() - m_newest->width() - 12, inside.bottom() - m_newest->height() - 8);
}

void ChatView::act(const QModelIndex &index, RowAction action)
{
    const chat::Entry entry = index.data(ConversationModel::EntryRole).value<chat::Entry>();
    switch (action) {
    case RowAction::TryAgain:
        return emit tryAgainWished(entry.id);
    case RowAction::Cancel:
        return emit cancelWished(entry.transfer);
    case RowAction::OpenFolder:
        return emit openFolderWished(entry.transfer);
    case RowAction::ShowAll:
        m_bubbles->showAll(entry.id);
        return scheduleDelayedItemsLayout();
    case RowAction::None:
        return;
    }
}

void ChatView::setAtEnd(bool on)
{
    m_atEnd = on;
    m_model->setFollowing(on);
    m_newest->setVisible(!on && m_model->rowCount() > 0);
    placeButton();
}

void ChatView::rangeChanged()
{
    if (m_atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ChatView::scrolled()
{
    if (m_settling || !m_model)
        return;
    setAtEnd(!m_model->hasLater() && verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 2);
    fetch();
}

/// A view's height before either end what lies beyond it is asked for.
void ChatView::fetch()
{
    const QScrollBar *bar = verticalScrollBar();
    const int near = viewport()->height();
    if (bar->value() < near)
        m_model->fetchEarlier();
    if (bar->maximum() - bar->value() < near)
        m_model->fetchLater();
}

void ChatView::holdPlace()
{
    if (m_atEnd || m_settling)
        return;
    m_settling = true;
    m_held = indexAt(QPoint(1, 1));
    m_heldAt = visualRect(m_held).top();
}

void ChatView::keepPlace()
{
    if (!m_settling)
        return;
    executeDelayedItemsLayout();
    if (m_held.isValid())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + visualRect(m_held).top() - m_heldAt);
    m_settling = false;
    setAtEnd(!m_model->hasLater() && verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 2);
}

void ChatView::showFound(const QModelIndex &index)
{
    setAtEnd(false);
    executeDelayedItemsLayout();
    setCurrentIndex(index);
    scrollTo(index, PositionAtCenter);
}

void ChatView::goToNewest()
{
    if (m_model->hasLater())
        return m_model->goToNewest();
    setAtEnd(true);
    scrollToBottom();
}

} // namespace hawser::desktop
