#pragma once

#include "brokerd/broker.h"
#include "core/client.h"
#include "core/topics_client.h"
#include "tests/support/own_host.h"

#include <QTemporaryDir>
#include <QTest>

namespace hawser::test {

/// A broker in this process, on loopback TLS, and people and machines that have accounts there from the start.
class TopicHouse {
public:
    explicit TopicHouse(const broker::Config &config = {}) : m_config(config) { }

    /// \param names  of people; one that begins with "node" is a machine, "admin" is administrator
    bool open(const QStringList &names)
    {
        for (const QString &name : names)
            m_identities.emplace(name, Identity::generate());
        return admit() && start();
    }
    /// The broker ends, and begins again on the same folder and port.
    bool restart()
    {
        m_broker.reset();
        return start();
    }
    bool restart(const broker::Config &config)
    {
        m_config = config;
        return restart();
    }
    void stop() { m_broker.reset(); }

    /// A new program of somebody, let in. nullptr: it did not work.
    std::unique_ptr<Client> client(const QString &name)
    {
        auto client = dial(name);
        const bool ready = QTest::qWaitFor([&] { return client->state() == Client::State::Ready; });
        return ready ? std::move(client) : nullptr;
    }
    /// The same, on its way.
    std::unique_ptr<Client> dial(const QString &name)
    {
        auto client = std::make_unique<Client>(m_identities.at(name),
            Profile { roleOf(name), name, QStringLiteral("test"), QStringLiteral("host"), {}, {} });
        client->connectTo(m_address, m_brokerIdentity.key());
        return client;
    }
    PublicKey key(const QString &name) const { return m_identities.at(name).key(); }
    quint64 counter(const char *name) const { return broker().status().counters[QString::fromLatin1(name)].toInt(0); }
    broker::Broker &broker() const { return *m_broker; }
    QString folder() const { return m_folder.path(); }

private:
    static Role roleOf(const QString &name)
    {
        return name.startsWith(QLatin1String("node")) ? Role::Node : Role::Person;
    }

    bool admit()
    {
        auto database = Database::open(m_folder.filePath(QStringLiteral("broker.sqlite")), broker::databaseSteps());
        if (!database)
            return false;
        broker::Accounts accounts(**database);
        for (const auto &[name, identity] : m_identities) {
            broker::Account account;
            account.key = identity.key();
            account.name = name;
            account.kind = roleOf(name) == Role::Node ? broker::AccountKind::Node : broker::AccountKind::User;
            account.administrator = name.startsWith(QLatin1String("admin"));
            if (!accounts.admit(account))
                return false;
        }
        return true;
    }

    bool start()
    {
        auto broker = broker::Broker::open(m_folder.path(), m_brokerIdentity, m_config);
        if (!broker)
            return false;
        m_broker = std::move(*broker);
        const Result<Address> address = m_broker->listen(m_address);
        if (address)
            m_address = *address;
        return bool(address);
    }

    QTemporaryDir m_folder;
    broker::Config m_config;
    Identity m_brokerIdentity = Identity::generate();
    std::map<QString, Identity> m_identities;
    Address m_address { ownHost(), 0 };
    std::unique_ptr<broker::Broker> m_broker;
};

/// What came on a subscription.
struct Heard {
    explicit Heard(Subscription &subscription)
    {
        QObject::connect(&subscription, &Subscription::received, &context, [this](const TopicMessage &message) {
            messages << message.topic + QLatin1Char('=')
                    + QString::fromUtf8(message.bytes.first(qMin<qsizetype>(message.bytes.size(), 20)));
            bytes += message.bytes.size();
            publishers << message.publisher;
            kept << message.kept;
            numbers << message.number;
        });
        QObject::connect(&subscription, &Subscription::missed, &context, [this](quint64 count) {
            missed += count;
            gaps << messages.size();
        });
        QObject::connect(&subscription, &Subscription::ready, &context, [this] { ++ready; });
        QObject::connect(&subscription, &Subscription::ended, &context, [this](const Error &why) { ended = why; });
    }

    QObject context;
    QStringList messages; ///< "topic=body", the body's first 20 bytes
    qint64 bytes = 0;
    QList<PublicKey> publishers;
    QList<bool> kept;
    QList<quint64> numbers;
    quint64 missed = 0;
    QList<qsizetype> gaps; ///< after so many messages
    int ready = 0;
    std::optional<Error> ended;
};

/// Waits until all that was published is dealt with; what was refused, in between.
struct Answers {
    explicit Answers(Publisher &publisher) : publisher(publisher)
    {
        QObject::connect(
            &publisher, &Publisher::refused, &context, [this](quint64 first, quint64 count, const Error &why) {
                sentences += why.sentence;
                refused << qMakePair(first, count);
                codes << why.code;
            });
    }
    bool waitFor(quint64 number, int ms = 10000)
    {
        return QTest::qWaitFor([&] { return publisher.takenUpTo() >= number; }, ms);
    }
    Publisher &publisher;
    QObject context;
    QList<QPair<quint64, quint64>> refused;
    QList<Code> codes;
    QString sentences;
};

inline broker::Config withTopics(const broker::TopicDefaults &topics)
{
    broker::Config config;
    config.topics = topics;
    return config;
}

} // namespace hawser::test
