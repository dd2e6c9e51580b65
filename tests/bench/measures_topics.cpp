// fanout_1k: one publisher; the subscribers are bare (fanout_load.cpp).
#include "tests/bench/joined.h"

#include "core/topics_client.h"

#include <QCoreApplication>

namespace hawser::bench {

/// Messages to the topic "load" whose first eight bytes count from 0.
int topicPublisher(const QStringList &arguments)
{
    Joined joined(Role::Person, arguments.value(0));
    const quint64 count = arguments.value(1).toULongLong();
    QByteArray message(arguments.value(2).toInt(), 'm');
    quint64 sent = 0;
    std::unique_ptr<Publisher> publisher;
    QObject::connect(&joined, &Joined::ready, [&] {
        publisher = std::make_unique<Publisher>(joined.client());
        const auto pump = [&] {
            while (sent < count && publisher->room() > message.size() + 64) {
                qToBigEndian(sent++, message.data());
                if (!publisher->publish(QStringLiteral("load"), message))
                    qFatal("not published");
            }
        };
        QObject::connect(publisher.get(), &Publisher::roomAvailable, &joined, pump);
        QObject::connect(publisher.get(), &Publisher::taken, &joined, [&, pump](quint64 number) {
            pump();
            if (number == count)
                QCoreApplication::quit();
        });
        pump();
    });
    return QCoreApplication::exec();
}

} // namespace hawser::bench
