#include "core/commands.h"
#include "core/identity.h"
#include "core/store/mail_poster.h"
#include "support/linked.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using contracts::MailPost;
using hawser::test::Linked;

/// The sender's end of mail.post/1, over a link in memory. Whole ways are in tst_mailbox and tst_person.
class TestMailPoster : public QObject {
    Q_OBJECT

private slots:
    void whoCannotKeepAnythingYetIsAskedAgain();
    void whoIsNotThereIsAskedForAgain();
    void whatNeverGoesIsToldApartFromWhatWaits();
    void whoRefusesEvenAnEmptyPlaceIsNotAskedWithoutEnd();
};

void TestMailPoster::whoCannotKeepAnythingYetIsAskedAgain()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("out.sqlite")), { Outbox::tables() });
    Linked linked;
    Commands commands;
    int refusals = 0;
    std::shared_ptr<IncomingCall> keeper;
    commands.serveChannel<MailPost>([&](const MailPost::Request &, std::shared_ptr<IncomingCall> call) {
        if (refusals < 2) {
            ++refusals;
            return call->fail({ Code::Unavailable, QStringLiteral("nothing can be kept there now"), Begun::No });
        }
        keeper = call;
        connect(call.get(), &Channel::received, this, [&keeper](const ChannelMessage &message) {
            const auto out = message.as<MailPost::Out>();
            MailPost::In in { out->to, out->conversation };
            if (out->items.isEmpty())
                in.highest = 0;
            else
                in.kept = out->first;
            keeper->send(in);
        });
    });
    commands.attach(linked.listener());
    MailPoster poster(store);
    QSignalSpy kept(&poster, &MailPoster::kept);
    const MailSequence sequence { Identity::generate().key(), QByteArray(16, '\0') };
    poster.start(linked.dialler());
    poster.put(sequence, { "chat/1", "hi", 1 });
    QTRY_COMPARE(kept.size(), 1);
    QCOMPARE(refusals, 2);
    QCOMPARE(kept.first().at(1).value<MailProgress>().kept, quint64(1));
}

namespace {

/// Keeps everything, once `refusal` has been said so often.
struct Keeper {
    std::shared_ptr<IncomingCall> call {};
    MailPost::In refusal {};
    int refusals = 0;
    bool refusesItems = false; ///< else the question before them
    int asked = 0;

    void take(const MailPost::Out &out)
    {
        MailPost::In in = refusal;
        in.to = out.to;
        in.conversation = out.conversation;
        asked += out.items.isEmpty();
        if (refusals > 0 && out.items.isEmpty() != refusesItems) {
            --refusals;
            return call->send(in);
        }
        in = { out.to, out.conversation };
        if (out.items.isEmpty())
            in.highest = 0;
        else
            in.kept = out.first;
        call->send(in);
    }
    void serve(Commands &commands, QObject *context)
    {
        commands.serveChannel<MailPost>(
            [this, context](const MailPost::Request &, const std::shared_ptr<IncomingCall> &opened) {
                call = opened;
                QObject::connect(call.get(), &Channel::received, context, [this](const ChannelMessage &message) {
                    if (const auto out = message.as<MailPost::Out>(); out)
                        take(*out);
                });
            });
    }
};

} // namespace

/// On the same link, without a word that they came.
void TestMailPoster::whoIsNotThereIsAskedForAgain()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("out.sqlite")), { Outbox::tables() });
    Linked linked;
    Commands commands;
    Keeper keeper;
    keeper.refusal.code = quint8(Code::NotFound);
    keeper.refusal.refused = 1;
    keeper.refusals = 2;
    keeper.serve(commands, this);
    commands.attach(linked.listener());
    MailPoster poster(store);
    QSignalSpy kept(&poster, &MailPoster::kept);
    QSignalSpy refused(&poster, &MailPoster::refused);
    poster.start(linked.dialler());
    poster.put({ Identity::generate().key(), QByteArray(16, '\0') }, { "chat/1", "hi", 1 });
    QTRY_COMPARE_WITH_TIMEOUT(kept.size(), 1, 20000);
    QCOMPARE(keeper.asked, 3);
    QCOMPARE(refused.size(), 2);
    const qint64 first = refused[0][3].toLongLong();
    const qint64 second = refused[1][3].toLongLong();
    QVERIFY2(first > 0 && second > first, "the pauses grow");
    keeper.call.reset();
}

/// What is left in the outbox has a time to its next try; what has none is given up.
void TestMailPoster::whatNeverGoesIsToldApartFromWhatWaits()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("out.sqlite")), { Outbox::tables() });
    Linked linked;
    Commands commands;
    Keeper keeper;
    keeper.refusal.code = quint8(Code::InvalidArgument);
    keeper.refusal.refused = 1;
    keeper.refusals = 1;
    keeper.refusesItems = true;
    keeper.serve(commands, this);
    commands.attach(linked.listener());
    MailPoster poster(store);
    QSignalSpy kept(&poster, &MailPoster::kept);
    QSignalSpy refused(&poster, &MailPoster::refused);
    poster.start(linked.dialler());
    const MailSequence sequence { Identity::generate().key(), QByteArray(16, '\0') };
    poster.put(sequence, { "chat/1", "too large", 1 });
    QTRY_COMPARE(kept.size(), 1); // its number goes on, empty
    QCOMPARE(refused.size(), 1);
    QCOMPARE(refused[0][3].toLongLong(), 0);
    keeper.call.reset();
}

void TestMailPoster::whoRefusesEvenAnEmptyPlaceIsNotAskedWithoutEnd()
{
    QTemporaryDir folder;
    StoreThread store(folder.filePath(QStringLiteral("out.sqlite")), { Outbox::tables() });
    Linked linked;
    Commands commands;
    Keeper keeper;
    keeper.refusal.code = quint8(Code::Conflict);
    keeper.refusal.refused = 1;
    keeper.refusals = 1000;
    keeper.refusesItems = true;
    keeper.serve(commands, this);
    commands.attach(linked.listener());
    MailPoster poster(store);
    QHash<PublicKey, int> refused;
    connect(&poster, &MailPoster::refused, this,
        [&refused](const MailSequence &sequence) { ++refused[sequence.recipient]; });
    poster.start(linked.dialler());
    const MailSequence first { Identity::generate().key(), QByteArray(16, '\0') };
    const MailSequence second { Identity::generate().key(), QByteArray(16, '\0') };
    poster.put(first, { "chat/1", "hi", 1 });
    QTRY_COMPARE(refused[first.recipient], 2);
    poster.put(second, { "chat/1", "hi", 1 });
    QTRY_COMPARE(refused[second.recipient], 2);
    QCOMPARE(refused[first.recipient], 2);
    keeper.call.reset();
}

QTEST_GUILESS_MAIN(TestMailPoster)
#include "tst_mail_poster.moc"
