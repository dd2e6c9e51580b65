#include "desktop/windows/shortcuts_dialog.h"

#include "chat/widgets/safelabel.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>

namespace hawser::desktop {

namespace {

QString withoutMnemonic(QString text)
{
    return text.remove(QLatin1Char('&'));
}

void collect(const QList<QAction *> &actions, QList<QPair<QString, QString>> &found)
{
    for (const QAction *action : actions) {
        if (action->menu())
            collect(action->menu()->actions(), found);
        else if (!action->shortcut().isEmpty())
            found.append({ withoutMnemonic(action->text()),
                QKeySequence::listToString(action->shortcuts(), QKeySequence::NativeText) });
    }
}

} // namespace

ShortcutsDialog::ShortcutsDialog(const QMenuBar &menus, QWidget *parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("shortcutsDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Keyboard shortcuts"));
    QList<QPair<QString, QString>> found;
    collect(menus.actions(), found);
    const auto key = [](int code) { return QKeySequence(code).toString(QKeySequence::NativeText); };
    found.append({ tr("Send a message"), key(Qt::Key_Return) });
    found.append(
        { tr("Begin a new line"), QKeySequence(Qt::SHIFT | Qt::Key_Return).toString(QKeySequence::NativeText) });
    found.append({ tr("Leave the conversation"), key(Qt::Key_Escape) });
    found.append({ tr("What can be done with a line: its menu"), key(Qt::Key_Menu) });

    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(32);
    for (int row = 0; row < found.size(); ++row) {
        grid->addWidget(new chat::SafeLabel(found[row].first, this), row, 0);
        grid->addWidget(new chat::SafeLabel(found[row].second, this), row, 1, Qt::AlignRight);
    }
    auto *buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(14);
    layout->addLayout(grid);
    layout->addWidget(buttons);
}

} // namespace hawser::desktop
