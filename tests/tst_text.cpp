#include "core/limits.h"
#include "core/text.h"

#include <QRandomGenerator>
#include <QTest>
#include <QTextBoundaryFinder>

using namespace hawser;

namespace {

int graphemes(const QString &text)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, text);
    int count = 0;
    while (finder.toNextBoundary() > 0)
        ++count;
    return count;
}

// Pieces that interact: what hides, joins, marks, breaks lines and goes beyond the first plane.
QString randomText(QRandomGenerator &random)
{
    static const QList<char32_t> pieces = { U'a', U' ', U'\n', U'\r', U'\t', U'\x1b', U'<', 0x301, 0x301, 0x301, 0x94D,
        0x915, 0x200B, 0x200C, 0x200D, 0x202E, 0x2066, 0x2028, 0x85, 0x9B, 0xFE0F, 0x1F468, 0x1F467, 0x1F3FD, 0x1F8FF,
        0x628, 0x627, 0x1100, 0x115F, 0x3164, 0xE000, 0xE0041, 0xFFFE, 0x378, 0x2800, 0x600, 0x27E9, 0x2026, 0xFEFF,
        0xAD, 0x34F, 0x1F1E9, U'1', 0x20E3, 0xD800, 0xDC00, 0x10FFFF };
    QString text;
    const int size = random.bounded(random.bounded(4) == 0 ? 400 : 12);
    for (int i = 0; i < size; ++i) {
        const char32_t piece = random.bounded(8) == 0 ? random.bounded(0x3000) : pieces[random.bounded(pieces.size())];
        if (piece < 0x10000)
            text += QChar(char16_t(piece));
        else
            text += QString::fromUcs4(&piece, 1);
    }
    return text;
}

bool holdsHidden(const QString &text)
{
    static const QSet<char32_t> hidden = { 0x200B, 0x202E, 0x2066, 0x2028, 0x85, 0x9B, 0x115F, 0x3164, 0xE000, 0xE0041,
        0xFFFE, 0x378, 0x2800, 0x600, 0xFEFF, 0xAD, 0x34F, 0x10FFFF, 0x1F8FF, U'\r', U'\x1b', 0 };
    const QList<uint> points = text.toUcs4();
    return std::any_of(points.begin(), points.end(), [](uint point) { return hidden.contains(char32_t(point)); });
}

} // namespace

class TestText : public QObject {
    Q_OBJECT

private slots:
    void showsWhatHides_data();
    void showsWhatHides();
    void keepsLinesOfChat();
    void boundsCombiningMarks();
    void claimsAName_data();
    void claimsAName();
    void boundsNames_data();
    void boundsNames();
    void seesLookAlikes_data();
    void seesLookAlikes();
    void keepsTerminalsSafe();
    void isIdempotent();
};

void TestText::showsWhatHides_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char *name, const QString &text, const QString &shown) {
        QTest::newRow(name) << text << shown;
    };
    const auto same = [&row](const char *name, const QString &text) { row(name, text, text); };
    same("plain", u"Ana Müller, 安娜, أنا, Анна"_qs);
    same("markup stays text", u"<img src=\"/dev/zero\"> &lt;b&gt; %1"_qs);
    row("bidi override", u"fdp.\u202eexe"_qs, u"fdp.⟨U+202E⟩exe"_qs);
    row("bidi isolate", u"\u2066a\u2069"_qs, u"⟨U+2066⟩a⟨U+2069⟩"_qs);
    row("right-to-left mark", u"a\u200fb"_qs, u"a⟨U+200F⟩b"_qs);
    row("Arabic letter mark", u"\u061c"_qs, u"⟨U+061C⟩"_qs);
    row("zero width space", u"a\u200bb"_qs, u"a⟨U+200B⟩b"_qs);
    row("byte order mark", u"\ufeffa"_qs, u"⟨U+FEFF⟩a"_qs);
    row("soft hyphen", u"a\u00adb"_qs, u"a⟨U+00AD⟩b"_qs);
    row("newline and tab", u"a\n\tb"_qs, u"a⟨U+000A⟩⟨U+0009⟩b"_qs);
    row("line separators", u"\u2028\u2029\u0085"_qs, u"⟨U+2028⟩⟨U+2029⟩⟨U+0085⟩"_qs);
    row("escape", u"\x1b[31m"_qs, u"⟨U+001B⟩[31m"_qs);
    row("C1", QString(QChar(0x9b)), u"⟨U+009B⟩"_qs);
    row("delete", QString(QChar(0x7f)), u"⟨U+007F⟩"_qs);
    row("zero byte", QString(QChar(0)), u"⟨U+0000⟩"_qs);
    row("Hangul filler", u"\u3164"_qs, u"⟨U+3164⟩"_qs);
    row("Braille blank", u"\u2800"_qs, u"⟨U+2800⟩"_qs);
    row("grapheme joiner", u"a\u034fb"_qs, u"a⟨U+034F⟩b"_qs);
    row("private use", u"\ue000"_qs, u"⟨U+E000⟩"_qs);
    row("unassigned", u"\u0378"_qs, u"⟨U+0378⟩"_qs);
    row("noncharacters", u"\ufdd0\uffff\U0010ffff"_qs, u"⟨U+FDD0⟩⟨U+FFFF⟩⟨U+10FFFF⟩"_qs);
    row("tags", u"\U000e0041"_qs, u"⟨U+E0041⟩"_qs);
    row("variation selectors", u"a\ufe0f\U000e0100"_qs, u"a⟨U+FE0F⟩⟨U+E0100⟩"_qs);
    row("half surrogates", QString(QChar(0xd800)) + u'a' + QChar(0xdc00), u"\ufffda\ufffd"_qs);
    same("whole surrogates", u"😀"_qs);
    same("a family", u"👨\u200d👩\u200d👧"_qs);
    same("a heart", u"❤\ufe0f"_qs);
    same("a rainbow flag", u"🏳\ufe0f\u200d🌈"_qs);
    row("a joiner between letters", u"a\u200db"_qs, u"a⟨U+200D⟩b"_qs);
    row("a joiner after an emoji", u"👨\u200db"_qs, u"👨⟨U+200D⟩b"_qs);
    same("Persian", u"می\u200cخواهم"_qs);
    row("a non-joiner between Latin letters", u"a\u200cb"_qs, u"a⟨U+200C⟩b"_qs);
    same("Hindi conjunct", u"क\u094d\u200dष"_qs);
}

void TestText::showsWhatHides()
{
    QFETCH(QString, text);
    QFETCH(QString, shown);
    QCOMPARE(visible(text), shown);
    QCOMPARE(visible(shown), shown);
}

void TestText::keepsLinesOfChat()
{
    QCOMPARE(visibleText(u"a\n\tb\r\nc"), u"a\n\tb\nc"_qs);
    QCOMPARE(visibleText(u"a\rb"), u"a⟨U+000D⟩b"_qs);
    QCOMPARE(visibleText(u"a\u2028b\u202e"), u"a⟨U+2028⟩b⟨U+202E⟩"_qs);
}

void TestText::boundsCombiningMarks()
{
    const QString eight = u'a' + QString(8, QChar(0x301));
    QCOMPARE(visible(eight + u'b'), eight + u'b');
    QCOMPARE(visible(eight + QString(5000, QChar(0x301)) + u'b'), eight + u"⟨…⟩b"_qs);
    // Viramas and joiners in turn are one flood too.
    QCOMPARE(visible(u'\u0915' + u"\u094d\u200d"_qs.repeated(100)).size(), 1 + 8 + 3);
    QCOMPARE(visible(QString(20, QChar(0x301))), QString(8, QChar(0x301)) + u"⟨…⟩"_qs);
}

void TestText::claimsAName_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("name");
    QTest::newRow("plain") << u"Ana"_qs << u"Ana"_qs;
    QTest::newRow("white space") << u" \u00a0Ana \n\t\u2003 Maria\u2028"_qs << u"Ana Maria"_qs;
    QTest::newRow("nothing") << u" \n\u3000 "_qs << QString();
    QTest::newRow("hidden") << u"Ana\u202e"_qs << u"Ana⟨U+202E⟩"_qs;
    QTest::newRow("64") << QString(64, u'a') << QString(64, u'a');
    QTest::newRow("65") << QString(65, u'a') << QString(63, u'a') + u'…';
    QTest::newRow("64 of two units") << u"😀"_qs.repeated(64) << u"😀"_qs.repeated(64);
    QTest::newRow("65 of two units") << u"😀"_qs.repeated(65) << u"😀"_qs.repeated(63) + u'…';
}

void TestText::claimsAName()
{
    QFETCH(QString, text);
    QTEST(claimedName(text), "name");
}

void TestText::boundsNames_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("letters") << QString(100000, u'a');
    QTest::newRow("Hangul, one grapheme") << QString(100000, QChar(0x1100));
    QTest::newRow("marks") << QString(100000, QChar(0x301));
    QTest::newRow("family of thousands") << u"👨\u200d"_qs.repeated(20000);
    QTest::newRow("hidden") << QString(100000, QChar(0x202e));
    QTest::newRow("prepended") << u"\u0d4e"_qs.repeated(20000);
}

void TestText::boundsNames()
{
    QFETCH(QString, text);
    const QString name = claimedName(text);
    QVERIFY(graphemes(name) <= limits::nameGraphemes);
    QVERIFY(name.size() <= 256);
    QCOMPARE(claimedName(name), name);
}

void TestText::seesLookAlikes_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    QTest::addColumn<bool>("alike");
    const auto row = [](const char *name, const QString &one, const QString &other, bool alike) {
        QTest::newRow(name) << one << other << alike;
    };
    row("same", u"Ana"_qs, u"Ana"_qs, true);
    row("letter case", u"Ana"_qs, u"ANA"_qs, true);
    row("Cyrillic a", u"Ana"_qs, u"Аnа"_qs, true);
    row("l and I and 1", u"paul"_qs, u"pauI"_qs, true);
    row("I and L, all capitals", u"PAUI"_qs, u"PAUL"_qs, true);
    row("rn and m", u"corn"_qs, u"com"_qs, true);
    row("zero and O", u"B0b"_qs, u"BOb"_qs, true);
    row("zero width", u"Ana"_qs, u"An\u200ba"_qs, true);
    row("white space", u"Ana Maria"_qs, u" Ana\u00a0  Maria"_qs, true);
    row("full width", u"Ana"_qs, u"Ａｎａ"_qs, true);
    row("sharp s", u"straße"_qs, u"STRASSE"_qs, true);
    row("composed", u"J\u00e4n"_qs, u"Ja\u0308n"_qs, true);
    row("another name", u"Ana"_qs, u"Ben"_qs, false);
    row("one letter more", u"Ana"_qs, u"Anna"_qs, false);
    row("an accent", u"Ana"_qs, u"Aná"_qs, false);
    row("nothing", u""_qs, u"Ana"_qs, false);
}

void TestText::seesLookAlikes()
{
    QFETCH(QString, one);
    QFETCH(QString, other);
    QFETCH(bool, alike);
    QCOMPARE(looksAlike(one, other), alike);
    QCOMPARE(looksAlike(other, one), alike);
}

void TestText::keepsTerminalsSafe()
{
    QString every;
    for (char16_t c = 0; c < 0x3000; ++c)
        every += QChar(c);
    const QByteArray bytes = forTerminal(every);
    for (const char byte : bytes)
        QVERIFY(quint8(byte) >= 0x20 || byte == '\n' || byte == '\t');
    for (const QChar c : QString::fromUtf8(bytes))
        QVERIFY(c.unicode() < 0x7f || c.unicode() > 0x9f);
    QCOMPARE(forTerminal(u"ü\x1b]0;x\x07\n"),
        QByteArray("\xc3\xbc\xe2\x9f\xa8U+001B\xe2\x9f\xa9]0;x\xe2\x9f\xa8U+0007\xe2\x9f\xa9\n"));
}

void TestText::isIdempotent()
{
    QRandomGenerator random(4780);
    for (int i = 0; i < 4000; ++i) {
        const QString text = randomText(random);
        const QString one = visible(text);
        QCOMPARE(visible(one), one);
        QVERIFY(!holdsHidden(one));
        QVERIFY(!one.contains(u'\n') && !one.contains(u'\t'));
        const QString many = visibleText(text);
        QCOMPARE(visibleText(many), many);
        QVERIFY(!holdsHidden(many));
        const QString name = claimedName(text);
        QCOMPARE(claimedName(name), name);
        QCOMPARE(visible(name), name);
        QVERIFY(graphemes(name) <= limits::nameGraphemes);
        QVERIFY(looksAlike(text, text));
    }
}

QTEST_GUILESS_MAIN(TestText)
#include "tst_text.moc"
