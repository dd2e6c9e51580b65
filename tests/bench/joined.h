#pragma once

#include "core/client.h"

#include <QTextStream>

namespace hawser::bench {

/// A client that joins a broker by an invitation link and then does what it is for.
class Joined : public QObject {
    Q_OBJECT

public:
    Joined(Role role, const QString &link, QObject *parent = nullptr);

    Client &client() { return m_client; }

signals:
    void ready();

private:
    void ask();

    Invitation m_invitation;
    Client m_client;
    QByteArray m_nonce;
};

/// One line for the driver, at once.
void say(const QString &line);
/// The value at a share (0…1) of sorted numbers.
double quantile(std::vector<double> &values, double share);
/// An identity, a profile and a free choice of session, for a program of the measures.
Profile profileOf(Role role, const QString &name);

int talkSubscriber(const QStringList &arguments);
int talkPublisher(const QStringList &arguments);
int roundTripNode(const QStringList &arguments);
int roundTripCaller(const QStringList &arguments);
int fileReceiver(const QStringList &arguments);
int fileSender(const QStringList &arguments);
int busyReceiver(const QStringList &arguments);
int busyCaller(const QStringList &arguments);
int connectTimes(const QStringList &arguments);
int idleSessions(const QStringList &arguments);
int storm(const QStringList &arguments);
int topicPublisher(const QStringList &arguments);
int prober(const QStringList &arguments);

} // namespace hawser::bench
