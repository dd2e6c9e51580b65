#pragma once

#include "core/commands.h"

#include <QDialog>

class QComboBox;
class QPushButton;
class QScrollArea;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

class SchemaForm;

/// Chooses a command of a machine and fills in its parameters (ux.md 4.8). Follows the offer while it is open.
class RunDialog : public QDialog {
    Q_OBJECT

public:
    /// \param machine  its name: text from others
    RunDialog(const QString &machine, const QList<CommandSpec> &commands, QWidget *parent = nullptr);

    /// The offer has changed. What is filled in stays as long as the command is the same.
    void setCommands(const QList<CommandSpec> &commands);
    void choose(const QString &command);
    /// The machine is away: what is run waits for it.
    void setAway(bool away);

signals:
    /// \param parameters  conforming to the command's schema
    void run(const QString &command, const hawser::Value &parameters);

private:
    const CommandSpec *current() const;
    void showCommand();
    void showEquivalent();
    void start();

    QString m_machine;
    bool m_isAway = false;
    QList<CommandSpec> m_specs;
    Value m_shown; // the spec that the form was made from
    QComboBox *m_commands;
    chat::SafeLabel *m_description;
    QScrollArea *m_scroll;
    SchemaForm *m_form = nullptr;
    chat::SafeLabel *m_away;
    chat::SafeLabel *m_error;
    chat::SafeLabel *m_equivalent;
    QPushButton *m_run;
};

} // namespace hawser::desktop
