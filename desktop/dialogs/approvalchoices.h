#pragma once

#include "chat/requests.h"

#include <QWidget>

class QCheckBox;
class QGridLayout;
class QRadioButton;

namespace hawser::desktop {

/// What the person chooses in the approval dialog: rights, whether the number was compared, and for how long (ux.md
/// rule 2). Nothing that lasts is chosen at first; *always* needs a comparison, or an invitation.
class ApprovalChoices : public QWidget {
    Q_OBJECT

public:
    explicit ApprovalChoices(const chat::Request &request, QWidget *parent = nullptr);

    chat::Decision decision() const;
    /// There is nothing to compare before the number is known.
    void setNumberKnown(bool known);
    QList<QWidget *> controls() const;

signals:
    void changed();

private:
    void addRights(QGridLayout *grid, const QStringList &asked);
    void addCompared(QGridLayout *grid);
    void addLasting(QGridLayout *grid);
    QRadioButton *radio(const QString &text, const char *name);
    void enableAlways();

    bool m_invited;
    QList<std::pair<chat::Right, QCheckBox *>> m_rights;
    QRadioButton *m_matches;
    QRadioButton *m_notCompared;
    QRadioButton *m_once;
    QRadioButton *m_days;
    QRadioButton *m_always;
};

/// The column of captions is as wide in the facts as here.
int captionWidth(const QWidget *widget);

} // namespace hawser::desktop
