#pragma once

#include "chat/contacts.h"
#include "chat/route.h"
#include "desktop/models/row_model.h"

namespace hawser::desktop {

struct ContactRow {
    chat::Contact contact;
    chat::Presence presence;
    int unread = 0;
    int offers = 0; ///< that wait for my answer
    quint64 waitingFor = 0; ///< messages or receipts of theirs that have not come, although later ones have

    bool operator==(const ContactRow &) const = default;
};

/// The people, by name. One column; its display text is the name, made visible.
class ContactModel : public RowModel<PublicKey, ContactRow> {
    Q_OBJECT

public:
    using RowModel::RowModel;

    Qt::ItemFlags flags(const QModelIndex &index) const override;

protected:
    PublicKey keyOf(const ContactRow &row) const override { return row.contact.key; }
    bool isBefore(const ContactRow &a, const ContactRow &b) const override;
    QString shown(const ContactRow &row, int column) const override;
    QString spoken(const ContactRow &row, int column) const override;
};

} // namespace hawser::desktop
