#pragma once

#include "chat/contacts.h"

#include <QDialog>

class QDialogButtonBox;
class QScrollArea;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// Contacts ▸ Blocked: whom I refuse and since when, and the way to take it back.
class BlockedDialog : public QDialog {
    Q_OBJECT

public:
    explicit BlockedDialog(QWidget *parent = nullptr);

    /// \param now  ms since 1970: what has run out by then is left out
    void setBlocks(const QList<chat::Block> &blocks, qint64 now);
    void showTrouble(const QString &sentence);

signals:
    void unblockWished(const hawser::chat::Block &block);

private:
    QWidget *makeRow(const chat::Block &block, qint64 now);

    chat::SafeLabel *m_about;
    QScrollArea *m_list;
    chat::SafeLabel *m_trouble;
    QDialogButtonBox *m_buttons;
};

} // namespace hawser::desktop
