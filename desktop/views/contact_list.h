#pragma once

#include "core/public_key.h"

#include <QListView>

namespace hawser::desktop {

/// The people; files dragged onto a row are for that person.
class ContactList : public QListView {
    Q_OBJECT

public:
    explicit ContactList(QWidget *parent = nullptr);

    PublicKey currentKey() const; ///< null: nobody
    /// Marks the row without choosing it; null: none.
    void select(const PublicKey &key);

signals:
    /// By the person, with pointer or keys.
    void chosen(const hawser::PublicKey &key);
    void dropped(const hawser::PublicKey &key, const QStringList &paths);

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragMoveEvent(QDragMoveEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void setDropTarget(const QModelIndex &index);
};

} // namespace hawser::desktop
