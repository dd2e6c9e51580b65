#include "desktop/open_folder.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QUrl>

namespace hawser::desktop {

void showInFileManager(const QString &path, QObject *context, std::function<void()> failed)
{
    QDBusMessage call = QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.FileManager1"),
        QStringLiteral("/org/freedesktop/FileManager1"), QStringLiteral("org.freedesktop.FileManager1"),
        QStringLiteral("ShowItems"));
    call << QStringList { QUrl::fromLocalFile(path).toString(QUrl::FullyEncoded) } << QString();
    const QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return failed();
    auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), context);
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, context, [watcher, failed = std::move(failed)] {
        watcher->deleteLater();
        if (watcher->isError())
            failed();
    });
}

} // namespace hawser::desktop
