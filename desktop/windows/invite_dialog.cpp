#include "desktop/windows/invite_dialog.h"

#include "chat/widgets/safelabel.h"
#include "core/text.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>

namespace hawser::desktop {

InviteDialog::InviteDialog(const QString &broker, QWidget *parent)
    : QDialog(parent), m_person(new QRadioButton(tr("a &person"), this)),
      m_machine(new QRadioButton(tr("a &machine"), this)),
      m_administrator(new QCheckBox(tr("who may decide over others (&administrator)"), this)), m_make(nullptr),
      m_link(new QLineEdit(this)), m_copy(new QPushButton(tr("&Copy link"), this)), m_said(new chat::SafeLabel(this))
{
    setObjectName(QStringLiteral("inviteDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Invite to %1").arg(visible(broker)));
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);
    m_person->setObjectName(QStringLiteral("invitePerson"));
    m_machine->setObjectName(QStringLiteral("inviteMachine"));
    m_administrator->setObjectName(QStringLiteral("inviteAdministrator"));
    m_person->setChecked(true);
    m_link->setObjectName(QStringLiteral("inviteLink"));
    m_link->setAccessibleName(tr("Invitation link"));
    m_link->setReadOnly(true);
    m_copy->setObjectName(QStringLiteral("inviteCopy"));
    m_copy->setAutoDefault(false);
    m_said->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(this);
    m_make = buttons->addButton(tr("Make a link"), QDialogButtonBox::ActionRole);
    m_make->setObjectName(QStringLiteral("inviteMake"));
    m_make->setDefault(true);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    auto *link = new QHBoxLayout;
    link->addWidget(m_link, 1);
    link->addWidget(m_copy);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->addWidget(new chat::SafeLabel(tr("Let in, without being asked:"), this));
    for (QAbstractButton *choice : QList<QAbstractButton *> { m_person, m_administrator, m_machine }) {
        layout->addWidget(choice, 0, Qt::AlignLeft); // as wide as it can be clicked
        connect(choice, &QAbstractButton::toggled, this, &InviteDialog::forget);
    }
    layout->addSpacing(8);
    layout->addLayout(link);
    layout->addWidget(m_said);
    layout->addWidget(buttons);
    forget();
    connect(m_person, &QRadioButton::toggled, m_administrator, &QWidget::setEnabled);
    connect(m_make, &QPushButton::clicked, this, &InviteDialog::make);
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_link->text()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void InviteDialog::forget()
{
    m_link->clear();
    m_link->setEnabled(false);
    m_copy->setEnabled(false);
    m_said->setText(tr("The link works once, for 24 hours. Send it in a way only they can read."));
}

void InviteDialog::make()
{
    m_make->setEnabled(false);
    contracts::Invite::Request request;
    request.machine = m_machine->isChecked();
    request.administrator = m_person->isChecked() && m_administrator->isChecked();
    emit inviteWished(request);
}

void InviteDialog::setAnswer(const Result<contracts::Invite::Reply> &answer)
{
    m_make->setEnabled(true);
    if (!answer) {
        m_said->setText(answer.error().sentence);
        return;
    }
    m_link->setText(visible(answer->link));
    m_link->setEnabled(true);
    m_copy->setEnabled(true);
    m_link->setFocus();
    m_link->selectAll();
    m_said->setText(m_machine->isChecked() ? tr("On the machine: hawser-nodeagent join - and paste the link there.")
                                           : tr("They paste it into “Connect to a broker or a person”."));
}

} // namespace hawser::desktop
