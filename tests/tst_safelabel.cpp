#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"

#include <QPixmap>
#include <QTest>

using namespace hawser::chat;

class TestSafeLabel : public QObject {
    Q_OBJECT

private slots:
    void showsForeignTextAsItIs_data();
    void showsForeignTextAsItIs();
    void isolatesNamesInSentences();
    void keepsPercentSignsOfNames();
    void escapesMnemonicsAndToolTips();
    void drawsIconsInThePalettesColour();
};

void TestSafeLabel::showsForeignTextAsItIs_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");
    QTest::newRow("plain") << "Bea K."
                           << "Bea K.";
    QTest::newRow("markup") << "<img src='/nowhere'><b>Bea</b>"
                            << "<img src='/nowhere'><b>Bea</b>";
    QTest::newRow("entities") << "&lt;b&gt;"
                              << "&lt;b&gt;";
    QTest::newRow("override") << QStringLiteral("a\u202Eb") << QStringLiteral("a⟨U+202E⟩b");
    QTest::newRow("line feed") << "a\nb" << QStringLiteral("a⟨U+000A⟩b");
}

void TestSafeLabel::showsForeignTextAsItIs()
{
    QFETCH(QString, text);
    SafeLabel label(text);
    QCOMPARE(label.textFormat(), Qt::PlainText);
    QTEST(label.text(), "shown");
    // Rich text would be laid out shorter or taller than the letters are.
    QFETCH(QString, shown);
    QCOMPARE(label.sizeHint().height(), QFontMetrics(label.font()).size(0, shown).height());
}

void TestSafeLabel::isolatesNamesInSentences()
{
    SafeLabel label;
    label.setText(SafeText::sentence(QStringLiteral("Connection request from “%1”"), QStringLiteral("א\u202Eb")));
    QCOMPARE(label.text(), QStringLiteral("Connection request from “\u2068א⟨U+202E⟩b\u2069”"));
}

void TestSafeLabel::keepsPercentSignsOfNames()
{
    SafeLabel label;
    label.setText(SafeText::sentence(QStringLiteral("%1 – %2"), QStringLiteral("%2"), QStringLiteral("x")));
    QCOMPARE(label.text(), QStringLiteral("\u2068%2\u2069 – \u2068x\u2069"));
}

void TestSafeLabel::escapesMnemonicsAndToolTips()
{
    QCOMPARE(plainCaption(QStringLiteral("Tom & Jerry")), QStringLiteral("Tom && Jerry"));
    QCOMPARE(plainToolTip(QStringLiteral("<img src=x>&")), QStringLiteral("<span>&lt;img src=x&gt;&amp;</span>"));
    QVERIFY(Qt::mightBeRichText(plainToolTip(QStringLiteral("plain"))));
}

void TestSafeLabel::drawsIconsInThePalettesColour()
{
    const QImage image = icon(QStringLiteral("stop")).pixmap(QSize(48, 48)).toImage();
    QCOMPARE(image.pixelColor(24, 11).rgb(), QGuiApplication::palette().color(QPalette::ButtonText).rgb());
    QCOMPARE(image.pixelColor(24, 24).alpha(), 0);
    QVERIFY(!applicationIcon().isNull());
    QVERIFY(icon(QStringLiteral("no-such-icon")).isNull());
}

QTEST_MAIN(TestSafeLabel)
#include "tst_safelabel.moc"
