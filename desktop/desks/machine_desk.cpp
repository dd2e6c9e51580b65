#include "desktop/desks/machine_desk.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/json.h"
#include "core/text.h"
#include "desktop/dialogs/connectrun.h"
#include "desktop/dialogs/rundialog.h"
#include "desktop/mainwindow.h"
#include "desktop/pages/machines_page.h"

namespace hawser::desktop {

using chat::SafeText;

namespace {

constexpr int mostAtStart = 5; // windows of what ended while this program did not run

/// While it is away only what can wait for it.
QList<CommandSpec> offeredNow(const chat::Machine &machine)
{
    QList<CommandSpec> commands = machine.commands;
    if (!machine.online)
        commands.removeIf([](const CommandSpec &command) { return !command.idempotent; });
    return commands;
}

SafeText waitingText(const SentCall &call)
{
    const QString name = claimedName(call.name);
    switch (call.state) {
    case SentCall::State::Queued:
    case SentCall::State::AtBroker:
        return SafeText::sentence(MachineDesk::tr("It runs when %1 is back"), name);
    case SentCall::State::Taken:
        return SafeText::sentence(MachineDesk::tr("%1 has it"), name);
    case SentCall::State::Done:
        break;
    }
    if (call.outcome().code == Code::Ok)
        return SafeText(call.sentence.isEmpty() ? MachineDesk::tr("done") : call.sentence);
    return SafeText(call.outcome().begun == Begun::Maybe ? MachineDesk::tr("not known whether it was done")
                                                         : MachineDesk::tr("not done"));
}

SafeText waitingDetails(const SentCall &call)
{
    switch (call.state) {
    case SentCall::State::Queued:
        return SafeText(call.sentence.isEmpty() ? MachineDesk::tr("kept on this computer") : call.sentence);
    case SentCall::State::AtBroker:
        return SafeText::sentence(MachineDesk::tr("kept at %1"), call.sentence);
    case SentCall::State::Taken:
        return {};
    case SentCall::State::Done:
        break;
    }
    return call.outcome().code == Code::Ok ? SafeText() : SafeText(call.sentence);
}

} // namespace

MachineDesk::MachineDesk(chat::Person &person, MainWindow &window, QObject *parent)
    : QObject(parent), m_person(person), m_window(window)
{
    connect(window.machines(), &MachinesPage::runWished, this, &MachineDesk::openForm);
    connect(&person.machines(), &chat::Machines::changed, this, &MachineDesk::follow);
    connect(&person.machines(), &chat::Machines::removed, this, &MachineDesk::follow);
    chat::Calls &calls = person.conversations().calls();
    connect(&calls, &chat::Calls::changed, this, &MachineDesk::tell);
    calls.all(this, [this](const Result<QList<SentCall>> &all) {
        int told = 0;
        if (all)
            for (const SentCall &call : *all)
                if (call.isDone() && !call.seen && ++told <= mostAtStart)
                    tell(call);
    });
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
    auto *form = new RunDialog(machine->name, offeredNow(*machine), &m_window);
    form->setAway(!machine->online);
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
    form->setAway(machine && !machine->online);
    form->setCommands(machine ? offeredNow(*machine) : QList<CommandSpec>());
}

void MachineDesk::run(const PublicKey &key, const QString &command, const Value &parameters)
{
    const auto machine = m_person.machines().find(key);
    if (machine && !machine->online)
        return runLater(*machine, command, parameters);
    chat::Run *run = m_person.machines().run(key, command, parameters);
    if (run == nullptr)
        return m_window.tell(tr("This machine is not there any more."));
    RunWindow *window = windowFor(command, machine ? machine->name : key.words());
    connectRun(window, run);
    connect(window, &QObject::destroyed, this, [this, id = run->id()] { m_person.machines().forgetRun(id); });
    window->show();
}

RunWindow *MachineDesk::windowFor(const QString &command, const QString &machine)
{
    auto *window = new RunWindow(command, machine);
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->setWindowIcon(chat::applicationIcon());
    connect(&m_window, &MainWindow::closed, window, &QWidget::close);
    return window;
}

// --- what waits for a machine

void MachineDesk::runLater(const chat::Machine &machine, const QString &command, const Value &parameters)
{
    m_person.conversations().calls().call(
        machine, command, parameters, chat::Calls::within, this, [this](const Result<SentCall> &call) {
            if (!call)
                return m_window.tell(call.error().sentence);
            RunWindow *window = windowFor(call->command, call->name);
            window->leaveRunning();
            m_waiting.insert(call->id, window);
            tell(*call);
            window->show();
        });
}

/// In its window; what ended while none was open gets one, behind what the person works in.
void MachineDesk::tell(const SentCall &call)
{
    QPointer<RunWindow> &window = m_waiting[call.id];
    if (window == nullptr && (!call.isDone() || call.seen)) {
        m_waiting.remove(call.id);
        return;
    }
    if (window == nullptr) {
        window = windowFor(call.command, call.name);
        window->setAttribute(Qt::WA_ShowWithoutActivating);
        window->leaveRunning();
        window->show();
    }
    window->setState(waitingText(call), waitingDetails(call));
    if (!call.isDone())
        return;
    m_person.conversations().calls().find(
        call.id, window, [this, window = window.data()](const Result<SentCall> &whole) {
            if (whole)
                return showEnd(window, *whole);
            window->setState(SafeText(tr("its answer cannot be shown")), SafeText(whole.error().sentence));
            window->finish();
        });
    m_waiting.remove(call.id);
}

void MachineDesk::showEnd(RunWindow *window, const SentCall &call)
{
    using contracts::RunStream;
    for (const Value &piece : call.result.output)
        if (const QByteArray bytes = piece.toBytes(); !bytes.isEmpty())
            window->take(RunStream(bytes[0]), QByteArrayView(bytes).sliced(1));
    if (call.result.leftOut > 0)
        window->take(
            RunStream::Err, tr("\n%1 bytes more were written and not kept\n").arg(call.result.leftOut).toUtf8());
    if (call.outcome().code == Code::Ok && call.sentence.isEmpty())
        window->take(RunStream::Out, jsonLine(call.result.result));
    window->finish();
    m_person.conversations().calls().markSeen(call.id);
}

} // namespace hawser::desktop
