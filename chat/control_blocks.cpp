#include "chat/control.h"
#include "chat/me.h"
#include "chat/person.h"
#include "core/contracts/control.h"
#include "core/text.h"

// Whom this person refuses.

namespace hawser::chat {

namespace {

constexpr int shortestPrefix = 4; ///< digits of a key

contracts::ListBlocks::In itemOf(const Block &block)
{
    contracts::ListBlocks::In in;
    in.what = block.what == Block::What::Key ? QStringLiteral("key")
        : block.what == Block::What::Address ? QStringLiteral("address")
                                             : QStringLiteral("strangers");
    if (block.what == Block::What::Key) {
        in.key = block.key;
        in.words = block.key.words();
    }
    in.claim = block.claim;
    in.address = block.address;
    in.since = block.since;
    in.until = block.until;
    return in;
}

bool isCalled(const Block &block, const QString &who)
{
    switch (block.what) {
    case Block::What::Key:
        return block.claim == who
            || (who.size() >= shortestPrefix && block.key.hex().startsWith(who, Qt::CaseInsensitive));
    case Block::What::Address:
        return block.address == who;
    case Block::What::Strangers:
        return who == QLatin1String("strangers");
    }
    return false;
}

Result<Block> resolve(const QList<Block> &blocks, const QString &who)
{
    QList<Block> found;
    for (const Block &block : blocks)
        if (isCalled(block, who))
            found << block;
    if (found.isEmpty())
        return Error { Code::NotFound, QStringLiteral("nobody called “%1” is blocked").arg(visible(who)) };
    if (found.size() > 1)
        return Error { Code::InvalidArgument,
            QStringLiteral("“%1” may be several who are blocked; say which by the key").arg(visible(who)) };
    return found.first();
}

} // namespace

void Control::serveBlocks()
{
    m_commands.serveChannel<contracts::ListBlocks>(
        [this](const contracts::Nothing &, const std::shared_ptr<IncomingCall> &call) {
            for (const Block &block : m_person.contacts().blocks())
                if (block.until == 0 || block.until > wallClock())
                    call->send(itemOf(block));
            call->finish(Value(Value::Map {}));
        });
    m_commands.serve<contracts::Unblock>(
        [this](const contracts::Unblock::Request &request, const Caller &) -> Result<contracts::Nothing> {
            const Result<Block> block = resolve(m_person.contacts().blocks(), request.who);
            if (!block)
                return block.error();
            if (const Result<void> done = m_person.contacts().unblock(*block); !done)
                return done.error();
            return contracts::Nothing {};
        });
}

} // namespace hawser::chat
