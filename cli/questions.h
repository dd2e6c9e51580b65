#pragma once

#include "cli/session.h"
#include "cli/terminal.h"
#include "core/contracts/control.h"

#include <QSet>

namespace hawser::cli {

/// Requests of others, asked about on the terminal one after the other. Nobody is let in but by the number that was
/// compared, or by a key that was named beforehand. Without a terminal requests are only shown.
class Questions : public QObject {
    Q_OBJECT

public:
    Questions(Session &session, Printer &printer, Terminal &terminal, QObject *parent = nullptr);

    /// Whoever has one of these keys is let in without a question.
    /// \retval InvalidArgument  one is no whole key: nothing less proves who somebody is
    Result<void> setAccepted(const QStringList &keys);
    void start();
    bool isAsking() const { return !m_open.isEmpty(); }
    /// \pre isAsking()
    void answer(const QString &line);

signals:
    void changed(); ///< isAsking() may be another
    void failed(const hawser::Error &why);

private:
    void take(const contracts::WatchMyRequests::In &request);
    void show(const contracts::WatchMyRequests::In &request);
    void decide(const contracts::DecideMyRequest::Request &decision);
    void forget(quint64 id);

    Session &m_session;
    Printer &m_printer;
    Terminal &m_terminal;
    QSet<PublicKey> m_accepted;
    QList<contracts::WatchMyRequests::In> m_open;
};

} // namespace hawser::cli
