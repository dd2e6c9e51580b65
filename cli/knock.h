#pragma once

#include "cli/printer.h"
#include "cli/session.h"
#include "core/contracts/control.h"

namespace hawser::cli {

/// Asks somebody for a yes and tells how it stands: whom, the number to compare, what is in the way.
class Knock : public QObject {
    Q_OBJECT

public:
    Knock(Session &session, Printer &printer, QObject *parent = nullptr);

    /// Joins a broker, or asks the person at an address.
    /// \param compared  the number on their screen; empty: nobody has compared
    void join(const QString &linkOrAddress, const QString &compared = {});
    /// Asks a user of a broker to become a contact.
    void ask(const QString &who);
    /// HOST:PORT is asked, anybody else taken as they are. \return whether it was an address
    static bool isAddress(const QString &who);

signals:
    void accepted(const hawser::contracts::Join::Reply &reply);
    void failed(const hawser::Error &why);

private:
    void watch(Call *call);
    void take(const contracts::Join::In &in);
    void tell(const contracts::Join::In &in);

    Session &m_session;
    Printer &m_printer;
    QString m_compared; // still to be told
    QString m_said; // the last sentence: the same is not said twice
};

} // namespace hawser::cli
