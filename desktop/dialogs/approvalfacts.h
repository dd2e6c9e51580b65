#pragma once

#include "desktop/dialogs/approvaltext.h"

#include <QWidget>

class QGridLayout;
class QPlainTextEdit;
class QPushButton;

namespace hawser::chat {
class ClaimLabel;
class IconMark;
class Panel;
} // namespace hawser::chat

namespace hawser::desktop {

/// What the approval dialog shows of a request: first what they say of themselves, marked as that, then what is known.
class ApprovalFacts : public QWidget {
    Q_OBJECT

public:
    explicit ApprovalFacts(const chat::Request &request, QWidget *parent = nullptr);

    void show(const chat::Request &request);
    using QWidget::show;

signals:
    /// The person asked for the whole key, or for its words again.
    void looksOther();

private:
    QWidget *makeClaim();
    QWidget *makeStanding();
    QWidget *makeNumber();
    QWidget *makeKey();
    QWidget *makeCommands(const QStringList &commands);
    void addFact(QGridLayout *grid, const QString &label, QWidget *value);
    void showKey();

    PublicKey m_key;
    chat::SafeLabel *m_heading;
    chat::SafeLabel *m_caption;
    chat::ClaimLabel *m_claim;
    chat::Panel *m_standingPanel;
    chat::IconMark *m_standingMark;
    chat::SafeLabel *m_standing;
    chat::SafeLabel *m_number;
    chat::SafeLabel *m_keyText;
    QPushButton *m_fullKey;
    chat::ClaimLabel *m_from;
    chat::ClaimLabel *m_program;
};

/// The whole key in groups that can be compared: 16 groups of four digits in two lines.
QString groupedKey(const PublicKey &key);

} // namespace hawser::desktop
