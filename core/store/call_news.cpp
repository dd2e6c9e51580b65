#include "core/store/call_news.h"

namespace hawser {

CallNews::CallNews(StoreThread &store, const QByteArray &device, std::function<qint64()> wallClock, QObject *parent)
    : QObject(parent), m_store(store), m_device(device), m_wallClock(std::move(wallClock))
{
}

void CallNews::follow(
    MailPoster &poster, std::function<bool(const MailSequence &)> isCall, std::function<QString()> broker)
{
    connect(&poster, &MailPoster::kept, this,
        [this, isCall, broker](const MailSequence &sequence, const MailProgress &progress) {
            if (isCall(sequence))
                write([=, by = broker()](CallBook &book) { return book.kept(sequence.recipient, progress.kept, by); });
        });
    connect(&poster, &MailPoster::refused, this,
        [this, isCall](const MailSequence &sequence, quint64 number, const Error &why, qint64 retryMs) {
            if (isCall(sequence))
                write([=, forNow = retryMs > 0, now = m_wallClock()](
                          CallBook &book) { return book.refused(sequence.recipient, number, forNow, why, now); });
        });
    connect(&poster, &MailPoster::restored, this,
        [this, isCall](const MailSequence &sequence, const Outbox::Restored &how) {
            if (isCall(sequence))
                write([=](CallBook &book) -> CallBook::Changed {
                    const Result<void> done = book.renumber(sequence.recipient, how.after, how.by);
                    return done ? CallBook::Changed(QList<SentCall>()) : done.error();
                });
        });
}

void CallNews::take(const MailTaken &taken, const MailTaker::Done &done)
{
    write([taken, device = m_device, now = m_wallClock()](CallBook &book) { return book.take(taken, device, now); },
        done);
}

void CallNews::takeExpiry(const MailTaken &taken, const MailTaker::Done &done)
{
    write(
        [taken, device = m_device, now = m_wallClock()](CallBook &book) { return book.takeExpiry(taken, device, now); },
        done);
}

void CallNews::tellUnseen()
{
    write([](CallBook &book) { return book.unseen(); });
}

void CallNews::write(std::function<CallBook::Changed(CallBook &)> work, const MailTaker::Done &done)
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

} // namespace hawser
