#include "desktop/views/chat_view.h"

#include "desktop/models/conversation_model.h"
#include "desktop/views/bubble_delegate.h"

#include <QScrollBar>

namespace hawser::desktop {

ChatView::ChatView(QWidget *parent) : ActionView(parent), m_bubbles(new BubbleDelegate(this))
{
    setObjectName(QStringLiteral("chatView"));
    setAccessibleName(tr("Conversation"));
    setActionDelegate(m_bubbles);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // a width that does not change is laid out once
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(this, &ActionView::acted, this, &ChatView::act);
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &ChatView::rangeChanged);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &ChatView::scrolled);
}

void ChatView::setConversation(ConversationModel *model)
{
    m_model = model;
    setModel(model);
    connect(model, &QAbstractItemModel::modelReset, this, [this] { m_atEnd = true; });
    connect(model, &QAbstractItemModel::dataChanged, this, [this] { scheduleDelayedItemsLayout(); });
}

void ChatView::resizeEvent(QResizeEvent *event)
{
    const bool atEnd = m_atEnd;
    ActionView::resizeEvent(event);
    m_atEnd = atEnd;
    if (m_atEnd)
        scrollToBottom();
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

void ChatView::rangeChanged()
{
    if (m_atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ChatView::scrolled(int value)
{
    const QScrollBar *bar = verticalScrollBar();
    m_atEnd = value >= bar->maximum() - 2;
    if (value > bar->minimum() || m_atEnd || !m_model || !m_model->hasEarlier())
        return;
    const QPersistentModelIndex top(m_model->index(0));
    m_model->showEarlier();
    scrollTo(top, PositionAtTop);
}

} // namespace hawser::desktop
