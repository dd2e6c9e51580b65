#include "desktop/dialogs/approvalstage.h"

namespace hawser::desktop {

using namespace chat;

namespace {

constexpr std::chrono::seconds farewellShown { 5 }; // long enough to read who answered

} // namespace

void ApprovalStage::Later::operator()(ApprovalDialog *dialog) const
{
    // It may go in a signal of its own.
    dialog->disconnect();
    dialog->leave();
    dialog->deleteLater();
}

ApprovalStage::ApprovalStage(QWidget *window, PressGuard::Clock clock) : m_window(window), m_clock(std::move(clock))
{
    m_farewell.setSingleShot(true);
    m_farewell.setInterval(farewellShown);
    m_farewell.callOnTimeout(this, &ApprovalStage::endFarewell);
}

void ApprovalStage::show(const std::optional<Request> &request, int behind, std::optional<milliseconds> left)
{
    if (m_farewell.isActive())
        return;
    if (!request || (m_dialog && m_dialog->request() != request->id))
        m_dialog.reset();
    if (!request)
        return;
    if (!m_dialog)
        open(*request);
    else if (*request != m_request)
        m_dialog->setRequest(*request);
    m_request = *request;
    m_dialog->setWaiting(behind);
    m_dialog->setTimeLeft(left);
    if (!m_dialog->isVisible())
        m_dialog->appear(m_window->frameGeometry());
}

void ApprovalStage::open(const Request &request)
{
    m_dialog.reset(new ApprovalDialog(request, m_clock));
    const quint64 id = request.id;
    connect(m_dialog.get(), &ApprovalDialog::allowed, this, [this, id](const Decision &decision) {
        m_decided = id;
        emit allowed(id, decision);
    });
    connect(m_dialog.get(), &ApprovalDialog::notNow, this, [this, id] { emit notNow(id); });
    connect(m_dialog.get(), &ApprovalDialog::blocked, this, [this, id](Block::What what) {
        m_decided = id;
        emit blocked(id, what);
    });
    connect(m_dialog.get(), &ApprovalDialog::dismissed, this, &ApprovalStage::endFarewell);
    connect(m_dialog.get(), &ApprovalDialog::allRejected, this, &ApprovalStage::allRejected);
    connect(m_dialog.get(), &ApprovalDialog::moreTimeWished, this, [this, id] { emit moreTimeWished(id); });
}

void ApprovalStage::closed(quint64 id, const QString &sentence)
{
    if (!m_dialog || m_dialog->request() != id || m_decided == id || m_farewell.isActive())
        return;
    m_dialog->sayFarewell(sentence);
    m_farewell.start();
}

void ApprovalStage::endFarewell()
{
    m_farewell.stop();
    m_dialog.reset();
    emit freed();
}

void ApprovalStage::failed(quint64 id, const QString &sentence)
{
    if (m_decided == id)
        m_decided = 0;
    if (m_dialog && m_dialog->request() == id)
        m_dialog->showFailure(sentence);
}

void ApprovalStage::activate()
{
    if (!m_dialog)
        return;
    m_dialog->showNormal();
    m_dialog->raise();
    m_dialog->activateWindow();
}

} // namespace hawser::desktop
