#include "brokerd/verbs.h"

#include "brokerd/print.h"
#include "core/folders.h"
#include "core/text.h"

#include <cstdio>
#include <sysexits.h>

namespace hawser::broker {

namespace {

/// docs: 65 a wrong number or key, 66 no such request or account, 69 no broker there.
int exitCodeOf(const Error &error)
{
    switch (error.code) {
    case Code::InvalidArgument:
        return EX_DATAERR;
    case Code::NotFound:
        return EX_NOINPUT;
    case Code::PermissionDenied:
        return EX_NOPERM;
    case Code::ResourceExhausted:
        return EX_TEMPFAIL;
    case Code::Unavailable:
        return EX_UNAVAILABLE;
    default:
        return EX_SOFTWARE;
    }
}

void print(std::FILE *file, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), file);
    std::fflush(file);
}

} // namespace

Verb::Verb(const VerbOptions &options, bool json, const QString &folder, QObject *parent)
    : QObject(parent), m_options(options), m_json(json), m_folder(folder), m_client(Identity::generate(), Profile())
{
    connect(&m_client, &Client::ready, this, &Verb::ask);
    connect(&m_client, &Client::failed, this, [this](const Error &) {
        fail(EX_UNAVAILABLE,
            { Code::Unavailable,
                QStringLiteral("no broker runs on %1: start it with hawser-brokerd run").arg(m_folder) });
    });
    connect(&m_client, &Client::lost, this, [this](const Error &error) { fail(EX_UNAVAILABLE, error); });
}

void Verb::start()
{
    const Result<QString> path = controlSocketPath(m_folder);
    if (!path)
        return fail(EX_UNAVAILABLE, path.error());
    m_client.connectToLocal(*path);
}

void Verb::ask()
{
    CallOptions options;
    options.streamClass = StreamClass::Admin;
    Call *call = m_client.call({}, m_options.command, m_options.parameters, options);
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const Result<Value> request = message.value())
            m_pending.push_back(*request);
    });
    connect(call, &Call::finished, this, &Verb::answered);
}

void Verb::answered(const Result<Payload> &result)
{
    if (!result)
        return fail(result.error());
    if (std::exchange(m_done, true))
        return;
    const Value &reply = result->parameters;
    print(stdout,
        m_json ? printedJson(m_options.verb, reply, m_pending)
               : printedAnswer(m_options.verb, m_options.parameters, reply, m_pending));
    emit finished(EX_OK);
}

void Verb::fail(const Error &error)
{
    fail(exitCodeOf(error), error);
}

void Verb::fail(int exitCode, const Error &error)
{
    if (std::exchange(m_done, true))
        return;
    if (m_json)
        print(stdout, printedJsonError(error));
    print(stderr, "hawser-brokerd: " + forTerminal(error.sentence) + '\n');
    emit finished(exitCode);
}

} // namespace hawser::broker
