#include "answer.h"

#include <QGenericPlugin>
#include <QJsonDocument>
#include <QLocalServer>
#include <QLocalSocket>
#include <QTimer>

namespace hawser::probe {

/// Answers on a local socket: a line asks, a line of JSON answers. It looks and never touches.
class Probe : public QObject {
    Q_OBJECT

public:
    explicit Probe(const QString &path)
    {
        connect(&m_server, &QLocalServer::newConnection, this, &Probe::accept);
        // Once the event loop runs there is an application to ask about.
        QTimer::singleShot(0, this, [this, path] {
            QLocalServer::removeServer(path);
            m_server.setSocketOptions(QLocalServer::UserAccessOption);
            if (!m_server.listen(path))
                qCritical("probe: cannot listen on the given path");
        });
    }

private:
    void accept()
    {
        while (QLocalSocket *socket = m_server.nextPendingConnection()) {
            connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
            connect(socket, &QLocalSocket::readyRead, this, [socket] {
                while (socket->canReadLine()) {
                    const QString question = QString::fromUtf8(socket->readLine().chopped(1));
                    socket->write(QJsonDocument(answer(question)).toJson(QJsonDocument::Compact) + '\n');
                }
            });
        }
    }

    QLocalServer m_server;
};

class ProbePlugin : public QGenericPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID QGenericPluginFactoryInterface_iid FILE "hawserprobe.json")

public:
    QObject *create(const QString &key, const QString &path) override
    {
        return key == QLatin1String("hawserprobe") ? new Probe(path) : nullptr;
    }
};

} // namespace hawser::probe

#include "plugin.moc"
