#include "cli/knock.h"
#include "cli/verbs.h"
#include "core/number.h"
#include "core/text.h"

#include <iostream>

namespace hawser::cli {

namespace {

class JoinVerb : public Verb {
public:
    explicit JoinVerb(const Desk &desk) : Verb(desk), m_knock(desk.session, desk.printer) { }

    Result<void> check() override
    {
        m_text = typed().one("LINK-OR-ADDRESS");
        if (m_text == QLatin1String("-")) {
            std::string line;
            std::getline(std::cin, line);
            m_text = QString::fromStdString(line).trimmed();
        }
        const QString seconds = typed().one("--timeout");
        bool isNumber = true;
        m_timeout = seconds.isEmpty() ? 0 : seconds.toInt(&isNumber);
        m_number = typed().one("--number");
        if (typed().has("--number") && !readNumber(m_number))
            return Error { Code::InvalidArgument, QStringLiteral("--number takes six digits") };
        if (!isNumber || m_timeout < 0)
            return Error { Code::InvalidArgument, QStringLiteral("--timeout takes a number of seconds") };
        if (m_text.isEmpty())
            return Error { Code::InvalidArgument, QStringLiteral("there is no link and no address") };
        return {};
    }

    void start() override
    {
        connect(&m_knock, &Knock::accepted, this, &JoinVerb::accepted);
        connect(&m_knock, &Knock::failed, this, &JoinVerb::fail);
        if (m_timeout > 0)
            QTimer::singleShot(std::chrono::seconds(m_timeout), this, &JoinVerb::interrupt);
        m_knock.join(m_text, m_number);
    }

    /// The request stays.
    void interrupt() override
    {
        printer().talk(QStringLiteral("The request goes on waiting; the same command asks how it stands."));
        emit finished(exitPending);
    }

private:
    void accepted(const contracts::Join::Reply &reply)
    {
        if (typed().json) {
            Value object = toValue(reply);
            object.insert(QStringLiteral("state"), QStringLiteral("accepted"));
            printer().object(object);
        } else {
            printer().line(QStringLiteral("let in: %1 (%2)").arg(visible(reply.name), reply.key.hex()));
        }
        emit finished(exitOk);
    }

    QString m_text;
    QString m_number; // on their screen
    int m_timeout = 0; // seconds; 0: none
    Knock m_knock;
};

} // namespace

VerbEntry joinVerb()
{
    return { { "join", "join a broker, or ask the person at an address",
                 "  hawser join home.example.org          asks; shows the number to compare\n"
                 "  hawser join - < link                  an invitation, read from standard input\n"
                 "  hawser join 192.0.2.7:4781            a person who listens there\n"
                 "  hawser join 192.0.2.7:4781 --number 739204    and their screen shows the same\n",
                 { { "LINK-OR-ADDRESS", "an invitation, an address, or - for standard input", Word::Kind::Required },
                     { "--number", "the six digits on their screen: we compared", Word::Kind::Optional, "N" },
                     { "--timeout", "give up waiting here; the request stays", Word::Kind::Optional, "SECONDS" } } },
        makeVerb<JoinVerb> };
}

} // namespace hawser::cli
