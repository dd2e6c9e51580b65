#include "desktop/dialogs/outputview.h"

#include "core/text.h"

#include <QFontDatabase>
#include <QScrollBar>
#include <QTextBlock>

namespace hawser::desktop {

namespace {

using namespace std::chrono_literals;

constexpr auto showEvery = 50ms; // 20 times a second
constexpr int mostLines = 20000; // that stay in the view
constexpr int linesATime = 1000;
constexpr qint64 charsATime = 64 * 1024;
constexpr qint64 mostWaiting = 512 * 1024; // characters; from here on the source waits …
constexpr qint64 fewWaiting = 128 * 1024; // … until here
constexpr qint64 longestLine = 4096; // then it goes on in the next one: a paragraph is laid out in one go

/// How much is shown in one go: up to a line feed, never half a surrogate pair.
qsizetype lineSize(QStringView text)
{
    const qsizetype feed = text.indexOf(QLatin1Char('\n'));
    qsizetype size = std::min<qsizetype>(feed < 0 ? text.size() : feed + 1, longestLine);
    if (size < text.size() && size > 1 && text[size - 1].isHighSurrogate())
        --size;
    return size;
}

QTextCharFormat formatOf(bool error, const QPalette &palette)
{
    const bool dark = palette.color(QPalette::Base).lightness() < 128;
    QTextCharFormat format;
    format.setForeground(error ? QColor(dark ? 0xff8f80 : 0xa11616) : palette.color(QPalette::Text));
    return format;
}

} // namespace

OutputView::OutputView(QWidget *parent) : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setMaximumBlockCount(mostLines);
    setLineWrapMode(QPlainTextEdit::WidgetWidth);
    setWordWrapMode(QTextOption::WrapAnywhere);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setTabChangesFocus(true);
    m_timer.setInterval(showEvery);
    connect(&m_timer, &QTimer::timeout, this, &OutputView::flush);
}

void OutputView::take(contracts::RunStream stream, QByteArrayView bytes)
{
    const bool error = stream == contracts::RunStream::Err;
    Reader &reader = m_readers[error];
    m_bytes += bytes.size();
    QString text = reader.decode(bytes);
    if (reader.carriageReturn)
        text.prepend(QLatin1Char('\r'));
    reader.carriageReturn = text.endsWith(QLatin1Char('\r'));
    if (reader.carriageReturn)
        text.chop(1);
    enqueue(error, text);
}

void OutputView::finish()
{
    for (const bool error : { false, true }) {
        Reader &reader = m_readers[error];
        if (reader.carriageReturn)
            enqueue(error, QStringLiteral("\r"));
        reader = Reader();
    }
}

void OutputView::enqueue(bool error, QString text)
{
    if (!text.isEmpty()) {
        m_waitingChars += text.size();
        if (!m_waiting.isEmpty() && m_waiting.last().error == error)
            m_waiting.last().text += text;
        else
            m_waiting.append({ error, std::move(text), 0 });
    }
    if (m_waitingChars > mostWaiting)
        hold(true);
    if (!m_timer.isActive())
        m_timer.start();
}

void OutputView::flush()
{
    QTextCursor cursor(document());
    cursor.beginEditBlock();
    int lines = 0;
    qint64 chars = 0;
    while (!m_waiting.isEmpty() && lines < linesATime && chars < charsATime) {
        Piece &piece = m_waiting.first();
        const QStringView rest = QStringView(piece.text).mid(piece.at);
        const qsizetype size = lineSize(rest);
        showText(piece.error, rest.first(size));
        chars += size;
        ++lines;
        piece.at += size;
        m_waitingChars -= size;
        if (piece.at == piece.text.size())
            m_waiting.removeFirst();
    }
    cursor.endEditBlock();
    if (m_following)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    if (m_waitingChars < fewWaiting)
        hold(false);
    if (m_waiting.isEmpty())
        m_timer.stop();
    emit counted();
}

void OutputView::showText(bool error, QStringView text)
{
    if (!m_lineOpen || m_lineIsError != error || m_lineLength >= longestLine)
        startLine(error);
    QString shown = visibleText(text);
    m_lineLength += shown.size();
    if (shown.endsWith(QLatin1Char('\n'))) {
        shown.chop(1);
        m_lineOpen = false;
    }
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    cursor.insertText(shown, formatOf(error, palette()));
}

void OutputView::startLine(bool error)
{
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    if (m_lines > 0)
        cursor.insertBlock();
    QTextCharFormat mark = formatOf(error, palette());
    mark.setFontWeight(error ? QFont::Bold : QFont::Normal);
    if (!error)
        mark.setForeground(palette().color(QPalette::PlaceholderText));
    cursor.insertText(error ? QStringLiteral("err ┃ ") : QStringLiteral("out │ "), mark);
    m_lineOpen = true;
    m_lineIsError = error;
    m_lineLength = 0;
    ++m_lines;
}

void OutputView::hold(bool full)
{
    if (m_held == full)
        return;
    m_held = full;
    emit held(full);
}

void OutputView::setFollowing(bool follow)
{
    m_following = follow;
    if (follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

} // namespace hawser::desktop
