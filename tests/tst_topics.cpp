#include "core/topics.h"

#include "core/limits.h"
#include "core/topic_messages.h"
#include "tests/support/vectors.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>
#include <algorithm>
#include <set>

using namespace hawser;

namespace {

/// One random text of few tokens, so that much fits.
QByteArray randomTopic(QRandomGenerator &random, bool pattern)
{
    QByteArrayList tokens;
    const int levels = random.bounded(1, 6);
    for (int i = 0; i < levels; ++i) {
        const int dice = random.bounded(pattern ? 8 : 4);
        tokens << (dice < 4 ? QByteArray(1, char('a' + dice)) : dice < 7 ? QByteArray("*") : QByteArray("b"));
    }
    if (pattern && random.bounded(4) == 0)
        tokens.last() = ">";
    return tokens.join('.');
}

/// Another way to the same end.
bool slowlyMatches(const QByteArray &pattern, const QByteArray &name)
{
    const QByteArrayList wanted = pattern.split('.');
    const QByteArrayList given = name.split('.');
    for (qsizetype i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == ">")
            return given.size() > i;
        if (i >= given.size() || (wanted[i] != "*" && wanted[i] != given[i]))
            return false;
    }
    return wanted.size() == given.size();
}

template <typename T>
void put(QJsonObject &says, const char *name, T number)
{
    says[QLatin1String(name)] = QString::number(number); // beyond 2^53 no JSON number is exact
}

Result<QJsonObject> readPublished(const QByteArray &bytes)
{
    const auto said = topic::decodePublished(bytes);
    if (!said)
        return said.error();
    return QJsonObject { { "kind", int(said->said) }, { "number", qint64(said->number) },
        { "rest", QString::fromLatin1(said->rest.toByteArray().toHex()) } };
}

Result<QJsonObject> readAnswer(const QByteArray &bytes)
{
    const auto answer = topic::decodeAnswer(bytes);
    if (!answer)
        return answer.error();
    QJsonObject says;
    if (const auto *taken = std::get_if<topic::Taken>(&*answer)) {
        put(says, "count", taken->count);
        return says;
    }
    const auto &refused = std::get<topic::Refused>(*answer);
    put(says, "first", refused.first);
    put(says, "count", refused.count);
    says["code"] = int(refused.why.code);
    says["sentence"] = refused.why.sentence;
    return says;
}

Result<QJsonObject> readWord(const QByteArray &bytes)
{
    const auto word = topic::decodeWord(bytes);
    if (!word)
        return word.error();
    if (const auto *source = std::get_if<topic::Source>(&*word))
        return QJsonObject { { "kind", "source" }, { "number", qint64(source->number) },
            { "key", source->publisher.hex() }, { "topic", QString::fromLatin1(source->topic) } };
    if (const auto *gap = std::get_if<topic::Gap>(&*word)) {
        QJsonObject says { { "kind", "gap" } };
        put(says, "count", gap->count);
        return says;
    }
    if (const auto *message = std::get_if<topic::Message>(&*word))
        return QJsonObject { { "kind", "message" }, { "number", qint64(message->source) },
            { "rest", QString::fromLatin1(message->body.toByteArray().toHex()) } };
    return QJsonObject { { "kind", "begin" } };
}

Result<QJsonObject> readNumber(const QByteArray &bytes)
{
    const auto number = topic::decodeNumber(bytes);
    if (!number)
        return number.error();
    QJsonObject says;
    put(says, "count", *number);
    return says;
}

/// What is written of what was read; nothing where this side only reads.
QByteArray written(const QString &reader, const QByteArray &bytes)
{
    if (reader == "publish") {
        const auto said = topic::decodePublished(bytes);
        return topic::encodeHead(said->said, said->number) + said->rest.toByteArray();
    }
    if (reader == "answer")
        return encode(*topic::decodeAnswer(bytes));
    if (reader == "acknowledgement")
        return topic::encodeNumber(*topic::decodeNumber(bytes));
    const auto word = topic::decodeWord(bytes);
    if (const auto *source = std::get_if<topic::Source>(&*word))
        return encode(*source);
    if (const auto *gap = std::get_if<topic::Gap>(&*word))
        return encode(*gap);
    return std::holds_alternative<topic::Begin>(*word) ? encode(topic::Begin()) : bytes;
}

} // namespace

class tst_topics : public QObject {
    Q_OBJECT

private slots:
    void grammar_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("name");
        QTest::addColumn<bool>("pattern");
        const auto row = [](const char *title, const QByteArray &text, bool name, bool pattern) {
            QTest::newRow(title) << text << name << pattern;
        };
        row("one token", "metrics", true, true);
        row("several", "metrics.host-1.cpu_0", true, true);
        row("star", "metrics.*.cpu", false, true);
        row("only star", "*", false, true);
        row("tail", "metrics.>", false, true);
        row("only tail", ">", false, true);
        row("tail inside", "metrics.>.cpu", false, false);
        row("star in a token", "metrics.a*", false, false);
        row("two stars", "metrics.**", false, false);
        row("tail in a token", "metrics.a>", false, false);
        row("empty", "", false, false);
        row("dot", ".", false, false);
        row("dot first", ".a", false, false);
        row("dot last", "a.", false, false);
        row("two dots", "a..b", false, false);
        row("space", "a b", false, false);
        row("line", "a\r\nSUB b", false, false);
        row("zero", QByteArray("a\0b", 3), false, false);
        row("dollar", "$SYS.a", false, false);
        row("plus and hash", "+.#", false, false);
        row("slash", "a/b", false, false);
        row("umlaut", "\xc3\xbc", false, false);
        row("escape", "\x1b[31m", false, false);
        row("a token of 64", QByteArray(64, 'a'), true, true);
        row("a token of 65", QByteArray(65, 'a'), false, false);
        const QByteArray full = QByteArrayList(4, QByteArray(63, 'a')).join('.') + 'a';
        row("256 bytes", full, true, true);
        row("257 bytes", QByteArrayList(4, QByteArray(63, 'a')).join('.') + ".a", false, false);
        row("16 levels", QByteArrayList(16, "a").join('.'), true, true);
        row("17 levels", QByteArrayList(17, "a").join('.'), false, false);
        row("ten thousand levels", QByteArrayList(10000, "a").join('.'), false, false);
        row("64 KiB", QByteArray(65536, 'a'), false, false);
    }
    void grammar()
    {
        QFETCH(QByteArray, text);
        QTEST(isTopicName(text), "name");
        QTEST(isTopicPattern(text), "pattern");
    }

    void reservedIsTheFirstTokenAlone()
    {
        QVERIFY(isReservedTopic("hawser.presence.ana"));
        QVERIFY(isReservedTopic("hawser"));
        QVERIFY(!isReservedTopic("hawsers"));
        QVERIFY(!isReservedTopic("a.hawser"));
        QVERIFY(!isReservedTopic(">"));
    }

    void fits_data()
    {
        QTest::addColumn<QByteArray>("pattern");
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<bool>("fits");
        QTest::newRow("itself") << QByteArray("a.b") << QByteArray("a.b") << true;
        QTest::newRow("a beginning") << QByteArray("a") << QByteArray("a.b") << false;
        QTest::newRow("longer") << QByteArray("a.b") << QByteArray("a") << false;
        QTest::newRow("star is one") << QByteArray("a.*") << QByteArray("a.b") << true;
        QTest::newRow("star is not two") << QByteArray("a.*") << QByteArray("a.b.c") << false;
        QTest::newRow("star is not none") << QByteArray("a.*") << QByteArray("a") << false;
        QTest::newRow("tail is one") << QByteArray("a.>") << QByteArray("a.b") << true;
        QTest::newRow("tail is three") << QByteArray("a.>") << QByteArray("a.b.c.d") << true;
        QTest::newRow("tail is not none") << QByteArray("a.>") << QByteArray("a") << false;
        QTest::newRow("star then tail") << QByteArray("*.>") << QByteArray("a.b.c") << true;
        QTest::newRow("case counts") << QByteArray("a") << QByteArray("A") << false;
    }
    void fits()
    {
        QFETCH(QByteArray, pattern);
        QFETCH(QByteArray, name);
        QTEST(topicMatches(pattern, name), "fits");
        TopicMatcher matcher;
        matcher.add(pattern, 7);
        QTEST(!matcher.match(name).empty(), "fits");
    }

    void matcherAgreesWithTheSlowWay()
    {
        QRandomGenerator random(20261121);
        TopicMatcher matcher;
        std::set<std::pair<TopicMatcher::Id, QByteArray>> naive;
        int hits = 0;
        for (int round = 0; round < 600; ++round) {
            const QByteArray pattern = randomTopic(random, true);
            const TopicMatcher::Id id = random.bounded(40);
            if (random.bounded(3) == 0) {
                matcher.remove(pattern, id);
                naive.erase({ id, pattern });
            } else {
                matcher.add(pattern, id);
                naive.insert({ id, pattern });
            }
            const QByteArray name = randomTopic(random, false);
            std::vector<TopicMatcher::Id> expected;
            for (const auto &[other, wanted] : naive) {
                QCOMPARE(topicMatches(wanted, name), slowlyMatches(wanted, name));
                if (slowlyMatches(wanted, name))
                    expected.push_back(other);
            }
            std::vector<TopicMatcher::Id> found = matcher.match(name);
            std::sort(found.begin(), found.end());
            std::sort(expected.begin(), expected.end());
            QCOMPARE(found, expected);
            hits += int(found.size());
        }
        QVERIFY(hits > 500); // the comparison was about something
        for (const auto &[id, pattern] : naive)
            matcher.remove(pattern, id);
        QCOMPARE(matcher.nodes(), size_t(0)); // nothing stays behind
    }

    void vectors_data()
    {
        QTest::addColumn<QJsonObject>("vector");
        for (const QJsonObject &row : vectorRows("topics.json"))
            QTest::newRow(qUtf8Printable(row["reader"].toString() + ": " + row["name"].toString())) << row;
    }
    void vectors()
    {
        QFETCH(QJsonObject, vector);
        const QHash<QString, Result<QJsonObject> (*)(const QByteArray &)> readers { { "publish", readPublished },
            { "answer", readAnswer }, { "subscription", readWord }, { "acknowledgement", readNumber } };
        const QString reader = vector["reader"].toString();
        const QByteArray bytes = hexOf(vector, "bytes");
        const Result<QJsonObject> read = readers[reader](bytes);
        if (vector.contains("code")) {
            QVERIFY(!read);
            QCOMPARE(QString(name(read.error().code)), vector["code"].toString());
            return;
        }
        QVERIFY2(read, read ? "" : qUtf8Printable(read.error().sentence));
        QCOMPARE(*read, vector["says"].toObject());
        QCOMPARE(written(reader, bytes).toHex(), bytes.toHex());
    }

    void overlapIsWhatSomeNameShows()
    {
        QRandomGenerator random(7);
        QByteArrayList names;
        for (int i = 0; i < 400; ++i)
            names << randomTopic(random, false);
        int overlapping = 0;
        for (int round = 0; round < 500; ++round) {
            const QByteArray one = randomTopic(random, true);
            const QByteArray other = randomTopic(random, true);
            const bool shown = std::any_of(names.begin(), names.end(),
                [&](const QByteArray &name) { return topicMatches(one, name) && topicMatches(other, name); });
            QCOMPARE(patternsOverlap(one, other), patternsOverlap(other, one));
            QVERIFY2(!shown || patternsOverlap(one, other), (one + " " + other).constData());
            overlapping += patternsOverlap(one, other);
        }
        QVERIFY(overlapping > 50 && overlapping < 450);
        QVERIFY(!patternsOverlap("a.b", "a.c"));
        QVERIFY(!patternsOverlap("a", "a.>"));
        QVERIFY(!patternsOverlap("a.*", "a.b.c"));
        QVERIFY(patternsOverlap("a.*.c", "*.b.>"));
    }

    void whatDoesNotFitCostsNothing()
    {
        const auto nanoseconds = [](const TopicMatcher &matcher) {
            qint64 best = std::numeric_limits<qint64>::max();
            for (int round = 0; round < 5; ++round) {
                QElapsedTimer timer;
                timer.start();
                size_t found = 0;
                for (int i = 0; i < 500; ++i)
                    found += matcher.match("wanted.host.cpu").size();
                if (found != 1000)
                    qFatal("%zu found", found);
                best = qMin(best, timer.nsecsElapsed());
            }
            return best;
        };
        TopicMatcher few, many;
        for (TopicMatcher *matcher : { &few, &many }) {
            matcher->add("wanted.*.cpu", 1);
            matcher->add("wanted.>", 2);
        }
        for (int i = 0; i < 20000; ++i)
            many.add("other.h" + QByteArray::number(i) + ".>", quint64(i) + 10);
        QVERIFY(nanoseconds(many) < 5 * nanoseconds(few)); // by the naive way: 10 000 times
    }
};

QTEST_GUILESS_MAIN(tst_topics)
#include "tst_topics.moc"
