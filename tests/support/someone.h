#pragma once

#include "chat/person.h"
#include "tests/support/own_host.h"

#include <QFile>
#include <QTemporaryDir>

namespace hawser::testing {

/// A person of a test: the real thing, on a data folder of its own.
struct Someone {
    QTemporaryDir folder;
    std::unique_ptr<chat::Person> person;

    explicit Someone(const QString &name)
    {
        open();
        call(name);
    }
    /// Another device of somebody.
    Someone(const QString &name, const Someone &other)
    {
        const QString file = QStringLiteral("identity");
        if (!QFile::copy(other.folder.filePath(file), folder.filePath(file)))
            qFatal("no identity to copy");
        open();
        call(name);
    }
    void call(const QString &name)
    {
        if (const Result<void> named = person->setName(name); !named)
            qFatal("%s", qUtf8Printable(named.error().sentence));
    }
    /// Begins, or begins anew.
    void open()
    {
        person.reset();
        chat::PersonSettings settings;
        settings.program = QStringLiteral("tst 1");
        settings.host = QStringLiteral("here");
        settings.downloads = folder.filePath(QStringLiteral("Downloads"));
        settings.serveControl = false;
        Result<std::unique_ptr<chat::Person>> opened = chat::Person::open(folder.path(), settings);
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        person = std::move(*opened);
    }
    chat::Person *operator->() { return person.get(); }
    /// \return the address to tell, or why there is none
    QString listen(const QString &host = test::ownHost())
    {
        const Result<void> listening = person->setListening(true, Address { host, 0 });
        return listening ? person->addresses().first().text() : listening.error().sentence;
    }
    /// The first of what this one waits for.
    chat::Ask ask() { return person->asks().all().value(0); }
};

} // namespace hawser::testing
