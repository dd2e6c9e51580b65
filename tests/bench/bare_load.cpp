// The bare peers: mutual TLS 1.3 between QSslSockets and nothing else. bare_load serve | connect PORT COUNT | idle PORT COUNT
#include "core/certificate.h"
#include "core/identity.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QSslConfiguration>
#include <QSslServer>
#include <QSslSocket>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

using namespace hawser;

namespace {

/// The same errors that ours let pass, so that both do the same work.
void allowSelfSigned(QSslSocket *socket, const QList<QSslError> &errors)
{
    socket->ignoreSslErrors(errors);
}

int serve(const Identity &identity)
{
    QSslServer server;
    server.setSslConfiguration(tlsConfiguration(identity));
    server.setMaxPendingConnections(100000);
    QObject::connect(&server, &QSslServer::sslErrors, &server, allowSelfSigned);
    QObject::connect(&server, &QSslServer::pendingConnectionAvailable, &server, [&] {
        while (QTcpSocket *socket = server.nextPendingConnection()) {
            socket->write("k", 1);
            QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        }
    });
    if (!server.listen(QHostAddress::LocalHost, 0))
        return 1;
    std::printf("port %d\n", server.serverPort());
    std::fflush(stdout);
    return QCoreApplication::exec();
}

std::unique_ptr<QSslSocket> dial(const Identity &identity, quint16 port)
{
    auto socket = std::make_unique<QSslSocket>();
    socket->setSslConfiguration(tlsConfiguration(identity));
    QObject::connect(socket.get(), &QSslSocket::sslErrors, socket.get(),
        [raw = socket.get()](const QList<QSslError> &errors) { allowSelfSigned(raw, errors); });
    socket->connectToHostEncrypted(QStringLiteral("127.0.0.1"), port);
    return socket;
}

int connectTimes(const Identity &identity, quint16 port, size_t count)
{
    std::vector<double> times;
    std::unique_ptr<QSslSocket> socket;
    QElapsedTimer since;
    QObject context;
    std::function<void()> next = [&] {
        since.start();
        socket = dial(identity, port);
        QObject::connect(socket.get(), &QSslSocket::readyRead, &context, [&] {
            times.push_back(double(since.nsecsElapsed()) / 1e6);
            if (times.size() < count) {
                QMetaObject::invokeMethod(
                    &context, [&] { next(); }, Qt::QueuedConnection);
                return;
            }
            std::sort(times.begin(), times.end());
            std::printf("p50 %.3f\n", times[times.size() / 2]);
            std::fflush(stdout);
            QCoreApplication::quit();
        });
    };
    next();
    return QCoreApplication::exec();
}

int idle(const Identity &identity, quint16 port, size_t count)
{
    std::vector<std::unique_ptr<QSslSocket>> sockets;
    QObject context;
    std::function<void()> next = [&] {
        sockets.push_back(dial(identity, port));
        QObject::connect(sockets.back().get(), &QSslSocket::readyRead, &context, [&] {
            if (sockets.size() < count)
                return next();
            std::puts("all");
            std::fflush(stdout);
        });
    };
    next();
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const Identity identity = Identity::generate();
    const QStringList arguments = application.arguments();
    const QString mode = arguments.value(1);
    const auto port = quint16(arguments.value(2).toInt());
    const size_t count = arguments.value(3).toULongLong();
    if (mode == "serve")
        return serve(identity);
    if (mode == "connect")
        return connectTimes(identity, port, count);
    return mode == "idle" ? idle(identity, port, count) : 64;
}
