#include "brokerd/mail_taking.h"

#include "core/wall_clock.h"

#include <QTimer>

namespace hawser::broker {

namespace {

constexpr qint64 retryHere = 200; // ms: somebody takes what is in the way

void insert(Value &map, const char *name, qint64 number)
{
    map.insert(QLatin1String(name), Value(number));
}

} // namespace

Mailbox::Mailbox(const QString &path, MayWrite mayWrite, MayReach mayReach, QObject *parent)
    : QObject(parent), m_mayWrite(std::move(mayWrite)), m_mayReach(std::move(mayReach)),
      m_store(path, MailStore::steps())
{
    m_keeper.may = [this](const Caller &from, const MailPosted &post) {
        return m_mayWrite(from.user, post.source.recipient);
    };
    m_keeper.refused = [this](MailPosted &post) {
        if (post.limit)
            m_hits.count(post.limit);
        if (post.retryMs > 0 && m_takers.contains(post.source.recipient))
            post.retryMs = retryHere;
    };
    m_keeper.kept = [this](const MailPosted &post) { wereKept(post); };
    m_keeper.failed = [this](const Error &why) { m_trouble.failed(why); };
    m_keeper.highest = [](Database &database, const MailSource &source) { return Inbox(database, 0).highest(source); };
    setLimits({});
    refresh(); // tells at the start when the file cannot be used
}

Mailbox::~Mailbox()
{
    qDeleteAll(findChildren<MailPosting *>());
    const QList<MailTaking *> takers = m_takers.values();
    qDeleteAll(takers);
}

void Mailbox::setLimits(const MailboxLimits &limits)
{
    m_limits = limits;
    m_keeper.keep = [limits](Database &database, MailPosted &post) {
        return MailStore(database, limits).post(post, wallClock());
    };
}

void Mailbox::serve(Commands &commands)
{
    commands.serveChannel<contracts::MailPost>(
        [this](const contracts::MailPost::Request &, std::shared_ptr<IncomingCall> call) {
            new MailPosting(std::move(call), m_store, m_keeper, this);
        });
    commands.serveChannel<contracts::MailTake>(
        [this](const contracts::MailTake::Request &, std::shared_ptr<IncomingCall> call) { begin(std::move(call)); });
}

void Mailbox::begin(std::shared_ptr<IncomingCall> call)
{
    const Caller caller = call->caller();
    if (caller.device.size() != 8)
        return call->fail({ Code::InvalidArgument, QStringLiteral("durable messages go to a device") });
    const QList<MailTaking *> takers = m_takers.values(caller.user);
    for (MailTaking *taker : takers)
        if (taker->device() == caller.device)
            taker->giveWay();
    m_takers.insert(caller.user, new MailTaking(std::move(call), *this));
}

void Mailbox::wereKept(const MailPosted &post)
{
    m_posted += post.fresh;
    const QList<MailTaking *> takers = m_takers.values(post.source.recipient);
    for (MailTaking *taker : takers)
        taker->look();
    worked();
}

void Mailbox::worked()
{
    if (!std::exchange(m_refreshing, true))
        QTimer::singleShot(milliseconds(200), this, &Mailbox::refresh);
}

void Mailbox::refresh()
{
    m_store.read(this, withStore([](MailStore &store) { return store.totals(); }),
        [this](const Result<MailShelf::Totals> &totals) {
            m_refreshing = false;
            if (totals)
                m_totals = *totals;
            else
                m_trouble.failed(totals.error());
        });
}

void Mailbox::forget(const PublicKey &recipient)
{
    m_store.write(this, withStore([recipient](MailStore &store) { return store.forget(recipient); }),
        [this](const Result<void> &forgotten) {
            if (!forgotten)
                m_trouble.failed(forgotten.error());
            worked();
        });
}

void Mailbox::keepHouse(WallTime wall, const PublicKey &broker)
{
    m_store.write(this, withStore([wall, broker](MailStore &store) { return store.expire(wall, broker); }),
        [this](const Result<MailStore::Expired> &gone) {
            if (!gone)
                return m_trouble.failed(gone.error());
            m_expired += quint64(gone->items);
            for (const MailPosted &told : gone->told)
                wereKept(told);
            worked();
        });
}

void Mailbox::report(Value &counters, Value &limits, LimitUse &use) const
{
    insert(counters, "mailbox_items", m_totals.items);
    insert(counters, "mailbox_bytes", m_totals.bytes);
    insert(counters, "mailbox_items_on_disk", m_totals.allItems);
    insert(counters, "mailbox_parked", m_totals.parked);
    insert(counters, "mailbox_posted", qint64(m_posted));
    insert(counters, "mailbox_given", qint64(m_given));
    insert(counters, "mailbox_withheld", qint64(m_withheld));
    insert(counters, "mailbox_expired", qint64(m_expired));
    insert(counters, "mailbox_damaged", qint64(m_damaged));
    insert(counters, "mailbox_failures", qint64(m_trouble.failures()));
    insert(counters, "mailbox_takers", m_takers.size());
    insert(limits, "mailbox_synchronous", m_totals.synchronous);
    use.used("mailbox_items", m_totals.fullest.items);
    use.used("mailbox_bytes", m_totals.fullest.bytes);
    use.used("mailbox_sender_items", m_totals.ofOne.items);
    use.used("mailbox_sender_bytes", m_totals.ofOne.bytes);
    use.used("mailbox_devices", m_totals.devices);
    use.hit("mailbox_days", qint64(m_expired));
    m_hits.report(use);
}

} // namespace hawser::broker
