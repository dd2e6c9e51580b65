#include "desktop/dialogs/runwindow.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"

#include <QCheckBox>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace hawser::desktop {

using namespace chat;

RunWindow::RunWindow(const QString &command, const QString &machine, QWidget *parent) : QWidget(parent, Qt::Window)
{
    setObjectName(QStringLiteral("runWindow"));
    setWindowTitle(tr("%1 · %2").arg(visible(command), claimedName(machine)));
    setWindowIcon(applicationIcon());
    auto *layout = new QVBoxLayout(this);
    auto *head = new QHBoxLayout;
    m_state = new SafeLabel(this);
    m_state->setObjectName(QStringLiteral("runState"));
    QFont bold = font();
    bold.setBold(true);
    m_state->setFont(bold);
    m_details = new SafeLabel(this);
    m_details->setObjectName(QStringLiteral("runDetails"));
    m_details->setForegroundRole(QPalette::PlaceholderText);
    m_stop = new QPushButton(icon(QStringLiteral("stop")), tr("&Stop"), this);
    m_stop->setObjectName(QStringLiteral("runStop"));
    head->addWidget(m_state);
    head->addWidget(m_details, 1);
    head->addWidget(m_stop);
    layout->addLayout(head);
    m_view = new OutputView(this);
    m_view->setObjectName(QStringLiteral("runOutput"));
    m_view->setAccessibleName(tr("Output"));
    layout->addWidget(m_view, 1);
    auto *foot = new QHBoxLayout;
    auto *follow = new QCheckBox(tr("&Follow"), this);
    follow->setObjectName(QStringLiteral("runFollow"));
    follow->setChecked(true);
    m_counts = new SafeLabel(this);
    m_counts->setObjectName(QStringLiteral("runCounts"));
    foot->addWidget(follow);
    foot->addStretch(1);
    foot->addWidget(m_counts);
    layout->addLayout(foot);
    connect(m_stop, &QPushButton::clicked, this, &RunWindow::stopWished);
    connect(follow, &QCheckBox::toggled, m_view, &OutputView::setFollowing);
    connect(m_view, &OutputView::held, this, &RunWindow::held);
    connect(m_view, &OutputView::counted, this, &RunWindow::showCounts);
    showCounts();
    resize(fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 30);
}

void RunWindow::setState(const chat::SafeText &state, const chat::SafeText &details)
{
    m_state->setText(state);
    m_details->setText(details);
}

void RunWindow::leaveRunning()
{
    m_stop->hide();
}

void RunWindow::finish()
{
    m_view->finish();
    m_stop->hide();
}

void RunWindow::showCounts()
{
    const QLocale locale;
    const QString size = locale.formattedDataSize(m_view->bytes(), 1, QLocale::DataSizeSIFormat);
    m_counts->setText(tr("lines %1, %2").arg(locale.toString(m_view->lines()), size));
}

} // namespace hawser::desktop
