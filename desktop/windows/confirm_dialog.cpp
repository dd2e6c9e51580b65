#include "desktop/windows/confirm_dialog.h"

#include <QDialogButtonBox>
#include <QPushButton>
#include <QVBoxLayout>

namespace hawser::desktop {

ConfirmDialog::ConfirmDialog(const chat::SafeText &question, const QString &yes, const QString &no, QWidget *parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("confirmDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(yes);
    setMinimumWidth(fontMetrics().averageCharWidth() * 56);
    auto *text = new chat::SafeLabel(this);
    text->setText(question);
    text->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(this);
    QPushButton *accept = buttons->addButton(yes, QDialogButtonBox::DestructiveRole);
    accept->setObjectName(QStringLiteral("confirmYes"));
    accept->setAutoDefault(false);
    QPushButton *reject = buttons->addButton(no, QDialogButtonBox::RejectRole);
    reject->setObjectName(QStringLiteral("confirmNo"));
    reject->setDefault(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(14);
    layout->addWidget(text);
    layout->addWidget(buttons);
    connect(accept, &QPushButton::clicked, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

} // namespace hawser::desktop
