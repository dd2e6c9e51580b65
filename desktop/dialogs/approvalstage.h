#pragma once

#include "desktop/dialogs/approvaldialog.h"

#include <QTimer>

#include <memory>

namespace hawser::desktop {

/// The one place on the screen where somebody who asks to be let in is shown: at most one dialog at a time.
class ApprovalStage : public QObject {
    Q_OBJECT

public:
    /// \param window  the dialog comes up near to it; outlives this
    explicit ApprovalStage(QWidget *window, PressGuard::Clock clock = now);

    /// Who is to be shown now; tell it whenever anything of that has changed.
    /// \param behind  how many wait for it
    /// \param left    until it leaves the screen; nullopt: it stays
    void show(const std::optional<chat::Request> &request, int behind, std::optional<milliseconds> left);
    /// The decision over the shown request could not be carried out.
    void failed(quint64 id, const QString &sentence);
    /// The shown request is over by somebody else's doing: the dialog says so for a while before it goes.
    void closed(quint64 id, const QString &sentence);
    /// The person wants to see it: comes to the front and takes the keyboard.
    void activate();
    bool isEmpty() const { return !m_dialog; }

signals:
    void allowed(quint64 id, const hawser::chat::Decision &decision);
    void notNow(quint64 id);
    void blocked(quint64 id, hawser::chat::Block::What what);
    void allRejected();
    void moreTimeWished(quint64 id);
    void freed(); ///< a farewell is over: the next one may be shown

private:
    struct Later {
        void operator()(ApprovalDialog *dialog) const;
    };

    void open(const chat::Request &request);
    void endFarewell();

    QWidget *m_window;
    PressGuard::Clock m_clock;
    std::unique_ptr<ApprovalDialog, Later> m_dialog;
    chat::Request m_request; // what the dialog shows
    quint64 m_decided = 0; // by this dialog: nobody has to be told
    QTimer m_farewell;
};

} // namespace hawser::desktop
