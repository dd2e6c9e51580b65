#include "cli/terminal.h"

#include "core/text.h"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

namespace hawser::cli {

namespace {

constexpr qsizetype longestLine = 64 * 1024; ///< characters; more is not taken
constexpr char16_t escapeKey = 0x1b;

int columnsOf(const QString &text)
{
    int columns = 0;
    for (const char32_t character : text.toUcs4())
        columns += std::max(0, ::wcwidth(wchar_t(character)));
    return columns;
}

} // namespace

Terminal::Terminal(Printer &printer, QObject *parent)
    : QObject(parent), m_printer(printer), m_isInteractive(::isatty(STDIN_FILENO) == 1),
      m_isEditing(m_isInteractive && printer.out().isTerminal() && qgetenv("TERM") != "dumb" && !printer.isJson())
{
}

Terminal::~Terminal()
{
    stop();
}

void Terminal::start()
{
    m_notifier = std::make_unique<QSocketNotifier>(STDIN_FILENO, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Terminal::read);
    if (!m_isEditing || ::tcgetattr(STDIN_FILENO, &m_before) != 0)
        return;
    termios raw = m_before;
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO);
    m_isRaw = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    m_printer.setFrame([this] { erase(); }, [this] { draw(); });
    draw();
}

void Terminal::stop()
{
    m_notifier.reset();
    m_printer.setFrame({}, {});
    if (!std::exchange(m_isRaw, false))
        return;
    erase();
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &m_before);
}

int Terminal::width() const
{
    winsize size {};
    const bool known = m_printer.out().isTerminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return known ? size.ws_col : 0;
}

void Terminal::setPrompt(const QString &prompt)
{
    if (prompt == m_prompt)
        return;
    erase();
    m_begun[m_prompt] = std::exchange(m_typed, m_begun.take(prompt));
    m_prompt = prompt;
    draw();
}

void Terminal::read()
{
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        m_notifier.reset();
        if (!m_typed.isEmpty())
            submit(std::exchange(m_typed, {}));
        emit ended();
        return;
    }
    const QString text = m_decoder(QByteArrayView(bytes, count));
    for (const QChar unit : text)
        take(unit);
    erase();
    draw();
}

void Terminal::take(QChar unit)
{
    if (m_isEditing && skipsEscape(unit.unicode()))
        return;
    if (unit == QLatin1Char('\n') || (m_isEditing && unit == QLatin1Char('\r')))
        return submit(std::exchange(m_typed, {}));
    if (m_isEditing && (unit.unicode() < 0x20 || unit.unicode() == 0x7f))
        return takeControl(unit.unicode());
    if (m_typed.size() < longestLine)
        m_typed += unit;
}

/// Backspace, Ctrl-U, Ctrl-W, Ctrl-D; a tab is a space; the rest does nothing.
void Terminal::takeControl(char16_t unit)
{
    if (unit == 0x7f || unit == 0x08) {
        const bool isPair = m_typed.size() > 1 && m_typed.back().isLowSurrogate();
        m_typed.chop(isPair ? 2 : 1);
    } else if (unit == 0x15) {
        m_typed.clear();
    } else if (unit == 0x17) {
        m_typed = m_typed.trimmed();
        m_typed.truncate(m_typed.lastIndexOf(QLatin1Char(' ')) + 1);
    } else if (unit == 0x04 && m_typed.isEmpty()) {
        m_notifier.reset();
        emit ended();
    } else if (unit == u'\t') {
        m_typed += QLatin1Char(' ');
    }
}

void Terminal::submit(const QString &text)
{
    erase();
    emit line(text);
}

/// Arrow keys and the like send escape sequences: none of it is text.
bool Terminal::skipsEscape(char16_t unit)
{
    if (unit == escapeKey) {
        m_escape = 1;
        return true;
    }
    if (m_escape == 0)
        return false;
    const bool goesOn = m_escape == 1 ? unit == u'[' || unit == u'O' : unit < 0x40 || unit > 0x7e;
    m_escape = goesOn ? 2 : 0;
    return true;
}

void Terminal::erase()
{
    if (m_isRaw)
        m_printer.out().write(QByteArrayLiteral("\r\x1b[K"));
}

/// One row: of a long line its end.
void Terminal::draw()
{
    if (!m_isRaw || !m_notifier)
        return;
    const QString prompt = visible(m_prompt);
    QString text = visible(m_typed);
    const int most = std::max(1, width() - columnsOf(prompt) - 1);
    while (columnsOf(text) > most)
        text.remove(0, text.size() > 1 && text.front().isHighSurrogate() ? 2 : 1);
    m_printer.out().write(forTerminal(prompt + text));
}

} // namespace hawser::cli
