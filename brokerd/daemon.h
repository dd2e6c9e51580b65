#pragma once

#include "brokerd/broker.h"
#include "brokerd/options.h"
#include "brokerd/signals.h"
#include "core/control_server.h"
#include "core/folders.h"

#include <QTimer>

namespace hawser::broker {

/// The broker as a process: one owner of a data folder, its control socket, signals and what systemd hears.
class Daemon : public QObject {
    Q_OBJECT

public:
    Daemon(const RunOptions &options, bool json, const QString &folder, QObject *parent = nullptr);
    ~Daemon() override;

    /// Starts and prints the line that says so.
    /// \retval InvalidArgument     the configuration is wrong
    /// \retval Unavailable         an address cannot be listened at
    /// \retval AlreadyExists       another broker has the folder
    /// \retval everything else     what is kept cannot be used
    Result<void> start();

signals:
    void finished(int exitCode);

private:
    Result<void> lock();
    Result<void> listen();
    Result<void> takeOver(int sockets);
    void feedWatchdog();
    Result<void> openControl();
    Result<void> offerAdministration();
    void announce() const;
    void terminate();
    void reload();

    RunOptions m_options;
    bool m_json;
    QString m_folder;
    std::unique_ptr<FolderLock> m_lock;
    std::unique_ptr<Broker> m_broker;
    ControlServer m_control;
    UnixSignals m_signals;
    QTimer m_watchdog;
    PublicKey m_key;
    bool m_stopping = false;
};

/// Sets what holds for the whole process: memory thresholds, umask. Once, before anything else.
void prepareProcess();

} // namespace hawser::broker
