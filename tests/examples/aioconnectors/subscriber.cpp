// subscriber FOLDER PATTERN [NAME]: prints what is published; with a NAME also what was published while it was not running.

#include "../joined.h"
#include "../say.h"

#include <core/topics_client.h>

using namespace hawser;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList words = app.arguments();
    const Result<std::unique_ptr<Client>> client = joined(words.value(1));
    if (!client)
        return complain(client.error().sentence);

    Subscription subscription(**client, words.value(2), { .durable = words.value(3) });
    QObject::connect(&subscription, &Subscription::ready, [] { say("subscribed"); });
    QObject::connect(&subscription, &Subscription::received,
        [](const TopicMessage &message) { say(message.topic + ": " + QString::fromUtf8(message.bytes)); });
    QObject::connect(&subscription, &Subscription::missed, [](quint64 count) { say(QString("%1 missed").arg(count)); });
    QObject::connect(&subscription, &Subscription::ended, [&](const Error &why) { app.exit(complain(why.sentence)); });
    return app.exec();
}
