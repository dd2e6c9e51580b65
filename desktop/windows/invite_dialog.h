#pragma once

#include "core/contracts/broker.h"

#include <QDialog>

class QCheckBox;
class QLineEdit;
class QPushButton;
class QRadioButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// An administrator makes a link that lets somebody into a broker without being asked about.
class InviteDialog : public QDialog {
    Q_OBJECT

public:
    /// \param broker  its name
    explicit InviteDialog(const QString &broker, QWidget *parent = nullptr);

    void setAnswer(const Result<contracts::Invite::Reply> &answer);

signals:
    void inviteWished(const hawser::contracts::Invite::Request &request);

private:
    void make();
    void forget(); ///< the link is for something else now

    QRadioButton *m_person;
    QRadioButton *m_machine;
    QCheckBox *m_administrator;
    QPushButton *m_make;
    QLineEdit *m_link;
    QPushButton *m_copy;
    chat::SafeLabel *m_said;
};

} // namespace hawser::desktop
