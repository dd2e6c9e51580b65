#pragma once

#include "chat/person.h"

#include <QHash>
#include <QPointer>

namespace hawser::desktop {

class MainWindow;
class RunDialog;

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

    chat::Person &m_person;
    MainWindow &m_window;
    QHash<PublicKey, QPointer<RunDialog>> m_forms;
};

} // namespace hawser::desktop
