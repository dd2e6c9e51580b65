#include "desktop/views/contact_list.h"

#include "desktop/models/contact_model.h"
#include "desktop/views/contact_delegate.h"
#include "desktop/views/dropped.h"

#include <QDragEnterEvent>
#include <QMimeData>

namespace hawser::desktop {

namespace {

PublicKey keyOf(const QModelIndex &index)
{
    return index.isValid() ? index.data(ContactModel::RowRole).value<ContactRow>().contact.key : PublicKey();
}

} // namespace

ContactList::ContactList(QWidget *parent) : QListView(parent)
{
    setObjectName(QStringLiteral("contactList"));
    setAccessibleName(tr("Contacts"));
    setItemDelegate(new ContactDelegate(this));
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setAcceptDrops(true);
    setVerticalScrollMode(ScrollPerPixel);
    setUniformItemSizes(true);
}

PublicKey ContactList::currentKey() const
{
    return keyOf(currentIndex());
}

void ContactList::select(const PublicKey &key)
{
    if (key.isNull()) {
        clearSelection();
        setCurrentIndex({});
        return;
    }
    for (int row = 0; model() && row < model()->rowCount(); ++row) {
        if (keyOf(model()->index(row, 0)) == key)
            return setCurrentIndex(model()->index(row, 0));
    }
}

void ContactList::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QListView::currentChanged(current, previous);
    if (current.isValid() && hasFocus()) // else a filter or a removal moved it, not the person
        emit chosen(keyOf(current));
}

void ContactList::dragEnterEvent(QDragEnterEvent *event)
{
    if (droppedPaths(event->mimeData()).isEmpty())
        return event->ignore();
    event->setDropAction(Qt::CopyAction);
    event->accept();
}

void ContactList::dragMoveEvent(QDragMoveEvent *event)
{
    const QModelIndex index = indexAt(event->position().toPoint());
    setDropTarget(index);
    if (!index.isValid() || droppedPaths(event->mimeData()).isEmpty())
        return event->ignore();
    event->setDropAction(Qt::CopyAction);
    event->accept(visualRect(index));
}

void ContactList::dragLeaveEvent(QDragLeaveEvent *)
{
    setDropTarget({});
}

void ContactList::dropEvent(QDropEvent *event)
{
    const PublicKey key = keyOf(indexAt(event->position().toPoint()));
    const QStringList paths = droppedPaths(event->mimeData());
    setDropTarget({});
    if (key.isNull() || paths.isEmpty())
        return event->ignore();
    event->setDropAction(Qt::CopyAction);
    event->accept();
    emit dropped(key, paths);
}

void ContactList::setDropTarget(const QModelIndex &index)
{
    setProperty("dropTarget", QVariant::fromValue(QPersistentModelIndex(index)));
    viewport()->update();
}

} // namespace hawser::desktop
