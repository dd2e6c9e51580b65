#include "cli/knock.h"
#include "cli/verbs.h"
#include "core/text.h"

#include <QTimer>
#include <iostream>
#include <iterator>

namespace hawser::cli {

namespace {

using contracts::SayTo;

constexpr milliseconds signAfter { 1000 };

class Message : public Verb {
public:
    explicit Message(const Desk &desk) : Verb(desk), m_knock(desk.session, desk.printer) { }

    Result<void> check() override
    {
        m_text = typed().one("TEXT");
        if (m_text == QLatin1String("-"))
            m_text = QString::fromStdString(std::string(std::istreambuf_iterator<char>(std::cin), {}));
        if (m_text.trimmed().isEmpty())
            return Error { Code::InvalidArgument, QStringLiteral("there is nothing to say") };
        return {};
    }

    void start() override
    {
        const QString who = typed().one("WHO");
        if (!Knock::isAddress(who))
            return say(who);
        connect(&m_knock, &Knock::failed, this, &Message::fail);
        connect(&m_knock, &Knock::accepted, this, [this](const contracts::Join::Reply &reply) {
            const QString key = reply.key.hex(); // their link is still coming
            session().whenThere(key, this, [this, key] { say(key); });
        });
        m_knock.join(who);
    }

private:
    void say(const QString &who)
    {
        QTimer::singleShot(signAfter, this, [this] {
            if (m_told.isEmpty())
                printer().talk(QStringLiteral("trying to reach them …"));
        });
        ask({ who, m_text, typed().has("--wait") });
    }

    /// As Session::ask, and what is told meanwhile.
    void ask(const SayTo::Request &request)
    {
        Call *call = session().start<SayTo>(request);
        connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const auto in = message.as<SayTo::In>(); in)
                waits(*in);
        });
        connect(call, &Call::finished, this, [this, request](const Result<Payload> &result) {
            const auto reply = replyOf<SayTo>(result);
            if (!reply && session().mayComeStill(reply.error()))
                return QTimer::singleShot(Session::tryAgainAfter, this, [this, request] { ask(request); });
            if (!reply)
                return fail(reply.error());
            if (typed().json)
                printer().object(toValue(*reply));
            else
                printer().talk(reached(*reply));
            emit finished(isWithUs(*reply) ? exitPending : exitOk);
        });
    }

    /// Once for each place where it stays.
    void waits(const SayTo::In &in)
    {
        const QString so = QStringLiteral("%1; waiting").arg(reached(in));
        if (std::exchange(m_told, so) != so)
            printer().talk(so);
    }

    static bool isWithUs(const SayTo::Reply &reply)
    {
        return reply.state == QLatin1String("queued") || reply.state == QLatin1String("sending");
    }

    static QString reached(const SayTo::Reply &reply)
    {
        const QString name = claimedName(reply.name);
        if (isWithUs(reply)) {
            const QString goes =
                QStringLiteral("it goes to %1 by itself when a program with this folder reaches them").arg(name);
            return reply.sentence.isEmpty() ? QStringLiteral("queued: ") + goes
                                            : QStringLiteral("queued: %1; %2").arg(visible(reply.sentence), goes);
        }
        if (reply.state == QLatin1String("at-broker"))
            return (reply.there ? QStringLiteral("at %1; %2 has not taken it yet")
                                : QStringLiteral("at %1, until %2 comes"))
                .arg(visible(reply.sentence), name);
        return QStringLiteral("delivered to ") + name;
    }

    QString m_text;
    QString m_told; // with --wait: how far it came
    Knock m_knock;
};

} // namespace

VerbEntry messageVerb()
{
    return { { "message", "say something; tells how far it came",
                 "  hawser message bea \"back at two\"\n"
                 "  uptime | hawser message bea -\n",
                 { { "WHO", "a contact, or HOST:PORT", Word::Kind::Required },
                     { "TEXT", "what to say, or - for standard input", Word::Kind::Required },
                     { "--wait", "until their program has it" } },
                 true },
        makeVerb<Message> };
}

} // namespace hawser::cli
