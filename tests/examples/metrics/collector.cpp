// collector FOLDER: watches the agents and publishes which machines are alive; one that is silent for a second is not.

#include "../joined.h"
#include "../say.h"
#include "metrics.h"

#include <QElapsedTimer>
#include <QTimer>
#include <core/topics_client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<std::unique_ptr<Client>> client = joined(app.arguments().value(1));
    if (!client)
        return complain(client.error().sentence);

    struct Machine {
        PublicKey agent; // who spoke of it first: nobody else can
        HostState state;
        QElapsedTimer heard;
    };
    QHash<QString, Machine> machines;
    Publisher publisher(**client);
    const auto tell = [&publisher](Machine &machine, bool alive) {
        machine.state.alive = alive;
        (void)publisher.publish("hosts." + machine.state.host, machine.state, Publisher::Keep::LastValue);
        say(machine.state.host + (alive ? " is alive" : " is silent"));
    };

    Subscription samples(**client, "metrics.*.sample");
    QObject::connect(&samples, &Subscription::received, [&](const TopicMessage &message) {
        const QString host = message.topic.section('.', 1, 1);
        if (!machines.contains(host))
            machines[host] = { message.publisher, { host, false, 0 }, {} };
        Machine &machine = machines[host];
        if (machine.agent != message.publisher)
            return;
        ++machine.state.samples;
        machine.heard.start();
        if (!machine.state.alive)
            tell(machine, true);
    });
    QObject::connect(&samples, &Subscription::ready, [] { say("collecting"); });

    QTimer look;
    QObject::connect(&look, &QTimer::timeout, [&] {
        for (Machine &machine : machines)
            if (machine.state.alive && machine.heard.hasExpired(1000))
                tell(machine, false);
    });
    look.start(100);
    return app.exec();
}
