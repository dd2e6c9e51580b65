#pragma once

#include <QObject>
#include <memory>

class QSocketNotifier;
class QTimer;

namespace hawser {

/// Says when this machine's own addresses have changed, as the kernel tells it (rtnetlink). What comes together is said once.
/// Where the kernel tells nothing, nothing is said.
class NetworkWatch : public QObject {
    Q_OBJECT

public:
    /// The one of this thread, which lives as long as somebody holds it.
    static std::shared_ptr<NetworkWatch> here();

    /// \param socket  gives rtnetlink messages, one a read; owned
    explicit NetworkWatch(int socket);
    ~NetworkWatch() override;

signals:
    void changed();

private:
    void read();

    int m_socket;
    QSocketNotifier *m_notifier = nullptr;
    QTimer *m_quiet;
};

} // namespace hawser
