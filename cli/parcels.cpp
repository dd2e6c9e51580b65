#include "cli/parcels.h"

#include "cli/transfer_text.h"
#include "core/text.h"

#include <QDir>
#include <QFileInfo>

namespace hawser::cli {

namespace {

using contracts::DecideTransfer;
using contracts::SendFiles;
using contracts::TransferItem;
using contracts::WatchTransfers;

/// As a person types it: quotation marks around, ~ for the home folder.
QString pathOf(const QString &typed)
{
    QString path = typed.trimmed();
    const bool isQuoted = path.size() > 1 && path.front() == path.back()
        && (path.front() == QLatin1Char('"') || path.front() == QLatin1Char('\''));
    if (isQuoted)
        path = path.sliced(1, path.size() - 2);
    if (path.startsWith(QLatin1String("~/")))
        path.replace(0, 1, QDir::homePath());
    return QFileInfo(path).absoluteFilePath();
}

} // namespace

Parcels::Parcels(Session &session, Printer &printer, QObject *parent)
    : QObject(parent), m_session(session), m_printer(printer)
{
}

void Parcels::start()
{
    Call *call = m_session.start<WatchTransfers>({ true });
    connect(call, &Channel::received, this, [this](const ChannelMessage &message) {
        if (const auto item = message.as<TransferItem>(); item)
            take(*item);
    });
}

void Parcels::take(const TransferItem &item)
{
    if (item.removed)
        return;
    if (m_printer.isJson())
        return m_printer.object(Value::Map { { QStringLiteral("transfer"), toValue(item) } });
    const bool isNews = m_states.value(item.id) != item.state;
    m_states[item.id] = item.state;
    if (!isNews)
        return;
    if (item.incoming && item.state == QLatin1String("offered")) {
        const QString number = QString::number(numberOf(item.id));
        m_printer.line(QStringLiteral("%1 offers “%2” (%3 files, %4): /accept %5 [DIR] or /decline %5")
                           .arg(claimedName(item.name), visible(item.title), QString::number(item.files),
                               bytesText(item.bytes), number));
    } else if (isOver(item) || item.state == QLatin1String("paused")) {
        m_printer.line(transferText(item));
    }
}

int Parcels::numberOf(const QByteArray &id)
{
    if (!m_ids.contains(id))
        m_ids << id;
    return int(m_ids.indexOf(id)) + 1;
}

void Parcels::send(const QString &who, const QString &path)
{
    const QString whole = pathOf(path);
    if (!QFileInfo::exists(whole))
        return m_printer.error({ Code::NotFound, QStringLiteral("there is no “%1”").arg(whole) });
    ++m_sending;
    m_session.whenThere(who, this, [this, who, whole] {
        Call *call = m_session.start<SendFiles>({ who, { whole }, {} });
        connect(call, &Call::finished, this, [this](const Result<Payload> &result) {
            if (!result)
                m_printer.error(result.error());
            if (--m_sending == 0)
                emit sendingEnded();
        });
    });
}

void Parcels::decide(const QString &wish, const QString &rest)
{
    bool isNumber = false;
    const QString first = rest.section(QLatin1Char(' '), 0, 0, QString::SectionSkipEmpty);
    const int number = first.isEmpty() && m_ids.size() == 1 ? 1 : first.toInt(&isNumber);
    if (number < 1 || number > m_ids.size())
        return m_printer.error({ Code::InvalidArgument, QStringLiteral("which one? /%1 NUMBER").arg(wish) });
    const QString folder = rest.section(QLatin1Char(' '), 1, -1, QString::SectionSkipEmpty);
    m_session.ask<DecideTransfer>({ m_ids[number - 1], wish, folder.isEmpty() ? QString() : pathOf(folder) }, this,
        [this](const Result<DecideTransfer::Reply> &reply) {
            if (!reply)
                m_printer.error(reply.error());
        });
}

} // namespace hawser::cli
