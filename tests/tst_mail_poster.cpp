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

QTEST_GUILESS_MAIN(TestMailPoster)
#include "tst_mail_poster.moc"
