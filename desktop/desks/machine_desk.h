#pragma once

#include "chat/person.h"

#include <QHash>
#include <QPointer>

namespace hawser::desktop {

class MainWindow;
class RunDialog;
class RunWindow;

/// Carries out what a person wishes on the Machines page: one form a machine, one window a run.
class MachineDesk : public QObject {
    Q_OBJECT

public:
    /// Both outlive this.
    MachineDesk(chat::Person &person, MainWindow &window, QObject *parent);

private:
    void openForm(const PublicKey &machine);
    void follow(const PublicKey &machine);
    void run(const PublicKey &machine, const QString &command, const Value &parameters);
    void runLater(const chat::Machine &machine, const QString &command, const Value &parameters);
    void tell(const SentCall &call);
    void showEnd(RunWindow *window, const SentCall &call);
    RunWindow *windowFor(const QString &command, const QString &machine);

    chat::Person &m_person;
    MainWindow &m_window;
    QHash<PublicKey, QPointer<RunDialog>> m_forms;
    QHash<quint64, QPointer<RunWindow>> m_waiting; // by durable call
};

} // namespace hawser::desktop
