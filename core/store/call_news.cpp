#include "core/store/call_news.h"

namespace hawser {

namespace {
constexpr milliseconds lookAtLeast = std::chrono::hours(1); // calendars are set, and machines sleep
constexpr milliseconds lookAgain(5000); // when the disk could not take it
} // namespace

CallNews::CallNews(StoreThread &store, const QByteArray &device, std::function<qint64()> wallClock, QObject *parent)
    : QObject(parent), m_store(store), m_device(device), m_wallClock(std::move(wallClock))
{
    m_look.setSingleShot(true);
    m_look.callOnTimeout(this, [this] { look(); });
}

template <typename Work>
void CallNews::write(Work work, const MailTaker::Done &done)
{
    m_store.write(
        this,
        [work = std::move(work)](Database &database) {
            CallBook book(database);
            return work(book);
        },
        [this, done](const CallBook::Changed &calls) {
            if (done)
                done(calls ? Result<void>() : calls.error());
            if (!calls)
                return emit failed(calls.error());
            for (const SentCall &call : *calls)
                emit changed(call);
        });
}

void CallNews::mayLeave(const PublicKey &broker)
{
    if (m_leaving.contains(broker))
        return;
    m_leaving.insert(broker, false);
    noteLeaving(broker);
}

void CallNews::noteLeaving(const PublicKey &broker)
{
    m_store.write(
        this, [broker](Database &database) { return CallBook(database).mayLeave(broker); },
        [this, broker](const Result<void> &noted) {
            if (!noted) {
                QTimer::singleShot(lookAgain, this, [this, broker] { noteLeaving(broker); });
                return emit failed(noted.error());
            }
            m_leaving.insert(broker, true);
            emit going(broker);
        });
}

void CallNews::follow(MailPoster &poster, const PublicKey &broker, std::function<QString()> name)
{
    const auto isCall = [conversation = MailSource::ofBroker(broker)](
                            const MailSequence &sequence) { return sequence.conversation == conversation; };
    connect(this, &CallNews::going, &poster, [broker, &poster](const PublicKey &now) {
        if (now == broker)
            poster.look();
    });
    connect(&poster, &MailPoster::kept, this,
        [this, isCall, broker, name](const MailSequence &sequence, const MailProgress &progress) {
            if (isCall(sequence))
                write([=, by = name()](
                          CallBook &book) { return book.kept(sequence.recipient, broker, progress.kept, by); });
        });
    connect(&poster, &MailPoster::refused, this,
        [this, isCall, broker](const MailSequence &sequence, quint64 number, const Error &why, qint64 retryMs) {
            if (isCall(sequence))
                write([=, forNow = retryMs > 0, now = m_wallClock()](CallBook &book) {
                    return book.refused(sequence.recipient, broker, number, forNow, why, now);
                });
        });
    connect(&poster, &MailPoster::restored, this,
        [this, isCall, broker](const MailSequence &sequence, const Outbox::Restored &how) {
            if (isCall(sequence))
                write([=](CallBook &book) -> CallBook::Changed {
                    const Result<void> done = book.renumber(sequence.recipient, broker, how.after, how.by);
                    return done ? CallBook::Changed(QList<SentCall>()) : done.error();
                });
        });
}

void CallNews::take(const MailTaken &taken, const PublicKey &broker, const MailTaker::Done &done)
{
    write(taken.inTurn([taken, broker, device = m_device, now = m_wallClock()](
                           CallBook &book) { return book.take(taken, broker, device, now); }),
        done);
}

void CallNews::takeExpiry(const MailTaken &taken, const MailTaker::Done &done)
{
    write(taken.inTurn([taken, device = m_device, now = m_wallClock()](
                           CallBook &book) { return book.takeExpiry(taken, device, now); }),
        done);
}

void CallNews::tellUnseen()
{
    write([](CallBook &book) { return book.unseen(); });
}

void CallNews::look(qint64 now, milliseconds running)
{
    const bool isSteady = m_clock.look(running, now).steady;
    m_look.start(isSteady ? lookAtLeast : ClockWatch::patience);
    if (!isSteady)
        return;
    write([now](CallBook &book) { return book.endOverdue(now); });
    m_store.read(
        this, [](Database &database) { return CallBook(database).nextOverdue(); },
        [this, now](const Result<std::optional<qint64>> &next) {
            if (!next || !*next)
                return;
            if (**next < now) // it could not be ended: the disk is full
                return m_look.start(lookAgain);
            const milliseconds left(std::max<qint64>(**next + 1 - now, 0) + 1);
            m_look.start(std::min(left, lookAtLeast));
        });
}

} // namespace hawser
