#pragma once

#include "chat/person.h"
#include "core/client.h"

#include <QTemporaryDir>

namespace hawser::testing {

/// A person in this process, and a `hawser` that asks them over the control socket.
struct Desk {
    QTemporaryDir folder;
    std::unique_ptr<chat::Person> person;
    Client client { Identity::generate(), {} };

    explicit Desk(const QString &name)
    {
        open();
        if (const Result<void> named = person->setName(name); !named)
            qFatal("%s", qUtf8Printable(named.error().sentence));
    }
    /// \param limits  what the file of that name says
    explicit Desk(const QByteArray &limits)
    {
        QFile file(folder.filePath(QStringLiteral("limits.toml")));
        if (!file.open(QIODevice::WriteOnly) || file.write(limits) != limits.size())
            qFatal("no file");
        file.close();
        open();
    }
    /// The answer, when it has come.
    template <typename C>
    std::shared_ptr<std::optional<Result<typename C::Reply>>> call(const typename C::Request &request)
    {
        auto answer = std::make_shared<std::optional<Result<typename C::Reply>>>();
        client.call<C>({}, request, &client, [answer](const Result<typename C::Reply> &reply) { *answer = reply; });
        return answer;
    }

private:
    void open()
    {
        chat::PersonSettings settings;
        settings.program = QStringLiteral("tst 1");
        settings.downloads = folder.filePath(QStringLiteral("Downloads"));
        Result<std::unique_ptr<chat::Person>> opened = chat::Person::open(folder.path(), settings);
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        person = std::move(*opened);
        client.connectToLocal(person->controlPath());
    }
};

} // namespace hawser::testing
