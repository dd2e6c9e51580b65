#include "desktop/windows/rights_dialog.h"

#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/words.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QLineEdit>
#include <QPushButton>

namespace hawser::desktop {

using chat::Contact;
using chat::SafeLabel;

namespace {

QString rightText(chat::Right right)
{
    return right == chat::Right::Messages ? RightsDialog::tr("Send you messages") : RightsDialog::tr("Offer you files");
}

QString grantText(const Contact &contact, chat::Right right)
{
    const auto grant = contact.rights.constFind(right);
    if (grant == contact.rights.constEnd())
        return RightsDialog::tr("not allowed");
    switch (grant->lasting) {
    case chat::Lasting::Once:
        return RightsDialog::tr("allowed this time");
    case chat::Lasting::Days:
        return RightsDialog::tr("allowed until %1").arg(dayText(grant->until, wallClock()));
    case chat::Lasting::Always:
        return RightsDialog::tr("always allowed");
    }
    return {};
}

QString verifiedText(const Contact &contact)
{
    const QString when = momentText(contact.verifiedAt, wallClock());
    switch (contact.verified) {
    case chat::Verified::Number:
        return RightsDialog::tr("by comparing the number, %1").arg(when);
    case chat::Verified::Invitation:
        return RightsDialog::tr("by an invitation, %1").arg(when);
    case chat::Verified::No:
        break;
    }
    return RightsDialog::tr("not verified: the number was not compared");
}

} // namespace

RightsDialog::RightsDialog(const Contact &contact, QWidget *parent)
    : QDialog(parent), m_grid(new QGridLayout), m_alias(new QLineEdit(contact.alias, this)),
      m_claim(new SafeLabel(this)), m_key(new SafeLabel(this)), m_verified(new SafeLabel(this)),
      m_trouble(new SafeLabel(this))
{
    setObjectName(QStringLiteral("rightsDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(fontMetrics().averageCharWidth() * 66);
    m_alias->setMaxLength(64);
    m_alias->setObjectName(QStringLiteral("contactAlias"));
    for (SafeLabel *label : { m_claim, m_key, m_verified, m_trouble })
        label->setWordWrap(true);
    m_key->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto *form = new QFormLayout;
    form->addRow(tr("Calls themselves"), m_claim);
    form->addRow(tr("&You call them"), m_alias);
    form->addRow(tr("Key"), m_key);
    form->addRow(tr("Verified"), m_verified);
    addRight(chat::Right::Messages, 0);
    addRight(chat::Right::Files, 1);
    m_grid->setColumnStretch(1, 1);
    auto *buttons = new QDialogButtonBox(this);
    QPushButton *revokeAll = buttons->addButton(tr("Revoke all"), QDialogButtonBox::ActionRole);
    revokeAll->setObjectName(QStringLiteral("revokeAll"));
    revokeAll->setAutoDefault(false);
    m_revokeAll = revokeAll;
    QPushButton *remove = buttons->addButton(tr("Remove contact"), QDialogButtonBox::DestructiveRole);
    remove->setObjectName(QStringLiteral("contactRemove"));
    remove->setAutoDefault(false);
    QPushButton *close = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    close->setDefault(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(14);
    layout->addLayout(form);
    layout->addLayout(m_grid);
    layout->addWidget(m_trouble);
    layout->addWidget(buttons);
    m_trouble->hide();
    setContact(contact);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(revokeAll, &QPushButton::clicked, this, &RightsDialog::revokeAllWished);
    connect(remove, &QPushButton::clicked, this, &RightsDialog::removeWished);
    connect(m_alias, &QLineEdit::editingFinished, this, [this] {
        if (m_alias->isModified())
            emit aliasChosen(m_alias->text().trimmed());
        m_alias->setModified(false);
    });
}

void RightsDialog::addRight(chat::Right right, int row)
{
    auto *state = new SafeLabel(this);
    state->setObjectName(QStringLiteral("grant_") + chat::name(right));
    auto *revoke = new QPushButton(tr("Revoke"), this);
    revoke->setObjectName(QStringLiteral("revoke_") + chat::name(right));
    revoke->setAutoDefault(false);
    revoke->setAccessibleName(tr("Revoke: %1").arg(rightText(right)));
    m_grid->addWidget(new SafeLabel(rightText(right), this), row, 0);
    m_grid->addWidget(state, row, 1);
    m_grid->addWidget(revoke, row, 2);
    m_rights.insert(right, { state, revoke });
    connect(revoke, &QPushButton::clicked, this, [this, right] { emit revokeWished(right); });
}

void RightsDialog::setContact(const Contact &contact)
{
    setWindowTitle(tr("%1 – rights").arg(visible(contact.shownName())));
    m_claim->setText(contact.claim);
    m_key->setText(contact.key.words());
    m_verified->setText(verifiedText(contact));
    for (auto [right, row] : m_rights.asKeyValueRange()) {
        row.state->setText(grantText(contact, right));
        row.revoke->setEnabled(contact.rights.contains(right));
    }
    m_revokeAll->setEnabled(!contact.rights.isEmpty());
}

void RightsDialog::showTrouble(const QString &sentence)
{
    m_trouble->setText(sentence);
    m_trouble->show();
}

} // namespace hawser::desktop
