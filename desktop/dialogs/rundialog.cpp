#include "desktop/dialogs/rundialog.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "desktop/dialogs/schemaform.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QFormLayout>
#include <QPushButton>
#include <QScrollArea>

namespace hawser::desktop {

using namespace chat;

RunDialog::RunDialog(const QString &machine, const QList<CommandSpec> &commands, QWidget *parent)
    : QDialog(parent), m_machine(machine)
{
    setObjectName(QStringLiteral("runDialog"));
    setWindowTitle(tr("Run on %1").arg(claimedName(machine)));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(10);
    auto *head = new QFormLayout;
    m_commands = new QComboBox(this);
    m_commands->setObjectName(QStringLiteral("runCommand"));
    m_commands->setAccessibleName(tr("Command"));
    m_commands->setMinimumContentsLength(24);
    head->addRow(tr("&Command"), m_commands);
    layout->addLayout(head);
    m_description = new SafeLabel(this);
    m_description->setObjectName(QStringLiteral("runDescription"));
    m_description->setForegroundRole(QPalette::PlaceholderText);
    m_description->setWordWrap(true);
    layout->addWidget(m_description);
    m_scroll = new QScrollArea(this);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    layout->addWidget(m_scroll, 1);
    m_away = new SafeLabel(this);
    m_away->setText(SafeText::sentence(tr("It runs when %1 is back."), claimedName(machine)));
    m_away->setObjectName(QStringLiteral("runAway"));
    m_away->setWordWrap(true);
    m_away->hide();
    layout->addWidget(m_away);
    m_error = new SafeLabel(this);
    m_error->setObjectName(QStringLiteral("runError"));
    m_error->setWordWrap(true);
    layout->addWidget(m_error);
    m_equivalent = new SafeLabel(this);
    m_equivalent->setObjectName(QStringLiteral("runEquivalent"));
    m_equivalent->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_equivalent->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_equivalent->setWordWrap(true);
    auto *caption = new SafeLabel(tr("Equivalent in a terminal:"), this);
    caption->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(caption);
    layout->addWidget(m_equivalent);
    auto *buttons = new QDialogButtonBox(this);
    m_run = buttons->addButton(tr("&Run"), QDialogButtonBox::AcceptRole);
    m_run->setObjectName(QStringLiteral("runButton"));
    m_run->setIcon(icon(QStringLiteral("run")));
    QPushButton *cancel = buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("runCancel"));
    layout->addWidget(buttons);
    connect(m_run, &QPushButton::clicked, this, &RunDialog::start);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    setCommands(commands);
    connect(m_commands, &QComboBox::currentIndexChanged, this, &RunDialog::showCommand);
    resize(fontMetrics().averageCharWidth() * 84, fontMetrics().height() * 24);
}

void RunDialog::setCommands(const QList<CommandSpec> &commands)
{
    const QString before = m_commands->currentData().toString();
    m_specs = commands;
    const QSignalBlocker quiet(m_commands);
    m_commands->clear();
    for (const CommandSpec &spec : commands)
        m_commands->addItem(visible(spec.name), spec.name);
    const int same = m_commands->findData(before);
    if (!before.isEmpty() && same < 0) {
        m_commands->insertItem(0, tr("%1 (not offered any more)").arg(visible(before)), before);
        m_commands->setCurrentIndex(0);
    } else {
        m_commands->setCurrentIndex(qMax(0, same));
    }
    showCommand();
}

void RunDialog::choose(const QString &command)
{
    const int index = m_commands->findData(command);
    if (index >= 0)
        m_commands->setCurrentIndex(index);
}

void RunDialog::setAway(bool away)
{
    m_isAway = away;
    m_away->setVisible(away);
    showEquivalent();
}

const CommandSpec *RunDialog::current() const
{
    const QString name = m_commands->currentData().toString();
    for (const CommandSpec &spec : m_specs) {
        if (spec.name == name)
            return &spec;
    }
    return nullptr;
}

void RunDialog::showCommand()
{
    const CommandSpec *spec = current();
    m_run->setEnabled(spec);
    if (!spec) {
        m_error->setText(m_specs.isEmpty() ? tr("This machine offers nothing now.") : QString());
        return;
    }
    const Value told = specToValue(*spec);
    if (m_form && told == m_shown)
        return;
    m_shown = told;
    m_description->setText(spec->description);
    m_error->setText(QString());
    m_form = new SchemaForm(spec->parameters, this);
    m_scroll->setWidget(m_form); // deletes the one before
    connect(m_form, &SchemaForm::changed, this, &RunDialog::showEquivalent);
    showEquivalent();
}

void RunDialog::showEquivalent()
{
    m_error->setText(QString());
    const CommandSpec *spec = current();
    if (!spec)
        return;
    QStringList words = { QStringLiteral("hawser"), QStringLiteral("run"), shellWord(m_machine),
        shellWord(spec->name) };
    words << m_form->arguments();
    if (m_isAway)
        words << QStringLiteral("--durable");
    m_equivalent->setText(words.join(QLatin1Char(' ')));
}

void RunDialog::start()
{
    const CommandSpec *spec = current();
    if (!spec)
        return;
    const Result<Value> parameters = m_form->value();
    if (!parameters) {
        m_error->setText(parameters.error().sentence);
        return;
    }
    const QString name = spec->name;
    accept();
    emit run(name, *parameters);
}

} // namespace hawser::desktop
