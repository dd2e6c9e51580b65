// Many sessions in one program, each a real Client that comes again by itself. crowd LINK COUNT
//
// LINK is an invitation that may be used often: fifty sessions share an account (a broker allows 64). It says, a line each and
// with the monotonic clock's milliseconds: "failed NUMBER MS" each time one dials in vain, "lost NUMBER MS" when
// its connection is gone, "ready NUMBER MS" when it is let in or resumed,
// "all" once when the first round is complete.
#include "tests/bench/joined.h"

#include <QCoreApplication>

using namespace hawser;
using namespace hawser::bench;

namespace {

constexpr int perAccount = 50;

class Crowd : public QObject {
public:
    Crowd(const QString &link, int count) : m_link(link), m_count(count) { nextAccount(); }

private:
    void nextAccount()
    {
        m_accounts.push_back(std::make_unique<Joined>(Role::Person, m_link));
        Joined *account = m_accounts.back().get();
        connect(account, &Joined::ready, this, [this, account] {
            disconnect(account, &Joined::ready, this, nullptr);
            account->client().disconnectFromPeer();
            nextSession();
        });
    }
    void nextSession()
    {
        const int number = int(m_sessions.size());
        if (number == m_count)
            return;
        if (number / perAccount >= int(m_accounts.size()))
            return nextAccount();
        const Client &account = m_accounts.back()->client();
        m_sessions.push_back(
            std::make_unique<Client>(account.identity(), profileOf(Role::Person, QStringLiteral("crowd"))));
        Client *session = m_sessions.back().get();
        connect(session, &Client::stateChanged, this,
            [this, number, was = Client::State::Idle](Client::State state) mutable {
                if (state == Client::State::Ready)
                    tell("ready", number);
                else if (was == Client::State::Ready)
                    tell("lost", number);
                was = state;
            });
        connect(session, &Client::failed, this, [this, number] { tell("failed", number); });
        connect(session, &Client::ready, this, [this, session] {
            disconnect(session, &Client::ready, this, nullptr);
            if (++m_ready == m_count)
                say(QStringLiteral("all"));
            nextSession();
        });
        session->connectTo(Invitation::parse(m_link)->address, account.peerKey());
    }
    static void tell(const char *what, int number)
    {
        const auto ms = std::chrono::duration_cast<milliseconds>(now().time_since_epoch()).count();
        say(QStringLiteral("%1 %2 %3").arg(QLatin1String(what), QString::number(number), QString::number(ms)));
    }

    QString m_link;
    int m_count;
    int m_ready = 0;
    std::vector<std::unique_ptr<Joined>> m_accounts;
    std::vector<std::unique_ptr<Client>> m_sessions;
};

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.size() != 3)
        return 64;
    const Crowd crowd(words[1], words[2].toInt());
    return QCoreApplication::exec();
}
