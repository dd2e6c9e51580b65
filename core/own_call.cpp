#include "core/own_call.h"

namespace hawser {

OwnCall::OwnCall(
    Commands &commands, const Caller &caller, const QString &name, const Value &parameters, QObject *parent)
    : QObject(parent)
{
    std::tie(m_near.connection, m_far.connection) = Connection::pair({}, {});
    LinkSettings settings;
    settings.local = true;
    join(m_far, settings);
    settings.dialler = true;
    join(m_near, settings);
    connect(m_far.link.get(), &Link::opened, &commands,
        [&commands, caller](Stream *stream) { commands.dispatch(stream, caller); });
    m_call = startCall(m_near.link.get(), {}, name, parameters, {}, this);
}

OwnCall::~OwnCall()
{
    delete m_call; // while its link is there
}

void OwnCall::join(End &end, const LinkSettings &settings)
{
    end.link = std::make_unique<Link>(settings, now());
    end.connection->setMaxPayload(limits::framePayload);
    end.connection->setSink(end.link.get());
}

} // namespace hawser
