#include "core/commands.h"
#include "core/identity.h"
#include "core/store/inbox.h"
#include "core/store/mail_poster.h"
#include "support/linked.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace hawser;
using contracts::MailPost;
using hawser::test::Linked;

namespace {

/// Keeps everything, once it was not there so often, and `refusal` has been said so often.
struct Keeper {
    int away = 0;
    MailPost::In refusal {};
    int refusals = 0;
    bool refusesItems = false; ///< else the question before them

    int opened = 0;
    int asked = 0;
    std::shared_ptr<IncomingCall> call {};

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
        commands.serveChannel<MailPost>([this, context](
                                            const MailPost::Request &, const std::shared_ptr<IncomingCall> &channel) {
            if (++opened <= away)
                return channel->fail({ Code::Unavailable, QStringLiteral("nothing can be kept there now"), Begun::No });
            call = channel;
            QObject::connect(call.get(), &Channel::received, context, [this](const ChannelMessage &message) {
                if (const auto out = message.as<MailPost::Out>(); out)
                    take(*out);
            });
        });
    }
};

/// A poster with its outbox, and a link to such a keeper.
struct Line {
    QTemporaryDir folder;
    StoreThread store { folder.filePath(QStringLiteral("out.sqlite")), { Outbox::tables() } };
    Linked linked;
    Commands commands;
    Keeper keeper;
    MailPoster poster { store };
    QSignalSpy kept { &poster, &MailPoster::kept };
    QSignalSpy refused { &poster, &MailPoster::refused };

    explicit Line(Keeper that) : keeper(std::move(that))
    {
        keeper.serve(commands, &poster);
        commands.attach(linked.listener());
        poster.start(linked.dialler());
    }
    ~Line() { keeper.call.reset(); }
    MailSequence put()
    {
        const MailSequence sequence { Identity::generate().key(), MailSource::betweenTheTwo() };
        poster.put(sequence, { "chat/1", "hi", 1 });
        return sequence;
    }
    qsizetype refusedOf(const MailSequence &sequence) const
    {
        return std::count_if(refused.begin(), refused.end(),
            [&](const QVariantList &said) { return said[0].value<MailSequence>() == sequence; });
    }
};

MailPost::In refusalOfTheFirst(Code code)
{
    MailPost::In in;
    in.code = quint8(code);
    in.refused = 1;
    return in;
}

} // namespace

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
    Line line({ .away = 2 });
    line.put();
    QTRY_COMPARE(line.kept.size(), 1);
    QCOMPARE(line.keeper.opened, 3);
    QCOMPARE(line.kept.first().at(1).value<MailProgress>().kept, quint64(1));
}

/// On the same link, without a word that they came.
void TestMailPoster::whoIsNotThereIsAskedForAgain()
{
    Line line({ .refusal = refusalOfTheFirst(Code::NotFound), .refusals = 2 });
    line.put();
    QTRY_COMPARE_WITH_TIMEOUT(line.kept.size(), 1, 20000);
    QCOMPARE(line.keeper.asked, 3);
    QCOMPARE(line.refused.size(), 2);
    const qint64 first = line.refused[0][3].toLongLong();
    const qint64 second = line.refused[1][3].toLongLong();
    QVERIFY2(first > 0 && second > first, "the pauses grow");
}

/// What is left in the outbox has a time to its next try; what has none is given up.
void TestMailPoster::whatNeverGoesIsToldApartFromWhatWaits()
{
    Line line({ .refusal = refusalOfTheFirst(Code::InvalidArgument), .refusals = 1, .refusesItems = true });
    line.put();
    QTRY_COMPARE(line.kept.size(), 1); // its number goes on, empty
    QCOMPARE(line.refused.size(), 1);
    QCOMPARE(line.refused[0][3].toLongLong(), 0);
}

void TestMailPoster::whoRefusesEvenAnEmptyPlaceIsNotAskedWithoutEnd()
{
    Line line({ .refusal = refusalOfTheFirst(Code::Conflict), .refusals = 1000, .refusesItems = true });
    const MailSequence first = line.put();
    QTRY_COMPARE(line.refusedOf(first), 2);
    const MailSequence second = line.put();
    QTRY_COMPARE(line.refusedOf(second), 2);
    QCOMPARE(line.refusedOf(first), 2);
}

QTEST_GUILESS_MAIN(TestMailPoster)
#include "tst_mail_poster.moc"
