#include "core/location.h"

#include "core/folders.h"

#include <QDir>
#include <QHostAddress>
#include <QRegularExpression>
#include <QUrl>

namespace hawser {

namespace {

constexpr int hostMost = 253;
constexpr qsizetype secretSize = 16;
constexpr qint64 fileMost = 512;

Error wrong(const QString &sentence)
{
    return Error { Code::InvalidArgument, sentence };
}

Result<quint16> parsePort(const QString &text)
{
    static const QRegularExpression digits(QStringLiteral("\\A[0-9]{1,5}\\z"));
    const uint port = digits.match(text).hasMatch() ? text.toUInt() : 0;
    if (port < 1 || port > 65535)
        return wrong(QStringLiteral("a port is a number from 1 to 65535, not “%1”").arg(text.left(16)));
    return quint16(port);
}

Result<QString> parseIpv6(const QString &text)
{
    static const QRegularExpression zone(QStringLiteral("\\A[A-Za-z0-9_.~-]*\\z"));
    const QHostAddress address(text);
    if (address.protocol() != QAbstractSocket::IPv6Protocol || !zone.match(address.scopeId()).hasMatch())
        return wrong(QStringLiteral("“%1” is not an IPv6 address").arg(text.left(64)));
    return address.toString();
}

bool isIpv4(const QString &text)
{
    static const QRegularExpression number(QStringLiteral("\\A(0|[1-9][0-9]{0,2})\\z"));
    const QStringList parts = text.split(QLatin1Char('.'));
    return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const QString &part) {
        return number.match(part).hasMatch() && part.toInt() <= 255;
    });
}

Result<QString> parseName(const QString &text)
{
    static const QRegularExpression digits(QStringLiteral("\\A[0-9.]+\\z"));
    static const QRegularExpression name(
        QStringLiteral("\\A[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\.?\\z"));
    if (text.isEmpty())
        return wrong(QStringLiteral("the address has no host name"));
    if (digits.match(text).hasMatch() && !isIpv4(text))
        return wrong(QStringLiteral("“%1” is not an IPv4 address").arg(text.left(64)));
    const QString ascii = QString::fromLatin1(QUrl::toAce(text)).toLower();
    const QString host = ascii.isEmpty() ? text.toLower() : ascii; // '_' is no letter of international names
    if (host.size() > hostMost || !name.match(host).hasMatch())
        return wrong(QStringLiteral("“%1” is not a host name").arg(text.left(64)));
    return host;
}

struct Cut {
    Result<QString> host;
    QString port; // empty: not said
};

Result<Cut> cut(const QString &text)
{
    if (text.startsWith(QLatin1Char('['))) {
        const qsizetype end = text.indexOf(QLatin1Char(']'));
        if (end < 0)
            return wrong(QStringLiteral("the address has a “[” without “]”"));
        const QString rest = text.mid(end + 1);
        if (!rest.isEmpty() && (rest.size() < 2 || !rest.startsWith(QLatin1Char(':'))))
            return wrong(QStringLiteral("after “]” only “:” and a port may follow"));
        return Cut { parseIpv6(text.mid(1, end - 1)), rest.mid(1) };
    }
    const qsizetype colons = text.count(QLatin1Char(':'));
    if (colons > 1)
        return Cut { parseIpv6(text), {} };
    if (text.endsWith(QLatin1Char(':')))
        return wrong(QStringLiteral("the address ends with “:” and no port"));
    return Cut { parseName(text.section(QLatin1Char(':'), 0, 0)), text.section(QLatin1Char(':'), 1) };
}

Result<QByteArray> parseSecret(const QString &text)
{
    const auto options = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
    const auto decoded =
        QByteArray::fromBase64Encoding(text.toUtf8(), options | QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || decoded.decoded.size() != secretSize || decoded.decoded.toBase64(options) != text.toUtf8())
        return wrong(QStringLiteral("the link is damaged: its last part is not whole (copy it again)"));
    return decoded.decoded;
}

// "hawser:join/1/" cut off, in any case, since some programs change the case of a scheme.
Result<QString> afterPrefix(const QString &text)
{
    const QString scheme = QStringLiteral("hawser:");
    if (!text.startsWith(scheme, Qt::CaseInsensitive))
        return wrong(QStringLiteral("this is not a Hawser link: it does not begin with “hawser:”"));
    const QString kind = text.mid(scheme.size()).section(QLatin1Char('/'), 0, 0);
    const QString version = text.section(QLatin1Char('/'), 1, 1);
    if (kind != QLatin1String("join"))
        return wrong(QStringLiteral("this is a Hawser link, but not an invitation to join"));
    if (version != QLatin1String("1"))
        return wrong(QStringLiteral("this invitation was made by another version of Hawser"));
    return text.section(QLatin1Char('/'), 2);
}

QString folderOf(const QString &folder, const QString &name)
{
    return folder + QStringLiteral("/locations/") + name;
}

Result<QString> readLine(const QString &path)
{
    const Result<QByteArray> bytes = readFile(path, fileMost);
    if (!bytes)
        return bytes.error();
    return QString::fromUtf8(*bytes).trimmed();
}

Error damaged(const QString &name, const Error &why)
{
    return Error { Code::DataLoss, QStringLiteral("the location %1 is damaged: %2").arg(name, why.sentence) };
}

} // namespace

Result<Address> Address::parse(const QString &text, quint16 defaultPort)
{
    const Result<Cut> parts = cut(text.trimmed());
    if (!parts)
        return parts.error();
    if (!parts->host)
        return parts->host.error();
    if (parts->port.isEmpty())
        return Address { *parts->host, defaultPort };
    const Result<quint16> port = parsePort(parts->port);
    if (!port)
        return port.error();
    return Address { *parts->host, *port };
}

Result<Address> Address::parseListening(const QString &text, quint16 defaultPort)
{
    const QString any = QStringLiteral(":0");
    if (!text.endsWith(any) || text.endsWith(QStringLiteral("::0")))
        return parse(text, defaultPort);
    Result<Address> address = parse(text.chopped(any.size()), defaultPort);
    if (address)
        address->port = 0;
    return address;
}

QString Address::text() const
{
    const QString shape = host.contains(QLatin1Char(':')) ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2");
    return shape.arg(host, QString::number(port));
}

Result<Invitation> Invitation::parse(const QString &text)
{
    const Result<QString> rest = afterPrefix(text.trimmed());
    if (!rest)
        return rest.error();
    static const QRegularExpression shape(QStringLiteral("\\A([^@/\\s]*)@([^@/\\s]*)/([^@/\\s]*)\\z"));
    const QRegularExpressionMatch match = shape.match(*rest);
    if (!match.hasMatch())
        return wrong(
            QStringLiteral("the link is damaged: it should be hawser:join/1/KEY@HOST:PORT/SECRET (copy it again)"));
    const Result<PublicKey> key = PublicKey::fromHex(match.captured(1));
    if (!key)
        return wrong(QStringLiteral("the link is damaged: %1").arg(key.error().sentence));
    const Result<Address> address = Address::parse(match.captured(2), 0);
    if (!address)
        return wrong(QStringLiteral("the link is damaged: %1").arg(address.error().sentence));
    if (address->port == 0)
        return wrong(QStringLiteral("the link is damaged: its address has no port"));
    const Result<QByteArray> secret = parseSecret(match.captured(3));
    if (!secret)
        return secret.error();
    return Invitation { *key, *address, *secret };
}

QString Invitation::text() const
{
    const QByteArray tail = secret.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
    return QStringLiteral("hawser:join/1/%1@%2/%3").arg(key.hex(), address.text(), QString::fromLatin1(tail));
}

bool isLocationName(QStringView name)
{
    static const QRegularExpression shape(QStringLiteral("\\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\\z"));
    return shape.match(name).hasMatch();
}

Locations::Locations(const QString &folder) : m_folder(folder)
{
}

QList<Location> Locations::all() const
{
    QList<Location> found;
    const QStringList names =
        QDir(m_folder + QStringLiteral("/locations")).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    for (const QString &name : names) {
        if (const Result<Location> location = find(name))
            found.append(*location);
    }
    return found;
}

Result<Location> Locations::find(const QString &name) const
{
    if (!isLocationName(name) || !QDir(folderOf(m_folder, name)).exists())
        return Error { Code::NotFound, QStringLiteral("there is no location of that name") };
    const Result<QString> hex = readLine(folderOf(m_folder, name) + QStringLiteral("/broker.pub"));
    if (!hex)
        return damaged(name, hex.error());
    const Result<PublicKey> key = PublicKey::fromHex(*hex);
    if (!key)
        return damaged(name, key.error());
    const Result<QString> line = readLine(folderOf(m_folder, name) + QStringLiteral("/address"));
    if (!line)
        return damaged(name, line.error());
    const Result<Address> address = Address::parse(*line);
    if (!address)
        return damaged(name, address.error());
    return Location { name, *address, *key };
}

Result<void> Locations::save(const Location &location)
{
    if (!isLocationName(location.name))
        return wrong(
            QStringLiteral("a location's name has 1 to 64 letters, digits, “.”, “-” or “_” and no dot in front"));
    const QString folder = folderOf(m_folder, location.name);
    for (const QString &path : { m_folder, m_folder + QStringLiteral("/locations"), folder }) {
        if (const Result<void> made = makePrivateFolder(path); !made)
            return made;
    }
    const QByteArray key = location.broker.hex().toLatin1() + '\n';
    if (const Result<void> written = writeFileDurably(folder + QStringLiteral("/broker.pub"), key, 0600); !written)
        return written;
    return writeFileDurably(folder + QStringLiteral("/address"), location.address.text().toUtf8() + '\n', 0600);
}

Result<void> Locations::remove(const QString &name)
{
    if (!isLocationName(name) || !QDir(folderOf(m_folder, name)).exists())
        return Error { Code::NotFound, QStringLiteral("there is no location of that name") };
    // The key goes first: without it the rest is no location. Other files in the folder are not ours to delete.
    for (const char *file : { "/broker.pub", "/address" }) {
        const QString path = folderOf(m_folder, name) + QLatin1String(file);
        if (QFile::exists(path) && !QFile::remove(path))
            return Error { Code::FailedPrecondition, QStringLiteral("cannot remove %1").arg(path) };
    }
    QDir(m_folder + QStringLiteral("/locations")).rmdir(name);
    return {};
}

Result<Location> Locations::defaultLocation() const
{
    const Result<QString> name = readLine(m_folder + QStringLiteral("/default_location"));
    if (name)
        return find(*name);
    if (name.error().code != Code::NotFound)
        return name.error();
    const QList<Location> locations = all();
    if (locations.size() == 1)
        return locations.first();
    return Error { Code::NotFound,
        locations.isEmpty() ? QStringLiteral("no broker is known here yet: join one first")
                            : QStringLiteral("several brokers are known here and none is the default") };
}

Result<void> Locations::setDefault(const QString &name)
{
    if (const Result<Location> location = find(name); !location)
        return location.error();
    return writeFileDurably(m_folder + QStringLiteral("/default_location"), name.toUtf8() + '\n', 0600);
}

} // namespace hawser
