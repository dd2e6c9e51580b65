#include "tests/bench/joined.h"

#include "core/contracts/request.h"
#include "core/number.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <cstdio>

namespace hawser::bench {

using contracts::AskToBeLetIn;

Profile profileOf(Role role, const QString &name)
{
    return { role, name, QStringLiteral("hawser_load"), QStringLiteral("bench"), randomBytes(8), randomBytes(8) };
}

Joined::Joined(Role role, const QString &link, QObject *parent)
    : QObject(parent), m_client(Identity::generate(), profileOf(role, QStringLiteral("bench"))),
      m_nonce(randomBytes(32))
{
    const Result<Invitation> invitation = Invitation::parse(link);
    if (!invitation)
        qFatal("%s", qUtf8Printable(invitation.error().sentence));
    m_invitation = *invitation;
    connect(&m_client, &Client::stranger, this, &Joined::ask);
    connect(&m_client, &Client::ready, this, &Joined::ready);
    connect(&m_client, &Client::failed, this, [](const Error &why) { qFatal("%s", qUtf8Printable(why.sentence)); });
    m_client.connectTo(m_invitation.address, m_invitation.key);
}

void Joined::ask()
{
    AskToBeLetIn::Request request;
    const bool node = m_client.profile().role == Role::Node;
    request.kind = node ? AskToBeLetIn::Kind::Machine : AskToBeLetIn::Kind::Person;
    request.id = randomBytes(16);
    request.claim = QStringLiteral("bench");
    request.rights = { node ? QStringLiteral("node") : QStringLiteral("member") };
    request.commitment = commitmentOf(m_nonce, m_client.identity().key(), m_client.peerKey());
    request.invitation = m_invitation.secret;
    CallOptions options;
    options.keepOpen = true;
    Call *call = m_client.start<AskToBeLetIn>({}, request, options);
    connect(call, &Call::received, this, [this, call] { call->send(AskToBeLetIn::Out { m_nonce }); });
    connect(call, &Call::finished, this, [](const Result<Payload> &answer) {
        if (!answer)
            qFatal("not let in: %s", qUtf8Printable(answer.error().sentence));
    });
}

void say(const QString &line)
{
    std::puts(qUtf8Printable(line));
    std::fflush(stdout);
}

double quantile(std::vector<double> &values, double share)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[size_t(std::floor(share * double(values.size() - 1)))];
}

} // namespace hawser::bench
