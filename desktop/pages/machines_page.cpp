#include "desktop/pages/machines_page.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "desktop/models/machine_model.h"
#include "desktop/views/machine_delegate.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>

namespace hawser::desktop {

MachinesPage::MachinesPage(QAbstractItemModel *machines, QWidget *parent)
    : QWidget(parent), m_table(new QTableView(this)),
      m_run(new QPushButton(chat::icon(QStringLiteral("run")), tr("Run…"), this)), m_hint(new chat::SafeLabel(this))
{
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_table->setObjectName(QStringLiteral("machineTable"));
    m_table->setAccessibleName(tr("Machines"));
    m_table->setModel(machines);
    m_table->setItemDelegate(new MachineDelegate(m_table));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 2);
    QHeaderView *header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setStretchLastSection(true);
    const int letter = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(MachineModel::Name, letter * 22);
    m_table->setColumnWidth(MachineModel::State, letter * 24);
    m_table->setColumnWidth(MachineModel::Offers, letter * 44);
    m_run->setObjectName(QStringLiteral("runButton"));
    m_hint->setWordWrap(true);
    m_hint->setForegroundRole(QPalette::PlaceholderText);

    auto *below = new QHBoxLayout;
    below->setContentsMargins(16, 0, 16, 12);
    below->addWidget(m_hint, 1);
    below->addWidget(m_run);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_table, 1);
    layout->addLayout(below);

    connect(m_run, &QPushButton::clicked, this, &MachinesPage::run);
    connect(m_table, &QTableView::activated, this, &MachinesPage::run);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &MachinesPage::refresh);
    connect(machines, &QAbstractItemModel::dataChanged, this, &MachinesPage::refresh);
    connect(machines, &QAbstractItemModel::rowsInserted, this, &MachinesPage::refresh);
    connect(machines, &QAbstractItemModel::rowsRemoved, this, &MachinesPage::refresh);
    refresh();
}

void MachinesPage::refresh()
{
    if (!m_table->currentIndex().isValid() && m_table->model()->rowCount() > 0)
        m_table->setCurrentIndex(m_table->model()->index(0, 0));
    const QModelIndex index = m_table->currentIndex();
    const auto machine = index.data(MachineModel::RowRole).value<chat::Machine>();
    const bool waits = !machine.online
        && std::any_of(machine.commands.begin(), machine.commands.end(),
            [](const CommandSpec &command) { return command.idempotent; });
    m_run->setEnabled(index.isValid() && (waits || (machine.online && !machine.commands.isEmpty())));
    m_run->setAccessibleName(
        index.isValid() ? tr("Run a command on %1").arg(chat::isolated(machine.name)) : m_run->text());
    if (m_table->model()->rowCount() == 0)
        m_hint->setText(
            tr("No machine yet. At a broker you belong to, each machine that is let in appears here by itself."));
    else if (waits)
        m_hint->setText(chat::SafeText::sentence(
            tr("%1 is away. Some of what it offers can be run all the same: it runs when the machine is back."),
            machine.name));
    else
        m_hint->clear();
}

void MachinesPage::run()
{
    const QModelIndex index = m_table->currentIndex();
    if (index.isValid() && m_run->isEnabled())
        emit runWished(index.data(MachineModel::RowRole).value<chat::Machine>().key);
}

} // namespace hawser::desktop
