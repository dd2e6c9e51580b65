#include "core/newcomer.h"

#include <QSocketNotifier>
#include <QSslConfiguration>
#include <sys/socket.h>
#include <unistd.h>

namespace hawser {
namespace {

constexpr char tlsHandshake = 0x16; // content type of a TLS record; every ClientHello begins with it

} // namespace

QByteArray goAwayFrame(const GoAway &goAway)
{
    QByteArray frame;
    appendFrame(frame, FrameType::GoAway, 0, 0, encodeGoAway(goAway));
    return frame;
}

Newcomer::Newcomer(
    qintptr descriptor, const QHostAddress &address, const QSslConfiguration &configuration, milliseconds deadline)
    : m_descriptor(descriptor), m_address(address), m_configuration(configuration), m_deadline(deadline),
      m_notifier(new QSocketNotifier(descriptor, QSocketNotifier::Read, this))
{
    connect(m_notifier, &QSocketNotifier::activated, this, &Newcomer::peek);
}

Newcomer::~Newcomer()
{
    if (m_connection)
        m_connection->setSink(nullptr);
    delete m_notifier;
    if (m_descriptor >= 0)
        ::close(int(m_descriptor));
}

/// Looks at the first byte and leaves it where it is.
void Newcomer::peek()
{
    char first = 0;
    const ssize_t got = ::recv(int(m_descriptor), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    m_notifier->setEnabled(false);
    if (got <= 0)
        return end("closed", limits::penaltyNoGreeting);
    if (first != tlsHandshake)
        return end("not_tls", limits::penaltyAuthentication);
    m_notifier->deleteLater();
    m_notifier = nullptr;
    m_connection = Connection::accept(std::exchange(m_descriptor, -1), m_configuration);
    m_connection->setConnectDeadline(m_deadline);
    connect(m_connection.get(), &Connection::encrypted, this, [this] { m_connection->setSink(this); });
    connect(m_connection.get(), &Connection::closed, this, &Newcomer::connectionClosed);
}

void Newcomer::connectionClosed(const Error &why)
{
    if (why.code == Code::Unauthenticated)
        end("tls", limits::penaltyAuthentication);
    else
        end("closed", limits::penaltyNoGreeting);
}

void Newcomer::retire()
{
    m_over = true;
    if (m_notifier)
        m_notifier->setEnabled(false);
    if (m_connection)
        disconnect(m_connection.get(), nullptr, this, nullptr);
    deleteLater();
}

void Newcomer::end(const char *reason, milliseconds penalty)
{
    if (std::exchange(m_over, true))
        return;
    emit gaveUp(reason, penalty);
}

void Newcomer::dismiss(const GoAway &goAway)
{
    m_over = true;
    if (!m_connection || m_connection->peerKey().isNull())
        return;
    m_connection->write(goAwayFrame(goAway));
    m_connection->close(errorOf(goAway));
}

std::unique_ptr<Connection> Newcomer::takeConnection()
{
    disconnect(m_connection.get(), nullptr, this, nullptr);
    m_connection->setSink(nullptr);
    return std::move(m_connection);
}

/// Takes HELLO and nothing else: what follows in the same bytes is for the link.
Result<void> Newcomer::read(FrameReader &reader, Instant)
{
    if (m_over)
        return {};
    const std::optional<FrameView> frame = reader.next();
    const Result<void> taken = frame ? takeHello(*frame) : reader.state();
    if (taken)
        return {};
    dismiss({ Leave::Protocol, {}, taken.error().sentence });
    m_over = false;
    // A newer program is no attack.
    end("protocol", taken.error().code == Code::Unimplemented ? milliseconds(0) : limits::penaltyProtocol);
    return {};
}

Result<void> Newcomer::takeHello(const FrameView &frame)
{
    if (frame.type != FrameType::Hello || frame.stream != 0)
        return Error { Code::Protocol, QStringLiteral("the first frame is no HELLO") };
    const Result<Hello> hello = decodeHello(frame.payload);
    if (!hello)
        return hello.error();
    m_over = true;
    emit greeted(*hello, m_connection->peerKey());
    return {};
}

} // namespace hawser
