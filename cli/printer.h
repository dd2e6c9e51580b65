#pragma once

#include "cli/output.h"
#include "core/result.h"
#include "core/value.h"

#include <functional>

namespace hawser::cli {

/// Data on standard output, talk on standard error. All text passes forTerminal(); only raw() does not.
class Printer : public QObject {
    Q_OBJECT

public:
    Printer(bool json, QObject *parent = nullptr);

    void line(const QString &text); ///< standard output, text mode; may hold several lines
    void object(const Value &value); ///< standard output, one line of JSON
    void talk(const QString &sentence); ///< standard error, also in JSON mode
    /// "hawser: sentence" on standard error; in JSON mode the error as an object on standard output too.
    void error(const Error &error);
    /// Around everything written here: a terminal's input line goes away and comes back.
    void setFrame(std::function<void()> before, std::function<void()> after);
    Output &out() { return m_out; }
    Output &err() { return m_err; }
    bool isJson() const { return m_json; }

    /// `flushed` follows once everything is written or nobody reads it.
    void flush();

signals:
    void flushed();

private:
    void write(Output &to, const QByteArray &line);
    void seeWhetherFlushed();

    bool m_json;
    bool m_flushing = false;
    std::function<void()> m_before;
    std::function<void()> m_after;
    Output m_out;
    Output m_err;
};

/// Of something that was to be done there: says so where it is not known whether it was.
Error withDoubt(Error error);

} // namespace hawser::cli
