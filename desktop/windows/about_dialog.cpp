#include "desktop/windows/about_dialog.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/safelabel.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

AboutDialog::AboutDialog(QWidget *parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("aboutDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("About Hawser"));
    auto *text = new chat::SafeLabel(this);
    text->setText(chat::SafeText::lines(
        tr("Hawser %1\nPeople and machines, connected without anybody in between you did not choose.\n\n"
           "Made with Qt %2, OpenSSL, libsodium, ICU and msgpack.")
            .arg(QCoreApplication::applicationVersion(), QString::fromLatin1(qVersion()))));
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *across = new QHBoxLayout;
    across->setSpacing(18);
    across->addWidget(new chat::IconMark(chat::applicationIcon(), 4, this), 0, Qt::AlignTop);
    across->addWidget(text, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(14);
    layout->addLayout(across);
    layout->addWidget(buttons);
}

} // namespace hawser::desktop
