#include "desktop/notifications.h"

#include "core/text.h"

#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>

namespace hawser::desktop {

namespace {

const QString service = QStringLiteral("org.freedesktop.Notifications");
const QString path = QStringLiteral("/org/freedesktop/Notifications");
const QString reviewAction = QStringLiteral("review");
const QString clickAction = QStringLiteral("default");
constexpr int mostLetters = 200;
constexpr int untilTheServiceWishes = -1;

} // namespace

QString forNotification(const QString &foreign)
{
    return visible(foreign).left(mostLetters).toHtmlEscaped();
}

Notifications::Notifications(const QDBusConnection &bus, QObject *parent) : QObject(parent), m_bus(bus)
{
    const auto listen = [this](const char *signal, const char *slot) {
        m_bus.connect(service, path, service, QLatin1String(signal), this, slot);
    };
    listen("ActionInvoked", SLOT(actionInvoked(quint32, QString)));
    listen("ActivationToken", SLOT(activationToken(quint32, QString)));
    listen("NotificationClosed", SLOT(closed(quint32, quint32)));
}

void Notifications::requestArrived(quint64 request, const QString &claim)
{
    const QString name = claimedName(claim);
    send(QStringLiteral("im.received"),
        name.isEmpty() ? tr("Connection request") : tr("Connection request from “%1”").arg(name), request);
}

void Notifications::tell(const QString &category, const QString &sentence)
{
    send(category, sentence, 0);
}

void Notifications::send(const QString &category, const QString &sentence, quint64 request)
{
    QStringList actions;
    if (request != 0)
        actions = { clickAction, tr("Review"), reviewAction, tr("Review") };
    const QVariantMap hints = { { QStringLiteral("category"), category },
        { QStringLiteral("desktop-entry"), QStringLiteral("org.hawser.Hawser") } };
    QDBusMessage call = QDBusMessage::createMethodCall(service, path, service, QStringLiteral("Notify"));
    call << tr("Hawser") << quint32(0) << QStringLiteral("org.hawser.Hawser") << tr("Hawser")
         << forNotification(sentence) << actions << hints << untilTheServiceWishes;
    auto *reply = new QDBusPendingCallWatcher(m_bus.asyncCall(call), this);
    connect(reply, &QDBusPendingCallWatcher::finished, this, [this, reply, request] {
        const QDBusPendingReply<quint32> id = *reply;
        if (id.isValid() && request != 0)
            m_requests.insert(id.value(), request);
        reply->deleteLater();
    });
}

void Notifications::withdrawRequest(quint64 request)
{
    const QList<quint32> shown = m_requests.keys(request);
    for (const quint32 id : shown) {
        QDBusMessage call = QDBusMessage::createMethodCall(service, path, service, QStringLiteral("CloseNotification"));
        m_bus.send(call << id);
        closed(id, 0);
    }
}

void Notifications::actionInvoked(quint32 id, const QString &action)
{
    if (m_requests.contains(id) && (action == reviewAction || action == clickAction))
        emit review(m_requests.value(id), m_tokens.value(id));
}

void Notifications::activationToken(quint32 id, const QString &token)
{
    if (m_requests.contains(id))
        m_tokens.insert(id, token);
}

void Notifications::closed(quint32 id, quint32)
{
    m_requests.remove(id);
    m_tokens.remove(id);
}

} // namespace hawser::desktop
