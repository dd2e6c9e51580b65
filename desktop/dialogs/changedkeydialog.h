#pragma once

#include "core/public_key.h"

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace hawser::desktop {

/// Somebody known answers with another key (ux.md rule 10). Not a question like the others: in a red frame, and the key
/// is only replaced by typing the first word of the new one.
class ChangedKeyDialog : public QDialog {
    Q_OBJECT

public:
    /// \param name   of the broker or contact: text from others
    /// \param since  ms since 1970; 0: not known
    ChangedKeyDialog(
        const QString &name, const PublicKey &known, const PublicKey &now, qint64 since, QWidget *parent = nullptr);

signals:
    /// Also when it is closed any other way.
    void disconnectWished();
    void replaceWished();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    QWidget *makeFrame(const QString &name, const PublicKey &known, const PublicKey &now, qint64 since);
    void askForWord();
    void compareWord();
    void replace();

    QString m_word; ///< the new key's first
    QPushButton *m_disconnect;
    QPushButton *m_replace;
    QLineEdit *m_typed;
    QWidget *m_typing;
    bool m_replaced = false;
};

} // namespace hawser::desktop
