#include "desktop/dialogs/approvaldialog.h"

#include "chat/widgets/icon.h"
#include "desktop/dialogs/approvalchoices.h"
#include "desktop/dialogs/approvalfacts.h"
#include "desktop/dialogs/placing.h"

#include <QAccessible>
#include <QApplication>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

namespace hawser::desktop {

using namespace chat;
using namespace std::chrono_literals;

namespace {

constexpr auto tickEvery = 250ms;
constexpr int frame = 32; // pixels that a window manager may add around a window

QString clockText(seconds left)
{
    const QString rest = QString::number(left.count() % 60);
    return QStringLiteral("%1:%2").arg(QString::number(left.count() / 60), rest.rightJustified(2, QLatin1Char('0')));
}

} // namespace

ApprovalDialog::ApprovalDialog(const Request &request, PressGuard::Clock clock)
    : m_id(request.id), m_request(request), m_clock(std::move(clock))
{
    setObjectName(QStringLiteral("approvalDialog"));
    setWindowTitle(tr("Connection request"));
    setAccessibleName(ApprovalText(request).alert());
    setWindowIcon(applicationIcon());
    setAttribute(Qt::WA_ShowWithoutActivating);
    setModal(false);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 14, 18, 14);
    layout->setSpacing(10);
    addHead(layout);
    m_choices = new ApprovalChoices(request, this);
    layout->addWidget(m_choices);
    m_hint = new SafeLabel(this);
    m_hint->setObjectName(QStringLiteral("approvalHint"));
    m_hint->setMinimumHeight(m_hint->fontMetrics().lineSpacing());
    layout->addWidget(m_hint);
    addButtons(layout);
    addCountdown(layout);
    makeBlockMenu(request);
    for (QPushButton *each : findChildren<QPushButton *>()) {
        each->setAutoDefault(false);
        each->setDefault(false);
    }
    m_guard = new PressGuard(this, m_accept, m_clock);
    connect(m_guard, &PressGuard::refused, this, &ApprovalDialog::explain);
    connect(m_facts, &ApprovalFacts::looksOther, this, &ApprovalDialog::contentChanged);
    connect(m_choices, &ApprovalChoices::changed, this, &ApprovalDialog::showAllow);
    connect(&m_ticker, &QTimer::timeout, this, &ApprovalDialog::tick);
    m_ticker.setInterval(tickEvery);
    setRequest(request);
    setWaiting(0);
    setTimeLeft(std::nullopt);
    m_later->setFocus();
}

void ApprovalDialog::addHead(QVBoxLayout *layout)
{
    m_place = new SafeLabel(this);
    m_place->setObjectName(QStringLiteral("approvalPlace"));
    m_place->setForegroundRole(QPalette::PlaceholderText);
    m_facts = new ApprovalFacts(m_request, this);
    auto *head = new QGridLayout;
    head->addWidget(m_facts, 0, 0);
    head->addWidget(m_place, 0, 0, Qt::AlignTop | Qt::AlignRight);
    layout->addLayout(head, 1);
}

QPushButton *ApprovalDialog::button(const QString &text, const char *name)
{
    auto *made = new QPushButton(text, this);
    made->setObjectName(QLatin1String(name));
    return made;
}

void ApprovalDialog::addButtons(QVBoxLayout *layout)
{
    auto *line = new QHBoxLayout;
    m_block = button(tr("&Block…"), "approvalBlock");
    m_block->setIcon(icon(QStringLiteral("block")));
    m_rejectAll = button(tr("&Reject all"), "approvalRejectAll");
    m_later = button(tr("&Not now"), "approvalLater");
    m_accept = button(QString(), "approvalAccept");
    m_accept->setIcon(icon(QStringLiteral("check")));
    // ActionRole: the box makes a button with AcceptRole default when it is shown, and Enter would press it.
    auto *box = new QDialogButtonBox(this);
    box->addButton(m_later, QDialogButtonBox::RejectRole);
    box->addButton(m_accept, QDialogButtonBox::ActionRole);
    line->addWidget(m_block);
    line->addWidget(m_rejectAll);
    line->addStretch(1);
    line->addWidget(box);
    layout->addLayout(line);
    connect(m_later, &QPushButton::clicked, this, &ApprovalDialog::reject);
    connect(m_accept, &QPushButton::clicked, this, &ApprovalDialog::allow);
    connect(m_rejectAll, &QPushButton::clicked, this, [this] {
        if (!m_done)
            emit allRejected();
    });
}

void ApprovalDialog::addCountdown(QVBoxLayout *layout)
{
    auto *line = new QHBoxLayout;
    m_time = new SafeLabel(this);
    m_time->setObjectName(QStringLiteral("approvalCountdown"));
    m_time->setForegroundRole(QPalette::PlaceholderText);
    m_time->setWordWrap(true);
    m_time->setMinimumHeight(2 * m_time->fontMetrics().lineSpacing());
    m_moreTime = button(tr("&Give me more time"), "approvalMoreTime");
    m_moreTime->setIcon(icon(QStringLiteral("clock")));
    QSizePolicy policy = m_moreTime->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    m_moreTime->setSizePolicy(policy);
    line->addWidget(m_time, 1);
    line->addWidget(m_moreTime);
    layout->addLayout(line);
    connect(m_moreTime, &QPushButton::clicked, this, &ApprovalDialog::moreTimeWished);
}

void ApprovalDialog::makeBlockMenu(const Request &request)
{
    auto *menu = new QMenu(m_block);
    const auto add = [this, menu](const QString &text, const char *name, Block::What what) {
        QAction *action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, [this, what] {
            if (!m_done)
                emit blocked(what);
        });
    };
    const bool join = request.kind == Asking::JoinPerson || request.kind == Asking::JoinMachine;
    const bool hasAddress = !request.doors.isEmpty() && !request.doors.first().address.isEmpty();
    add(tr("This &key"), "approvalBlockKey", Block::What::Key);
    if (hasAddress)
        add(tr("This &address for 1 hour"), "approvalBlockAddress", Block::What::Address);
    if (!join)
        add(tr("&Everything from strangers"), "approvalBlockStrangers", Block::What::Strangers);
    m_block->setMenu(menu);
}

void ApprovalDialog::setRequest(const Request &request)
{
    m_request = request;
    m_facts->show(request);
    m_choices->setNumberKnown(!request.number().isEmpty());
    showAllow();
    if (isVisible())
        fit(); // more may be said now, of somebody who has left
}

void ApprovalDialog::setWaiting(int behind)
{
    if (behind == m_waiting)
        return;
    m_waiting = behind;
    m_place->setText(behind > 0 ? tr("1 of %1").arg(behind + 1) : QString());
    m_rejectAll->setVisible(behind > 0);
    contentChanged();
}

void ApprovalDialog::setTimeLeft(std::optional<milliseconds> left)
{
    m_countdown.set(left ? std::optional(m_clock() + *left) : std::nullopt);
    m_moreTime->setVisible(left.has_value());
    if (left)
        m_ticker.start();
    else
        m_ticker.stop();
    tick();
}

void ApprovalDialog::tick()
{
    const Instant at = m_clock();
    const auto left = m_countdown.left(at);
    m_time->setText(left ? tr("Ends in %1 – then it counts as “Not now” and stays in Requests.").arg(clockText(*left))
                         : tr("It waits for your answer."));
    // The label has a name of its own: what changes each second is not read aloud each second.
    if (!left || m_time->accessibleName().isEmpty())
        m_time->setAccessibleName(left ? tr("Time to answer") : tr("It waits for your answer."));
    if (const auto said = m_countdown.announcement(at))
        m_time->setAccessibleName(tr("%n seconds left to answer", nullptr, int(said->count())));
}

void ApprovalDialog::showAllow()
{
    m_accept->setText(ApprovalText(m_request).allow(m_choices->decision().rights));
    contentChanged();
}

void ApprovalDialog::contentChanged()
{
    m_hint->setText(QString());
    m_guard->contentChanged();
}

void ApprovalDialog::allow()
{
    if (m_done || !m_guard->confirms())
        return;
    emit allowed(m_choices->decision());
}

void ApprovalDialog::explain(Arming::Missing missing)
{
    m_hint->setText(missing == Arming::Missing::Quiet
            ? tr("Not while you type or click: wait half a second, then press again.")
            : tr("Please look first: this works once the window has been in front of you, still, for a second."));
}

void ApprovalDialog::showFailure(const QString &sentence)
{
    contentChanged();
    m_hint->setText(sentence);
}

void ApprovalDialog::sayFarewell(const QString &sentence)
{
    m_done = true;
    m_ticker.stop();
    for (QWidget *each : QList<QWidget *> { m_facts, m_choices, m_accept, m_block, m_rejectAll, m_moreTime })
        each->setEnabled(false);
    m_later->setText(tr("&Close"));
    m_hint->setText(SafeText::sentence(tr("Nothing is left to decide: %1."), sentence));
    m_time->setText(tr("This window closes by itself."));
    m_time->setAccessibleName(m_hint->text());
}

void ApprovalDialog::leave()
{
    m_done = true;
    hide();
}

void ApprovalDialog::reject()
{
    if (!m_done)
        emit notNow();
    else
        emit dismissed();
}

void ApprovalDialog::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return event->accept();
    QDialog::keyPressEvent(event);
}

void ApprovalDialog::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    if (m_announced)
        return;
    m_announced = true;
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void ApprovalDialog::fit()
{
    const int width = fontMetrics().averageCharWidth() * 98;
    setFixedWidth(width);
    setFixedHeight(layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width) : sizeHint().height());
    layout()->activate();
}

QList<QRect> ApprovalDialog::controlRects() const
{
    QList<QRect> rects;
    for (const QWidget *each : findChildren<QWidget *>()) {
        if (each->focusPolicy() != Qt::NoFocus && each->isVisibleTo(this))
            rects << QRect(each->mapTo(this, QPoint()), each->size());
    }
    return rects;
}

void ApprovalDialog::appear(const QRect &window)
{
    ensurePolished();
    fit();
    const QPoint pointer = QCursor::pos();
    QScreen *screen = QGuiApplication::screenAt(window.center());
    if (!screen)
        screen = QGuiApplication::primaryScreen();
    const QSize framed = size() + QSize(frame / 2, frame);
    const QPoint wish = window.center() - QPoint(framed.width() / 2, framed.height() / 2);
    move(placeAside(screen->availableGeometry(), framed, controlRects(), pointer, wish));
    show();
    QApplication::alert(this);
}

} // namespace hawser::desktop
