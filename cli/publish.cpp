#include "cli/verbs.h"
#include "core/contracts/control_topics.h"
#include "core/text.h"
#include "core/topics.h"

#include <QSocketNotifier>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace hawser::cli {

namespace {

using contracts::PublishTopic;

constexpr qint64 mostUnsent = 256 * 1024; // bytes read ahead of what goes on

class Publish : public Verb {
public:
    using Verb::Verb;

    Result<void> check() override
    {
        m_request.topic = typed().one("TOPIC");
        m_request.broker = typed().one("--broker");
        m_request.last = typed().has("--retain");
        m_lines = typed().has("--lines");
        if (!isTopicName(m_request.topic.toUtf8()))
            return Error { Code::InvalidArgument,
                QStringLiteral("this is no topic: letters, digits, - and _ with dots between") };
        const bool text = typed().has("TEXT") && typed().one("TEXT") != QLatin1String("-");
        if (m_lines && text)
            return Error { Code::InvalidArgument, QStringLiteral("--lines reads standard input: say no text") };
        if (text)
            m_text = typed().one("TEXT").toUtf8();
        else if (!m_lines)
            m_text = QByteArray::fromStdString(std::string(std::istreambuf_iterator<char>(std::cin), {}));
        return {};
    }

    void start() override
    {
        CallOptions options;
        options.keepOpen = true;
        m_call = session().owner().call({}, QLatin1String(PublishTopic::name), toValue(m_request), options);
        connect(m_call, &Call::finished, this, &Publish::over);
        if (!m_lines) {
            m_call->sendBytes(m_text);
            m_call->sendEnd();
            return;
        }
        m_input = std::make_unique<QSocketNotifier>(STDIN_FILENO, QSocketNotifier::Read);
        connect(m_input.get(), &QSocketNotifier::activated, this, &Publish::readLines);
        connect(m_call, &Channel::roomAvailable, this, [this] {
            if (m_input)
                m_input->setEnabled(true);
        });
    }

private:
    void readLines()
    {
        char bytes[16 * 1024];
        const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (got > 0)
            m_text.append(bytes, got);
        const bool atEnd = got <= 0;
        for (qsizetype end = m_text.indexOf('\n'); end >= 0; end = m_text.indexOf('\n')) {
            m_call->sendBytes(QByteArrayView(m_text).first(end));
            m_text.remove(0, end + 1);
        }
        if (m_call->stream() && m_call->stream()->waiting() > mostUnsent)
            m_input->setEnabled(false);
        if (!atEnd)
            return;
        m_input.reset();
        if (!m_text.isEmpty())
            m_call->sendBytes(m_text);
        m_call->sendEnd();
    }

    void over(const Result<Payload> &result)
    {
        m_input.reset();
        const auto reply = replyOf<PublishTopic>(result);
        if (!reply)
            return fail(reply.error());
        const QString count = reply->messages == 1 ? QString() : QStringLiteral(" (%1 messages)").arg(reply->messages);
        if (typed().json)
            printer().object(toValue(*reply));
        else
            printer().talk(QStringLiteral("%1 has it%2").arg(visible(reply->broker), count));
        emit finished(exitOk);
    }

    PublishTopic::Request m_request;
    QByteArray m_text; // the message, or the beginning of a line
    QPointer<Call> m_call;
    std::unique_ptr<QSocketNotifier> m_input;
    bool m_lines = false;
};

} // namespace

VerbEntry publishVerb()
{
    return { { "publish", "say something to a topic; ends when the broker has it",
                 "  hawser publish news.kitchen \"soup is ready\"\n"
                 "  uptime | hawser publish metrics.anchor.uptime --retain\n"
                 "  tail -f log | hawser publish logs.anchor --lines\n",
                 { { "TOPIC", "tokens with dots between", Word::Kind::Required },
                     { "TEXT", "the message; without it, or with -, standard input", Word::Kind::Optional },
                     { "--retain", "the broker keeps it as the topic's last value; an empty one: no more" },
                     { "--lines", "each line of standard input is a message" },
                     { "--broker", "which, when there are several", Word::Kind::Optional, "NAME" } },
                 true },
        makeVerb<Publish> };
}

} // namespace hawser::cli
