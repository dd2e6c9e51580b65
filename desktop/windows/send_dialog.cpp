#include "desktop/windows/send_dialog.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "desktop/models/words.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>

namespace hawser::desktop {

using chat::SafeLabel;

namespace {

QString titleOf(const QStringList &paths)
{
    return paths.size() == 1 ? QFileInfo(paths.first()).fileName() : SendDialog::tr("%1 things").arg(paths.size());
}

QString countedText(const Counted &counted)
{
    QStringList parts { filesText(counted.files) };
    if (counted.folders > 0)
        parts << foldersText(counted.folders);
    parts << sizeText(counted.bytes);
    const QString all = parts.join(QStringLiteral(" · "));
    return counted.whole ? all : SendDialog::tr("counting… %1 so far").arg(all);
}

QString leftOut(const Counted &counted)
{
    QStringList lines;
    if (counted.skipped > 0)
        lines << SendDialog::tr("%1 sockets, devices or pipes are left out").arg(counted.skipped);
    if (counted.unreadableCount > 0)
        lines << SendDialog::tr("%1 cannot be read:").arg(counted.unreadableCount);
    for (const QString &path : counted.unreadable.mid(0, 3))
        lines << QStringLiteral("  ") + visible(path);
    return lines.join(QLatin1Char('\n'));
}

} // namespace

SendDialog::SendDialog(const QString &name, const QStringList &paths, QWidget *parent)
    : QDialog(parent), m_counted(new SafeLabel(this)), m_left(new SafeLabel(this)), m_note(new QLineEdit(this)),
      m_send(nullptr)
{
    setObjectName(QStringLiteral("sendDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Send to %1").arg(visible(name)));
    setMinimumWidth(fontMetrics().averageCharWidth() * 64);
    const bool folder = paths.size() == 1 && QFileInfo(paths.first()).isDir();
    auto *title = new SafeLabel(titleOf(paths), this);
    title->setWordWrap(true);
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    title->setFont(strong);
    m_counted->setObjectName(QStringLiteral("sendCounted"));
    m_left->setWordWrap(true);
    m_note->setObjectName(QStringLiteral("sendNote"));
    m_note->setMaxLength(500);
    auto *buttons = new QDialogButtonBox(this);
    m_send = buttons->addButton(tr("Send now"), QDialogButtonBox::AcceptRole);
    m_send->setObjectName(QStringLiteral("sendNow"));
    QPushButton *cancel = buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("sendCancel"));

    auto *head = new QHBoxLayout;
    head->addWidget(new chat::IconMark(chat::icon(folder ? QStringLiteral("folder") : QStringLiteral("file")), 2, this),
        0, Qt::AlignTop);
    auto *text = new QVBoxLayout;
    text->addWidget(title);
    text->addWidget(m_counted);
    text->addWidget(m_left);
    head->addLayout(text, 1);
    auto *form = new QFormLayout;
    auto *noteFor = new SafeLabel(this); // addRow(text) would make a label that guesses markup
    noteFor->setText(chat::SafeText::sentence(tr("Note to %1 (optional)"), name));
    form->addRow(noteFor, m_note);
    m_note->setAccessibleName(tr("Note (optional)"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(14);
    layout->addLayout(head);
    layout->addLayout(form);
    layout->addWidget(buttons);
    setCounted({});
    m_send->setDefault(true);
    m_send->setFocus();
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        emit sendWished(m_note->text());
        accept();
    });
}

void SendDialog::setCounted(const Counted &counted)
{
    m_counted->setText(countedText(counted));
    const QString left = leftOut(counted);
    m_left->setVisible(!left.isEmpty());
    m_left->setText(chat::SafeText::lines(left));
    m_send->setEnabled(!counted.whole || counted.files + counted.folders > 0);
}

} // namespace hawser::desktop
