#pragma once

#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "cli/session.h"
#include "cli/typed.h"

#include <memory>

namespace hawser::cli {

/// What a verb works with; all outlive it.
struct Desk {
    const Typed &typed;
    Session &session;
    Printer &printer;
};

/// One verb of the command line while it works.
class Verb : public QObject {
    Q_OBJECT

public:
    explicit Verb(const Desk &desk) : m_desk(desk) { }

    /// What is wrong with the words, before anything is opened.
    virtual Result<void> check() { return {}; }
    /// The owner of the folder is there (and, where the syntax says so, the brokers have answered).
    virtual void start() = 0;
    /// Ctrl-C, once; the second ends the program.
    virtual void interrupt() { emit finished(exitInterrupted); }

signals:
    void finished(int exitCode); ///< the first counts

protected:
    const Typed &typed() const { return m_desk.typed; }
    Session &session() const { return m_desk.session; }
    Printer &printer() const { return m_desk.printer; }

    /// Prints what went wrong and ends with its code.
    void fail(const Error &error);
    /// One document: text lines, or the reply as JSON.
    template <typename T>
    void answer(const T &reply, const QString &text, int exitCode = exitOk)
    {
        if (typed().json)
            printer().object(toValue(reply));
        else if (!text.isEmpty())
            printer().line(text);
        emit finished(exitCode);
    }

private:
    Desk m_desk;
};

/// A verb and how it is made.
struct VerbEntry {
    Syntax syntax;
    std::unique_ptr<Verb> (*make)(const Desk &);
};

template <typename V>
std::unique_ptr<Verb> makeVerb(const Desk &desk)
{
    return std::make_unique<V>(desk);
}

} // namespace hawser::cli
