#include "desktop/dialogs/approvalchoices.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QGridLayout>
#include <QRadioButton>

namespace hawser::desktop {

using namespace chat;

namespace {

void addRow(QGridLayout *grid, const QString &label, const QList<QWidget *> &controls)
{
    const int row = grid->rowCount();
    auto *caption = new SafeLabel(label, grid->parentWidget());
    caption->setForegroundRole(QPalette::PlaceholderText);
    grid->addWidget(caption, row, 0);
    auto *line = new QHBoxLayout;
    line->setSpacing(18);
    for (QWidget *control : controls)
        line->addWidget(control);
    line->addStretch(1);
    grid->addLayout(line, row, 1);
}

} // namespace

int captionWidth(const QWidget *widget)
{
    return widget->fontMetrics().horizontalAdvance(ApprovalChoices::tr("Compared?"));
}

ApprovalChoices::ApprovalChoices(const Request &request, QWidget *parent) : QWidget(parent), m_invited(request.invited)
{
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    grid->setColumnMinimumWidth(0, captionWidth(this));
    if (request.kind == Asking::ContactDirect || request.kind == Asking::ContactThroughBroker)
        addRights(grid, request.rights);
    addCompared(grid);
    addLasting(grid);
    enableAlways();
}

void ApprovalChoices::addRights(QGridLayout *grid, const QStringList &asked)
{
    const struct {
        Right right;
        QString text;
        QString icon;
    } known[] = { { Right::Messages, tr("send you me&ssages"), QStringLiteral("message") },
        { Right::Files, tr("&offer you files"), QStringLiteral("file") } };
    QList<QWidget *> boxes;
    for (const auto &right : known) {
        if (!asked.contains(name(right.right)))
            continue;
        auto *box = new QCheckBox(right.text, this);
        box->setObjectName(QStringLiteral("approvalRight_") + name(right.right));
        box->setIcon(icon(right.icon));
        box->setChecked(true);
        connect(box, &QCheckBox::toggled, this, &ApprovalChoices::changed);
        m_rights.append({ right.right, box });
        boxes << box;
    }
    if (boxes.isEmpty())
        boxes << new SafeLabel(tr("nothing but to be a contact"), this);
    addRow(grid, tr("Asks to"), boxes);
}

void ApprovalChoices::addCompared(QGridLayout *grid)
{
    m_matches = radio(tr("It &matches"), "approvalMatches");
    m_notCompared = radio(tr("I did not &compare"), "approvalNotCompared");
    auto *group = new QButtonGroup(this);
    group->addButton(m_matches);
    group->addButton(m_notCompared);
    connect(m_matches, &QRadioButton::toggled, this, &ApprovalChoices::enableAlways);
    addRow(grid, tr("Compared?"), { m_matches, m_notCompared });
}

void ApprovalChoices::addLasting(QGridLayout *grid)
{
    m_once = radio(tr("&this time"), "approvalOnce");
    m_days = radio(tr("30 &days"), "approvalDays");
    m_always = radio(tr("&always"), "approvalAlways");
    m_always->setToolTip(tr("Needs “It matches”, or an invitation of yours."));
    m_once->setChecked(true);
    auto *group = new QButtonGroup(this);
    for (QRadioButton *button : { m_once, m_days, m_always })
        group->addButton(button);
    addRow(grid, tr("Allow for"), { m_once, m_days, m_always });
}

QRadioButton *ApprovalChoices::radio(const QString &text, const char *name)
{
    auto *button = new QRadioButton(text, this);
    button->setObjectName(QLatin1String(name));
    connect(button, &QRadioButton::toggled, this, [this](bool on) {
        if (on)
            emit changed();
    });
    return button;
}

void ApprovalChoices::enableAlways()
{
    const bool may = m_invited || m_matches->isChecked();
    if (!may && m_always->isChecked())
        m_once->setChecked(true);
    m_always->setEnabled(may);
}

void ApprovalChoices::setNumberKnown(bool known)
{
    m_matches->setEnabled(known);
}

Decision ApprovalChoices::decision() const
{
    Decision decision;
    for (const auto &[right, box] : m_rights)
        decision.rights.setFlag(right, box->isChecked());
    decision.compared = m_matches->isChecked();
    if (m_days->isChecked())
        decision.lasting = Lasting::Days;
    else if (m_always->isChecked())
        decision.lasting = Lasting::Always;
    return decision;
}

QList<QWidget *> ApprovalChoices::controls() const
{
    QList<QWidget *> all = { m_matches, m_notCompared, m_once, m_days, m_always };
    for (const auto &right : m_rights)
        all << right.second;
    return all;
}

} // namespace hawser::desktop
