#include "desktop/desks/machine_desk.h"

#include "chat/widgets/icon.h"
#include "desktop/dialogs/connectrun.h"
#include "desktop/dialogs/rundialog.h"
#include "desktop/mainwindow.h"
#include "desktop/pages/machines_page.h"

namespace hawser::desktop {

MachineDesk::MachineDesk(chat::Person &person, MainWindow &window, QObject *parent)
    : QObject(parent), m_person(person), m_window(window)
{
    connect(window.machines(), &MachinesPage::runWished, this, &MachineDesk::openForm);
    connect(&person.machines(), &chat::Machines::changed, this, &MachineDesk::follow);
    connect(&person.machines(), &chat::Machines::removed, this, &MachineDesk::follow);
}

void MachineDesk::openForm(const PublicKey &key)
{
    const auto machine = m_person.machines().find(key);
    if (!machine)
        return;
    if (RunDialog *open = m_forms.value(key)) {
        open->raise();
        return open->activateWindow();
    }
    auto *form = new RunDialog(machine->name, machine->commands, &m_window);
    form->setAttribute(Qt::WA_DeleteOnClose);
    m_forms.insert(key, form);
    connect(form, &RunDialog::run, this,
        [this, key](const QString &command, const Value &parameters) { run(key, command, parameters); });
    form->show();
}

void MachineDesk::follow(const PublicKey &key)
{
    RunDialog *form = m_forms.value(key);
    if (!form)
        return;
    const auto machine = m_person.machines().find(key);
    form->setCommands(machine && machine->online ? machine->commands : QList<CommandSpec>());
}

void MachineDesk::run(const PublicKey &key, const QString &command, const Value &parameters)
{
    const auto machine = m_person.machines().find(key);
    chat::Run *run = m_person.machines().run(key, command, parameters);
    if (run == nullptr)
        return m_window.tell(tr("This machine is not there any more."));
    auto *window = new RunWindow(command, machine ? machine->name : key.words());
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->setWindowIcon(chat::applicationIcon());
    connectRun(window, run);
    connect(window, &QObject::destroyed, this, [this, id = run->id()] { m_person.machines().forgetRun(id); });
    connect(&m_window, &MainWindow::closed, window, &QWidget::close);
    window->show();
}

} // namespace hawser::desktop
