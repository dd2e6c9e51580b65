#include "desktop/windows/trouble_window.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/iconmark.h"
#include "chat/widgets/safelabel.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

TroubleWindow::TroubleWindow(const QString &sentence, QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("troubleWindow"));
    setWindowTitle(tr("Hawser"));
    setWindowIcon(chat::applicationIcon());
    setMinimumWidth(fontMetrics().averageCharWidth() * 70);
    auto *title = new chat::SafeLabel(tr("Hawser cannot keep your key"), this);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.4);
    large.setWeight(QFont::DemiBold);
    title->setFont(large);
    auto *why = new chat::SafeLabel(sentence, this);
    why->setObjectName(QStringLiteral("troubleSentence"));
    why->setWordWrap(true);
    auto *other = new QPushButton(tr("&Choose another place…"), this);
    other->setObjectName(QStringLiteral("troubleChoose"));
    auto *quit = new QPushButton(tr("&Quit"), this);
    quit->setObjectName(QStringLiteral("troubleQuit"));
    auto *buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(other);
    buttons->addWidget(quit);
    auto *text = new QVBoxLayout;
    text->setSpacing(10);
    text->addWidget(title);
    text->addWidget(why);
    text->addStretch(1);
    text->addLayout(buttons);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 20);
    layout->setSpacing(20);
    layout->addWidget(new chat::IconMark(chat::icon(QStringLiteral("warning")), 3, this), 0, Qt::AlignTop);
    layout->addLayout(text, 1);
    connect(other, &QPushButton::clicked, this, &TroubleWindow::choose);
    connect(quit, &QPushButton::clicked, this, &QWidget::close);
}

void TroubleWindow::choose()
{
    auto *dialog = new QFileDialog(this, tr("Where Hawser keeps your key"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, &TroubleWindow::folderChosen);
    dialog->open();
}

} // namespace hawser::desktop
