// Raw durable messages, for proofs and measures. A FOLDER holds who it is, its device and its databases; it comes in by the
// LINK the first time and is known afterwards. Connects again by itself.
//   mailer post FOLDER LINK TO COUNT [SIZE [WINDOW]]   posts texts "1", "2", … padded to SIZE (100) to the key TO, at most
//       WINDOW (1000) unacknowledged. Says "put N" when N is in its outbox, "kept N" when the keeper has all up to N on disk,
//       "refused N CODE RETRY-MS SENTENCE", "rate X" (messages a second from the first put) at the end. It goes on where it
//       was: COUNT is how many there are in all in the sequence.
//   mailer take FOLDER LINK [COUNT]   says "key HEX", then "got SENDER DEVICE NUMBER TEXT" for each new item once it is on
//       its disk; ends after COUNT, if one is said, and only what it said counts as taken.
//   mailer fill MAILBOX-FILE COUNT [TO]   so many single rows for TO, or for somebody who never comes (no broker on it).
#include "brokerd/mail_store.h"
#include "core/client.h"
#include "core/contracts/request.h"
#include "core/device.h"
#include "core/epoll_dispatcher.h"
#include "core/heap.h"
#include "core/location.h"
#include "core/number.h"
#include "core/store/mail_poster.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QTimer>
#include <cstdio>

using namespace hawser;
using contracts::AskToBeLetIn;
using contracts::MailTake;

namespace {

void say(const QString &line)
{
    std::puts(qUtf8Printable(line));
    std::fflush(stdout);
}

/// A client that is let in by its link and stays.
class Member : public QObject {
public:
    Member(const QString &folder, const QString &link)
        : m_invitation(*Invitation::parse(link)),
          client(*Identity::load(folder),
              { Role::Person, QStringLiteral("mailer"), QStringLiteral("mailer"), {}, *loadDevice(folder),
                  randomBytes(8) }),
          m_nonce(randomBytes(32))
    {
        connect(&client, &Client::stranger, this, &Member::ask);
        client.connectTo(m_invitation.address, m_invitation.key);
    }

private:
    Invitation m_invitation;

public:
    Client client;

private:
    void ask()
    {
        AskToBeLetIn::Request request;
        request.kind = AskToBeLetIn::Kind::Person;
        request.id = randomBytes(16);
        request.claim = QStringLiteral("mailer");
        request.rights = { QStringLiteral("member") };
        request.commitment = commitmentOf(m_nonce, client.identity().key(), client.peerKey());
        request.invitation = m_invitation.secret;
        CallOptions options;
        options.keepOpen = true;
        Call *call = client.start<AskToBeLetIn>({}, request, options);
        connect(call, &Call::received, this, [this, call] { call->send(AskToBeLetIn::Out { m_nonce }); });
        connect(call, &Call::finished, this, [this](const Result<Payload> &answer) {
            if (!answer)
                qFatal("not let in: %s", qUtf8Printable(answer.error().sentence));
            client.retryNow();
        });
    }

    QByteArray m_nonce;
};

QByteArray textOf(quint64 number, qsizetype size)
{
    return (QByteArray::number(number) + ' ').leftJustified(size, '.');
}

int post(const QStringList &arguments)
{
    const QString folder = arguments.value(0);
    const MailSequence sequence { *PublicKey::fromHex(arguments.value(2)), QByteArray(16, '\0') };
    const quint64 count = arguments.value(3).toULongLong();
    const qsizetype size = arguments.value(4, QStringLiteral("100")).toLongLong();
    const quint64 window = arguments.value(5, QStringLiteral("1000")).toULongLong();
    const bool quiet = qEnvironmentVariableIsSet("MAILER_QUIET");
    StoreThread store(QDir(folder).filePath(QStringLiteral("outbox.sqlite")), { Outbox::tables() });
    Member member(folder, arguments.value(1));
    MailPoster poster(store);
    MailProgress progress;
    quint64 put = 0;
    bool going = false;
    QElapsedTimer since;
    bool known = false;
    quint64 began = 0;
    const auto fill = [&] {
        while (going && put < count && put - progress.kept < window) {
            ++put;
            poster.put(sequence, { "chat/1", textOf(put, size), 0 });
        }
    };
    QObject::connect(&poster, &MailPoster::stored, [&](const MailSequence &, quint64 first, quint64 many) {
        if (!quiet)
            for (quint64 n = first; n < first + many; ++n)
                say(QStringLiteral("put %1").arg(n));
    });
    QObject::connect(&poster, &MailPoster::kept, [&](const MailSequence &, const MailProgress &now) {
        progress = now;
        if (!quiet)
            say(QStringLiteral("kept %1").arg(now.kept));
        if (now.kept >= count) {
            say(QStringLiteral("rate %1").arg(double(count - began) * 1e9 / double(since.nsecsElapsed()), 0, 'f', 0));
            return QCoreApplication::quit();
        }
        fill();
    });
    QObject::connect(
        &poster, &MailPoster::refused, [&](const MailSequence &, quint64 number, const Error &why, qint64 retryMs) {
            say(QStringLiteral("refused %1 %2 %3 %4")
                    .arg(QString::number(number), QString::fromLatin1(name(why.code)), QString::number(retryMs),
                        why.sentence));
        });
    QObject::connect(&poster, &MailPoster::restored, [&](const MailSequence &, const Outbox::Restored &how) {
        say(QStringLiteral("restored %1 %2").arg(QString::number(how.after), QString::number(how.by)));
    });
    QObject::connect(&member.client, &Client::ready, [&] {
        poster.start(member.client.link());
        if (std::exchange(known, true))
            return;
        store.read(
            &poster, [sequence](Database &database) { return Outbox(database).progress(sequence); },
            [&](const Result<MailProgress> &now) {
                if (!now)
                    qFatal("%s", qUtf8Printable(now.error().sentence));
                progress = *now;
                put = now->last;
                began = now->kept;
                if (progress.kept >= count)
                    return QCoreApplication::quit();
                going = true;
                since.start();
                fill();
            });
    });
    return QCoreApplication::exec();
}

Database::Steps takerSteps()
{
    return { Inbox::tables()
        + QStringList { QStringLiteral("CREATE TABLE got (id INTEGER PRIMARY KEY, line TEXT NOT NULL)") } };
}

/// What is new of a letter, kept with its marks in one transaction.
Result<QStringList> keep(Database &database, const MailTake::In &in, const PublicKey &me)
{
    Inbox inbox(database);
    const auto seen = inbox.take({ in.from, in.device, me, in.conversation }, in.first, in.items);
    const auto items = unpackItems(in.items);
    if (!seen || !items)
        return seen ? items.error() : seen.error();
    QStringList lines;
    for (qsizetype i = 0; i < items->size(); ++i) {
        if ((*seen)[i] != Inbox::Seen::New)
            continue;
        lines << QStringLiteral("got %1 %2 %3 %4")
                     .arg(in.from.hex(), QString::fromLatin1(in.device.toHex()), QString::number(in.first + quint64(i)),
                         QString::fromUtf8((*items)[i].body.left((*items)[i].body.indexOf(' '))));
        const auto kept = database.again(QStringLiteral("INSERT INTO got (line) VALUES (?)"), { lines.last() });
        if (!kept)
            return kept.error();
    }
    return lines;
}

int take(const QStringList &arguments)
{
    const QString folder = arguments.value(0);
    quint64 left = arguments.value(2).toULongLong();
    StoreThread store(QDir(folder).filePath(QStringLiteral("inbox.sqlite")), takerSteps());
    Member member(folder, arguments.value(1));
    const PublicKey me = member.client.identity().key();
    say(QStringLiteral("key %1").arg(me.hex()));
    QObject::connect(&member.client, &Client::ready, [&] {
        say(QStringLiteral("ready"));
        CallOptions options;
        options.keepOpen = true;
        QPointer<Call> call = member.client.start<MailTake>({}, {}, options);
        QObject::connect(call, &Channel::received, call, [&, call](const ChannelMessage &message) {
            const auto in = message.as<MailTake::In>();
            if (!in)
                qFatal("%s", qUtf8Printable(in.error().sentence));
            if (in->lost)
                return say(QStringLiteral("lost %1").arg(in->lost));
            const auto items = cutItems(in->items);
            store.write(
                call, [in = *in, me](Database &database) { return keep(database, in, me); },
                [&, call, upto = in->serial + quint64(items->size()) - 2](const Result<QStringList> &lines) {
                    if (!lines)
                        qFatal("%s", qUtf8Printable(lines.error().sentence));
                    for (const QString &line : *lines)
                        say(line);
                    call->send(MailTake::Out { upto, 0 });
                    if (left && (left -= std::min<quint64>(left, quint64(lines->size()))) == 0)
                        QTimer::singleShot(100, [] { QCoreApplication::quit(); }); // the acknowledgement leaves
                });
        });
    });
    return QCoreApplication::exec();
}

int fill(const QStringList &arguments)
{
    auto database = Database::open(arguments.value(0), broker::MailStore::steps());
    if (!database)
        qFatal("%s", qUtf8Printable(database.error().sentence));
    broker::MailboxLimits limits;
    limits.items = limits.bytes = limits.senderItems = limits.senderBytes = std::numeric_limits<qint64>::max() / 2;
    MailPosted post;
    const Result<PublicKey> said = PublicKey::fromHex(arguments.value(2));
    const PublicKey to = said ? *said : Identity::generate().key();
    post.source = { Identity::generate().key(), randomBytes(8), to, QByteArray(16, '\0') };
    const quint64 count = arguments.value(1).toULongLong();
    while (post.first < count) {
        const Result<void> done = (*database)->transaction([&]() -> Result<void> {
            for (int i = 0; i < 20000 && post.first < count; ++i) {
                ++post.first;
                post.items.clear();
                appendItem(post.items, { "chat/1", textOf(post.first, 100), 0 });
                const auto kept = broker::MailStore(**database, limits).post(post, QDateTime::currentMSecsSinceEpoch());
                if (!kept)
                    return kept;
            }
            return {};
        });
        if (!done)
            qFatal("%s", qUtf8Printable(done.error().sentence));
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    keepFreedMemory();
    QCoreApplication::setEventDispatcher(new EpollDispatcher);
    const QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const QString mode = arguments.value(1);
    if (mode == QLatin1String("post") && arguments.size() >= 6)
        return post(arguments.mid(2));
    if (mode == QLatin1String("take") && arguments.size() >= 4)
        return take(arguments.mid(2));
    if (mode == QLatin1String("fill") && arguments.size() >= 4)
        return fill(arguments.mid(2));
    std::fputs(
        "mailer post FOLDER LINK TO COUNT [SIZE [WINDOW]] | take FOLDER LINK [COUNT] | fill FILE COUNT [TO]\n", stderr);
    return 64;
}
