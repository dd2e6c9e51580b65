#pragma once

#include "chat/person.h"

class QMenu;
class QTimer;

namespace hawser::desktop {

class MainWindow;

/// Carries out what a person wishes on the start page and in the Add menu: names, brokers, asking others, being reached.
class JoinDesk : public QObject {
    Q_OBJECT

public:
    /// Both outlive this.
    JoinDesk(chat::Person &person, MainWindow &window, QObject *parent);

    /// As if typed into the join field. \param text  link or address; empty: only goes there
    void begin(const QString &text);

private:
    void followMe();
    void followBrokers();
    void followAsks();
    void followListening();
    void showMe();
    void showBrokers();
    void showListening();
    void join(const QString &text);
    void fillAddMenu();
    void addPeople(QMenu *menu, const chat::Broker &broker);
    void invite(const PublicKey &broker);
    void leave(const PublicKey &broker);
    void showChangedKey(const PublicKey &broker);
    void showChangedContact(const PublicKey &key);
    void report(const Result<void> &done);

    chat::Person &m_person;
    MainWindow &m_window;
    QTimer *m_clock; // while a broker counts down to its next try
};

} // namespace hawser::desktop
