#include "desktop/pages/transfers_page.h"

#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "desktop/models/transfer_model.h"
#include "desktop/views/transfer_card.h"
#include "desktop/views/transfer_delegate.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace hawser::desktop {

using chat::Transfer;

namespace {

/// What does not fit into the row: where it went, its receipt, what was not taken.
QString detailsOf(const Transfer &transfer)
{
    constexpr int mostFailed = 5;
    QStringList lines;
    if (transfer.direction == Transfer::Direction::In && !transfer.saveTo.isEmpty())
        lines << TransfersPage::tr("Saved to %1").arg(visible(transfer.saveTo));
    if (!transfer.receipt.isEmpty())
        lines << TransfersPage::tr("Receipt %1").arg(QString::fromLatin1(transfer.receipt.toHex()));
    for (const QString &failed : transfer.failed.mid(0, mostFailed))
        lines << TransfersPage::tr("Not taken: %1").arg(visible(failed));
    if (transfer.failed.size() > mostFailed)
        lines << TransfersPage::tr("and %1 more").arg(transfer.failed.size() - mostFailed);
    return lines.join(QLatin1Char('\n'));
}

} // namespace

TransfersPage::TransfersPage(QAbstractItemModel *transfers, QWidget *parent)
    : QWidget(parent), m_list(new ActionView(this)), m_cancel(new QPushButton(tr("Cancel transfer"), this)),
      m_open(new QPushButton(tr("Open folder"), this)), m_clear(new QPushButton(tr("Clear finished"), this)),
      m_details(new chat::SafeLabel(this))
{
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_list->setObjectName(QStringLiteral("transferList"));
    m_list->setAccessibleName(tr("Transfers"));
    m_list->setActionDelegate(new TransferDelegate(m_list));
    m_list->setModel(transfers);
    m_cancel->setObjectName(QStringLiteral("transferCancel"));
    m_open->setObjectName(QStringLiteral("transferOpen"));
    m_clear->setObjectName(QStringLiteral("transferClear"));
    m_details->setObjectName(QStringLiteral("transferDetails"));
    m_details->setWordWrap(true);
    m_details->setMinimumWidth(1); // a receipt is one long word: it must not widen the window
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_details->setForegroundRole(QPalette::PlaceholderText);

    auto *below = new QHBoxLayout;
    below->setContentsMargins(16, 0, 16, 12);
    below->addWidget(m_details, 1);
    for (QPushButton *button : { m_clear, m_open, m_cancel })
        below->addWidget(button, 0, Qt::AlignBottom);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(m_list, 1);
    layout->addLayout(below);

    connect(m_list, &ActionView::acted, this, &TransfersPage::act);
    connect(m_cancel, &QPushButton::clicked, this, [this] { actOnCurrent(RowAction::Cancel); });
    connect(m_open, &QPushButton::clicked, this, [this] { actOnCurrent(RowAction::OpenFolder); });
    connect(m_clear, &QPushButton::clicked, this, &TransfersPage::clearWished);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &TransfersPage::refresh);
    connect(transfers, &QAbstractItemModel::dataChanged, this, [this] {
        m_list->viewport()->update();
        refresh();
    });
    connect(transfers, &QAbstractItemModel::rowsInserted, this, [this] {
        m_list->setCurrentIndex(m_list->model()->index(0, 0)); // the newest is what a person looks for
        refresh();
    });
    connect(transfers, &QAbstractItemModel::rowsRemoved, this, &TransfersPage::refresh);
    refresh();
}

void TransfersPage::refresh()
{
    const QModelIndex index = m_list->currentIndex();
    const Transfer transfer = index.data(TransferModel::RowRole).value<TransferRow>().transfer;
    const QList<RowAction> actions = index.isValid() ? TransferCard::actions(transfer) : QList<RowAction>();
    m_cancel->setEnabled(actions.contains(RowAction::Cancel));
    m_open->setEnabled(actions.contains(RowAction::OpenFolder));
    m_clear->setEnabled(m_list->model()->rowCount() > 0);
    if (m_list->model()->rowCount() == 0)
        m_details->setText(tr("Nothing yet. Drag files or a folder onto a contact."));
    else
        m_details->setText(chat::SafeText::lines(detailsOf(transfer)));
}

void TransfersPage::act(const QModelIndex &index, RowAction action)
{
    const QByteArray id = index.data(TransferModel::RowRole).value<TransferRow>().transfer.id;
    if (action == RowAction::Cancel)
        emit cancelWished(id);
    else if (action == RowAction::OpenFolder)
        emit openFolderWished(id);
}

void TransfersPage::actOnCurrent(RowAction action)
{
    if (m_list->currentIndex().isValid())
        act(m_list->currentIndex(), action);
}

} // namespace hawser::desktop
