#pragma once

#include "cli/interrupts.h"
#include "cli/verb.h"

namespace hawser::cli {

/// One run of `hawser`: opens the folder, lets the verb work, ends when everything is written and nobody needs this
/// process as the owner of the folder.
class Program : public QObject {
    Q_OBJECT

public:
    /// \param verb  outlives this
    Program(const VerbEntry &verb, const Typed &typed);

    void start();

signals:
    void finished(int exitCode);

private:
    void prepare();
    void opened();
    void work();
    void fail(const Error &error);
    void beginAnew();
    void interrupt();
    void end(int exitCode);
    void leave();

    const VerbEntry &m_entry;
    Typed m_typed;
    Printer m_printer;
    std::unique_ptr<Session> m_session;
    Interrupts m_interrupts;
    std::unique_ptr<Verb> m_verb;
    bool m_began = false;
    std::optional<int> m_exitCode; // it is over
    bool m_isLeaving = false;
};

} // namespace hawser::cli
