#pragma once

#include <QSocketNotifier>
#include <memory>

namespace hawser::broker {

/// SIGTERM, SIGINT and SIGHUP as Qt signals. The handler only writes to an eventfd. One in a program.
class UnixSignals : public QObject {
    Q_OBJECT

public:
    explicit UnixSignals(QObject *parent = nullptr);
    ~UnixSignals() override;

signals:
    void terminate(); ///< each time
    void hangUp();

private:
    void read();
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hawser::broker
