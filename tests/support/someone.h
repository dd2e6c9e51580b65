#pragma once

#include "chat/person.h"
#include "tests/support/own_host.h"

#include <QFile>
#include <QTemporaryDir>

namespace hawser::test {

/// A person of a test: the real thing, on a data folder of its own.
struct Someone {
    QTemporaryDir folder;
    std::unique_ptr<chat::Person> person;
    const bool isAsked; ///< by `hawser`, over the control socket

    explicit Someone(const QString &name, bool isAsked = false, const QByteArray &limits = {}) : isAsked(isAsked)
    {
        if (!limits.isEmpty())
            limit(limits);
        open();
        call(name);
    }
    /// Another device of somebody.
    Someone(const QString &name, const Someone &other) : isAsked(false)
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
        settings.downloads = downloads();
        settings.serveControl = isAsked;
        Result<std::unique_ptr<chat::Person>> opened = chat::Person::open(folder.path(), settings);
        if (!opened)
            qFatal("%s", qUtf8Printable(opened.error().sentence));
        person = std::move(*opened);
    }
    /// What limits.toml says from the next start on.
    void limit(const QByteArray &toml)
    {
        QFile file(folder.filePath(QStringLiteral("limits.toml")));
        if (!file.open(QIODevice::WriteOnly) || file.write(toml) != toml.size())
            qFatal("no file");
    }
    chat::Person *operator->() { return person.get(); }
    QString downloads() const { return folder.filePath(QStringLiteral("Downloads")); }
    /// \return the address to tell, or why there is none
    QString listen(const QString &host = test::ownHost())
    {
        const Result<void> listening = person->setListening(true, Address { host, 0 });
        return listening ? person->addresses().first().text() : listening.error().sentence;
    }
    /// The first of what this one waits for.
    chat::Ask ask() { return person->asks().all().value(0); }
};

} // namespace hawser::test
