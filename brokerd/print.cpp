#include "brokerd/print.h"

#include "core/json.h"
#include "core/limit_use.h"
#include "core/number.h"
#include "core/public_key.h"
#include "core/text.h"

#include <QDateTime>

namespace hawser::broker {

namespace {

constexpr int wordsShown = 40; // characters of the key words in a table

QString keyWords(const Value &key)
{
    const Result<PublicKey> read = PublicKey::fromBytes(key.toBytes());
    return read ? read->words() : QString();
}

QString quoted(const Value &name)
{
    return u'"' + claimedName(name.toText()) + u'"';
}

QString clock(qint64 ms)
{
    const qint64 minutes = ms / 60000;
    if (minutes >= 48 * 60)
        return QStringLiteral("%1 d").arg(minutes / (24 * 60));
    if (minutes >= 60)
        return QStringLiteral("%1 h").arg(minutes / 60);
    return QStringLiteral("%1:%2").arg(
        QString::number(minutes), QString::number(ms / 1000 % 60).rightJustified(2, u'0'));
}

QString joined(const Value &list)
{
    QStringList texts;
    for (const Value &item : list.list())
        texts << claimedName(item.toText());
    return texts.join(u',');
}

QString row(const QStringList &cells)
{
    static const int widths[] = { 5, 6, 5, 20, wordsShown, 8, 16 };
    QString text;
    for (qsizetype i = 0; i < cells.size(); ++i)
        text += i < qsizetype(std::size(widths)) ? cells[i].leftJustified(widths[i]) + u' ' : cells[i];
    return text.trimmed() + u'\n';
}

QString table(const Value::List &pending)
{
    if (pending.empty())
        return QStringLiteral("No requests wait.\n");
    QString text =
        row({ QStringLiteral("ID"), QStringLiteral("SINCE"), QStringLiteral("KIND"), QStringLiteral("CLAIMED NAME"),
            QStringLiteral("KEY WORDS"), QStringLiteral("NUMBER"), QStringLiteral("FROM"), QStringLiteral("ASKS") });
    for (const Value &request : pending) {
        const bool machine = request[u"machine"].toBool();
        const QString asks =
            machine ? QStringLiteral("offer:") + joined(request[u"commands"]) : joined(request[u"rights"]);
        text += row({ request[u"id"].toText(), clock(request[u"since_ms"].toInt()),
            machine ? QStringLiteral("node") : QStringLiteral("user"), quoted(request[u"claim"]),
            keyWords(request[u"key"]), showNumber(request[u"number"].toText()), request[u"address"].toText(), asks });
    }
    return text;
}

QString statusText(const Value &reply)
{
    QString text =
        QStringLiteral("%1: hawser-brokerd %2, up %3\n")
            .arg(claimedName(reply[u"name"].toText()), reply[u"version"].toText(), clock(reply[u"uptime_ms"].toInt()));
    text += QStringLiteral("key        %1\n").arg(QString::fromLatin1(reply[u"key"].toBytes().toHex()));
    text += QStringLiteral("listening  %1\n").arg(joined(reply[u"listening"]));
    text += QStringLiteral("sessions   %1\n").arg(reply[u"sessions"].toInt());
    text += QStringLiteral("users      %1\n").arg(reply[u"users"].toInt());
    text += QStringLiteral("nodes      %1 (%2 online)\n")
                .arg(QString::number(reply[u"nodes"].toInt()), QString::number(reply[u"nodes_online"].toInt()));
    text += QStringLiteral("requests   %1\n").arg(reply[u"requests"].toInt());
    for (const Value &sentence : reply[u"trouble"].list())
        text += QStringLiteral("trouble    %1\n").arg(visible(sentence.toText()));
    return text + u'\n' + limitLines(reply[u"limits"], reply[u"used"], reply[u"hits"]);
}

QString blocksText(const Value &reply)
{
    QString text;
    for (const Value &block : reply[u"blocks"].list())
        text += clock(block[u"left_ms"].toInt()).leftJustified(6) + claimedName(block[u"what"].toText()) + u'\n';
    if (reply[u"more"].toBool())
        text += QStringLiteral("… and more.\n");
    return text.isEmpty() ? QStringLiteral("Nobody is blocked.\n") : text;
}

QString topicsText(const Value &reply)
{
    const auto line = [](const char *doing, const Value &patterns) {
        const QString all = joined(patterns);
        return QStringLiteral("%1 %2\n").arg(QLatin1String(doing), all.isEmpty() ? QStringLiteral("nothing") : all);
    };
    return QStringLiteral("%1 (%2)\n").arg(quoted(reply[u"name"]), keyWords(reply[u"key"]))
        + line("publishes ", reply[u"publish"]) + line("subscribes", reply[u"subscribe"]);
}

QString approvedText(const Value &request, const Value &reply)
{
    const qint64 time = request[u"for_ms"].toInt();
    const QString until = time > 0
        ? QStringLiteral(" until ") + QDateTime::currentDateTime().addMSecs(time).toString(Qt::ISODate)
        : QString();
    return QStringLiteral("Approved %1 (%2)%3. Undo: hawser-brokerd revoke %4\n")
        .arg(quoted(reply[u"name"]), keyWords(reply[u"key"]), until,
            QString::fromLatin1(reply[u"key"].toBytes().toHex().left(16)));
}

} // namespace

QByteArray printedAnswer(const QString &verb, const Value &request, const Value &reply, const Value::List &pending)
{
    QString text;
    if (verb == QLatin1String("pending"))
        text = table(pending);
    else if (verb == QLatin1String("status"))
        text = statusText(reply);
    else if (verb == QLatin1String("approve"))
        text = approvedText(request, reply);
    else if (verb == QLatin1String("deny"))
        text = QStringLiteral("Denied %1 (%2).\n").arg(quoted(reply[u"name"]), keyWords(reply[u"key"]));
    else if (verb == QLatin1String("revoke"))
        text = QStringLiteral("Revoked %1 (%2): %3 sessions ended.\n")
                   .arg(quoted(reply[u"name"]), keyWords(reply[u"key"]), QString::number(reply[u"sessions"].toInt()));
    else if (verb == QLatin1String("invite"))
        text = reply[u"link"].toText() + u'\n';
    else if (verb == QLatin1String("blocked"))
        text = blocksText(reply);
    else if (verb == QLatin1String("unblock"))
        text = QStringLiteral("%1 may ask again.\n").arg(claimedName(reply[u"what"].toText()));
    else if (verb == QLatin1String("topics"))
        text = topicsText(reply);
    else if (verb == QLatin1String("drain"))
        text = QStringLiteral("The broker stops.\n");
    return forTerminal(text);
}

QByteArray printedJson(const QString &verb, const Value &reply, const Value::List &pending)
{
    Value object = reply.kind() == Value::Kind::Map ? reply : Value(Value::Map {});
    if (verb == QLatin1String("pending"))
        object.insert(QStringLiteral("requests"), Value(pending));
    return jsonLine(object);
}

QByteArray printedJsonError(const Error &error)
{
    return jsonLine(errorValue(error));
}

} // namespace hawser::broker
