#pragma once

#include "chat/contacts.h"

#include <QDialog>

class QGridLayout;
class QLineEdit;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// A contact: how they were verified, what I call them, and what they may do here, each right revocable at once.
class RightsDialog : public QDialog {
    Q_OBJECT

public:
    explicit RightsDialog(const chat::Contact &contact, QWidget *parent = nullptr);

    void setContact(const chat::Contact &contact);
    void showTrouble(const QString &sentence);

signals:
    void revokeWished(hawser::chat::Right right);
    void aliasChosen(const QString &alias);
    void revokeAllWished();
    void removeWished();

private:
    void addRight(chat::Right right, int row);

    struct Row {
        chat::SafeLabel *state;
        QWidget *revoke;
    };
    QMap<chat::Right, Row> m_rights;
    QGridLayout *m_grid;
    QWidget *m_revokeAll;
    QLineEdit *m_alias;
    chat::SafeLabel *m_claim;
    chat::SafeLabel *m_key;
    chat::SafeLabel *m_verified;
    chat::SafeLabel *m_trouble;
};

} // namespace hawser::desktop
