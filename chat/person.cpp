#include "chat/person.h"

#include "chat/control.h"
#include "chat/direct.h"
#include "chat/me.h"
#include "chat/once.h"
#include "chat/store.h"
#include "core/clock_watch.h"
#include "core/contracts/talk.h"
#include "core/control_server.h"
#include "core/device.h"
#include "core/folders.h"
#include "core/text.h"

#include <QStandardPaths>
#include <QSysInfo>
#include <QTimer>
#include <pwd.h>
#include <unistd.h>

namespace hawser::chat {

namespace {

constexpr int sessionBytes = 8;
constexpr milliseconds houseEvery = std::chrono::minutes(1);
const QString nameSetting = QStringLiteral("name");
const QString listenSetting = QStringLiteral("listen");
const QString portSetting = QStringLiteral("listen_port");
const QString anyPort = QStringLiteral("any");

/// What I am called until I say otherwise: $HAWSER_NAME, else the full name of whoever runs this, as the system has it.
QString firstName()
{
    if (const QString told = qEnvironmentVariable("HAWSER_NAME"); !told.isEmpty())
        return told;
    const passwd *entry = getpwuid(geteuid());
    if (entry == nullptr)
        return QSysInfo::machineHostName();
    const QString full = QString::fromLocal8Bit(entry->pw_gecos).section(QLatin1Char(','), 0, 0).trimmed();
    return full.isEmpty() ? QString::fromLocal8Bit(entry->pw_name) : full;
}

Profile profileOf(const PersonSettings &settings, const QString &name, const QByteArray &device)
{
    Profile profile;
    profile.role = Role::Person;
    profile.name = name;
    profile.program = settings.program;
    profile.host = settings.host.isEmpty() ? QSysInfo::machineHostName() : settings.host;
    profile.device = device;
    profile.session = randomBytes(sessionBytes);
    return profile;
}

} // namespace

class Person::Private {
public:
    Private(Me self, std::unique_ptr<FolderLock> held, std::unique_ptr<Database> store, std::unique_ptr<Contacts> known,
        const QString &downloads)
        : lock(std::move(held)), me(std::move(self)), database(std::move(store)), contacts(std::move(known)),
          brokers(me, *database, served), direct(me, *contacts, served), once(*contacts, brokers, direct),
          changedKeys(me, *contacts, direct), route(*contacts, brokers, direct, changedKeys),
          requests(me, *database, *contacts, brokers, direct, once, served),
          asks(me, *database, *contacts, brokers, direct, once),
          conversations(me, *contacts, brokers, direct, route, served),
          transfers(me, *contacts, brokers, route, conversations, downloads, served), machines(brokers)
    {
    }

    Result<void> mayCall(const Caller &caller, const CommandSpec &spec) const;

    std::unique_ptr<FolderLock> lock; // goes last
    Me me;
    std::unique_ptr<Database> database;
    std::unique_ptr<Contacts> contacts;
    Commands served; // what others may call
    Brokers brokers;
    Direct direct;
    OnceGrants once;
    ChangedKeys changedKeys;
    Route route;
    Requests requests;
    Asks asks;
    Conversations conversations;
    Transfers transfers;
    Machines machines;
    QTimer house;
    ClockWatch clock;
    Commands local; // what the owner may call over the control socket
    std::unique_ptr<ControlServer> controlServer;
    std::unique_ptr<Control> control;
};

/// Asked on every stream: a stranger may only ask to be let in, a contact what is ticked and not run out.
Result<void> Person::Private::mayCall(const Caller &caller, const CommandSpec &spec) const
{
    const qint64 today = wallClock();
    if (spec.name == QLatin1String(contracts::AskToBeLetIn::name))
        return {};
    const Error refused { Code::PermissionDenied, QStringLiteral("this person does not let you do that"), Begun::No };
    if (!contacts->believes(caller.user, caller.via))
        return refused; // as a stranger
    if (spec.name == QLatin1String(contracts::Ping::name) && contacts->mayAnything(caller.user, today))
        return {};
    if (spec.name == QLatin1String(contracts::MailPost::name) && contacts->mayAnything(caller.user, today))
        return {}; // what is posted is refused there, item by item: the right may come and go
    if (spec.name == QLatin1String(contracts::File::name) && contacts->may(caller.user, Right::Files, today))
        return {};
    return refused;
}

Result<std::unique_ptr<Person>> Person::open(const QString &folder, const PersonSettings &settings)
{
    if (const Result<void> made = makePrivateFolder(folder); !made)
        return made.error();
    Result<std::unique_ptr<FolderLock>> lock =
        lockFolder(folder, QStringLiteral("another program works with %1 already").arg(folder));
    if (!lock)
        return lock.error();
    const Result<Identity> identity = Identity::load(folder);
    if (!identity)
        return identity.error();
    const Result<QByteArray> device = loadDevice(folder);
    if (!device)
        return device.error();
    Result<std::unique_ptr<Database>> database = openStore(folder);
    if (!database)
        return database.error();
    Result<std::unique_ptr<Contacts>> contacts = Contacts::open(**database);
    if (!contacts)
        return contacts.error();

    const QString name = claimedName(setting(**database, nameSetting, firstName()));
    const QString downloads = settings.downloads.isEmpty()
        ? QStandardPaths::writableLocation(QStandardPaths::DownloadLocation)
        : settings.downloads;
    const Result<PersonLimits> limits = loadLimits(folder);
    if (!limits)
        return limits.error();
    Me me { *identity, profileOf(settings, name, *device), folder, *limits };
    std::unique_ptr<Person> person(new Person(std::make_unique<Private>(
        std::move(me), std::move(*lock), std::move(*database), std::move(*contacts), downloads)));
    if (settings.serveControl)
        if (const Result<void> served = person->serveControl(); !served)
            return served.error();
    person->start();
    return person;
}

Person::Person(std::unique_ptr<Private> opened) : d(std::move(opened))
{
    Contacts &contacts = *d->contacts;
    d->served.setMostBulk(d->me.limits.links.callBulkBytes);
    d->served.setPolicy([this](const Caller &caller, const CommandSpec &spec) { return d->mayCall(caller, spec); });
    d->served.serve<contracts::Ping>([this](const contracts::Ping::Request &, const Caller &) {
        return contracts::Ping::Reply { d->me.profile.program };
    });
    connect(&contacts, &Contacts::revoked, this, [this](const PublicKey &key) {
        if (!d->contacts->mayAnything(key, wallClock()))
            d->direct.drop(key, QStringLiteral("you are not a contact there any more"));
    });
    connect(&contacts, &Contacts::revoked, this, [this](const PublicKey &key, Right right) {
        const std::optional<Contact> contact = d->contacts->find(key);
        const QString who = contact ? contact->shownName() : key.words();
        emit activity((right == Right::Messages ? QStringLiteral("“%1” may no longer send you messages")
                                                : QStringLiteral("“%1” may no longer offer you files"))
                          .arg(visible(who)));
    });
    connect(&contacts, &Contacts::removed, this,
        [this](const PublicKey &key) { d->direct.drop(key, QStringLiteral("you are not a contact there any more")); });
    connect(&d->brokers, &Brokers::keyReplaced, &contacts, [&contacts](const PublicKey &old, const PublicKey &now) {
        const Result<void> replaced = contacts.replaceBroker(old, now);
        Q_UNUSED(replaced) // who is not believed through it yet can ask again
    });
    connect(&d->requests, &Requests::decided, this, &Person::activity);
    connect(&d->transfers, &Transfers::added, this,
        [this](const QByteArray &id) { d->conversations.addTransfer(*d->transfers.find(id)); });
    connect(&d->transfers, &Transfers::changed, this, [this](const QByteArray &id) {
        if (const auto transfer = d->transfers.find(id); transfer && transfer->isOver())
            d->conversations.keepTransfer(*transfer);
    });
    const auto look = [this] { keepHouse(wallClock(), runningTime()); };
    connect(&d->house, &QTimer::timeout, this, look);
    connect(&d->transfers, &Transfers::loaded, this, look);
}

Person::~Person()
{
    d->control.reset();
    d->controlServer.reset();
}

Result<void> Person::serveControl()
{
    const Result<QString> path = controlSocketPath(d->me.folder);
    if (!path)
        return path.error();
    auto server = std::make_unique<ControlServer>();
    server->setMost(d->me.limits.controlConnections);
    if (const Result<void> listening = server->listen(*path); !listening)
        return listening.error();
    connect(server.get(), &ControlServer::arrived, &d->local, &Commands::attach);
    d->control = std::make_unique<Control>(*this, d->local);
    connect(d->control.get(), &Control::guestGone, this, &Person::guestGone);
    d->controlServer = std::move(server);
    return {};
}

void Person::start()
{
    d->brokers.start();
    d->asks.start();
    d->direct.keepInTouch();
    d->house.start(houseEvery);
    const QString at = setting(*d->database, listenSetting);
    if (at.isEmpty())
        return;
    const Result<Address> address = Address::parseListening(at, Direct::firstPort);
    const Result<void> listening = listen(at == anyPort || !address ? std::nullopt : std::optional(*address));
    Q_UNUSED(listening) // isListening() tells
}

void Person::keepHouse(qint64 wall, milliseconds running)
{
    if (!d->clock.look(running, wall).steady)
        return;
    d->contacts->expire(wall);
    d->requests.keepHouse(wall);
    d->transfers.keepHouse(wall, running);
}

const QString &Person::folder() const
{
    return d->me.folder;
}

const PublicKey &Person::key() const
{
    return d->me.key();
}

QString Person::name() const
{
    return d->me.profile.name;
}

QString Person::program() const
{
    return d->me.profile.program;
}

Result<void> Person::setName(const QString &name)
{
    const QString clean = claimedName(name);
    if (clean.isEmpty())
        return Error { Code::InvalidArgument, QStringLiteral("a name has at least one letter") };
    if (const Result<void> kept = setSetting(*d->database, nameSetting, clean); !kept)
        return kept.error();
    d->me.profile.name = clean;
    d->brokers.setProfile(d->me.profile);
    d->direct.setProfile(d->me.profile);
    emit nameChanged();
    return {};
}

QString Person::host() const
{
    return d->me.profile.host;
}

Commands &Person::controlCommands()
{
    return d->local;
}

int Person::guests() const
{
    return d->control ? d->control->guests() : 0;
}

QString Person::controlPath() const
{
    return d->controlServer ? d->controlServer->path() : QString();
}

const PersonLimits &Person::limits() const
{
    return d->me.limits;
}

const Direct &Person::direct() const
{
    return d->direct;
}

const Commands &Person::served() const
{
    return d->served;
}

const ControlServer *Person::controlServer() const
{
    return d->controlServer.get();
}

Brokers &Person::brokers()
{
    return d->brokers;
}

Contacts &Person::contacts()
{
    return *d->contacts;
}

Requests &Person::requests()
{
    return d->requests;
}

Asks &Person::asks()
{
    return d->asks;
}

Conversations &Person::conversations()
{
    return d->conversations;
}

Transfers &Person::transfers()
{
    return d->transfers;
}

Machines &Person::machines()
{
    return d->machines;
}

Route &Person::route()
{
    return d->route;
}

ChangedKeys &Person::changedKeys()
{
    return d->changedKeys;
}

Result<void> Person::setListening(bool on, const std::optional<Address> &at)
{
    if (!on)
        d->direct.stop();
    else if (const Result<void> listening = listen(at); !listening)
        return listening.error();
    emit listeningChanged();
    return setSetting(*d->database, listenSetting, !on ? QString() : at ? at->text() : anyPort);
}

Result<void> Person::listen(const std::optional<Address> &at)
{
    const quint16 last = setting(*d->database, portSetting).toUShort();
    const Result<void> listening = d->direct.listen(at, last);
    if (listening) {
        const Result<void> kept = setSetting(*d->database, portSetting, QString::number(d->direct.port()));
        Q_UNUSED(kept) // the next start would only take another
    }
    return listening;
}

bool Person::isListening() const
{
    return d->direct.isListening();
}

QList<Address> Person::addresses() const
{
    return d->direct.addresses();
}

Result<PublicKey> Person::resolve(const QString &who) const
{
    const Result<Contact> contact = d->contacts->resolve(who);
    if (contact)
        return contact->key;
    if (contact.error().code != Code::NotFound)
        return contact.error();
    QList<PublicKey> found;
    for (const Broker &broker : d->brokers.all())
        for (const Member &member : d->brokers.people(broker.key)) {
            const bool prefix = who.size() >= 4 && member.key.hex().startsWith(who, Qt::CaseInsensitive);
            if ((prefix || member.name == who) && !found.contains(member.key))
                found.append(member.key);
        }
    if (found.isEmpty())
        return contact.error();
    if (found.size() == 1)
        return found.first();
    return Error { Code::InvalidArgument,
        QStringLiteral("“%1” may be several people; say which by the key").arg(visible(who)) };
}

} // namespace hawser::chat
