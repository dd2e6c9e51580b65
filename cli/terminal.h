#pragma once

#include "cli/printer.h"

#include <QHash>
#include <QSocketNotifier>
#include <QStringDecoder>
#include <memory>
#include <termios.h>

namespace hawser::cli {

/// Lines from standard input. On a terminal the line being typed stays at the bottom, whatever is printed meanwhile; a
/// pipe is read as it comes.
class Terminal : public QObject {
    Q_OBJECT

public:
    explicit Terminal(Printer &printer, QObject *parent = nullptr);
    /// Gives the terminal back as it was.
    ~Terminal() override;

    void start();
    /// The terminal is as it was before; nothing is read any more.
    void stop();
    /// Somebody sits there: only then something may be asked.
    bool isInteractive() const { return m_isInteractive; }
    int width() const; ///< columns; 0: no terminal
    /// What stands before the typed text. Another prompt has a line of its own: what was begun comes back with the old one.
    void setPrompt(const QString &prompt);

signals:
    void line(const QString &text);
    void ended(); ///< end of input

private:
    void read();
    void take(QChar unit);
    void takeControl(char16_t unit);
    void submit(const QString &text);
    bool skipsEscape(char16_t unit);
    void erase();
    void draw();

    Printer &m_printer;
    bool m_isInteractive;
    bool m_isEditing; // we draw the line ourselves
    termios m_before {};
    bool m_isRaw = false;
    std::unique_ptr<QSocketNotifier> m_notifier;
    QStringDecoder m_decoder { QStringDecoder::Utf8 };
    QString m_prompt;
    QHash<QString, QString> m_begun; // other prompts' lines
    QString m_typed;
    int m_escape = 0; // 1 after ESC, 2 inside CSI
};

} // namespace hawser::cli
