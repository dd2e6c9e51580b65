#include "answer.h"

#include <QElapsedTimer>
#include <QFile>
#include <QGenericPlugin>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalServer>
#include <QLocalSocket>
#include <QTimer>

namespace hawser::probe {

/// How long the event loop was away at most: a timer that wants to come often measures how late it comes. What the
/// machine did with the processor meanwhile is not ours: the kernel says how long this thread could have run and did not.
class Heartbeat : public QObject {
public:
    Heartbeat()
    {
        constexpr int often = 2; // ms
        m_timer.setTimerType(Qt::PreciseTimer);
        m_timer.setInterval(often);
        m_timer.callOnTimeout(this, [this] { beat(); });
    }

    /// Milliseconds since it was asked last: the longest turn by the clock; the longest but for waiting for a processor,
    /// and for how much of that one the processor worked.
    QJsonObject longest()
    {
        if (!m_timer.isActive()) {
            m_beat.start();
            m_schedule = schedule();
            m_timer.start();
        }
        const QJsonObject said { { "found", true }, { "longest", m_longest }, { "own", m_own },
            { "worked", m_worked } };
        m_longest = m_own = m_worked = 0;
        return said;
    }

private:
    void beat()
    {
        const double turn = double(m_beat.nsecsElapsed()) / 1e6;
        const Schedule now = schedule();
        m_beat.start();
        m_longest = qMax(m_longest, turn);
        if (const double own = turn - (now.waited - m_schedule.waited); own > m_own) {
            m_own = own;
            m_worked = now.ran - m_schedule.ran;
        }
        m_schedule = now;
    }

    /// Milliseconds for which this thread ran, and could have run, so far.
    struct Schedule {
        double ran = 0;
        double waited = 0;
    };
    Schedule schedule()
    {
        if (!m_file.isOpen() && !m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
            return {};
        m_file.seek(0);
        const QByteArrayList words = m_file.read(128).split(' ');
        return { words.value(0).toDouble() / 1e6, words.value(1).toDouble() / 1e6 };
    }

    QTimer m_timer;
    QElapsedTimer m_beat;
    QFile m_file { QStringLiteral("/proc/thread-self/schedstat") };
    Schedule m_schedule;
    double m_longest = 0;
    double m_own = 0;
    double m_worked = 0;
};

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
            connect(socket, &QLocalSocket::readyRead, this, [this, socket] {
                while (socket->canReadLine()) {
                    const QString question = QString::fromUtf8(socket->readLine().chopped(1));
                    const QJsonObject said =
                        question == QLatin1String("heartbeat") ? m_heartbeat.longest() : answer(question);
                    socket->write(QJsonDocument(said).toJson(QJsonDocument::Compact) + '\n');
                }
            });
        }
    }

    QLocalServer m_server;
    Heartbeat m_heartbeat;
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
