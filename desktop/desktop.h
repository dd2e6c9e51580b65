#pragma once

#include "desktop/mainwindow.h"
#include "desktop/notifications.h"
#include "desktop/person_models.h"

namespace hawser::desktop {

class JoinDesk;

/// A person and the window that shows them, wired together.
class Desktop : public QObject {
    Q_OBJECT

public:
    explicit Desktop(std::unique_ptr<chat::Person> person);
    ~Desktop() override;

    chat::Person &person() { return *m_person; }
    MainWindow &window() { return m_window; }
    /// Somebody started the program again: comes to the front. \param link  to join; empty: none
    void showAgain(const QString &link);

private:
    void count();

    std::unique_ptr<chat::Person> m_person;
    PersonModels m_models;
    Notifications m_notifications;
    MainWindow m_window;
    JoinDesk *m_joining;
};

} // namespace hawser::desktop
