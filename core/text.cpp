#include "core/text.h"

#include "core/limits.h"

#include <QList>
#include <QTextBoundaryFinder>
#include <unicode/uchar.h>

namespace hawser {

namespace {

constexpr int marksMost = 8;
constexpr qsizetype nameUnits = limits::nameGraphemes * 4; // one grapheme may be as long as it likes
constexpr char32_t zeroWidthNonJoiner = 0x200C;
constexpr char32_t zeroWidthJoiner = 0x200D;
constexpr char32_t brailleBlank = 0x2800; // looks like nothing, and is a letter

enum class Lines { One, Many };

bool isMark(char32_t c)
{
    return (U_GET_GC_MASK(UChar32(c)) & U_GC_M_MASK) != 0;
}

bool isHidden(char32_t c)
{
    constexpr uint32_t categories =
        U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CN_MASK | U_GC_CO_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
    return (U_GET_GC_MASK(UChar32(c)) & categories) != 0 || c == brailleBlank
        || u_hasBinaryProperty(UChar32(c), UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

bool isEmoji(char32_t c) // reserved ones have the property too
{
    return !isHidden(c)
        && (u_hasBinaryProperty(UChar32(c), UCHAR_EXTENDED_PICTOGRAPHIC)
            || u_hasBinaryProperty(UChar32(c), UCHAR_EMOJI_MODIFIER));
}

bool isJoiner(char32_t c)
{
    return c == zeroWidthJoiner || c == zeroWidthNonJoiner;
}

bool joins(char32_t c, UJoiningType side)
{
    const int type = u_getIntPropertyValue(UChar32(c), UCHAR_JOINING_TYPE);
    return type == side || type == U_JT_DUAL_JOINING;
}

// Where a joiner means something: after a virama, between joining letters (RFC 5892 A.1 and A.2), between emoji; and the
// choice of an emoji's picture.
bool isWanted(char32_t before, char32_t c, char32_t after)
{
    const bool afterVirama = before != 0 && u_getCombiningClass(UChar32(before)) == 9;
    if (c == zeroWidthNonJoiner)
        return afterVirama || (joins(before, U_JT_LEFT_JOINING) && joins(after, U_JT_RIGHT_JOINING));
    if (c == zeroWidthJoiner)
        return afterVirama || ((isEmoji(before) || before == 0xFE0F) && isEmoji(after));
    if (c == 0xFE0E || c == 0xFE0F)
        return u_hasBinaryProperty(UChar32(before), UCHAR_EMOJI);
    return false;
}

QString escaped(char32_t c)
{
    return QStringLiteral("⟨U+%1⟩").arg(uint(c), 4, 16, QLatin1Char('0')).toUpper();
}

class Shown {
public:
    explicit Shown(Lines lines) : m_lines(lines) { }

    void take(char32_t c, char32_t after)
    {
        if (m_lines == Lines::Many && (c == U'\n' || c == U'\t'))
            return put(c);
        if (m_lines == Lines::Many && c == U'\r' && after == U'\n')
            return;
        if (isWanted(m_last, c, after) || (m_marks > marksMost && isJoiner(c)))
            return takeMark(c);
        if (isHidden(c))
            return write(escaped(c));
        if (isMark(c))
            return takeMark(c);
        put(c);
    }
    QString text() const { return m_text; }

private:
    void takeMark(char32_t c)
    {
        ++m_marks;
        if (m_marks <= marksMost)
            append(c);
        else if (m_marks == marksMost + 1)
            append(QStringLiteral("⟨…⟩"));
    }
    void put(char32_t c)
    {
        m_marks = 0;
        append(c);
    }
    void write(const QString &text)
    {
        m_marks = 0;
        append(text);
    }
    void append(char32_t c)
    {
        m_text += QString::fromUcs4(&c, 1);
        m_last = c;
    }
    void append(const QString &text)
    {
        m_text += text;
        m_last = text.back().unicode();
    }

    QString m_text;
    Lines m_lines;
    int m_marks = 0;
    char32_t m_last = 0; // what stands before, as it is shown
};

// toUcs4 replaces half surrogates by U+FFFD.
QString shown(QStringView text, Lines lines)
{
    const QList<uint> points = text.toUcs4();
    Shown result(lines);
    for (qsizetype i = 0; i < points.size(); ++i)
        result.take(points[i], i + 1 < points.size() ? points[i + 1] : 0);
    return result.text();
}

// Where grapheme number `count` ends, or the end of the text.
qsizetype graphemesEnd(const QString &text, int count)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, text);
    qsizetype end = 0;
    for (int i = 0; i < count && end < text.size(); ++i)
        end = finder.toNextBoundary();
    return end;
}

QString cutName(const QString &text)
{
    const bool fits = text.size() <= nameUnits && graphemesEnd(text, limits::nameGraphemes) == text.size();
    if (fits)
        return text;
    qsizetype end = std::min(graphemesEnd(text, limits::nameGraphemes - 1), nameUnits - 1);
    if (end < text.size() && text[end].isLowSurrogate())
        --end;
    while (end > 0 && isJoiner(text[end - 1].unicode()))
        --end;
    return text.first(end) + QChar(u'…');
}

} // namespace

QString visible(QStringView text)
{
    return shown(text, Lines::One);
}

QString visibleText(QStringView text)
{
    return shown(text, Lines::Many);
}

QString claimedName(QStringView text)
{
    return cutName(visible(text.toString().simplified()));
}

QByteArray forTerminal(QStringView text)
{
    return visibleText(text).toUtf8();
}

} // namespace hawser
