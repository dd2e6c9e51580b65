#include "chat/history.h"
#include "chat/messages.h"
#include "desktop/desktop.h"
#include "desktop/mainwindow.h"
#include "desktop/models/conversation_model.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/views/chat_view.h"
#include "support/long_talk.h"

#include <QAbstractButton>
#include <QElapsedTimer>
#include <QScrollBar>
#include <QSemaphore>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <malloc.h>

using namespace hawser;
using namespace hawser::chat;
using namespace hawser::desktop;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

PublicKey somebody(const char *hex)
{
    return *PublicKey::fromHex(QString::fromLatin1(hex)); // RFC 8032, 7.1
}

const PublicKey bea = somebody("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const PublicKey carl = somebody("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");

/// A window over a history on disk, as the desktop has it.
struct Window {
    ConversationModel model;
    ChatView view;
    qsizetype entriesRead = 0;

    explicit Window(History &history)
    {
        QObject::connect(&model, &ConversationModel::wanted, &model, [this, &history](const PageWish &wish) {
            history.read(
                &model, [wish](Database &database) { return history::page(database, wish); },
                [this, wish](const Result<Page> &page) {
                    entriesRead += page ? page->entries.size() : 0;
                    model.take(wish, page ? *page : Page {});
                });
        });
        view.setConversation(&model);
        view.resize(600, 500);
        view.show();
    }
    QString lastSeen() const
    {
        const QModelIndex last = view.indexAt(QPoint(5, view.viewport()->height() - 2));
        return last.data().toString();
    }
    QString firstSeen() const { return view.indexAt(QPoint(5, 2)).data().toString(); }
};

/// Turns the event loop until `done()`: QTRY_* looks every 50 ms only, which is no way to measure less.
template <typename Condition>
bool turnUntil(Condition done)
{
    bool patient = true;
    QTimer deadline;
    deadline.setSingleShot(true);
    QObject::connect(&deadline, &QTimer::timeout, &deadline, [&] { patient = false; });
    deadline.start(20s);
    while (patient && !done())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    return done();
}

} // namespace

/// The real model and view over a real file.
class TestLongTalk : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void opensLikeAShortOne();
    void whatIsReadStaysWhereItIsWhenEarlierLinesCome();
    void goesToAHitAndBackToTheNewest();
    void theWholeWindowOpensItInTheMemoryOfAShortOne();
    void whatWentIsToldUntilItWasSeen();
    void aStoreThatHangsFreezesNothing();
    void aFileThatCannotBeUsedIsLeftAndSaidSo();

private:
    QTemporaryDir m_folder;
    std::unique_ptr<History> m_history;
};

void TestLongTalk::initTestCase()
{
    m_history = std::make_unique<History>(m_folder.path());
    bool filled = false;
    m_history->write(
        this,
        [](Database &database) -> Result<void> {
            const Result<void> few = test::fillTalk(database, carl, 1, 100);
            return few ? test::fillTalk(database, bea, 1000, 100'000) : few;
        },
        [&](const Result<void> &done) { filled = done.operator bool(); });
    QTRY_VERIFY_WITH_TIMEOUT(filled, 60'000);
}

void TestLongTalk::opensLikeAShortOne()
{
    Window window(*m_history);
    const auto open = [&](const PublicKey &with) {
        auto best = nanoseconds::max();
        for (int i = 0; i < 5; ++i) {
            QElapsedTimer timer;
            timer.start();
            window.model.open(with, QStringLiteral("Bea"), {});
            if (!turnUntil([&] {
                    return window.model.rowCount() == ConversationModel::page
                        && window.lastSeen().startsWith(QLatin1String("line"));
                }))
                return nanoseconds::max();
            best = std::min(best, nanoseconds(timer.nsecsElapsed()));
        }
        return best;
    };
    const nanoseconds few = open(carl);
    const qsizetype readForFew = std::exchange(window.entriesRead, 0);
    const nanoseconds many = open(bea);
    qInfo("best of five, opened and laid out: of 100 messages %lld µs, of 100 000 %lld µs; rows held %d",
        qint64(few.count() / 1000), qint64(many.count() / 1000), window.model.rowCount());
    QCOMPARE(window.entriesRead, readForFew); // what makes it as fast
    QCOMPARE(window.model.rowCount(), ConversationModel::page);
    QVERIFY2(many < 100ms, "a long conversation opens slower than it may");
    QCOMPARE(window.lastSeen(), "line 99999 of a long talk");
}

void TestLongTalk::whatIsReadStaysWhereItIsWhenEarlierLinesCome()
{
    Window window(*m_history);
    window.model.open(bea, QStringLiteral("Bea"), {});
    QTRY_COMPARE(window.lastSeen(), "line 99999 of a long talk");
    QScrollBar *bar = window.view.verticalScrollBar();
    bar->setValue(window.view.viewport()->height() / 2); // near the top: more is asked for
    const QString first = window.firstSeen();
    QTRY_COMPARE(window.model.rowCount(), 2 * ConversationModel::page);
    QCOMPARE(window.firstSeen(), first);
    for (int i = 0; i < 40; ++i) {
        bar->setValue(0);
        const qsizetype before = window.entriesRead;
        QTRY_VERIFY(window.entriesRead > before);
        QVERIFY(window.model.rowCount() <= ConversationModel::mostRows);
    }
    QVERIFY(window.model.hasLater());
}

void TestLongTalk::goesToAHitAndBackToTheNewest()
{
    Window window(*m_history);
    window.model.open(bea, QStringLiteral("Bea"), {});
    QTRY_COMPARE(window.model.rowCount(), ConversationModel::page);
    QList<quint64> hits;
    m_history->read(
        this, [](Database &database) { return history::search(database, bea, QStringLiteral("4242"), 10); },
        [&](const Result<QList<quint64>> &found) { hits = *found; });
    QTRY_COMPARE(hits.size(), 11 - 1); // 42420 … 42429 and 4242: the newest ten
    window.model.goTo(1000 + 4242);
    QTRY_COMPARE(window.view.currentIndex().data().toString(), "line 4242 of a long talk");
    const QRect row = window.view.visualRect(window.view.currentIndex());
    QVERIFY(window.view.viewport()->rect().contains(row.center()));
    window.view.goToNewest();
    QTRY_COMPARE(window.lastSeen(), "line 99999 of a long talk");
}

/// The disk does not answer: the window's thread turns on all the while.
void TestLongTalk::theWholeWindowOpensItInTheMemoryOfAShortOne()
{
    QTemporaryDir folder;
    m_history.reset(); // all of it is in the file
    QVERIFY(
        QFile::copy(m_folder.filePath(QStringLiteral("chat.sqlite")), folder.filePath(QStringLiteral("chat.sqlite"))));
    m_history = std::make_unique<History>(m_folder.path());
    PersonSettings settings;
    settings.serveControl = false;
    auto person = Person::open(folder.path(), settings);
    QVERIFY(person);
    for (const auto &[key, name] : { std::pair { bea, "Bea" }, std::pair { carl, "Carl" } }) {
        Contact contact;
        contact.key = key;
        contact.claim = QLatin1String(name);
        QVERIFY((*person)->contacts().save(contact));
    }
    Desktop desktop(std::move(*person));
    desktop.window().resize(900, 700);
    desktop.window().show();
    auto *view = desktop.window().findChild<ChatView *>(QStringLiteral("chatView"));
    QVERIFY(view);
    const auto open = [&](const PublicKey &with, const QString &last) {
        QElapsedTimer timer;
        timer.start();
        desktop.window().contacts()->showContact(with);
        const bool isThere = turnUntil([&] {
            const QAbstractItemModel *rows = view->model();
            return desktop.window().contacts()->shown() == with && rows->rowCount() == ConversationModel::page
                && rows->index(rows->rowCount() - 1, 0).data().toString() == last
                && view->viewport()->rect().intersects(view->visualRect(rows->index(rows->rowCount() - 1, 0)));
        });
        return isThere ? nanoseconds(timer.nsecsElapsed()) : nanoseconds::max();
    };
    const auto held = [] { return qint64(mallinfo2().uordblks + mallinfo2().hblkhd); };
    const QString lastOfMany = QStringLiteral("line 99999 of a long talk");
    const QString lastOfFew = QStringLiteral("line 99 of a long talk");
    QVERIFY(open(carl, lastOfFew) < 10s); // what is made once is made
    QVERIFY(open(bea, lastOfMany) < 10s);
    QVERIFY(open(carl, lastOfFew) < 10s);
    const qint64 withFew = held();
    auto best = nanoseconds::max();
    qint64 withMany = 0;
    for (int i = 0; i < 5; ++i) {
        best = std::min(best, open(bea, lastOfMany));
        withMany = held();
        QVERIFY(open(carl, lastOfFew) < 10s);
    }
    qInfo("in the whole window, best of five: %lld µs; memory beyond that of a short one: %lld KiB",
        qint64(best.count() / 1000), (withMany - withFew) / 1024);
    QVERIFY2(best < 100ms, "a long conversation opens slower than it may");
    QVERIFY2(withMany - withFew < 1024 * 1024, "a long conversation holds more memory than a short one");
}

/// A broker told that messages went before this computer fetched them, and the program ended before anybody looked.
void TestLongTalk::whatWentIsToldUntilItWasSeen()
{
    QTemporaryDir folder;
    {
        const auto before = Database::open(folder.filePath(QStringLiteral("chat.sqlite")), messages::steps());
        QVERIFY(before && messages::lost(**before, carl, 38, 7, 1'700'000'000'000));
    }
    PersonSettings settings;
    settings.serveControl = false;
    auto person = Person::open(folder.path(), settings);
    QVERIFY(person);
    QVERIFY((*person)->brokers().add({ QStringLiteral("home"), { QStringLiteral("127.0.0.1"), 1 }, carl }));
    Desktop desktop(std::move(*person));
    desktop.window().show();
    auto *text = desktop.window().findChild<QWidget *>(QStringLiteral("missedText"));
    auto *seen = desktop.window().findChild<QAbstractButton *>(QStringLiteral("missedSeen"));
    QVERIFY(text && seen);
    QTRY_VERIFY(text->isVisible());
    QCOMPARE(text->property("text").toString(),
        QStringLiteral("home: Up to 38 messages went before this computer fetched them."));
    seen->click();
    QTRY_VERIFY(!text->isVisible());
    QCOMPARE(desktop.person().conversations().unread(carl), 0);
}

void TestLongTalk::aStoreThatHangsFreezesNothing()
{
    Window window(*m_history);
    std::atomic_bool hangs = false;
    QSemaphore answers;
    m_history->write(
        this,
        [&](Database &) -> Result<void> {
            hangs = true;
            answers.acquire();
            return {};
        },
        [](const Result<void> &) {});
    QTRY_VERIFY(hangs);
    window.model.open(bea, QStringLiteral("Bea"), {});
    Entry said;
    said.id = m_history->nextId();
    said.with = bea;
    said.text = QStringLiteral("typed meanwhile");
    window.model.append(said);
    QTRY_COMPARE(window.firstSeen(), "typed meanwhile");
    QCOMPARE(window.model.rowCount(), 1);
    answers.release();
    QTRY_COMPARE(window.model.rowCount(), ConversationModel::page + 1);
    QCOMPARE(window.lastSeen(), "typed meanwhile");
}

void TestLongTalk::aFileThatCannotBeUsedIsLeftAndSaidSo()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("chat.sqlite")));
    const QByteArray junk("this is no database at all, but a letter to Bea");
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(junk) == junk.size());
    file.close();
    History history(folder.path());
    bool kept = false;
    Entry entry;
    entry.id = history.nextId();
    entry.with = bea;
    entry.text = QStringLiteral("said before it was known");
    history.write(
        this, [entry](Database &database) { return history::add(database, entry); },
        [&](const Result<void> &done) { kept = done.operator bool(); });
    QTRY_VERIFY(kept);
    QVERIFY2(history.trouble().contains(QLatin1String("chat.sqlite")), qUtf8Printable(history.trouble()));
    Page page;
    history.read(
        this,
        [](Database &database) {
            return history::page(database, { bea, PageWish::From::Newest });
        },
        [&](const Result<Page> &found) { page = *found; });
    QTRY_COMPARE(page.entries.size(), 1);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), junk);
}

QTEST_MAIN(TestLongTalk)
#include "tst_long_talk.moc"
