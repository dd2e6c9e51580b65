// agent FOLDER HOST: publishes what this machine is, once, and how it is, ten times a second.

#include "../joined.h"
#include "../say.h"
#include "metrics.h"

#include <QTimer>
#include <core/topics_client.h>
#include <cstdlib>
#include <thread>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QString host = app.arguments().value(2);
    const Result<std::unique_ptr<Client>> client = joined(app.arguments().value(1));
    if (!client)
        return complain(client.error().sentence);

    Publisher publisher(**client);
    QObject::connect(&publisher, &Publisher::ready, [&] {
        const Model model { host, qint64(std::thread::hardware_concurrency()) };
        (void)publisher.publish("metrics." + host + ".model", model, Publisher::Keep::LastValue);
        say("connected");
    });
    QObject::connect(
        &publisher, &Publisher::refused, [](quint64, quint64, const Error &why) { complain(why.sentence); });

    QTimer beat;
    Sample sample;
    QObject::connect(&beat, &QTimer::timeout, [&] {
        if (getloadavg(&sample.load, 1) == 1 && publisher.isReady()) // while nobody is there nothing piles up
            (void)publisher.publish("metrics." + host + ".sample", Sample { ++sample.number, sample.load });
    });
    beat.start(100);
    return app.exec();
}
