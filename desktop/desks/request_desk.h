#pragma once

#include "chat/person.h"

namespace hawser::desktop {

class ApprovalStage;
class MainWindow;
class Notifications;

/// Brings those who ask to be let in before the person, and the answers back; and shows who may not ask.
class RequestDesk : public QObject {
    Q_OBJECT

public:
    /// All outlive this.
    RequestDesk(chat::Person &person, MainWindow &window, Notifications &notifications, QObject *parent);

private:
    void review(quint64 request);
    void reviewNext();
    void showBlocked();

    chat::Person &m_person;
    MainWindow &m_window;
    ApprovalStage *m_stage;
};

} // namespace hawser::desktop
