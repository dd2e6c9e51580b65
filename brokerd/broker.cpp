#include "brokerd/broker.h"

#include "core/contracts/call_me.h"
#include "core/device.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/text.h"
#include "core/wall_clock.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSysInfo>

namespace hawser::broker {

namespace {

constexpr auto houseEvery = std::chrono::seconds(10); // what is over is looked for, at the latest
constexpr auto calendarEvery = std::chrono::minutes(1); // it is noted
constexpr qint64 calendarBytes = 32;
constexpr auto databasePatience = std::chrono::milliseconds(50); // this thread serves everybody
constexpr auto drainLook = std::chrono::milliseconds(50);
constexpr WallTime unusedOnce = 10 * 60 * 1000; // ms that "this time" waits for somebody who had hung up

Error nobody()
{
    return { Code::NotFound, QStringLiteral("nobody here has this key, or you may not reach it so") };
}

QString program()
{
    return QStringLiteral("hawser-brokerd ") + QCoreApplication::applicationVersion();
}

} // namespace

Result<std::unique_ptr<Broker>> Broker::open(const QString &folder, const Identity &identity, const Config &config)
{
    const Result<QByteArray> device = loadDevice(folder);
    if (!device)
        return device.error();
    Result<std::unique_ptr<Database>> database =
        Database::open(QDir(folder).filePath(QStringLiteral("broker.sqlite")), databaseSteps());
    if (!database)
        return database.error();
    if (const Result<void> set = (*database)->setPatience(databasePatience); !set)
        return set.error();
    std::unique_ptr<Broker> broker(new Broker(folder, std::move(*database), identity, config, *device));
    if (const Result<void> loaded = broker->load(folder); !loaded)
        return loaded.error();
    return broker;
}

Broker::Broker(const QString &folder, std::unique_ptr<Database> database, const Identity &identity,
    const Config &config, QByteArray device)
    : m_database(std::move(database)), m_identity(identity), m_config(config),
      m_name(claimedName(config.name.isEmpty() ? QSysInfo::machineHostName() : config.name)),
      m_device(std::move(device)), m_session(randomBytes(8)), m_started(now()), m_accounts(*m_database),
      m_invitations(*m_database), m_requests(*m_database, identity.key()),
      m_knocks(m_accounts, m_invitations, m_requests, m_sessions, m_name),
      m_offers(m_accounts, m_sessions, *m_database), m_people(m_accounts, m_sessions),
      m_callers([this](const PublicKey &user) { return mayCallNode(user); }),
      m_mailbox(
          QDir(folder).filePath(QStringLiteral("mailbox.sqlite")),
          [this](const PublicKey &from, const PublicKey &to) { return mayWrite(from, to); },
          [this](const PublicKey &from, const PublicKey &to) { return mayStillReach(from, to); }),
      m_topics(m_accounts, *m_database),
      m_router([this](Link &from, const OpenHead &head) { return resolve(from, head); }),
      m_admin({ m_accounts, m_invitations, m_requests, m_sessions, m_knocks, identity.key(),
          [this] { return reachable(); }, [this] { return quint64(m_config.invitationHours) * 60 * 60 * 1000; },
          [this] { return status(); }, [this] { drain(); } }),
      m_listener(identity)
{
    apply(config);
    connectParts();
    m_knocks.serve(m_commands);
    m_offers.serve(m_commands);
    m_people.serve(m_commands);
    m_mailbox.serve(m_commands);
    m_topics.serve(m_commands);
    m_admin.serve(m_commands);
    m_commands.serve<contracts::CallMe>(
        [this](const contracts::CallMe::Request &said, const Caller &caller) { return rename(caller, said.name); });
    m_callers.serve(m_commands);
    m_commands.setPolicy([this](const Caller &caller, const CommandSpec &spec) { return mayCallNow(caller, spec); });
}

Broker::~Broker()
{
    disconnect(&m_sessions, nullptr, this, nullptr);
}

void Broker::connectParts()
{
    m_listener.setAdmission([this](const Hello &hello, const PublicKey &key, const QHostAddress &address) {
        return admit(hello, key, address);
    });
    connect(&m_listener, &Listener::arrived, this, &Broker::enter);
    connect(&m_accounts, &Accounts::removed, this, &Broker::accountRemoved);
    connect(&m_sessions, &Sessions::gone, this, &Broker::sessionGone);
    connect(&m_sessions, &Sessions::came, this, &Broker::summaryChanged);
    connect(&m_sessions, &Sessions::presenceChanged, this, &Broker::summaryChanged);
    connect(&m_sessions, &Sessions::laneMade, this, [this](Link *lane) {
        lane->setRouter(&m_router);
        m_commands.attach(lane);
    });
    m_sessions.setCost([this](const Link &link) { return m_router.reserved(link); });
    connect(&m_requests, &Requests::closed, this, &Broker::summaryChanged);
    connect(&m_requests, &Requests::changed, this, [this](const Waiting &request) {
        log(Level::Notice, "request",
            { { "request", request.id }, { "claim", request.knock.claim }, { "key", request.knock.key.words() },
                { "source", request.knock.address } });
        emit summaryChanged();
    });
    connect(&m_accounts, &Accounts::changed, this, [this](const Account &account) {
        m_callers.look(account.key);
        keepHouse();
    });
    connect(&m_knocks, &Knocks::invitationRefused, this, [this](const Session &session) {
        m_listener.penalise(QHostAddress(session.address), limits::penaltyAuthentication);
    });
    m_house.setSingleShot(true);
    connect(&m_house, &QTimer::timeout, this, [this] { keepHouse(); });
    m_drainCheck.setInterval(drainLook);
    connect(&m_drainCheck, &QTimer::timeout, this, &Broker::finishDraining);
}

Result<void> Broker::load(const QString &folder)
{
    if (const Result<void> accounts = m_accounts.load(); !accounts)
        return accounts;
    if (const Result<void> requests = m_requests.load(); !requests)
        return requests;
    if (const Result<void> offers = m_offers.load(); !offers)
        return offers;
    if (const Result<void> topics = m_topics.load(folder); !topics)
        return topics;
    m_calendarFile = QDir(folder).filePath(QStringLiteral("calendar"));
    readCalendar();
    keepHouse();
    return {};
}

void Broker::apply(const Config &config)
{
    m_config = config;
    m_accounts.setMost(config.accounts);
    m_invitations.setMost(config.invitations);
    m_requests.setLimits({ config.requestsWaiting, config.requestsPerAddress, config.requestWindowMinutes,
        config.requestsUnanswered, config.requestDays, config.blocks });
    m_sessions.setSuspendedBudget(config.suspendedMegabytes << 20);
    m_offers.setMostCommands(config.commandsPerNode);
    m_rates.setLimits(config.writesPerSecond, config.writesAtOnce);
    m_commands.setMostBulk(config.links.callBulkBytes);
    m_listener.setLimits(config.admission);
    if (m_control)
        m_control->setMost(config.controlConnections);
    m_mailbox.setLimits(config.mailbox);
    m_topics.apply(config);
}

void Broker::setControl(ControlServer &control)
{
    m_control = &control;
    apply(m_config);
}

// --- who comes in

Admission Broker::admit(const Hello &hello, const PublicKey &key, const QHostAddress &)
{
    Admission admission;
    admission.refusal = refusal(hello, key);
    const Account *account = m_accounts.find(key);
    admission.welcome.role = Role::Broker;
    admission.welcome.name = m_name;
    admission.welcome.program = program();
    admission.welcome.device = m_device;
    admission.welcome.session = m_session;
    admission.use(m_config.links);
    admission.welcome.standing = account ? Standing::Member : Standing::Stranger;
    if (account && account->kind == AccountKind::Node)
        admission.retention = m_config.nodeUnacknowledgedBytes;
    return admission;
}

std::optional<GoAway> Broker::refusal(const Hello &hello, const PublicKey &key) const
{
    if (m_drainingSince)
        return farewell(Leave::Draining);
    if (hello.role == Role::Broker)
        return GoAway { Leave::Refused, {}, QStringLiteral("a broker lives here: other brokers are not let in") };
    if (m_sessions.wasReplaced(key, hello))
        return GoAway { Leave::Replaced, {}, QStringLiteral("another program has taken your place meanwhile") };
    const Account *account = m_accounts.find(key);
    if (!account)
        return {};
    const bool isNode = account->kind == AccountKind::Node;
    if (isNode != (hello.role == Role::Node))
        return GoAway { Leave::Refused, {},
            isNode ? QStringLiteral("this key belongs to a machine here, not to a person")
                   : QStringLiteral("this key belongs to a person here, not to a machine") };
    const auto sessions = m_sessions.members(key);
    const bool comesAgain = std::any_of(
        sessions.begin(), sessions.end(), [&](const Session *other) { return other->hello.device == hello.device; });
    if (isNode || comesAgain || qint64(sessions.size()) < m_config.sessionsPerUser)
        return {};
    m_hits.count("sessions_per_user");
    return GoAway { Leave::Busy, limits::backoffMost, QStringLiteral("too many programs of yours are connected") };
}

void Broker::enter(Arrival &arrival)
{
    Link *link = arrival.link();
    link->setRouter(&m_router);
    m_commands.attach(link);
    const Session &session = m_sessions.add(arrival, now());
    if (!session.isMember())
        return;
    const Result<void> renamed =
        m_accounts.rename(session.key, claimedName(session.hello.name), claimedName(session.hello.host));
    if (!renamed)
        log(Level::Warning, "not-saved", { { "why", renamed.error().sentence } });
}

Result<Nothing> Broker::rename(const Caller &caller, const QString &name)
{
    const Account *account = m_accounts.find(caller.user);
    const QString clean = claimedName(name);
    if (!account || clean.isEmpty())
        return Error { Code::InvalidArgument, QStringLiteral("a name has at least one letter") };
    if (const Result<void> renamed = m_accounts.rename(caller.user, clean, account->host); !renamed)
        return renamed.error();
    return Nothing {};
}

void Broker::sessionGone(const Session &session)
{
    m_rates.forget({ session.key, session.hello.device, session.hello.session });
    const Account *account = m_accounts.find(session.key);
    if (account && account->once && session.isMember() && !m_sessions.hasAny(session.key))
        (void)m_accounts.revoke(session.key); // "this time" is over; it is on no disk
    emit summaryChanged();
}

void Broker::accountRemoved(const Account &account)
{
    m_sessions.end(account.key, { Leave::Refused, {}, QStringLiteral("your right to be here has ended") });
    m_mailbox.forget(account.key);
    m_callers.look(account.key);
}

void Broker::keepHouse()
{
    keepHouse(wallClock(), runningTime());
}

void Broker::keepHouse(WallTime wall, milliseconds running)
{
    const ClockWatch::Look look = m_clock.look(running, wall);
    if (look.jumped != milliseconds(0))
        log(Level::Warning, "clock-jumped",
            { { "seconds", QString::number(std::chrono::duration_cast<seconds>(look.jumped).count()) } });
    m_house.start(houseEvery);
    if (!look.steady)
        return;
    m_accounts.expire(wall);
    if (look.sure) {
        noteCalendar(wall);
        m_requests.expire(wall);
        m_mailbox.keepHouse(wall, m_identity.key());
        m_topics.keepHouse(wall, running);
        if (const Result<void> expired = m_invitations.expire(wall); !expired)
            log(Level::Warning, "not-saved", { { "why", expired.error().sentence } });
    }
    const QList<Account> users = m_accounts.all(AccountKind::User) + m_accounts.all(AccountKind::Node);
    for (const Account &account : users)
        if (account.once && account.since + unusedOnce < wall && !m_sessions.hasAny(account.key))
            (void)m_accounts.revoke(account.key);
    const WallTime next = m_accounts.nextEnd().value_or(wall + milliseconds(houseEvery).count()) - wall;
    m_house.start(milliseconds(std::clamp<WallTime>(next, 1, milliseconds(houseEvery).count())));
}

void Broker::readCalendar()
{
    bool isNumber = false;
    const Result<QByteArray> before = readFile(m_calendarFile, calendarBytes);
    if (const WallTime wall = before ? before->toLongLong(&isNumber) : 0; isNumber)
        m_clock.setBefore(wall);
}

/// Not synced: what a power cut takes is not missed. A calendar that is doubted is never noted.
void Broker::noteCalendar(WallTime wall)
{
    if (std::chrono::abs(milliseconds(wall - m_calendarNoted)) < calendarEvery)
        return;
    m_calendarNoted = wall;
    QFile file(m_calendarFile);
    if (file.open(QIODevice::WriteOnly | QIODevice::Truncate, QFile::ReadOwner | QFile::WriteOwner))
        file.write(QByteArray::number(wall));
}

// --- who may

Result<std::vector<Link *>> Broker::resolve(Link &from, const OpenHead &head) const
{
    const Session *session = m_sessions.of(from);
    if (!session)
        return Error { Code::Unavailable, QStringLiteral("the link is over") };
    const PublicKey &target = head.party.user;
    const bool own = target.isNull() || target == m_identity.key();
    if (!session->isMember()) {
        if (own && head.name == contracts::AskToBeLetIn::name && !head.oneWay)
            return std::vector<Link *>();
        return Error { Code::Unauthenticated, QStringLiteral("you are not let in: you may only ask to be") };
    }
    if (own)
        return std::vector<Link *>();
    if (const Result<void> may = mayOpen(*session, head); !may)
        return may.error();
    std::vector<Link *> targets;
    for (const Session *other : m_sessions.members(target)) {
        const Party party { target, other->hello.device, other->hello.session };
        const bool meant = (head.party.device.isEmpty() || head.party.device == party.device)
            && (head.party.session.isEmpty() || head.party.session == party.session);
        if (meant && other->isHere() && other != session)
            targets.push_back(head.streamClass == StreamClass::File ? other->link->bulk() : other->link);
    }
    if (targets.empty())
        return Error { Code::Unavailable, QStringLiteral("%1 is not connected").arg(m_accounts.find(target)->name) };
    return targets;
}

/// Whoever may not reach somebody is told the same as if there were nobody.
Result<void> Broker::mayOpen(const Session &from, const OpenHead &head) const
{
    const Account *target = m_accounts.find(head.party.user);
    if (!target || from.hello.role != Role::Person)
        return nobody();
    const bool talk = head.streamClass == StreamClass::Talk;
    const bool fits = target->kind == AccountKind::Node ? talk || head.streamClass == StreamClass::Command
                                                        : talk || head.streamClass == StreamClass::File;
    if (!fits)
        return nobody();
    if (m_drainingSince)
        return Error { Code::Unavailable, QStringLiteral("the broker is about to stop") };
    return {};
}

/// Between persons, to his own key too: that is how his devices tell each other; to a machine, as he may call it, and from it
/// what came of that.
Result<void> Broker::mayWrite(const PublicKey &from, const PublicKey &to) const
{
    const Account *sender = m_accounts.find(from);
    const Account *recipient = m_accounts.find(to);
    const bool isPersonThere =
        sender && recipient && (sender->kind == AccountKind::User || recipient->kind == AccountKind::User);
    return isPersonThere ? Result<void>() : nobody();
}

/// What was posted for a machine goes to it as a call would, when it goes: rights may have ended since.
bool Broker::mayStillReach(const PublicKey &from, const PublicKey &to) const
{
    const Account *recipient = m_accounts.find(to);
    const bool isForNode = recipient && recipient->kind == AccountKind::Node;
    return !isForNode || from == m_identity.key() || mayCallNode(from);
}

Result<Nothing> Broker::mayCallNode(const PublicKey &user) const
{
    const Account *account = m_accounts.find(user);
    return account && account->kind == AccountKind::User ? Result<Nothing>(Nothing {}) : nobody();
}

Result<void> Broker::mayCall(const Caller &caller, const CommandSpec &spec) const
{
    const Account *account = m_accounts.find(caller.user);
    const bool isNode = account && account->kind == AccountKind::Node;
    const Error denied { Code::PermissionDenied, QStringLiteral("you may not do that here"), Begun::No };
    if (spec.streamClass == StreamClass::Admin)
        return m_admin.isAdministrator(caller) ? Result<void>() : denied;
    if (spec.name == QLatin1String(contracts::AskToBeLetIn::name))
        return {};
    if (spec.name == QLatin1String(contracts::AnnounceOffer::name))
        return isNode ? Result<void>() : denied;
    if (spec.name == QLatin1String(contracts::MayCall::name))
        return isNode ? Result<void>() : denied;
    if (spec.name == QLatin1String(contracts::MailPost::name) || spec.name == QLatin1String(contracts::MailTake::name))
        return account ? Result<void>() : denied;
    if (spec.streamClass == StreamClass::Topic)
        return account ? Result<void>() : denied;
    if (spec.name == QLatin1String(contracts::BrokerStatus::name))
        return account || caller.local ? Result<void>() : denied;
    return caller.local || (account && !isNode) ? Result<void>() : denied;
}

/// What writes to the disk is allowed only so often: a disk is slower than a network.
Result<void> Broker::mayCallNow(const Caller &caller, const CommandSpec &spec)
{
    using namespace contracts;
    if (const Result<void> may = mayCall(caller, spec); !may || caller.local)
        return may;
    static const QSet<QString> writing { QLatin1String(AskToBeLetIn::name), QLatin1String(AnnounceOffer::name),
        QLatin1String(DecideRequest::name), QLatin1String(Invite::name), QLatin1String(Revoke::name),
        QLatin1String(CallMe::name), QLatin1String(GrantTopics::name) };
    if (!writing.contains(spec.name) || m_rates.take(caller, now()))
        return {};
    m_hits.count("writes_per_second");
    return Error { Code::ResourceExhausted,
        QStringLiteral("too many such commands at once: at most %1 a second").arg(m_config.writesPerSecond),
        Begun::No };
}

} // namespace hawser::broker
