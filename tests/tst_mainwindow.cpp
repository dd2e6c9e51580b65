#include "core/contracts/control.h"
#include "core/identity.h"
#include "desktop/desktop.h"
#include "desktop/dialogs/runwindow.h"
#include "desktop/handover.h"
#include "desktop/pages/contacts_page.h"
#include "desktop/pages/conversation_page.h"
#include "desktop/tally.h"
#include "support/contact_named.h"

#include <QAccessible>
#include <QTemporaryDir>
#include <QTest>
#include <QtWidgets>

using namespace hawser;
using namespace hawser::desktop;
using hawser::test::contactNamed;

namespace {

std::unique_ptr<Desktop> openAt(const QString &folder)
{
    chat::PersonSettings settings;
    settings.program = QStringLiteral("test");
    settings.host = QStringLiteral("here");
    settings.downloads = folder + QStringLiteral("/Downloads");
    auto person = chat::Person::open(folder, settings);
    if (!person)
        return nullptr;
    auto desktop = std::make_unique<Desktop>(std::move(*person));
    desktop->window().show();
    return desktop;
}

QPalette darkPalette()
{
    QPalette dark;
    for (const auto role : { QPalette::Window, QPalette::Base, QPalette::Button, QPalette::AlternateBase })
        dark.setColor(role, QColor(30, 32, 36));
    for (const auto role : { QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::PlaceholderText })
        dark.setColor(role, QColor(220, 220, 220));
    dark.setColor(QPalette::Light, QColor(60, 62, 66));
    return dark;
}

/// The share of pixels that are light.
double lightShare(const QImage &image)
{
    int light = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            light += qGray(image.pixel(x, y)) > 128;
    }
    return double(light) / (double(image.width()) * image.height());
}

bool isReached(const QWidget &widget)
{
    return widget.isVisible() && widget.isEnabled() && widget.focusPolicy() != Qt::NoFocus
        && !widget.objectName().startsWith(QLatin1String("qt_"));
}

} // namespace

/// The real window over a real person in an empty folder, on the offscreen platform.
class TestMainWindow : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void startsAtThePageThatConnects();
    void namesWhatCanBeReached();
    void goesThroughThePanes();
    void talksToWhoIsChosen();
    void findsWordsInTheConversation();
    void filteringChoosesNobody();
    void leavesTheConversationOfWhoIsRemoved();
    void remembersItsPage();
    void unblocks();
    void sendsWhileItCounts();
    void takesASecondStart();
    void saysWhyAJoinFails();
    void isDarkInADarkPalette();
    void aResultThatCannotBeReadEndsItsWindow();

private:
    template <typename T>
    T *find(const char *name)
    {
        return m_desktop->window().findChild<T *>(QLatin1String(name));
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Desktop> m_desktop;
};

void TestMainWindow::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_desktop = openAt(m_folder->filePath("data"));
    QVERIFY(m_desktop);
    QVERIFY(QTest::qWaitForWindowActive(&m_desktop->window()));
}

void TestMainWindow::cleanup()
{
    m_desktop.reset();
    m_folder.reset();
}

void TestMainWindow::startsAtThePageThatConnects()
{
    QCOMPARE(m_desktop->window().windowTitle(), "Hawser");
    QVERIFY(find<QLineEdit>("joinField")->isVisible());
    QVERIFY(!find<QPushButton>("joinButton")->isEnabled());
    QVERIFY(!find<QAction>("reviewRequest")->isEnabled());
    QCOMPARE(find<QLabel>("myKeyWords")->text(), m_desktop->person().key().words());
}

void TestMainWindow::namesWhatCanBeReached()
{
    const chat::Contact bea = contactNamed("Bea");
    QVERIFY(m_desktop->person().contacts().save(bea));
    m_desktop->window().contacts()->showContact(bea.key);
    for (const auto page :
        { MainWindow::Contacts, MainWindow::Machines, MainWindow::Transfers, MainWindow::Requests }) {
        m_desktop->window().showPage(page);
        for (QWidget *widget : m_desktop->window().findChildren<QWidget *>()) {
            if (!isReached(*widget))
                continue;
            const QAccessibleInterface *seen = QAccessible::queryAccessibleInterface(widget);
            const QByteArray which =
                widget->metaObject()->className() + QByteArray(" ") + widget->objectName().toUtf8();
            QVERIFY2(seen && !seen->text(QAccessible::Name).isEmpty(), which.constData());
        }
    }
}

void TestMainWindow::goesThroughThePanes()
{
    QStringList gone;
    for (int i = 0; i < 4; ++i) {
        QTest::keyClick(&m_desktop->window(), Qt::Key_F6);
        gone << QApplication::focusWidget()->objectName();
    }
    QVERIFY2(gone.contains("contactList") && gone.contains("joinField"), qUtf8Printable(gone.join(' ')));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_K, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget()->objectName(), "contactFilter");
}

void TestMainWindow::talksToWhoIsChosen()
{
    const chat::Contact bea = contactNamed("Bea");
    QVERIFY(m_desktop->person().contacts().save(bea));
    m_desktop->window().contacts()->showContact(bea.key);
    auto *input = find<QPlainTextEdit>("chatInput");
    QTRY_VERIFY(input->hasFocus());
    QTest::keyClicks(input, "one");
    QTest::keyClick(input, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(input, "two");
    QTest::keyClick(input, Qt::Key_Return);
    QCOMPARE(input->toPlainText(), QString());
    const QAbstractItemModel *said = find<QListView>("chatView")->model();
    QTRY_COMPARE(said->rowCount(), 1);
    QCOMPARE(said->index(0, 0).data().toString(), "one\ntwo");
    QTRY_VERIFY(said->index(0, 0).data(Qt::AccessibleTextRole).toString().contains("queued")); // she is away
    QTest::keyClick(input, Qt::Key_Escape);
    QVERIFY(m_desktop->window().contacts()->shown().isNull());
}

void TestMainWindow::findsWordsInTheConversation()
{
    const chat::Contact bea = contactNamed("Bea");
    QVERIFY(m_desktop->person().contacts().save(bea));
    m_desktop->window().contacts()->showContact(bea.key);
    for (const char *text : { "the rope is ready", "which one?", "the ropes in the yard" })
        QVERIFY(m_desktop->person().conversations().say(bea.key, QString::fromLatin1(text)));
    const auto *view = find<QListView>("chatView");
    QTRY_COMPARE(view->model()->rowCount(), 3);
    m_desktop->window().contacts()->conversation()->find();
    auto *words = find<QLineEdit>("findWords");
    QTest::keyClicks(words, "rope");
    auto *count = find<QLabel>("findCount");
    QTRY_COMPARE(count->text(), "1 of 2");
    QCOMPARE(view->currentIndex().data().toString(), "the ropes in the yard");
    QTest::keyClick(words, Qt::Key_Return);
    QCOMPARE(view->currentIndex().data().toString(), "the rope is ready");
    QTest::keyClick(words, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(count->text(), "1 of 2");
    QTest::keyClicks(words, "z");
    QTRY_COMPARE(count->text(), "not found");
    QTest::keyClick(words, Qt::Key_Escape);
    QVERIFY(find<QWidget>("findBar")->isHidden());
}

void TestMainWindow::filteringChoosesNobody()
{
    for (const char *name : { "Ana", "Bea", "Carl" })
        QVERIFY(m_desktop->person().contacts().save(contactNamed(name)));
    const PublicKey carl = m_desktop->person().contacts().resolve("Carl")->key;
    m_desktop->window().contacts()->showContact(carl);
    auto *filter = find<QLineEdit>("contactFilter");
    filter->setFocus();
    QTest::keyClicks(filter, "be");
    QCOMPARE(find<QListView>("contactList")->model()->rowCount(), 1);
    QCOMPARE(m_desktop->window().contacts()->shown(), carl);
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(m_desktop->window().contacts()->shown(), m_desktop->person().contacts().resolve("Bea")->key);
}

void TestMainWindow::leavesTheConversationOfWhoIsRemoved()
{
    const chat::Contact bea = contactNamed("Bea");
    QVERIFY(m_desktop->person().contacts().save(bea));
    m_desktop->window().contacts()->showContact(bea.key);
    QVERIFY(m_desktop->person().contacts().remove(bea.key));
    QVERIFY(m_desktop->window().contacts()->shown().isNull());
    QCOMPARE(find<QListView>("contactList")->model()->rowCount(), 0);
}

void TestMainWindow::remembersItsPage()
{
    m_desktop->window().showPage(MainWindow::Transfers);
    m_desktop->window().close();
    m_desktop.reset();
    m_desktop = openAt(m_folder->filePath("data"));
    QCOMPARE(m_desktop->window().page(), MainWindow::Transfers);
}

/// Contacts ▸ Blocked…: by keyboard, down to the disk.
void TestMainWindow::unblocks()
{
    chat::Contacts &contacts = m_desktop->person().contacts();
    const PublicKey mallory = Identity::generate().key();
    const qint64 noon = QDateTime(QDate(2026, 5, 3), QTime(12, 0)).toMSecsSinceEpoch();
    QVERIFY(contacts.block({ chat::Block::What::Key, mallory, QStringLiteral("Mallory"), {}, 0, noon }));
    QVERIFY(contacts.block({ chat::Block::What::Strangers, {}, {}, {}, 0, 0 }));
    QVERIFY(contacts.block({ chat::Block::What::Address, {}, {}, QStringLiteral("192.0.2.9"), noon, 0 })); // is over
    find<QAction>("blockedAction")->trigger();
    auto *dialog = find<QDialog>("blockedDialog");
    QVERIFY(dialog);
    QVERIFY(QTest::qWaitForWindowActive(dialog));
    const auto texts = [dialog](const char *name) {
        QStringList texts;
        for (const QLabel *label : dialog->findChildren<QLabel *>(QLatin1String(name)))
            if (label->isVisible())
                texts << label->text().remove(QChar(0x2068)).remove(QChar(0x2069));
        return texts;
    };
    QCOMPARE(texts("blockedName"), QStringList({ QStringLiteral("“Mallory”"), QStringLiteral("All strangers") }));
    QCOMPARE(texts("blockedKey"), QStringList { mallory.words() });
    QVERIFY2(
        texts("blockedTime").value(0).contains(QStringLiteral("3 May")), qPrintable(texts("blockedTime").value(0)));

    auto *unblock = dialog->findChild<QPushButton *>(QStringLiteral("unblockButton"));
    QVERIFY(unblock->accessibleName().contains(QStringLiteral("Mallory")));
    unblock->setFocus();
    QTest::keyClick(dialog->focusWidget(), Qt::Key_Space);
    QTRY_COMPARE(texts("blockedName"), QStringList { QStringLiteral("All strangers") });
    QCOMPARE(contacts.blocks().size(), 2);
    m_desktop.reset();
    m_desktop = openAt(m_folder->filePath("data"));
    const QList<chat::Block> after = m_desktop->person().contacts().blocks();
    QCOMPARE(after.size(), 2);
    for (const chat::Block &block : after)
        QVERIFY(block.what != chat::Block::What::Key);
}

/// Send now works while a dropped folder is still counted.
void TestMainWindow::sendsWhileItCounts()
{
    chat::PersonSettings settings;
    settings.program = QStringLiteral("test");
    settings.downloads = m_folder->filePath("bea/Downloads");
    settings.serveControl = false;
    const auto bea = chat::Person::open(m_folder->filePath("bea"), settings);
    QVERIFY(bea && (*bea)->setListening(true, Address { QStringLiteral("127.0.0.1"), 0 }));
    chat::Person &ana = m_desktop->person();
    const chat::Grant always { chat::Lasting::Always, 0 };
    for (const auto &[who, other] : { std::pair(&ana, bea->get()), std::pair(bea->get(), &ana) }) {
        chat::Contact contact;
        contact.key = other->key();
        contact.rights = { { chat::Right::Messages, always }, { chat::Right::Files, always } };
        QVERIFY(who->contacts().save(contact));
    }
    QVERIFY(ana.asks().join((*bea)->addresses().first().text()));
    QTRY_VERIFY(ana.route().presence((*bea)->key()).online);
    constexpr int files = 40;
    QDir().mkpath(m_folder->filePath("shoot"));
    for (int i = 0; i < files; ++i) {
        QFile file(m_folder->filePath(QStringLiteral("shoot/%1").arg(i)));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("x") == 1);
    }

    QSemaphore goOn; // what counts has to wait for it
    QThreadPool &pool = Tally::pool();
    const int threads = pool.maxThreadCount();
    pool.setMaxThreadCount(1);
    pool.start([&goOn] { goOn.acquire(); });
    const auto end = qScopeGuard([&] {
        goOn.release();
        pool.setMaxThreadCount(threads);
        pool.waitForDone();
    });
    emit m_desktop->window().contacts()->droppedOn((*bea)->key(), { m_folder->filePath("shoot") });
    QTRY_VERIFY(find<QDialog>("sendDialog"));
    QVERIFY(find<QLabel>("sendCounted")->text().startsWith(QStringLiteral("counting…")));
    QTest::keyClicks(find<QLineEdit>("sendNote"), "all of it");
    QTest::mouseClick(find<QPushButton>("sendNow"), Qt::LeftButton);
    QTRY_VERIFY(!find<QDialog>("sendDialog"));
    QTRY_COMPARE((*bea)->transfers().all().value(0).state, chat::Transfer::State::Offered);
    const chat::Transfer offered = (*bea)->transfers().all().first();
    QCOMPARE(offered.files, quint64(files)); // the transfer has counted for itself
    QCOMPARE(offered.note, "all of it");
    QVERIFY((*bea)->transfers().accept(offered.id));
    QTRY_COMPARE((*bea)->transfers().find(offered.id)->state, chat::Transfer::State::Done);
}

void TestMainWindow::takesASecondStart()
{
    m_desktop->window().showMinimized();
    std::optional<Result<void>> done;
    handOver(m_folder->filePath("data"), "192.0.2.7:4780", this, [&](const Result<void> &result) { done = result; });
    QTRY_VERIFY(done);
    QVERIFY(bool(*done));
    QCOMPARE(find<QLineEdit>("joinField")->text(), "192.0.2.7:4780");
    QVERIFY(!m_desktop->window().isMinimized());
    QVERIFY(m_desktop->person().asks().all().isEmpty()); // it is only filled in: the person presses Connect
}

void TestMainWindow::saysWhyAJoinFails()
{
    auto *field = find<QLineEdit>("joinField");
    field->setText("hawser:join/1/broken");
    QVERIFY(!find<QPushButton>("joinButton")->isEnabled());
    QVERIFY(!find<QLabel>("joinRecognised")->text().isEmpty());
    field->setText("127.0.0.1:9");
    QVERIFY(find<QPushButton>("joinButton")->isEnabled());
}

void TestMainWindow::isDarkInADarkPalette()
{
    const QPalette before = QApplication::palette();
    const chat::Contact bea = contactNamed("Bea");
    QVERIFY(m_desktop->person().contacts().save(bea));
    m_desktop->person().conversations().notice(bea.key, "Bea is a contact now.");
    QVERIFY(lightShare(m_desktop->window().grab().toImage()) > 0.5); // so that the rest can fail
    QApplication::setPalette(darkPalette());
    for (const PublicKey &shown : { PublicKey(), bea.key }) {
        if (!shown.isNull())
            m_desktop->window().contacts()->showContact(shown);
        for (const auto page :
            { MainWindow::Contacts, MainWindow::Machines, MainWindow::Transfers, MainWindow::Requests }) {
            m_desktop->window().showPage(page);
            QTRY_VERIFY(lightShare(m_desktop->window().grab().toImage()) < 0.1);
            if (const QString folder = qEnvironmentVariable("HAWSER_PICTURES"); !folder.isEmpty())
                m_desktop->window().grab().save(
                    QStringLiteral("%1/dark-%2-%3.png")
                        .arg(folder, shown.isNull() ? "start" : "talk", QString::number(page)));
        }
    }
    QApplication::setPalette(before);
}

/// Its row went between the word that it is done and the look at it.
void TestMainWindow::aResultThatCannotBeReadEndsItsWindow()
{
    SentCall call;
    call.id = 77;
    call.name = QStringLiteral("anchor");
    call.command = QStringLiteral("count");
    call.state = SentCall::State::Done;
    call.result.code = quint8(Code::DeadlineExceeded);
    call.result.begun = quint8(Begun::Maybe);
    emit m_desktop->person().conversations().calls().changed(call);
    RunWindow *window = nullptr;
    for (QWidget *widget : QApplication::topLevelWidgets())
        if (auto *run = qobject_cast<RunWindow *>(widget))
            window = run;
    QVERIFY(window);
    const auto isSaid = [window](const char *words) {
        const auto labels = window->findChildren<QLabel *>();
        return std::any_of(labels.begin(), labels.end(),
            [words](const QLabel *label) { return label->text().contains(QLatin1String(words)); });
    };
    QVERIFY(isSaid("not known whether it was done"));
    QTRY_VERIFY(isSaid("there is no call 77"));
    delete window;
}

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
