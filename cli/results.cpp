#include "cli/call_text.h"
#include "cli/lasting.h"
#include "cli/remote_output.h"
#include "cli/verbs.h"
#include "core/contracts/control.h"
#include "core/contracts/node.h"
#include "core/text.h"

namespace hawser::cli {

namespace {

using contracts::RunEnd;
using contracts::RunOutcome;
using contracts::RunStream;
using contracts::SentCallItem;
using contracts::ShowCall;
using contracts::WatchCalls;

constexpr int exitOtherwise = 1; ///< the program ran, and did not end with 0

class Results : public Verb {
public:
    explicit Results(const Desk &desk) : Verb(desk), m_out(desk.printer.out()), m_err(desk.printer.err()) { }

    Result<void> check() override
    {
        const QString id = typed().one("ID");
        bool isNumber = false;
        m_show.id = id.toULongLong(&isNumber);
        if (!id.isEmpty() && !isNumber)
            return Error { Code::InvalidArgument, QStringLiteral("ID is a number, as hawser results shows it") };
        if (typed().has("--wait") && id.isEmpty())
            return Error { Code::InvalidArgument, QStringLiteral("--wait is for one: say its ID") };
        if (!typed().has("--wait"))
            return {};
        const Result<milliseconds> time = readLasting(typed().one("--wait"));
        if (!time)
            return time.error();
        m_show.waitMs = quint64(time->count());
        return {};
    }

    void start() override
    {
        const bool one = m_show.id > 0;
        Call *call = one ? session().start<ShowCall>(m_show)
                         : session().start<WatchCalls>(WatchCalls::Request { typed().has("--follow") });
        connect(call, &Channel::received, this, [this, one](const ChannelMessage &message) {
            const auto item = message.as<SentCallItem>();
            if (!item)
                return fail(item.error());
            if (typed().json)
                printer().object(objectOf(*item));
            else if (!one || item->state != QLatin1String("done"))
                printer().line(sentCallText(*item));
            else
                show(*item);
            if (one)
                m_exit = exitCodeFor(*item);
        });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                return fail(result.error());
            emit finished(m_exit);
        });
    }

    void interrupt() override { emit finished(typed().has("--follow") ? exitOk : exitInterrupted); }

private:
    void show(const SentCallItem &item)
    {
        for (const Value &piece : item.output) {
            const QByteArray bytes = piece.toBytes();
            if (!bytes.isEmpty())
                (isError(bytes) ? m_err : m_out).write(bytes.mid(1));
        }
        m_out.end();
        m_err.end();
        const bool isRun = bool(fromValue<RunEnd>(item.result));
        if (item.code == QLatin1String("ok") && !isRun)
            printer().object(item.result);
        else if (exitCodeFor(item) != exitOk)
            printer().talk(QStringLiteral("hawser: ") + sentCallText(item));
        if (item.leftOut > 0)
            printer().talk(QStringLiteral("hawser: %1 bytes more were written and not kept").arg(item.leftOut));
    }

    static bool isError(const QByteArray &piece) { return RunStream(piece[0]) == RunStream::Err; }

    static Value objectOf(const SentCallItem &item)
    {
        Value::List output;
        for (const Value &piece : item.output)
            if (const QByteArray bytes = piece.toBytes(); !bytes.isEmpty())
                output.push_back(outputObject(isError(bytes) ? "err" : "out", bytes.mid(1)));
        Value object = toValue(item);
        object.insert(QStringLiteral("output"), Value(output));
        return object;
    }

    static int exitCodeFor(const SentCallItem &item)
    {
        if (item.state != QLatin1String("done"))
            return exitPending;
        if (item.code != QLatin1String("ok"))
            return exitSoftware;
        const auto end = fromValue<RunEnd>(item.result);
        return !end || (end->outcome == RunOutcome::Finished && end->exitStatus == 0) ? exitOk : exitOtherwise;
    }

    ShowCall::Request m_show;
    RemoteOutput m_out;
    RemoteOutput m_err;
    int m_exit = exitOk;
};

} // namespace

VerbEntry resultsVerb()
{
    return { { "results", "what was sent to wait for a machine, and what came of it",
                 "  hawser results\n"
                 "  hawser results 3                its output and its answer\n"
                 "  hawser results 3 --wait 2h\n"
                 "  hawser results --follow --json\n",
                 { { "ID", "one of them" }, { "--follow", "go on with each change until Ctrl-C" },
                     { "--wait", "for the end of one, at most 10m, 2h, 30d", Word::Kind::Optional, "TIME" } },
                 true },
        makeVerb<Results> };
}

} // namespace hawser::cli
