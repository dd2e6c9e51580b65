#include "core/listener.h"
#include "core/certificate.h"
#include "core/newcomer.h"

#include <QNetworkInterface>
#include <QNetworkProxy>
#include <QPointer>
#include <QRandomGenerator>
#include <QSslConfiguration>
#include <QTimer>
#include <fcntl.h>
#include <numeric>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser {
namespace {

constexpr int spareDescriptors = 64; // for databases, control sockets and children: connections never take them
constexpr int backlog = 512; // connections the kernel keeps for us between two turns
constexpr auto acceptPause = std::chrono::milliseconds(100); // after accept failed
constexpr auto watchEvery = std::chrono::milliseconds(250); // deadlines of newcomers are looked at

/// One address. Unlike QTcpServer it never has pending connections, so it never stops accepting for them.
class Door : public QTcpServer {
public:
    explicit Door(std::function<void(qintptr)> taken) : m_taken(std::move(taken))
    {
        setProxy(QNetworkProxy::NoProxy);
        setListenBacklogSize(backlog);
    }

protected:
    void incomingConnection(qintptr descriptor) override { m_taken(descriptor); }

private:
    std::function<void(qintptr)> m_taken;
};

/// Raises the soft limit to the hard one and says where connections have to stop.
int connectionDescriptors()
{
    rlimit limit {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024 - spareDescriptors;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    return int(std::min<rlim_t>(limit.rlim_cur, 1 << 30)) - spareDescriptors;
}

Result<QHostAddress> hostAddress(const QString &host)
{
    if (host == QLatin1String("localhost"))
        return QHostAddress(QHostAddress::LocalHost);
    const QHostAddress literal(host);
    if (!literal.isNull())
        return literal;
    const QList<QNetworkAddressEntry> entries = QNetworkInterface::interfaceFromName(host).addressEntries();
    if (!entries.isEmpty())
        return entries.first().ip();
    return Error { Code::InvalidArgument,
        QStringLiteral("%1 is neither an IP address nor an interface of this machine").arg(host) };
}

/// How a link is found again: a name means nothing to another key.
QByteArray linkId(const Hello &hello, const PublicKey &key)
{
    return key.bytes() + hello.link;
}

QHostAddress peerOf(qintptr descriptor)
{
    sockaddr_storage peer {};
    socklen_t size = sizeof peer;
    if (getpeername(int(descriptor), reinterpret_cast<sockaddr *>(&peer), &size) != 0)
        return {};
    return QHostAddress(reinterpret_cast<const sockaddr *>(&peer));
}

} // namespace

void Admission::use(const LinkLimits &links)
{
    bounds = links;
    retention = links.unacknowledgedBytes;
    resumeWindow = seconds(links.resumeSeconds);
    awayAfter = seconds(links.awaySeconds);
    welcome.ping = quint32(links.pingSeconds);
    welcome.opens = quint64(links.openStreams);
}

class Listener::Private {
public:
    Private(Listener *listener, const Identity &identity);

    struct Guest {
        NewcomerPointer newcomer;
        Instant since;
    };

    void add(std::unique_ptr<Door> door);
    void accept(qintptr descriptor);
    void acceptFailed(Door *door);
    void watch();
    qint64 strangerBytes() const;
    void giveUp(AdmissionControl::Ticket ticket, const char *reason, milliseconds penalty);
    void greeted(AdmissionControl::Ticket ticket, const Hello &hello, const PublicKey &key);
    std::optional<GoAway> refusal(AdmissionControl::Ticket ticket, const Admission &admission, const PublicKey &key);
    void arrive(AdmissionControl::Ticket ticket, Arrival &arrival, const Admission &admission);
    Mooring *known(const Hello &hello, const PublicKey &key) const;
    void bringLane(AdmissionControl::Ticket ticket, Mooring *link, const Hello &hello, const Welcome &welcome);
    void resume(AdmissionControl::Ticket ticket, Mooring &mooring, const Hello &hello, Welcome welcome);
    void remember(Mooring *mooring, const Hello &hello, const PublicKey &key);
    std::unique_ptr<Connection> welcomeIn(AdmissionControl::Ticket ticket, const Welcome &welcome);
    void dismiss(AdmissionControl::Ticket ticket, const GoAway &goAway);
    NewcomerPointer part(AdmissionControl::Ticket ticket);
    void count(const char *reason) { ++counters[reason]; }

    Listener *q;
    PublicKey ownKey;
    QSslConfiguration configuration;
    std::function<Admission(const Hello &, const PublicKey &, const QHostAddress &)> ask;
    std::vector<std::unique_ptr<Door>> doors;
    AdmissionControl control;
    std::map<AdmissionControl::Ticket, Guest> guests; // in their greeting, oldest first
    QHash<QByteArray, QPointer<Mooring>> moorings; // that can be resumed, by key and link
    QTimer timer; // runs while there are guests
    milliseconds deadline = limits::greetingDeadline;
    int mostDescriptors;
    int reserve; // given up for a moment when there is no other descriptor
    QHash<QByteArray, quint64> counters;
};

Listener::Private::Private(Listener *listener, const Identity &identity)
    : q(listener), ownKey(identity.key()), configuration(tlsConfiguration(identity)),
      control([](quint32 below) { return QRandomGenerator::global()->bounded(below); }),
      mostDescriptors(connectionDescriptors()), reserve(::open("/dev/null", O_RDONLY | O_CLOEXEC))
{
    timer.setInterval(watchEvery);
    connect(&timer, &QTimer::timeout, q, [this] { watch(); });
}

void Listener::Private::add(std::unique_ptr<Door> door)
{
    connect(door.get(), &QTcpServer::acceptError, q, [this, raw = door.get()] { acceptFailed(raw); });
    doors.push_back(std::move(door));
}

void Listener::Private::accept(qintptr descriptor)
{
    const QHostAddress address = peerOf(descriptor);
    const bool exhausted = descriptor >= mostDescriptors;
    const Instant at = now();
    const auto decision =
        exhausted ? AdmissionControl::Decision { .reason = "descriptors" } : control.enter(address, at);
    if (decision.ticket == 0) {
        count(decision.reason);
        ::close(int(descriptor));
        return;
    }
    if (part(decision.dropped))
        count("dropped");
    count("accepted");
    const AdmissionControl::Ticket ticket = decision.ticket;
    NewcomerPointer newcomer(new Newcomer(descriptor, address, configuration, deadline + seconds(1)));
    connect(newcomer.get(), &Newcomer::gaveUp, q,
        [this, ticket](const char *reason, milliseconds penalty) { giveUp(ticket, reason, penalty); });
    connect(newcomer.get(), &Newcomer::greeted, q,
        [this, ticket](const Hello &hello, const PublicKey &key) { greeted(ticket, hello, key); });
    guests.emplace(ticket, Guest { std::move(newcomer), at });
    if (!timer.isActive())
        timer.start();
}

/// No descriptor is left, or the kernel has no memory: takes one connection off the queue with the reserve, so that its
/// peer is not left waiting, and tries again later. QTcpServer has paused itself.
void Listener::Private::acceptFailed(Door *door)
{
    count("descriptors");
    ::close(reserve);
    const int descriptor = ::accept4(int(door->socketDescriptor()), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0)
        ::close(descriptor);
    reserve = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    QTimer::singleShot(acceptPause, door, [door] { door->resumeAccepting(); });
}

void Listener::Private::watch()
{
    const Instant at = now();
    qint64 held = strangerBytes();
    while (!guests.empty()) {
        const auto &[ticket, guest] = *guests.begin();
        const bool late = at - guest.since >= deadline;
        if (!late && held <= control.limits().strangerBytes)
            break;
        held -= guest.newcomer->held();
        giveUp(ticket, late ? "deadline" : "memory", limits::penaltyNoGreeting);
    }
    if (guests.empty())
        timer.stop();
}

qint64 Listener::Private::strangerBytes() const
{
    return std::accumulate(guests.begin(), guests.end(), qint64(0),
        [](qint64 sum, const auto &guest) { return sum + guest.second.newcomer->held(); });
}

void Listener::Private::giveUp(AdmissionControl::Ticket ticket, const char *reason, milliseconds penalty)
{
    count(reason);
    const auto newcomer = part(ticket);
    control.leave(ticket);
    if (newcomer)
        control.penalise(newcomer->address(), penalty, now());
}

NewcomerPointer Listener::Private::part(AdmissionControl::Ticket ticket)
{
    const auto guest = guests.find(ticket);
    if (guest == guests.end())
        return {};
    auto newcomer = std::move(guest->second.newcomer);
    guests.erase(guest);
    return newcomer;
}

void Listener::Private::dismiss(AdmissionControl::Ticket ticket, const GoAway &goAway)
{
    if (const auto newcomer = part(ticket))
        newcomer->dismiss(goAway);
    control.leave(ticket);
}

void Listener::Private::greeted(AdmissionControl::Ticket ticket, const Hello &hello, const PublicKey &key)
{
    const auto guest = guests.find(ticket);
    if (guest == guests.end())
        return;
    const QHostAddress address = guest->second.newcomer->address();
    Admission admission;
    if (ask && key != ownKey)
        admission = ask(hello, key, address);
    admission.welcome.protocol = 1;
    if (admission.resumeWindow > milliseconds(0))
        admission.welcome.features = QStringList { feature::resume, feature::lanes };
    if (const std::optional<GoAway> no = refusal(ticket, admission, key))
        return dismiss(ticket, *no);
    Mooring *mooring = admission.welcome.standing == Standing::Member ? known(hello, key) : nullptr;
    if (hello.lane != 0)
        return bringLane(ticket, mooring, hello, admission.welcome);
    if (mooring)
        return resume(ticket, *mooring, hello, admission.welcome);
    Arrival arrival;
    arrival.hello = hello;
    arrival.key = key;
    arrival.address = address;
    arrival.standing = admission.welcome.standing;
    arrive(ticket, arrival, admission);
}

std::optional<GoAway> Listener::Private::refusal(
    AdmissionControl::Ticket ticket, const Admission &admission, const PublicKey &key)
{
    if (key == ownKey) {
        count("own_key");
        return GoAway { Leave::Refused, {},
            QStringLiteral("you have the same key as who listens here: this is yourself") };
    }
    if (!ask || admission.refusal) {
        count("refused");
        return admission.refusal ? *admission.refusal
                                 : GoAway { Leave::Refused, {}, QStringLiteral("nobody is let in here") };
    }
    if (admission.welcome.standing == Standing::Stranger && !control.stay(ticket)) {
        count("busy");
        return GoAway { Leave::Busy, limits::backoffMost,
            QStringLiteral("too many wait to be let in: try again later") };
    }
    return {};
}

Mooring *Listener::Private::known(const Hello &hello, const PublicKey &key) const
{
    const QPointer<Mooring> mooring = moorings.value(linkId(hello, key));
    const Party said { key, hello.device, hello.session };
    return mooring && mooring->link() && mooring->link()->settings().peerParty == said ? mooring.data() : nullptr;
}

void Listener::Private::remember(Mooring *mooring, const Hello &hello, const PublicKey &key)
{
    const QByteArray id = linkId(hello, key);
    moorings.insert(id, mooring);
    connect(mooring->link(), &Link::ended, q, [this, id, mooring] {
        if (moorings.value(id) == mooring)
            moorings.remove(id);
    });
}

/// The next connection of a link. The one before may be half-open: it brings nothing any more before we say our count.
void Listener::Private::resume(AdmissionControl::Ticket ticket, Mooring &mooring, const Hello &hello, Welcome welcome)
{
    if (hello.connection <= mooring.number()) {
        count("stale");
        return dismiss(ticket, { Leave::Stale, {}, QStringLiteral("a later connection of this link has come before") });
    }
    mooring.castOff();
    Link *link = mooring.link();
    const milliseconds ping = seconds(std::max(hello.ping, welcome.ping));
    if (const Result<void> resumed = link->resume(hello.taken, hello.opens, ping, now()); !resumed) {
        count("data_loss");
        const GoAway why { Leave::DataLoss, {}, resumed.error().sentence };
        link->leave(why);
        return dismiss(ticket, why);
    }
    if (link->isOver())
        return dismiss(ticket, { Leave::Leaving, {}, QStringLiteral("the link has just ended") });
    welcome.resumed = true;
    welcome.taken = link->lane().takenCount();
    welcome.opens = link->opensGranted();
    welcome.ping = quint32(seconds(std::chrono::duration_cast<seconds>(ping)).count());
    mooring.carry(welcomeIn(ticket, welcome), hello.connection);
    control.leave(ticket);
    count("resumed");
}

/// The first or the next connection of a further lane.
void Listener::Private::bringLane(
    AdmissionControl::Ticket ticket, Mooring *link, const Hello &hello, const Welcome &welcome)
{
    Mooring *lane = link ? link->lane(hello.lane) : nullptr;
    if (!lane)
        return dismiss(ticket, { Leave::Leaving, {}, QStringLiteral("the link of this lane is not known") });
    resume(ticket, *lane, hello, welcome);
}

/// Says WELCOME. What came behind HELLO is for the link.
std::unique_ptr<Connection> Listener::Private::welcomeIn(AdmissionControl::Ticket ticket, const Welcome &welcome)
{
    QByteArray frame;
    appendFrame(frame, FrameType::Welcome, 0, 0, encodeWelcome(welcome));
    auto connection = part(ticket)->takeConnection();
    connection->setMaxPayload(welcome.standing == Standing::Member ? limits::framePayload : limits::greetingPayload);
    connection->write(frame);
    return connection;
}

/// A new link.
void Listener::Private::arrive(AdmissionControl::Ticket ticket, Arrival &arrival, const Admission &admission)
{
    const bool member = admission.welcome.standing == Standing::Member;
    Welcome welcome = admission.welcome;
    welcome.ping = std::max(arrival.hello.ping, welcome.ping);
    if (!member)
        welcome.opens = std::min<quint64>(welcome.opens, limits::strangerStreams);
    const LinkSettings settings { .dialler = false,
        .peer = arrival.key,
        .peerRole = arrival.hello.role,
        .peerParty = { arrival.key, arrival.hello.device, arrival.hello.session },
        .retention = admission.retention,
        .ping = seconds(welcome.ping),
        .opensAllowed = arrival.hello.opens,
        .opensGranted = welcome.opens,
        .resumeWindow =
            member && arrival.hello.features.contains(feature::resume) ? admission.resumeWindow : milliseconds(0),
        .awayAfter = admission.awayAfter,
        .maxPayload = member ? limits::framePayload : limits::greetingPayload,
        .bounds = admission.bounds };
    arrival.mooring.reset(
        new Mooring(std::make_unique<Link>(settings, now()), welcomeIn(ticket, welcome), arrival.hello.connection));
    if (member)
        control.leave(ticket);
    else
        connect(arrival.link(), &QObject::destroyed, q, [this, ticket] { control.leave(ticket); });
    Mooring *mooring = arrival.mooring.get();
    if (settings.resumeWindow > milliseconds(0) && arrival.hello.features.contains(feature::lanes))
        arrival.link()->setBulk([mooring] { return mooring->bulk(); });
    if (settings.resumeWindow > milliseconds(0))
        remember(arrival.mooring.get(), arrival.hello, arrival.key);
    count("arrived");
    emit q->arrived(arrival);
}

void reportAdmission(const Listener &listener, LimitUse &use)
{
    use.used("admission_strangers", listener.strangers());
    use.used("admission_stranger_bytes", listener.strangerBytes());
    use.used("admission_penalty_sources", listener.penalised());
    const QHash<QByteArray, quint64> counters = listener.counters();
    use.hit("admission_strangers", counters["crowded"] + counters["busy"]);
    use.hit("admission_strangers_per_source", counters["source"]);
    use.hit("admission_stranger_bytes", counters["memory"]);
    use.hit("admission_greeting_seconds", counters["deadline"]);
    use.hit("admission_penalty_most_seconds", counters["penalty"]);
    use.hit("descriptors", counters["descriptors"]);
}

Listener::Listener(const Identity &identity, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, identity))
{
}

Listener::~Listener()
{
    disconnect();
    ::close(d->reserve);
}

Result<Address> Listener::listen(const Address &address)
{
    const Result<QHostAddress> host = hostAddress(address.host);
    if (!host)
        return host.error();
    auto door = std::make_unique<Door>([this](qintptr descriptor) { d->accept(descriptor); });
    if (!door->listen(*host, address.port))
        return Error { Code::Unavailable,
            QStringLiteral("cannot listen at %1: %2").arg(address.text(), door->errorString()) };
    const Address real { address.host, door->serverPort() };
    d->add(std::move(door));
    return real;
}

Result<Address> Listener::listen(int descriptor)
{
    auto door = std::make_unique<Door>([this](qintptr taken) { d->accept(taken); });
    if (!door->setSocketDescriptor(descriptor))
        return Error { Code::InvalidArgument,
            QStringLiteral("descriptor %1 is no socket to listen at: %2")
                .arg(QString::number(descriptor), door->errorString()) };
    const Address real { door->serverAddress().toString(), door->serverPort() };
    d->add(std::move(door));
    return real;
}

QList<Address> Listener::addresses() const
{
    QList<Address> all;
    for (const auto &door : d->doors)
        all.append(Address { door->serverAddress().toString(), door->serverPort() });
    return all;
}

void Listener::stop()
{
    for (const auto &door : d->doors)
        door->close();
    d->doors.clear();
}

void Listener::setAdmission(std::function<Admission(const Hello &, const PublicKey &, const QHostAddress &)> admission)
{
    d->ask = std::move(admission);
}

void Listener::setLimits(const AdmissionLimits &limits)
{
    d->control.setLimits(limits);
    d->deadline = seconds(limits.greetingSeconds);
}

void Listener::setGreetingDeadline(milliseconds deadline)
{
    d->deadline = deadline;
}

void Listener::penalise(const QHostAddress &source, milliseconds penalty)
{
    d->control.penalise(source, penalty, now());
}

QHash<QByteArray, quint64> Listener::counters() const
{
    return d->counters;
}

int Listener::penalised() const
{
    return d->control.penalised();
}

qint64 Listener::strangerBytes() const
{
    return d->strangerBytes();
}

int Listener::mostDescriptors() const
{
    return d->mostDescriptors;
}

int Listener::strangers() const
{
    return d->control.strangers();
}

} // namespace hawser
