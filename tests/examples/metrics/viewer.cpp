// viewer FOLDER: shows machines live. Whoever comes late has models and states at once: they are last values.

#include "../joined.h"
#include "../say.h"
#include "metrics.h"

#include <core/topics_client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const Result<std::unique_ptr<Client>> client = joined(app.arguments().value(1));
    if (!client)
        return complain(client.error().sentence);

    Subscription models(**client, "metrics.*.model", { .last = true });
    QObject::connect(&models, &Subscription::received, [](const TopicMessage &message) {
        if (const Result<Model> model = message.as<Model>(); model)
            say(QString("%1 has %2 processors").arg(model->host, QString::number(model->processors)));
    });
    Subscription hosts(**client, "hosts.*", { .last = true });
    QObject::connect(&hosts, &Subscription::received, [](const TopicMessage &message) {
        if (const Result<HostState> state = message.as<HostState>(); state)
            say(state->host + (state->alive ? " is alive" : " is silent"));
    });
    Subscription samples(**client, "metrics.*.sample");
    QObject::connect(&samples, &Subscription::received, [](const TopicMessage &message) {
        if (const Result<Sample> sample = message.as<Sample>(); sample)
            say(QString("%1 #%2").arg(message.topic.section('.', 1, 1), QString::number(sample->number)));
    });
    return app.exec();
}
