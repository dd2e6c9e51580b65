#include "chat/messages.h"
#include "support/long_talk.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using namespace hawser::chat;

namespace {

const QByteArray theirDevice("device-b");
const QByteArray myDevice("device-a");

PublicKey somebody(int n)
{
    static const char *const keys[] = { "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025" };
    return *PublicKey::fromHex(QString::fromLatin1(keys[n])); // RFC 8032, 7.1
}

const PublicKey bea = somebody(0);
const PublicKey carl = somebody(1);

Entry said(quint64 id, const QString &text, bool mine = false, const PublicKey &with = bea)
{
    Entry entry;
    entry.id = id;
    entry.with = with;
    entry.text = text;
    entry.mine = mine;
    entry.at = qint64(id) * 1000;
    entry.device = mine ? myDevice : theirDevice;
    entry.number = id;
    entry.state = mine ? Entry::State::Queued : Entry::State::None;
    return entry;
}

QList<quint64> ids(const QList<Entry> &entries)
{
    QList<quint64> all;
    for (const Entry &entry : entries)
        all << entry.id;
    return all;
}

/// "3 4 5", with dots where there is more.
QString shown(const Result<Page> &page)
{
    if (!page)
        return page.error().sentence;
    QStringList parts;
    if (page->hasEarlier)
        parts << QStringLiteral("…");
    for (quint64 id : ids(page->entries))
        parts << QString::number(id);
    if (page->hasLater)
        parts << QStringLiteral("…");
    return parts.join(QLatin1Char(' '));
}

} // namespace

class TestHistory : public QObject {
    Q_OBJECT

private slots:
    void init();
    void keepsAllOfAnEntry();
    void pagesInBothDirections();
    void pagesOfEverybodySayWhose();
    void findsWordsAndTheirBeginnings();
    void whatPeopleTypeIsNoQuery();
    void countsWhatWasNotSeen();
    void onlyWhatCameBeforeAdvances();
    void everythingGoesWithTheContact();
    void everyQueryHasItsIndex();
    void aHundredThousandOpenLikeAHundred();

private:
    QTemporaryDir m_folder;
    std::unique_ptr<Database> m_database;
    int m_files = 0;

    void add(const Entry &entry) { QVERIFY(history::add(*m_database, entry)); }
    void fill(int count, const PublicKey &with = bea, quint64 from = 1)
    {
        const auto done = m_database->transaction([&] { return test::fillTalk(*m_database, with, from, count); });
        QVERIFY(done);
    }
    QString page(PageWish wish) { return shown(history::page(*m_database, wish)); }
};

void TestHistory::init()
{
    auto opened = Database::open(m_folder.filePath(QString::number(++m_files)), messages::steps());
    QVERIFY(opened);
    m_database = std::move(*opened);
}

void TestHistory::keepsAllOfAnEntry()
{
    Entry entry;
    entry.id = 7;
    entry.with = bea;
    entry.kind = Entry::Kind::Transfer;
    entry.mine = true;
    entry.text = QStringLiteral("shoot-42");
    entry.at = 1;
    entry.said = 2;
    entry.state = Entry::State::NotSent;
    entry.sentence = QStringLiteral("because");
    entry.device = myDevice;
    entry.number = 9;
    entry.transfer = "transfer";
    entry.details = QByteArray("a\0b", 3);
    add(entry);
    QVERIFY(*history::find(*m_database, 7) == entry);
    QVERIFY(*history::find(*m_database, bea, myDevice, 9) == entry);
    QVERIFY(*history::findTransfer(*m_database, "transfer") == entry);
    entry.state = Entry::State::Queued;
    entry.number = 10;
    entry.sentence.clear();
    QVERIFY(history::setState(*m_database, entry));
    const Result<Entry> now = history::find(*m_database, 7);
    QVERIFY(now && *now == entry);
    QCOMPARE(history::find(*m_database, 8).error().code, Code::NotFound);
}

void TestHistory::pagesInBothDirections()
{
    fill(10);
    add(said(11, "another's", false, carl));
    using From = PageWish::From;
    QCOMPARE(page({ bea, From::Newest, 0, 3 }), "… 8 9 10");
    QCOMPARE(page({ bea, From::Newest, 0, 10 }), "1 2 3 4 5 6 7 8 9 10");
    QCOMPARE(page({ bea, From::Before, 8, 3 }), "… 5 6 7 …");
    QCOMPARE(page({ bea, From::Before, 4, 3 }), "1 2 3 …");
    QCOMPARE(page({ bea, From::After, 4, 3 }), "… 5 6 7 …");
    QCOMPARE(page({ bea, From::After, 7, 3 }), "… 8 9 10");
    QCOMPARE(page({ bea, From::Around, 5, 4 }), "… 3 4 5 6 …");
    QCOMPARE(page({ bea, From::Around, 1, 4 }), "1 2 …");
    QCOMPARE(page({ bea, From::Around, 10, 4 }), "… 8 9 10");
    QCOMPARE(page({ somebody(2), From::Newest, 0, 3 }), "");
}

void TestHistory::pagesOfEverybodySayWhose()
{
    add(said(1, "one"));
    add(said(2, "two", false, carl));
    add(said(3, "three"));
    PageWish wish;
    wish.count = 2;
    const Result<Page> page = history::page(*m_database, wish);
    QCOMPARE(shown(page), "… 2 3");
    QVERIFY(page->entries[0].with == carl);
    QVERIFY(page->entries[1].with == bea);
    wish.since = 3000;
    QCOMPARE(shown(history::page(*m_database, wish)), "3");
}

void TestHistory::findsWordsAndTheirBeginnings()
{
    add(said(1, QStringLiteral("Grüße aus der Werft")));
    add(said(2, "the rope is ready", true));
    add(said(3, "ropes, and more ropes"));
    add(said(4, "a rope for Carl", false, carl));
    Entry offer = said(5, "rope.zip");
    offer.kind = Entry::Kind::Transfer;
    add(offer);
    const auto found = [&](const char *words) {
        return *history::search(*m_database, bea, QString::fromUtf8(words), 100);
    };
    QCOMPARE(found("rope"), (QList<quint64> { 3, 2 }));
    QCOMPARE(found("ROPES"), (QList<quint64> { 3 }));
    QCOMPARE(found("ready ro"), (QList<quint64> { 2 }));
    QCOMPARE(found("grusse"), QList<quint64>());
    QCOMPARE(found("gruß"), (QList<quint64> { 1 }));
    QCOMPARE(*history::search(*m_database, bea, "rope", 1), (QList<quint64> { 3 }));
    PageWish wish;
    wish.words = QStringLiteral("rope");
    wish.count = 2;
    QCOMPARE(page(wish), "… 3 4");
}

void TestHistory::whatPeopleTypeIsNoQuery()
{
    add(said(1, "say \"NOT\" or (AND) text:it*"));
    for (const char *typed :
        { "\"", "\"\"\"", "NOT", "(", "text:it", "say OR", "*", "it*", "-", "a\"b", "say \"not", "  " }) {
        const auto found = history::search(*m_database, bea, QString::fromUtf8(typed), 10);
        QVERIFY2(found, typed);
    }
    QCOMPARE(history::search(*m_database, bea, QStringLiteral("say \"not"), 10)->size(), 1);
    QCOMPARE(history::search(*m_database, bea, QStringLiteral("*"), 10)->size(), 0);
}

void TestHistory::countsWhatWasNotSeen()
{
    add(said(1, "one"));
    add(said(2, "mine", true));
    Entry notice = said(3, "Bea is a contact now.");
    notice.kind = Entry::Kind::Notice;
    notice.number = 0;
    add(notice);
    add(said(4, "two"));
    add(said(5, "another", false, carl));
    QCOMPARE(*history::unread(*m_database, bea), 2);
    const auto all = history::unread(*m_database);
    QCOMPARE(all->size(), 2);
    QCOMPARE(all->first().last, quint64(4));
    auto marks = history::markRead(*m_database, bea, 1);
    QCOMPARE(marks->size(), 1);
    QCOMPARE(marks->first().number, quint64(1));
    QCOMPARE(*history::unread(*m_database, bea), 1);
    marks = history::markRead(*m_database, bea, 4);
    QCOMPARE(marks->first().number, quint64(4));
    QCOMPARE(marks->first().device, theirDevice);
    QVERIFY(history::markRead(*m_database, bea, 4)->isEmpty()); // nothing new
    QVERIFY(history::markRead(*m_database, bea, 1)->isEmpty()); // never back
    QCOMPARE(*history::unread(*m_database, bea), 0);
    QVERIFY(history::markRead(*m_database, carl, history::SeenMark { theirDevice, 9 })); // by another device of mine
    QCOMPARE(*history::unread(*m_database, carl), 0);
}

void TestHistory::onlyWhatCameBeforeAdvances()
{
    using State = Entry::State;
    for (quint64 id = 1; id <= 4; ++id)
        add(said(id, "mine", true));
    add(said(5, "given up", true));
    QCOMPARE(history::settle(*m_database, { bea, myDevice, 5, 5 }, State::NotSent, "too large")->size(), 1);
    add(said(6, "theirs"));
    add(said(7, "mine to another", true, carl));
    const auto advance = [&](const PublicKey &with, const QByteArray &device, quint64 upto, State state) {
        return ids(*history::advance(*m_database, with, { device, upto }, state, {}));
    };
    QCOMPARE(advance(bea, myDevice, 3, State::AtBroker), (QList<quint64> { 1, 2, 3 }));
    QCOMPARE(advance(bea, myDevice, 2, State::Read), (QList<quint64> { 1, 2 }));
    QCOMPARE(advance(bea, myDevice, 9, State::Delivered), (QList<quint64> { 3, 4 }));
    QCOMPARE(history::find(*m_database, 2)->state, State::Read);
    QCOMPARE(history::find(*m_database, 4)->state, State::Delivered);
    QCOMPARE(history::find(*m_database, 5)->state, State::NotSent);
    QCOMPARE(history::find(*m_database, 6)->state, State::None);
    QCOMPARE(history::find(*m_database, 7)->state, State::Queued);
    QCOMPARE(advance(carl, theirDevice, 9, State::Read), QList<quint64>()); // of a device that is not mine
    QCOMPARE(history::turnDown(*m_database, carl, { myDevice, 9 }, "no")->size(), 1);
    QCOMPARE(advance(carl, myDevice, 9, State::AtBroker), QList<quint64>());
    QCOMPARE(advance(carl, myDevice, 9, State::Delivered), QList<quint64>()); // nobody said they took this one
    const quint64 number = history::find(*m_database, 7)->number;
    QCOMPARE(ids(*history::tookAfterAll(*m_database, { carl, myDevice, number + 1, 9 })), QList<quint64>());
    QCOMPARE(
        ids(*history::tookAfterAll(*m_database, { carl, myDevice, number, 9 })), QList<quint64> { 7 }); // another did
    QCOMPARE(history::find(*m_database, 7)->state, State::Delivered);
}

void TestHistory::everythingGoesWithTheContact()
{
    add(said(1, "rope"));
    add(said(2, "rope", false, carl));
    QVERIFY(history::forget(*m_database, bea));
    QCOMPARE(history::find(*m_database, 1).error().code, Code::NotFound);
    QCOMPARE(history::search(*m_database, bea, "rope", 9)->size(), 0);
    PageWish wish;
    wish.words = QStringLiteral("rope");
    QCOMPARE(page(wish), "2");
    QVERIFY(m_database->run(QStringLiteral("INSERT INTO words (words) VALUES ('integrity-check')")));
    QCOMPARE(*history::lastId(*m_database), quint64(2));
}

/// A scan would show only with a hundred thousand entries, on somebody's computer.
void TestHistory::everyQueryHasItsIndex()
{
    fill(10);
    const auto plan = [&](const char *statement) {
        QStringList steps;
        auto query = m_database->run(QStringLiteral("EXPLAIN QUERY PLAN ") + QString::fromLatin1(statement));
        while (query && query->next())
            steps << query->value(3).toString();
        return steps.join(QLatin1Char('|'));
    };
    const QString unseen = plan("SELECT * FROM entries e WHERE talk = 1 AND device = x'00' AND number <= 3 AND mine = 1"
                                " AND state < 5 AND number > 0");
    QVERIFY2(unseen.contains(QLatin1String("entries_unseen")), qUtf8Printable(unseen));
    const QString later = plan("SELECT * FROM entries e WHERE e.talk = 1 AND e.id > 3 ORDER BY e.id LIMIT 3");
    QVERIFY2(later.contains(QLatin1String("entries_of_talk")) && !later.contains(QLatin1String("TEMP B-TREE")),
        qUtf8Printable(later));
}

void TestHistory::aHundredThousandOpenLikeAHundred()
{
    fill(100, carl);
    fill(100000, bea, 1000);
    const auto cost = [&](const PageWish &wish) {
        qint64 best = std::numeric_limits<qint64>::max();
        for (int i = 0; i < 5; ++i) {
            QElapsedTimer timer;
            timer.start();
            const auto page = history::page(*m_database, wish);
            best = std::min(best, timer.nsecsElapsed());
            [&] { QCOMPARE(page->entries.size(), 50); }();
        }
        return double(best) / 1000;
    };
    using From = PageWish::From;
    const double small = cost({ carl, From::Newest, 0, 50 });
    const double large = cost({ bea, From::Newest, 0, 50 });
    const double middle = cost({ bea, From::Around, 50000, 50 });
    qInfo("a page of 50: of 100 entries %.0f µs, of 100 000 %.0f µs, in their middle %.0f µs", small, large, middle);
    QVERIFY2(large < 10 * small && middle < 10 * small, "the whole conversation is read");
}

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
