#include "brokerd/daemon.h"

#include "core/folders.h"
#include "core/heap.h"
#include "core/log.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cstdio>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

namespace hawser::broker {

namespace {

const QString linkFile = QStringLiteral("first-administrator.link");

void print(const QByteArray &line)
{
    std::fwrite(line.constData(), 1, size_t(line.size()), stdout);
    std::fflush(stdout);
}

QByteArray forPeople(const QString &what, const QString &value)
{
    return QStringLiteral("%1 %2\n").arg(what, value).toUtf8();
}

} // namespace

void prepareProcess()
{
    keepFreedMemory();
    ::umask(0077);
}

Daemon::Daemon(const RunOptions &options, bool json, const QString &folder, QObject *parent)
    : QObject(parent), m_options(options), m_json(json), m_folder(folder)
{
    connect(&m_signals, &UnixSignals::terminate, this, &Daemon::terminate);
    connect(&m_signals, &UnixSignals::hangUp, this, &Daemon::reload);
}

Daemon::~Daemon() = default;

Result<void> Daemon::start()
{
    const Result<Config> config = loadConfigOrDefault(m_options.config);
    if (!config)
        return Error { Code::InvalidArgument, config.error().sentence };
    if (m_options.listen.isEmpty())
        m_options.listen = config->listen;
    if (const Result<void> locked = lock(); !locked)
        return locked;
    const Result<Identity> identity = Identity::load(m_folder);
    if (!identity)
        return identity.error();
    m_key = identity->key();
    Result<std::unique_ptr<Broker>> broker = Broker::open(m_folder, *identity, *config);
    if (!broker)
        return broker.error();
    m_broker = std::move(*broker);
    connect(m_broker.get(), &Broker::drained, this, [this] { emit finished(EX_OK); });
    connect(m_broker.get(), &Broker::summaryChanged, this,
        [this] { ::sd_notify(0, ("STATUS=" + m_broker->summary().toUtf8()).constData()); });
    if (const Result<void> listening = listen(); !listening)
        return listening;
    if (const Result<void> control = openControl(); !control)
        return control;
    if (const Result<void> offered = offerAdministration(); !offered)
        return offered;
    feedWatchdog();
    announce();
    return {};
}

Result<void> Daemon::lock()
{
    if (const Result<void> made = makePrivateFolder(m_folder); !made)
        return made;
    Result<std::unique_ptr<FolderLock>> lock =
        lockFolder(m_folder, QStringLiteral("another broker runs on %1").arg(m_folder));
    if (!lock)
        return lock.error();
    m_lock = std::move(*lock);
    return {};
}

/// The sockets of a systemd socket unit: they hold what came before we were there.
Result<void> Daemon::takeOver(int sockets)
{
    for (int descriptor = SD_LISTEN_FDS_START; descriptor < SD_LISTEN_FDS_START + sockets; ++descriptor)
        if (const Result<Address> taken = m_broker->listen(descriptor); !taken)
            return taken.error();
    return {};
}

/// systemd starts anew what does not come round its event loop any more (WatchdogSec=).
void Daemon::feedWatchdog()
{
    uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(1, &microseconds) <= 0)
        return;
    m_watchdog.callOnTimeout([] { ::sd_notify(0, "WATCHDOG=1"); });
    m_watchdog.start(std::chrono::duration_cast<milliseconds>(std::chrono::microseconds(microseconds / 2)));
}

/// All, or those that work when not a single one was asked for by hand: a machine without IPv6 is no error.
Result<void> Daemon::listen()
{
    if (const int sockets = ::sd_listen_fds(1); sockets > 0)
        return takeOver(sockets);
    Result<void> last;
    for (const Address &address : std::as_const(m_options.listen)) {
        const Result<Address> done = m_broker->listen(address);
        if (!done)
            last = done.error();
        if (!done && address.host != QLatin1String("::"))
            return done.error();
    }
    return m_broker->addresses().isEmpty() ? last : Result<void>();
}

Result<void> Daemon::openControl()
{
    const Result<QString> path = controlSocketPath(m_folder);
    if (!path)
        return path.error();
    connect(&m_control, &ControlServer::arrived, this, [this](Link *link) { m_broker->commands().attach(link); });
    m_broker->setControl(m_control);
    return m_control.listen(*path);
}

Result<void> Daemon::offerAdministration()
{
    if (!m_broker->hasNobody())
        return {};
    const Result<QString> link = m_broker->administratorLink();
    if (!link)
        return link.error();
    if (::isatty(STDOUT_FILENO) && !m_json) {
        print(forPeople(QStringLiteral("The first administrator comes in by this link (once, 24 hours):\n "), *link));
        return {};
    }
    const QString path = QDir(m_folder).filePath(linkFile);
    if (const Result<void> written = writeFileDurably(path, link->toUtf8() + '\n'); !written)
        return written;
    if (!m_json)
        print(forPeople(QStringLiteral("The link for the first administrator (once, 24 hours) is in"), path));
    return {};
}

void Daemon::announce() const
{
    QStringList addresses;
    const QList<Address> listening = m_broker->addresses();
    for (const Address &address : listening)
        addresses << address.text();
    if (m_json)
        print(QJsonDocument(QJsonObject { { QStringLiteral("ready"), QJsonArray::fromStringList(addresses) },
                                { QStringLiteral("key"), m_key.hex() }, { QStringLiteral("name"), m_broker->name() } })
                  .toJson(QJsonDocument::Compact)
            + '\n');
    else
        print(QStringLiteral("hawser-brokerd ready: %1 key %2\n").arg(addresses.join(u' '), m_key.hex()).toUtf8());
    ::sd_notify(0, ("READY=1\nSTATUS=" + m_broker->summary().toUtf8()).constData());
}

void Daemon::terminate()
{
    if (std::exchange(m_stopping, true)) {
        emit finished(EX_OK); // asked twice
        return;
    }
    ::sd_notify(0, "STOPPING=1");
    m_broker->drain();
}

void Daemon::reload()
{
    const Result<Config> config = loadConfigOrDefault(m_options.config);
    if (!config) {
        log(Level::Error, "config-kept", { { "why", config.error().sentence } });
        return;
    }
    m_broker->apply(*config);
    log(Level::Notice, "config-read");
}

} // namespace hawser::broker
