#include "brokerd/mail_taking.h"

#include "core/wall_clock.h"

#include <QTimer>

namespace hawser::broker {

namespace {

using Take = contracts::MailTake;

constexpr qint64 window = 4 * 1024 * 1024; // bytes given and not acknowledged
constexpr qint64 fetchBytes = 512 * 1024; // at a time
constexpr quint64 fetchItems = limits::mailItems;
constexpr milliseconds retryStore { 2000 }; // a full or locked disk may be a matter of a moment

} // namespace

MailTaking::MailTaking(std::shared_ptr<IncomingCall> call, Mailbox &mailbox)
    : QObject(&mailbox), m_call(std::move(call)), m_mailbox(mailbox)
{
    connect(m_call.get(), &Channel::received, this, &MailTaking::take);
    connect(m_call.get(), &Channel::roomAvailable, this, &MailTaking::look);
    connect(m_call.get(), &IncomingCall::stopped, this, &MailTaking::stopped);
    m_mailbox.m_store.write(this,
        m_mailbox.withStore([user = user(), device = device(), wall = wallClock()](
                                MailStore &store) { return store.begin(user, device, wall); }),
        [this](const Result<MailStore::Device> &device) { begun(device); });
}

MailTaking::~MailTaking()
{
    m_mailbox.m_takers.remove(user(), this);
}

/// What a disk that takes nothing can be read from is given all the same.
void MailTaking::begun(const Result<MailStore::Device> &device)
{
    if (device) {
        m_isKnown = true;
        if (device->forgotten)
            m_mailbox.m_hits.count("mailbox_devices");
        return begin(*device);
    }
    m_mailbox.m_trouble.failed(device.error());
    m_mailbox.m_store.read(this, m_mailbox.withStore([user = user(), device = this->device()](MailStore &store) {
        return store.device(user, device);
    }),
        [this](const Result<MailStore::Device> &device) {
            if (device)
                return begin(*device);
            end({ Code::Unavailable, QStringLiteral("the mailbox is out of order at the moment"), Begun::No });
        });
}

void MailTaking::begin(const MailStore::Device &device)
{
    m_begun = true;
    m_cursor = m_saved = m_given = device.cursor;
    m_singlyTo = device.singlyTo;
    if (device.lost) {
        Take::In in;
        in.lost = device.lost;
        m_call->send(in);
    }
    saveCursor();
    look();
}

/// Work in the store about a device that it knows, from then on if not before.
template <typename Work>
auto MailTaking::asKnown(Work work) const
{
    return m_mailbox.withStore([isKnown = m_isKnown, user = user(), device = device(), wall = wallClock(),
                                   work = std::move(work)](MailStore &store) {
        using Outcome = decltype(work(store));
        if (!isKnown)
            if (const auto begun = store.begin(user, device, wall); !begun)
                return Outcome(begun.error());
        return work(store);
    });
}

void MailTaking::look()
{
    m_more = true;
    const bool singly = m_given < m_singlyTo;
    if (!m_begun || m_over || m_counting || m_fetching || m_openBytes >= window || (singly && !m_open.empty())
        || m_call->room() <= 0)
        return;
    m_fetching = true;
    m_more = false;
    m_mailbox.m_store.read(this,
        m_mailbox.withStore([user = user(), device = device(), after = m_given, most = singly ? 1 : fetchItems](
                                MailStore &store) { return store.fetch(user, device, after, fetchBytes, most); }),
        [this, round = m_round](const Result<MailStore::Fetched> &result) {
            m_fetching = false;
            if (round == m_round)
                fetched(result);
            else
                look();
        });
}

void MailTaking::fetched(const Result<MailStore::Fetched> &fetched)
{
    if (m_over || m_counting)
        return;
    if (!fetched) {
        m_mailbox.m_trouble.failed(fetched.error());
        return end({ Code::Unavailable, QStringLiteral("the mailbox is out of order at the moment"), Begun::Maybe });
    }
    m_mailbox.m_damaged += fetched->damaged;
    const WallTime wall = wallClock();
    for (const MailStore::Letter &letter : fetched->letters) {
        if (!m_mailbox.m_mayReach(letter.source.sender, user())) {
            m_mailbox.m_withheld += letter.count;
            continue;
        }
        m_open.push_back({ letter.serial, letter.serial + letter.count - 1, letter.items.size() });
        m_openBytes += letter.items.size();
        m_mailbox.m_given += letter.count;
        m_call->send(Take::In { letter.serial, letter.source.sender, letter.source.device, letter.source.conversation,
            letter.first, letter.items, quint64(std::max<qint64>(0, wall - letter.since)), 0 });
    }
    const bool moved = fetched->looked > m_given;
    m_given = std::max(m_given, fetched->looked);
    if (m_open.empty() && m_given > m_cursor)
        acknowledged(m_given); // only what is not for this device lay there
    if (moved || m_more)
        look();
}

void MailTaking::take(const ChannelMessage &message)
{
    const Result<Take::Out> out = message.as<Take::Out>();
    if (!out || out->upto > m_given || out->failed > m_given || !m_begun)
        return end({ Code::InvalidArgument, QStringLiteral("this was never given") });
    m_waits = out->waits;
    if (out->upto > m_cursor)
        acknowledged(out->upto);
    if (out->failed)
        itemFailed(out->failed);
}

void MailTaking::acknowledged(quint64 upto)
{
    m_cursor = upto;
    while (!m_open.empty() && m_open.front().last <= upto) {
        m_openBytes -= m_open.front().bytes;
        m_open.pop_front();
    }
    if (m_open.empty())
        m_cursor = std::max(m_cursor, m_given); // behind it is only what is not for this device
    saveCursor();
    look();
}

void MailTaking::saveCursor()
{
    if (m_saving || (m_isKnown && m_saved >= m_cursor))
        return;
    m_saving = true;
    m_mailbox.m_store.write(this,
        asKnown([user = user(), device = device(), upto = m_cursor, wall = wallClock()](
                    MailStore &store) { return store.taken(user, device, upto, wall); }),
        [this, upto = m_cursor](const Result<void> &result) {
            if (!result) { // if it goes before, that comes again, and is known there
                m_mailbox.m_trouble.failed(result.error());
                return QTimer::singleShot(retryStore, this, [this] {
                    m_saving = false;
                    saveCursor();
                });
            }
            m_saving = false;
            m_isKnown = true;
            m_saved = std::max(m_saved, upto);
            m_mailbox.worked();
            saveCursor();
        });
}

quint64 MailTaking::firstOpen() const
{
    return m_open.empty() ? 0 : std::max(m_open.front().first, m_cursor + 1);
}

/// All before it is taken. It comes again, alone.
void MailTaking::itemFailed(quint64 serial)
{
    if (m_open.empty() || serial < firstOpen())
        return;
    const quint64 givenTo = m_given;
    if (serial > firstOpen())
        acknowledged(serial - 1);
    m_open.clear();
    m_openBytes = 0;
    m_given = m_cursor = std::max(m_cursor, serial - 1);
    m_singlyTo = std::max(m_singlyTo, givenTo);
    ++m_round;
    m_counting = true;
    note(serial, givenTo);
}

/// Nothing is given before it is on disk: else it would go back and forth as fast as the line, and never be set aside.
void MailTaking::note(quint64 failed, quint64 givenTo)
{
    countFailure(failed, givenTo, [this, alive = QPointer(this), failed, givenTo](const Result<bool> &parked) {
        if (!alive || m_over)
            return;
        if (!parked)
            return QTimer::singleShot(retryStore, this, [=, this] { note(failed, givenTo); });
        m_counting = false;
        if (*parked)
            m_cursor = m_saved = m_given = failed;
        Take::In in;
        in.failed = failed;
        m_call->send(in);
        look();
    });
}

/// \param then  whether it was set aside now; perhaps later than this lives
void MailTaking::countFailure(quint64 serial, quint64 givenTo, std::function<void(const Result<bool> &)> then)
{
    m_mailbox.m_store.write(&m_mailbox,
        asKnown([user = user(), device = device(), serial, givenTo, wall = wallClock()](
                    MailStore &store) { return store.failed(user, device, serial, givenTo, wall); }),
        [mailbox = &m_mailbox, then = std::move(then)](const Result<bool> &parked) {
            if (!parked)
                mailbox->m_trouble.failed(parked.error());
            else if (*parked)
                mailbox->m_hits.count("mailbox_tries");
            mailbox->worked();
            then(parked);
        });
}

/// Went without acknowledging: perhaps because of the first that lay open, unless it said why nothing goes on.
void MailTaking::stopped()
{
    if (std::exchange(m_over, true))
        return;
    if (m_begun && !m_open.empty() && !m_waits && !m_mailbox.m_draining)
        countFailure(firstOpen(), m_given, [](const Result<bool> &) {});
    m_mailbox.m_takers.remove(user(), this);
    deleteLater();
}

void MailTaking::giveWay()
{
    end({ Code::Aborted, QStringLiteral("another program of this device takes the mail now"), Begun::Maybe });
}

void MailTaking::end(const Error &why)
{
    m_over = true;
    m_call->fail(why);
    m_mailbox.m_takers.remove(user(), this);
    deleteLater();
}

} // namespace hawser::broker
