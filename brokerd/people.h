#pragma once

#include "brokerd/accounts.h"
#include "brokerd/feed.h"
#include "brokerd/session.h"

namespace hawser::broker {

/// Who belongs to this broker and who is here.
class People : public QObject {
    Q_OBJECT

public:
    /// \param accounts, sessions  outlive this
    People(const Accounts &accounts, const Sessions &sessions, QObject *parent = nullptr);

    void serve(Commands &commands);

private:
    void changed(const PublicKey &user);
    Value describe(const PublicKey &user) const;

    const Accounts &m_accounts;
    const Sessions &m_sessions;
    Feed m_feed;
};

} // namespace hawser::broker
