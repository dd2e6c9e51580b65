#include "desktop/dialogs/approvaltext.h"

#include "core/text.h"

#include <QDateTime>
#include <QHostAddress>
#include <QLocale>
#include <algorithm>

namespace hawser::desktop {

using chat::Asking;
using chat::Door;
using chat::Right;
using chat::Rights;
using chat::SafeText;

namespace {

bool isLocal(const QHostAddress &address)
{
    for (const char *net :
        { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10" }) {
        if (address.isInSubnet(QHostAddress::parseSubnet(QLatin1String(net))))
            return true;
    }
    return false;
}

QString day(qint64 msSince1970)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(msSince1970).date(), QStringLiteral("d MMMM yyyy"));
}

} // namespace

bool ApprovalText::isContact() const
{
    return m_request.kind == Asking::ContactDirect || m_request.kind == Asking::ContactThroughBroker;
}

QString ApprovalText::brokerName() const
{
    const QString name = m_request.doors.isEmpty() ? QString() : m_request.doors.first().brokerName;
    return name.isEmpty() ? tr("a broker") : name;
}

SafeText ApprovalText::heading() const
{
    switch (m_request.kind) {
    case Asking::JoinPerson:
        return SafeText::sentence(tr("Somebody asks to join %1"), brokerName());
    case Asking::JoinMachine:
        return SafeText::sentence(tr("A machine asks to join %1"), brokerName());
    default:
        return SafeText::sentence(tr("Somebody asks to reach you"));
    }
}

QString ApprovalText::caption() const
{
    return m_request.kind == Asking::JoinMachine ? tr("calling itself") : tr("calling themselves");
}

SafeText ApprovalText::claim() const
{
    const QString name = claimedName(m_request.claim);
    return name.isEmpty() ? SafeText::sentence(tr("nothing at all")) : SafeText::sentence(tr("“%1”"), name);
}

bool ApprovalText::isSuspicious() const
{
    return !m_request.lookAlike.isEmpty();
}

SafeText ApprovalText::standing() const
{
    SafeText text;
    if (m_request.invited)
        text = SafeText::sentence(tr("Comes with an invitation of yours. "));
    if (m_request.kind == Asking::JoinMachine)
        text += SafeText::sentence(tr("This machine's key is new at %1."), brokerName());
    else if (m_request.kind == Asking::JoinPerson)
        text += SafeText::sentence(tr("This key is new at %1."), brokerName());
    else if (!m_request.contact.isEmpty())
        text += SafeText::sentence(tr("This is the key of your contact “%1”."), claimedName(m_request.contact));
    else
        text += SafeText::sentence(tr("Not in your contacts."));
    if (isSuspicious())
        text += SafeText::sentence(tr(" You have a contact “%1” with another key."), claimedName(m_request.lookAlike));
    const bool gone = std::ranges::none_of(m_request.doors, [](const Door &door) { return door.present; });
    if (isContact() && gone)
        text += SafeText::sentence(tr(" They have left: a yes counts when they come again."));
    return text;
}

QString ApprovalText::number() const
{
    const QString digits = m_request.number();
    return digits.size() == 6 ? digits.first(3) + QLatin1Char(' ') + digits.last(3) : QString();
}

QString ApprovalText::spokenNumber() const
{
    QStringList digits;
    for (const QChar digit : m_request.number())
        digits << digit;
    return digits.isEmpty() ? tr("not known yet") : digits.join(QLatin1Char(' '));
}

SafeText ApprovalText::from() const
{
    SafeText text;
    for (const Door &door : m_request.doors) {
        if (!text.isEmpty())
            text += SafeText::sentence(tr("; also "));
        text += through(door);
    }
    return text;
}

SafeText ApprovalText::through(const Door &door) const
{
    if (m_request.kind == Asking::JoinPerson || m_request.kind == Asking::JoinMachine)
        return SafeText::sentence(tr("%1, as %2 saw it"), door.address, door.brokerName);
    if (!door.broker.isNull() && door.knownSince > 0)
        return SafeText::sentence(tr("via %1, which knows this key as “%2” since %3"), door.brokerName,
            claimedName(door.knownAs), day(door.knownSince));
    if (!door.broker.isNull())
        return SafeText::sentence(
            tr("via %1, which knows this key as “%2”"), door.brokerName, claimedName(door.knownAs));
    const QHostAddress address(door.address);
    const QString where = address.isLoopback() ? tr("this computer")
        : isLocal(address)                     ? tr("local network")
                                               : tr("another network");
    if (door.interface.isEmpty())
        return SafeText::sentence(tr("%1 (%2), direct"), door.address, where);
    return SafeText::sentence(tr("%1 (%2, interface %3), direct"), door.address, where, door.interface);
}

SafeText ApprovalText::program() const
{
    if (m_request.program.isEmpty() && m_request.host.isEmpty())
        return SafeText::sentence(tr("does not say"));
    if (m_request.host.isEmpty())
        return SafeText::sentence(tr("says it is %1"), claimedName(m_request.program));
    return SafeText::sentence(tr("says it is %1 on “%2”"), claimedName(m_request.program), claimedName(m_request.host));
}

QString ApprovalText::whatIsAsked() const
{
    if (m_request.kind == Asking::JoinPerson)
        return tr("see machines and run their commands");
    if (m_request.kind == Asking::JoinMachine && m_request.commands.isEmpty())
        return tr("be a machine here; it names no commands yet");
    return tr("offer these commands to everybody here:");
}

QString ApprovalText::allow(Rights rights) const
{
    if (m_request.kind == Asking::JoinPerson)
        return tr("Let this person in");
    if (m_request.kind == Asking::JoinMachine)
        return tr("Let this machine in");
    if (rights.testFlag(Right::Messages) && rights.testFlag(Right::Files))
        return tr("Allow messages and files");
    if (rights.testFlag(Right::Messages))
        return tr("Allow messages");
    if (rights.testFlag(Right::Files))
        return tr("Allow files");
    return tr("Allow nothing");
}

QString ApprovalText::alert() const
{
    if (isContact() && !m_request.contact.isEmpty())
        return tr("Connection request of a contact");
    return isContact() ? tr("Connection request, not in your contacts")
                       : tr("Connection request, not known at this broker");
}

} // namespace hawser::desktop
