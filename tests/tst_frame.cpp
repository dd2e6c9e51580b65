#include "core/frame.h"

#include <QTest>

using namespace hawser;

class tst_frame : public QObject {
    Q_OBJECT

private slots:
    void writesTheLayoutOfTheProtocol()
    {
        QByteArray out;
        appendFrame(out, FrameType::Data, flag::more | flag::end, 0x01020304, "hi");
        QCOMPARE(out,
            QByteArray::fromHex("00000002"
                                "11"
                                "03"
                                "0000"
                                "01020304"
                                "6869"));
    }

    void cutsAnywhere_data()
    {
        QTest::addColumn<int>("step");
        for (const int step : { 1, 2, 3, 5, 11, 12, 13, 64, 1000 })
            QTest::addRow("%d bytes at a time", step) << step;
    }
    void cutsAnywhere()
    {
        QFETCH(int, step);
        QByteArray bytes;
        for (int i = 0; i < 50; ++i)
            appendFrame(bytes, FrameType::Data, 0, quint32(i), QByteArray(i * 7, char('a' + i % 26)));
        FrameReader reader(limits::framePayload);
        int seen = 0;
        for (qsizetype at = 0; at < bytes.size(); at += step) {
            const qsizetype size = qMin<qsizetype>(step, bytes.size() - at);
            memcpy(reader.space().data(), bytes.constData() + at, size);
            reader.filled(size);
            while (const auto frame = reader.next()) {
                QCOMPARE(frame->stream, quint32(seen));
                QCOMPARE(frame->payload.toByteArray(), QByteArray(seen * 7, char('a' + seen % 26)));
                ++seen;
            }
            reader.endTurn();
        }
        QCOMPARE(seen, 50);
        QCOMPARE(reader.kept(), 0);
        QVERIFY(reader.state());
    }

    void refusesAtTheHeader_data()
    {
        QTest::addColumn<quint32>("length");
        QTest::addColumn<bool>("accepted");
        QTest::newRow("the limit") << limits::greetingPayload << true;
        QTest::newRow("one over") << limits::greetingPayload + 1 << false;
        QTest::newRow("2^31") << 0x80000000u << false;
        QTest::newRow("2^32-1") << 0xffffffffu << false;
    }
    void refusesAtTheHeader()
    {
        QFETCH(quint32, length);
        QFETCH(bool, accepted);
        FrameReader reader(limits::greetingPayload);
        char head[limits::frameHeader];
        writeHeader(head, length, FrameType::Hello, 0, 0);
        memcpy(reader.space().data(), head, sizeof head);
        reader.filled(sizeof head);
        QVERIFY(!reader.next()); // not a byte of payload has come
        QCOMPARE(bool(reader.state()), accepted);
        if (!accepted)
            QCOMPARE(reader.state().error().code, Code::ResourceExhausted);
        reader.endTurn();
    }
};

QTEST_GUILESS_MAIN(tst_frame)
#include "tst_frame.moc"
