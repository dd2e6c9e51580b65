#pragma once

#include "cli/interrupts.h"
#include "cli/verb.h"

namespace hawser::cli {

/// One run of `hawser`: opens the folder, lets the verb work, ends when everything is written.
class Program : public QObject {
    Q_OBJECT

public:
    Program(const VerbEntry &verb, const Typed &typed);

    void start();

signals:
    void finished(int exitCode);

private:
    void opened();
    void fail(const Error &error);
    void end(int exitCode);

    Typed m_typed;
    Syntax m_syntax;
    Printer m_printer;
    Session m_session;
    Interrupts m_interrupts;
    std::unique_ptr<Verb> m_verb;
    bool m_began = false;
    bool m_ending = false;
};

} // namespace hawser::cli
