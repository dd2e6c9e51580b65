#pragma once

#include "core/identity.h"
#include "core/mail_items.h"
#include "core/store/call_book.h"
#include "core/store/call_queue.h"
#include "core/wire.h"

#include <QTemporaryDir>
#include <QTest>

namespace hawser::test {

inline const PublicKey ana = Identity::generate().key(); // she calls
inline const PublicKey machine = Identity::generate().key();
inline const PublicKey home = Identity::generate().key(); // a broker
inline const PublicKey work = Identity::generate().key(); // another
inline const QByteArray device(8, 'd'); // of Ana's

inline MailTaken taken(const MailSource &source, quint64 number, const char *kind, const QByteArray &body)
{
    const MailItem item { kind, body, 1 };
    return { source, number, packItems({ &item, 1 }), 1 };
}

/// \param broker  in whose conversation
inline MailTaken fromMachine(quint64 number, const char *kind, const QByteArray &body, const PublicKey &broker = home)
{
    return taken({ machine, QByteArray(8, 'm'), ana, MailSource::ofBroker(broker) }, number, kind, body);
}

inline contracts::DurableResult resultFor(quint64 number)
{
    contracts::DurableResult result;
    result.device = device;
    result.number = number;
    result.result = Value(Value::Map { { "n", Value(number) } });
    return result;
}

inline SentCall toMachine(const QString &command, qint64 at, qint64 until)
{
    SentCall call;
    call.to = machine;
    call.broker = home;
    call.command = command;
    call.parameters = Value(Value::Map {});
    call.device = device;
    call.at = at;
    call.until = until;
    return call;
}

/// A file with the tables of who is called and of who calls, a new one for each test.
class CallFile {
protected:
    void openNew()
    {
        m_limits = {};
        ++m_files;
        open(newSteps());
    }
    static Database::Steps newSteps()
    {
        Database::Steps steps = CallQueue::steps();
        steps.last() << CallBook::tables() << CallBook::moreTables();
        return steps;
    }
    QString file() const { return m_folder.filePath(QString::number(m_files)); }
    /// The same file again, if it was there.
    void open(const Database::Steps &steps)
    {
        m_database.reset();
        auto database = Database::open(file(), steps);
        QVERIFY2(database, database ? "" : qPrintable(database.error().sentence));
        m_database = std::move(*database);
    }
    CallQueue queue() { return CallQueue(*m_database, m_limits); }
    CallBook book(qint64 most = limits::durableCalls) { return CallBook(*m_database, most); }
    QList<MailItem> outbox(const PublicKey &to, const PublicKey &broker = home)
    {
        QList<MailItem> items;
        const auto runs = Outbox(*m_database).pending({ to, MailSource::ofBroker(broker) }, 0, 1 << 30);
        for (const Outbox::Run &run : *runs)
            items << *unpackItems(run.items);
        return items;
    }

    QTemporaryDir m_folder;
    int m_files = 0;
    CallQueue::Limits m_limits;
    std::unique_ptr<Database> m_database;
};

} // namespace hawser::test
