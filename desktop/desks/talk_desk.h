#pragma once

#include "desktop/person_models.h"

namespace hawser::desktop {

class MainWindow;
class Notifications;
class SendDesk;

/// Carries out what a person wishes in conversations and in the list of transfers.
class TalkDesk : public QObject {
    Q_OBJECT

public:
    /// All outlive this.
    TalkDesk(
        chat::Person &person, PersonModels &models, MainWindow &window, Notifications &notifications, QObject *parent);

private:
    void followConversation();
    void followOffers();
    void followTransfers();
    void choose(const PublicKey &key);
    void refresh(const PublicKey &key);
    void markRead();
    bool isLooking(const PublicKey &key) const;
    void say(const QString &text);
    void accept(const QByteArray &id, const QString &folder);
    void cancel(const QByteArray &id);
    void openFolder(const QByteArray &id);
    void showRights();
    void remove(const PublicKey &key);
    void tellMessage(const chat::Entry &entry);
    void search(const QString &words);
    void tellTrouble();
    void showMissed();
    void tellOffer(const QByteArray &id);

    chat::Person &m_person;
    PersonModels &m_models;
    MainWindow &m_window;
    Notifications &m_notifications;
    SendDesk *m_sending;
    quint64 m_missedAsked = 0;
};

} // namespace hawser::desktop
