#pragma once

#include <QDBusConnection>
#include <QHash>
#include <QObject>

namespace hawser::desktop {

/// Short words on the person's screen through org.freedesktop.Notifications. They only tell: whether the service is there
/// or not changes nothing else, and no notification can let anybody in.
class Notifications : public QObject {
    Q_OBJECT

public:
    explicit Notifications(const QDBusConnection &bus = QDBusConnection::sessionBus(), QObject *parent = nullptr);

    /// "Connection request from “Bea K.”", with one action: Review.
    /// \param claim  text from others
    void requestArrived(quint64 request, const QString &claim);
    /// It is answered or gone.
    void withdrawRequest(quint64 request);
    /// A message or an offer came in while nobody looked, a transfer has ended.
    /// \param category  "im.received", "transfer.complete" …
    /// \param sentence  may hold text from others
    void tell(const QString &category, const QString &sentence);

signals:
    /// The person clicked Review, or the notification itself.
    /// \param token  for activating a window under Wayland; may be empty
    void review(quint64 request, const QString &token);

private slots:
    void actionInvoked(quint32 id, const QString &action);
    void activationToken(quint32 id, const QString &token);
    void closed(quint32 id, quint32 reason);

private:
    void send(const QString &category, const QString &sentence, quint64 request);

    QDBusConnection m_bus;
    QHash<quint32, quint64> m_requests; // notification → request
    QHash<quint32, QString> m_tokens;
};

/// Text from others for a notification's body, where services read markup: one line, no markup, at most 200 characters.
QString forNotification(const QString &foreign);

} // namespace hawser::desktop
