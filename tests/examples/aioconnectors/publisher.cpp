// publisher FOLDER TOPIC TEXT …: publishes each text, says what the broker has taken, and ends.

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

    Publisher publisher(**client);
    QObject::connect(&publisher, &Publisher::ready, [&] {
        for (const QString &text : words.mid(3))
            if (const Result<quint64> number = publisher.publish(words[2], text.toUtf8()); !number)
                app.exit(complain(number.error().sentence));
    });
    QObject::connect(
        &publisher, &Publisher::refused, [&](quint64, quint64, const Error &why) { app.exit(complain(why.sentence)); });
    QObject::connect(&publisher, &Publisher::taken, [&](quint64 number) {
        say(QString("%1 taken").arg(number));
        if (number == quint64(words.size() - 3))
            app.quit();
    });
    return app.exec();
}
