#pragma once

#include <QSocketNotifier>
#include <memory>

namespace hawser::cli {

/// Ctrl-C, SIGTERM and SIGHUP: the first is a signal of ours, the second ends the program at once. One in a program.
class Interrupts : public QObject {
    Q_OBJECT

public:
    explicit Interrupts(QObject *parent = nullptr);
    ~Interrupts() override;

signals:
    void interrupted();

private:
    void read();
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace hawser::cli
