#pragma once

#include <QObject>
#include <memory>

class QSocketNotifier;

namespace hawser::node {

/// SIGTERM, SIGINT and SIGHUP as Qt signals, through a descriptor. \pre made before any other thread is
class Signals : public QObject {
    Q_OBJECT

public:
    explicit Signals(QObject *parent = nullptr);
    ~Signals() override;

signals:
    void terminate();
    void reload();

private:
    void take();

    int m_descriptor;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hawser::node
