#include "desktop/pages/requests_page.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/request_model.h"
#include "desktop/models/words.h"
#include "desktop/views/request_delegate.h"

#include <QHBoxLayout>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>

namespace hawser::desktop {

RequestsPage::RequestsPage(QAbstractItemModel *requests, QWidget *parent)
    : QWidget(parent), m_list(new QListView(this)),
      m_review(new QPushButton(chat::icon(QStringLiteral("request")), tr("Review…"), this)),
      m_empty(new chat::SafeLabel(tr("Nobody waits for your answer."), this)), m_decisions(new QPlainTextEdit(this))
{
    constexpr int kept = 500; // decisions
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_list->setObjectName(QStringLiteral("requestList"));
    m_list->setAccessibleName(tr("Requests"));
    m_list->setItemDelegate(new RequestDelegate(m_list));
    m_list->setModel(requests);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_review->setObjectName(QStringLiteral("reviewButton"));
    m_decisions->setObjectName(QStringLiteral("decisionList"));
    m_decisions->setAccessibleName(tr("What was decided"));
    m_decisions->setReadOnly(true);
    m_decisions->setTabChangesFocus(true);
    m_decisions->setFrameShape(QFrame::NoFrame);
    m_decisions->document()->setDocumentMargin(fontMetrics().height());
    m_decisions->setMaximumBlockCount(kept);
    m_decisions->setPlaceholderText(tr("What you decide is listed here."));
    m_empty->setForegroundRole(QPalette::PlaceholderText);

    auto *below = new QHBoxLayout;
    below->setContentsMargins(16, 0, 16, 0);
    below->addWidget(m_empty, 1);
    below->addWidget(m_review);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(m_list, 2);
    layout->addLayout(below);
    auto *decided = new chat::SafeLabel(tr("Decided"), this);
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    decided->setFont(strong);
    decided->setIndent(fontMetrics().height());
    layout->addWidget(decided);
    layout->addWidget(m_decisions, 1);

    connect(m_review, &QPushButton::clicked, this, &RequestsPage::review);
    connect(m_list, &QListView::activated, this, &RequestsPage::review);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &RequestsPage::refresh);
    connect(requests, &QAbstractItemModel::rowsInserted, this, &RequestsPage::refresh);
    connect(requests, &QAbstractItemModel::rowsRemoved, this, &RequestsPage::refresh);
    refresh();
}

void RequestsPage::addDecision(const QString &sentence)
{
    const QString time = clockText(wallClock());
    m_decisions->appendPlainText(QStringLiteral("%1  %2").arg(time, visible(sentence)));
}

void RequestsPage::refresh()
{
    if (!m_list->currentIndex().isValid() && m_list->model()->rowCount() > 0)
        m_list->setCurrentIndex(m_list->model()->index(0, 0));
    m_review->setEnabled(m_list->currentIndex().isValid());
    m_empty->setText(m_list->model()->rowCount() == 0 ? tr("Nobody waits for your answer.") : QString());
}

void RequestsPage::review()
{
    const QModelIndex index = m_list->currentIndex();
    if (index.isValid())
        emit reviewWished(index.data(RequestModel::RowRole).value<chat::Request>().id);
}

} // namespace hawser::desktop
