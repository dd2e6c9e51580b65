#pragma once

#include "chat/requests.h"
#include "desktop/dialogs/countdown.h"
#include "desktop/dialogs/pressguard.h"

#include <QDialog>

class QPushButton;
class QVBoxLayout;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

class ApprovalChoices;
class ApprovalFacts;

/// Somebody asks to be let in. Keeps the promises of docs/architecture.md, "The approval dialog": it comes up without
/// taking the keyboard, nothing in it can be pressed by accident, and whatever others write in it moves nothing.
/// Shows one request; it decides nothing, stays until it is told to leave() and times nothing.
class ApprovalDialog : public QDialog {
    Q_OBJECT

public:
    explicit ApprovalDialog(const chat::Request &request, PressGuard::Clock clock = now);

    quint64 request() const { return m_id; }
    /// More is known of the same request.
    void setRequest(const chat::Request &request);
    /// \param behind  how many wait for this one to be answered
    void setWaiting(int behind);
    /// The queue's clock: how long it stays on the screen; nullopt: until it is answered.
    void setTimeLeft(std::optional<milliseconds> left);
    /// Comes up beside the pointer, near to `window`, and asks for attention; takes no focus.
    void appear(const QRect &window);
    /// A decision could not be carried out: says why; it can be made again.
    void showFailure(const QString &sentence);
    /// It is over by somebody else's doing: says so, takes no more answers.
    void sayFarewell(const QString &sentence);
    /// It is answered, or gone: leaves the screen.
    void leave();

    void reject() override; ///< Esc and the window's close button are "Not now"

signals:
    void allowed(const hawser::chat::Decision &decision);
    void notNow();
    void blocked(hawser::chat::Block::What what);
    void allRejected();
    void moreTimeWished();
    void dismissed(); ///< closed after its farewell

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void addHead(QVBoxLayout *layout);
    void addButtons(QVBoxLayout *layout);
    void addCountdown(QVBoxLayout *layout);
    void makeBlockMenu(const chat::Request &request);
    QPushButton *button(const QString &text, const char *name);
    void allow();
    void explain(Arming::Missing missing);
    void showAllow();
    void tick();
    void fit();
    QList<QRect> controlRects() const;
    void contentChanged();

    quint64 m_id;
    chat::Request m_request;
    PressGuard::Clock m_clock;
    Countdown m_countdown;
    QTimer m_ticker;
    int m_waiting = -1;
    bool m_done = false;
    bool m_announced = false;

    chat::SafeLabel *m_place;
    ApprovalFacts *m_facts;
    ApprovalChoices *m_choices;
    chat::SafeLabel *m_hint;
    QPushButton *m_block;
    QPushButton *m_rejectAll;
    QPushButton *m_later;
    QPushButton *m_accept;
    chat::SafeLabel *m_time;
    QPushButton *m_moreTime;
    PressGuard *m_guard;
};

} // namespace hawser::desktop
