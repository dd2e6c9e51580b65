#pragma once

#include "chat/asks.h"
#include "chat/brokers.h"

#include <QMap>
#include <QScrollArea>

class QCheckBox;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

class AskCard;
class BrokerCard;

/// Who I am, where I belong, whom I wait for, and the one field that takes links and addresses.
class StartPage : public QScrollArea {
    Q_OBJECT

public:
    explicit StartPage(QWidget *parent = nullptr);

    void setMe(const QString &name, const QString &host, const PublicKey &key);
    void setBrokers(const QList<chat::Broker> &brokers);
    void setAsks(const QList<chat::Ask> &asks);
    void setListening(bool on, const QStringList &addresses);
    /// The keyboard goes to the join field. \param text  put into it; empty: it stays as it is
    void beginJoin(const QString &text = {});
    void joinSucceeded();
    void joinFailed(const QString &sentence);

signals:
    void nameChosen(const QString &name);
    void joinWished(const QString &text);
    void askCancelWished(const QByteArray &id);
    void askComparedWished(const QByteArray &id);
    void retryWished(const hawser::PublicKey &broker);
    void inviteWished(const hawser::PublicKey &broker);
    void leaveWished(const hawser::PublicKey &broker);
    void changedKeyWished(const hawser::PublicKey &broker);
    void listeningWished(bool on);

private:
    QWidget *makeMe();
    QWidget *makeJoin();
    QWidget *makeDirect();
    void recognise(const QString &text);

    QLineEdit *m_name;
    chat::SafeLabel *m_host;
    chat::SafeLabel *m_words;
    QLineEdit *m_join;
    QPushButton *m_joinButton;
    chat::SafeLabel *m_recognised;
    QVBoxLayout *m_askList;
    QVBoxLayout *m_brokerList;
    QMap<QByteArray, AskCard *> m_asks;
    QMap<PublicKey, BrokerCard *> m_brokers;
    QCheckBox *m_listening;
    chat::SafeLabel *m_addresses;
    QString m_wholeKey;
};

} // namespace hawser::desktop
