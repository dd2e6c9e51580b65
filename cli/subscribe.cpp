#include "cli/verbs.h"
#include "core/contracts/control_topics.h"
#include "core/text.h"
#include "core/topic_messages.h"
#include "core/topics.h"

#include <QTimer>

namespace hawser::cli {

namespace {

using contracts::ForgetTopics;
using contracts::SubscribeTopic;

constexpr qint64 fullOutput = 256 * 1024; // bytes that wait to be written; then the owner waits
constexpr milliseconds briefly { 1000 }; // who goes on within this time had no reason to say why not

class Subscribe : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        m_request = { typed().one("PATTERN"), typed().one("--broker"), typed().has("--last"),
            typed().one("--durable") };
        m_left = typed().one("--count").toULongLong();
        if (typed().has("--count") && m_left == 0)
            return Error { Code::InvalidArgument, QStringLiteral("--count takes a number above 0") };
        if (typed().has("--forget"))
            return typed().has("PATTERN")
                ? Result<void>(Error { Code::InvalidArgument, QStringLiteral("--forget takes no pattern") })
                : Result<void>();
        if (!isTopicPattern(m_request.pattern.toUtf8()))
            return Error { Code::InvalidArgument,
                QStringLiteral("this is no pattern: a topic in which * is any one token and > at the end the rest") };
        return {};
    }

    void start() override
    {
        if (typed().has("--forget"))
            return forget();
        CallOptions options;
        options.keepOpen = !m_request.durable.isEmpty();
        m_call = session().owner().call({}, QLatin1String(SubscribeTopic::name), toValue(m_request), options);
        connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) {
            if (const auto in = message.as<SubscribeTopic::In>(); in && !m_over)
                take(*in);
        });
        connect(m_call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (m_over)
                emit finished(exitOk);
            else
                fail(result ? Error { Code::Unavailable, QStringLiteral("the owner of the folder has gone") }
                            : result.error());
        });
        connect(&printer().out(), &Output::drained, this, &Subscribe::written);
        m_soon.setSingleShot(true);
        m_soon.setInterval(briefly);
        connect(&m_soon, &QTimer::timeout, this, &Subscribe::tellWhy);
    }

    void interrupt() override { emit finished(exitOk); }

private:
    void forget()
    {
        session().ask<ForgetTopics>(
            { typed().one("--forget"), m_request.broker }, this, [this](const Result<ForgetTopics::Reply> &reply) {
                if (!reply)
                    return fail(reply.error());
                answer(ForgetTopics::Reply {}, {});
            });
    }

    void take(const SubscribeTopic::In &in)
    {
        if (in.state == QLatin1String("missed"))
            return takeMissed(in);
        if (in.state == QLatin1String("waits"))
            return takeWaits(in.sentence);
        if (in.state == QLatin1String("ready"))
            return takeReady();
        if (in.state != QLatin1String("message"))
            return;
        if (typed().json)
            printer().object(jsonOf(in));
        else
            printer().line(QStringLiteral("%1  %2  %3")
                               .arg(in.topic, in.publisher.hex().left(16), visible(QString::fromUtf8(in.bytes))));
        m_number = in.number;
        if (printer().out().waiting() == 0)
            written();
        else if (printer().out().waiting() > fullOutput && m_call->stream())
            m_call->stream()->hold();
        if (m_left > 0 && --m_left == 0)
            end();
    }

    void takeMissed(const SubscribeTopic::In &in)
    {
        if (typed().json)
            return printer().object(Value::Map { { QStringLiteral("missed"), Value(in.missed) } });
        if (in.missed == 1)
            return printer().talk(QStringLiteral("1 message is missing here"));
        const QString count = in.missed == 0 ? QStringLiteral("some") : QString::number(in.missed);
        printer().talk(QStringLiteral("%1 messages are missing here").arg(count));
    }

    /// Once for each reason, however often it is tried, and not at all if it goes on in a moment.
    void takeWaits(const QString &why)
    {
        m_why = why;
        if (!m_soon.isActive())
            m_soon.start();
    }

    void tellWhy()
    {
        if (std::exchange(m_waits, m_why) != m_why)
            printer().talk(QStringLiteral("nothing comes now (%1); it goes on by itself").arg(m_why));
    }

    void takeReady()
    {
        m_soon.stop();
        if (!std::exchange(m_waits, {}).isEmpty())
            printer().talk(QStringLiteral("it goes on"));
    }

    /// JSON cannot hold any bytes: what is no UTF-8 is told in base64.
    static Value jsonOf(const SubscribeTopic::In &in)
    {
        Value object { Value::Map { { QStringLiteral("topic"), Value(in.topic) },
            { QStringLiteral("publisher"), Value(in.publisher.hex()) }, { QStringLiteral("kept"), Value(in.kept) } } };
        const QString text = QString::fromUtf8(in.bytes);
        if (text.toUtf8() == in.bytes)
            object.insert(QStringLiteral("text"), text);
        else
            object.insert(QStringLiteral("base64"), QString::fromLatin1(in.bytes.toBase64()));
        if (in.number != 0)
            object.insert(QStringLiteral("number"), in.number);
        return object;
    }

    /// Everything is written: of a durable subscription the broker may forget it.
    void written()
    {
        if (!m_call || !m_call->stream())
            return;
        m_call->stream()->resume();
        if (!m_request.durable.isEmpty() && m_number != 0)
            m_call->sendBytes(topic::encodeNumber(std::exchange(m_number, 0)));
    }

    void end()
    {
        m_over = true;
        connect(&printer(), &Printer::flushed, this, [this] {
            written();
            if (m_request.durable.isEmpty() || !m_call || !m_call->stream())
                emit finished(exitOk);
            else
                m_call->sendEnd(); // the broker answers when it has forgotten what we printed
        });
        printer().flush();
    }

    SubscribeTopic::Request m_request;
    QPointer<Call> m_call;
    quint64 m_left = 0; // 0: no end
    quint64 m_number = 0; // printed and not yet acknowledged
    QTimer m_soon; // then it is said why nothing comes
    QString m_why;
    QString m_waits; // why, as it was last said
    bool m_over = false;
};

} // namespace

VerbEntry subscribeVerb()
{
    return { { "subscribe", "what is published to topics, as it comes, until Ctrl-C",
                 "  hawser subscribe 'metrics.*.cpu' --last\n"
                 "  hawser subscribe 'orders.>' --durable till-7 --json\n",
                 { { "PATTERN", "a topic; * is any one token, > at the end the rest", Word::Kind::Optional },
                     { "--last", "first the last value of each topic" },
                     { "--durable", "a name: the broker keeps what comes while nobody runs this", Word::Kind::Optional,
                         "NAME" },
                     { "--forget", "ends a durable subscription", Word::Kind::Optional, "NAME" },
                     { "--count", "ends after so many messages", Word::Kind::Optional, "N" },
                     { "--broker", "which, when there are several", Word::Kind::Optional, "NAME" } },
                 true },
        makeVerb<Subscribe> };
}

} // namespace hawser::cli
