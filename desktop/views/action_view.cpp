#include "desktop/views/action_view.h"

#include "desktop/views/transfer_card.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QPersistentModelIndex>

namespace hawser::desktop {

ActionView::ActionView(QWidget *parent) : QListView(parent)
{
    setMouseTracking(true);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollMode(ScrollPerPixel);
    setResizeMode(Adjust);
    setEditTriggers(NoEditTriggers);
}

void ActionView::setActionDelegate(ActionDelegate *delegate)
{
    m_delegate = delegate;
    setItemDelegate(delegate);
}

RowAction ActionView::actionAt(const QPoint &position) const
{
    const QModelIndex index = indexAt(position);
    if (!m_delegate || !index.isValid())
        return RowAction::None;
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    option.rect = visualRect(index);
    return m_delegate->actionAt(option, index, position);
}

void ActionView::mouseMoveEvent(QMouseEvent *event)
{
    QListView::mouseMoveEvent(event);
    if (actionAt(event->position().toPoint()) == RowAction::None)
        viewport()->unsetCursor();
    else
        viewport()->setCursor(Qt::PointingHandCursor);
}

void ActionView::mouseReleaseEvent(QMouseEvent *event)
{
    QListView::mouseReleaseEvent(event);
    const QPoint position = event->position().toPoint();
    const RowAction action = actionAt(position);
    if (event->button() == Qt::LeftButton && action != RowAction::None)
        emit acted(indexAt(position), action);
}

void ActionView::keyPressEvent(QKeyEvent *event)
{
    const QModelIndex index = currentIndex();
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (index.isValid() && event->matches(QKeySequence::Copy))
        return copy(index);
    if (index.isValid() && enter && m_delegate && !m_delegate->actions(index).isEmpty()) {
        emit acted(index, m_delegate->actions(index).first());
        return;
    }
    QListView::keyPressEvent(event);
}

void ActionView::contextMenuEvent(QContextMenuEvent *event)
{
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QPersistentModelIndex index(byKey ? currentIndex() : indexAt(event->pos()));
    if (!index.isValid() || !m_delegate)
        return;
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const RowAction action : m_delegate->actions(index)) {
        menu->addAction(TransferCard::caption(action), this, [this, index, action] {
            if (index.isValid())
                emit acted(index, action);
        });
    }
    menu->addAction(tr("Copy"), this, [this, index] { copy(index); });
    menu->popup(byKey ? viewport()->mapToGlobal(visualRect(index).center()) : event->globalPos());
}

void ActionView::copy(const QModelIndex &index) const
{
    QGuiApplication::clipboard()->setText(index.data().toString()); // models give visible text only
}

} // namespace hawser::desktop
