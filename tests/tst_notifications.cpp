#include "desktop/notifications.h"

#include <QDBusMessage>
#include <QDBusVirtualObject>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

using namespace hawser::desktop;

namespace {

const QString service = QStringLiteral("org.freedesktop.Notifications");
const QString path = QStringLiteral("/org/freedesktop/Notifications");

/// A notification service that remembers what it was asked to show.
class FakeService : public QDBusVirtualObject {
public:
    explicit FakeService(const QString &address)
        : connection(QDBusConnection::connectToBus(address, QStringLiteral("fake")))
    {
        connection.registerVirtualObject(path, this);
        connection.registerService(service);
    }
    QString introspect(const QString &) const override { return {}; }
    bool handleMessage(const QDBusMessage &message, const QDBusConnection &bus) override
    {
        calls << message;
        return bus.send(message.createReply(QVariant::fromValue(quint32(40 + calls.size()))));
    }
    void say(const QString &signal, const QVariantList &words)
    {
        QDBusMessage message = QDBusMessage::createSignal(path, service, signal);
        message.setArguments(words);
        connection.send(message);
    }

    QDBusConnection connection;
    QList<QDBusMessage> calls;
};

} // namespace

class TestNotifications : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void rule03_tellsAndOffersNothingButReview();
    void showsMarkupAsText();
    void goesBackToTheRequest();
    void withdrawsWhatIsAnswered();
    void needsNoService();

private:
    QDBusConnection connect(const char *name) { return QDBusConnection::connectToBus(m_address, QLatin1String(name)); }

    QProcess m_bus;
    QString m_address;
};

void TestNotifications::initTestCase()
{
    m_bus.start(QStringLiteral("dbus-daemon"), { "--session", "--nofork", "--print-address" });
    QVERIFY(m_bus.waitForReadyRead(10000));
    m_address = QString::fromUtf8(m_bus.readLine()).trimmed();
    QVERIFY(!m_address.isEmpty());
}

void TestNotifications::cleanupTestCase()
{
    m_bus.kill();
    m_bus.waitForFinished();
}

void TestNotifications::rule03_tellsAndOffersNothingButReview()
{
    FakeService fake(m_address);
    Notifications notifications(connect("one"));
    notifications.requestArrived(7, QStringLiteral("Bea K."));
    QTRY_COMPARE(fake.calls.size(), 1);
    const QList<QVariant> said = fake.calls[0].arguments();
    QCOMPARE(fake.calls[0].member(), QStringLiteral("Notify"));
    QCOMPARE(said.size(), 8);
    QCOMPARE(said[4].toString(), QStringLiteral("Connection request from “Bea K.”"));
    const QStringList actions = said[5].toStringList();
    QCOMPARE(actions, QStringList({ "default", "Review", "review", "Review" }));
    for (const QString &word : actions)
        QVERIFY(!word.contains(QLatin1String("allow"), Qt::CaseInsensitive));
}

void TestNotifications::showsMarkupAsText()
{
    QCOMPARE(forNotification(QStringLiteral("<img src=x>&\n\u202E")),
        QStringLiteral("&lt;img src=x&gt;&amp;⟨U+000A⟩⟨U+202E⟩"));
    QCOMPARE(forNotification(QString(1000, 'x')).size(), 200);
    FakeService fake(m_address);
    Notifications notifications(connect("two"));
    notifications.requestArrived(7, QStringLiteral("<b>Bea</b>"));
    QTRY_COMPARE(fake.calls.size(), 1);
    QCOMPARE(fake.calls[0].arguments()[3].toString(), QStringLiteral("Hawser"));
    QCOMPARE(
        fake.calls[0].arguments()[4].toString(), QStringLiteral("Connection request from “&lt;b&gt;Bea&lt;/b&gt;”"));
}

void TestNotifications::goesBackToTheRequest()
{
    FakeService fake(m_address);
    Notifications notifications(connect("three"));
    QSignalSpy review(&notifications, &Notifications::review);
    notifications.requestArrived(7, QStringLiteral("Bea"));
    notifications.tell(QStringLiteral("im.received"), QStringLiteral("Carl: hi"));
    QTRY_COMPARE(fake.calls.size(), 2);
    fake.say(QStringLiteral("ActivationToken"), { 41u, QStringLiteral("token") });
    for (const auto &[id, action] : { std::pair { 42u, "review" }, { 41u, "allow" }, { 41u, "review" } })
        fake.say(QStringLiteral("ActionInvoked"), { id, QLatin1String(action) });
    QTRY_COMPARE(review.count(), 1);
    QCOMPARE(review[0], QVariantList({ quint64(7), QStringLiteral("token") }));
}

void TestNotifications::withdrawsWhatIsAnswered()
{
    FakeService fake(m_address);
    Notifications notifications(connect("four"));
    QSignalSpy review(&notifications, &Notifications::review);
    notifications.requestArrived(7, QStringLiteral("Bea"));
    QTRY_COMPARE(fake.calls.size(), 1);
    QTRY_VERIFY((notifications.withdrawRequest(7), fake.calls.size() == 2));
    QCOMPARE(fake.calls[1].member(), QStringLiteral("CloseNotification"));
    QCOMPARE(fake.calls[1].arguments(), QVariantList({ 41u }));
}

void TestNotifications::needsNoService()
{
    Notifications notifications(connect("five"));
    notifications.requestArrived(7, QStringLiteral("Bea"));
    notifications.withdrawRequest(7);
    Notifications nowhere(QDBusConnection(QStringLiteral("no such bus")));
    nowhere.requestArrived(7, QStringLiteral("Bea"));
    nowhere.tell(QStringLiteral("im.received"), QStringLiteral("Bea: hi"));
}

QTEST_GUILESS_MAIN(TestNotifications)
#include "tst_notifications.moc"
