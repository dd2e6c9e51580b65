#include "core/store/mail_taker.h"

#include "core/link.h"
#include "core/mail_items.h"

namespace hawser {

using Take = contracts::MailTake;

MailTaker::MailTaker(const PublicKey &me, std::function<void(const MailTaken &, Done)> take, QObject *parent)
    : QObject(parent), m_me(me), m_take(std::move(take))
{
}

MailTaker::~MailTaker()
{
    stop();
}

void MailTaker::start(Link *link)
{
    if (m_call && !m_call->isFinished() && m_call->stream()->link() == link)
        return;
    stop();
    CallOptions options;
    options.streamClass = Take::streamClass;
    options.keepOpen = true;
    m_failedAt = 0;
    m_call = startCall(link, {}, QLatin1String(Take::name), Value(Value::Map {}), options, this);
    connect(m_call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto in = message.as<Take::In>(); in)
            took(*in);
    });
}

void MailTaker::stop()
{
    if (Call *call = m_call) {
        m_call = nullptr; // perhaps we stand in one of its signals
        call->disconnect(this);
        call->cancel();
    }
}

void MailTaker::took(const Take::In &in)
{
    if (in.lost > 0)
        return emit lost(in.lost);
    const Result<QList<quint32>> cuts = cutItems(in.items);
    if (!cuts || cuts->size() < 2 || (m_failedAt > 0 && in.serial != m_failedAt))
        return;
    m_failedAt = 0;
    const auto count = quint64(cuts->size() - 1);
    const auto done = [this, call = m_call, serial = in.serial, upto = in.serial + count - 1](
                          const Result<void> &kept) {
        if (!call || call->isFinished()) // with us, or before
            return;
        if (!kept)
            m_failedAt = serial;
        call->send(kept ? Take::Out { upto, 0 } : Take::Out { 0, serial });
    };
    m_take({ { in.from, in.device, m_me, in.conversation }, in.first, in.items, count }, done);
}

} // namespace hawser
