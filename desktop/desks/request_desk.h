#pragma once

#include "chat/person.h"

namespace hawser::desktop {

class ApprovalStage;
class MainWindow;
class Notifications;

/// Brings those who ask to be let in before the person, and the answers back.
class RequestDesk : public QObject {
    Q_OBJECT

public:
    /// All outlive this.
    RequestDesk(chat::Person &person, MainWindow &window, Notifications &notifications, QObject *parent);

private:
    void review(quint64 request);
    void reviewNext();

    chat::Person &m_person;
    ApprovalStage *m_stage;
};

} // namespace hawser::desktop
