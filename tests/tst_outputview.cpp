#include "desktop/dialogs/outputview.h"

#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>

using namespace hawser;
using namespace hawser::desktop;
using From = hawser::contracts::RunStream;

class TestOutputView : public QObject {
    Q_OBJECT

private slots:
    void marksStreamsByText();
    void decodesCutLetters();
    void showsEscapesInsteadOfObeyingThem();
    void goesOnInALine();
    void staysBoundedAndAsksToWait();
};

void TestOutputView::marksStreamsByText()
{
    OutputView view;
    view.take(From::Out, QByteArrayView("one\r\n"));
    view.take(From::Err, QByteArrayView("<b>two</b>\n"));
    QTRY_COMPARE(view.toPlainText(), QStringLiteral("out │ one\nerr ┃ <b>two</b>"));
    QCOMPARE(view.lines(), 2);
    QCOMPARE(view.bytes(), 16);
}

void TestOutputView::decodesCutLetters()
{
    OutputView view;
    const QByteArray euro = QByteArrayLiteral("\xe2\x82\xac");
    for (const char byte : euro)
        view.take(From::Out, QByteArrayView(&byte, 1));
    view.take(From::Out, QByteArrayView("\r"));
    view.take(From::Out, QByteArrayView("\n\xff\n"));
    QTRY_COMPARE(view.toPlainText(), QStringLiteral("out │ €\nout │ \uFFFD"));
}

void TestOutputView::showsEscapesInsteadOfObeyingThem()
{
    OutputView view;
    view.take(From::Out, QByteArrayView("\x1b[2Jgone\u202e\n"));
    QTRY_COMPARE(view.toPlainText(), QStringLiteral("out │ ⟨U+001B⟩[2Jgone⟨U+202E⟩"));
}

void TestOutputView::goesOnInALine()
{
    OutputView view;
    view.take(From::Out, QByteArrayView("50 %"));
    QTRY_COMPARE(view.toPlainText(), QStringLiteral("out │ 50 %"));
    view.take(From::Out, QByteArrayView(" 60 %"));
    view.take(From::Err, QByteArrayView("oh\n"));
    QTRY_COMPARE(view.toPlainText(), QStringLiteral("out │ 50 % 60 %\nerr ┃ oh"));
}

void TestOutputView::staysBoundedAndAsksToWait()
{
    OutputView view;
    view.show();
    QSignalSpy held(&view, &OutputView::held);
    view.take(From::Out, QByteArrayView(QByteArray("y\n").repeated(400 * 1024)));
    QCOMPARE(held.count(), 1);
    QVERIFY(held[0][0].toBool());
    view.take(From::Out, QByteArrayView(QByteArray(1 << 20, 'x')));
    QTRY_VERIFY_WITH_TIMEOUT(view.blockCount() == view.maximumBlockCount(), 60000);
    QVERIFY(view.document()->lastBlock().length() < 5000);
    QCOMPARE(view.bytes(), 400 * 1024 * 2 + (1 << 20));
}

QTEST_MAIN(TestOutputView)
#include "tst_outputview.moc"
