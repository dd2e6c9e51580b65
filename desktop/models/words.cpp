#include "desktop/models/words.h"

#include "core/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

namespace hawser::desktop {

using chat::Entry;
using chat::Transfer;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("hawser::desktop::words", text);
}

QString joined(QStringList parts)
{
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

QDateTime localTime(qint64 at)
{
    return QDateTime::fromMSecsSinceEpoch(at);
}

QString going(const Transfer &transfer)
{
    const int percent = int(progressOf(transfer) * 100);
    QStringList parts { tr("%1 %").arg(percent) };
    if (transfer.speed > 0)
        parts << tr("%1/s").arg(sizeText(transfer.speed));
    if (transfer.timeLeft)
        parts << tr("about %1 left").arg(durationText(*transfer.timeLeft));
    return joined(parts);
}

QString done(const Transfer &transfer)
{
    const auto took = transfer.took.count();
    const quint64 speed = took > 0 ? transfer.bytes * 1000 / quint64(took) : 0;
    const bool out = transfer.direction == Transfer::Direction::Out;
    return joined({ out ? tr("Delivered and verified") : tr("Received and verified"), durationText(transfer.took),
        speed > 0 ? tr("avg %1/s").arg(sizeText(speed)) : QString(),
        transfer.failed.isEmpty() ? QString() : tr("%1 not taken").arg(filesText(quint64(transfer.failed.size()))) });
}

QString roundTripText(const chat::Presence &presence)
{
    const auto ms = presence.roundTrip.count();
    return ms > 0 ? tr("%1 ms").arg(ms) : QString();
}

QString orElse(const QString &sentence, const QString &otherwise)
{
    return sentence.isEmpty() ? otherwise : visible(sentence);
}

} // namespace

QString sizeText(quint64 bytes)
{
    return QLocale().formattedDataSize(qint64(bytes), bytes < 1000 ? 0 : 1, QLocale::DataSizeSIFormat);
}

QString filesText(quint64 files)
{
    return files == 1 ? tr("1 file") : tr("%1 files").arg(QLocale().toString(files));
}

QString foldersText(quint64 folders)
{
    return folders == 1 ? tr("1 folder") : tr("%1 folders").arg(QLocale().toString(folders));
}

QString durationText(milliseconds time)
{
    const qint64 s = (time.count() + 500) / 1000;
    if (s < 60)
        return tr("%1 s").arg(s);
    if (s < 3600)
        return tr("%1 m %2 s").arg(QString::number(s / 60), QString::number(s % 60));
    return tr("%1 h %2 m").arg(QString::number(s / 3600), QString::number(s / 60 % 60));
}

QString clockText(qint64 at)
{
    return QLocale().toString(localTime(at).time(), QStringLiteral("HH:mm"));
}

QString dayText(qint64 at, qint64 now)
{
    const QDate day = localTime(at).date();
    const QDate today = localTime(now).date();
    if (day == today)
        return tr("Today");
    if (day.addDays(1) == today)
        return tr("Yesterday");
    return QLocale().toString(
        day, day.year() == today.year() ? QStringLiteral("d MMMM") : QStringLiteral("d MMMM yyyy"));
}

QString momentText(qint64 at, qint64 now)
{
    const bool today = localTime(at).date() == localTime(now).date();
    return today ? clockText(at) : joined({ dayText(at, now), clockText(at) });
}

QString agoText(qint64 at, qint64 now)
{
    if (at <= 0)
        return {};
    const qint64 minutes = (now - at) / 60000;
    if (minutes < 1)
        return tr("just now");
    if (minutes < 60)
        return tr("%1 min ago").arg(minutes);
    if (minutes < 48 * 60)
        return tr("%1 h ago").arg(minutes / 60);
    return tr("%1 days ago").arg(minutes / 60 / 24);
}

QString presenceText(const chat::Presence &presence, qint64 lastSeen, qint64 now)
{
    if (!presence.online)
        return headText(presence, lastSeen, 0, now);
    const QString way = presence.direct ? tr("direct") : tr("via %1").arg(visible(presence.via));
    return joined({ tr("online"), way, roundTripText(presence) });
}

QString headText(const chat::Presence &presence, qint64 lastSeen, quint64 waitingFor, qint64 now)
{
    const QString waiting = waitingFor == 0 ? QString()
        : waitingFor == 1                   ? tr("waiting for an earlier message or receipt")
                                            : tr("waiting for %1 earlier messages or receipts").arg(waitingFor);
    if (presence.online)
        return joined({ tr("online"), roundTripText(presence), waiting });
    const QString ago = agoText(lastSeen, now);
    return joined({ ago.isEmpty() ? tr("away") : tr("away · seen %1").arg(ago), waiting });
}

QString routeText(const chat::Presence &presence)
{
    if (!presence.online)
        return {};
    if (presence.direct)
        return tr("direct – nobody between you");
    return tr("via %1 – its administrator could read this").arg(visible(presence.via));
}

QString stateText(const Entry &entry)
{
    switch (entry.state) {
    case Entry::State::Saving:
        return tr("sending");
    case Entry::State::Queued:
        return entry.sentence.isEmpty() ? tr("queued") : tr("queued: %1").arg(visible(entry.sentence));
    case Entry::State::AtBroker:
        return entry.sentence.isEmpty() ? tr("at the broker") : tr("at %1").arg(visible(entry.sentence));
    case Entry::State::Delivered:
        return tr("delivered");
    case Entry::State::Read:
        return tr("delivered and read");
    case Entry::State::NotSent:
        return entry.sentence.isEmpty() ? tr("not sent") : tr("not sent: %1").arg(visible(entry.sentence));
    case Entry::State::None:
        break;
    }
    return {};
}

QString stateIcon(Entry::State state)
{
    switch (state) {
    case Entry::State::Saving:
    case Entry::State::Queued:
        return QStringLiteral("clock");
    case Entry::State::AtBroker:
        return QStringLiteral("up");
    case Entry::State::Delivered:
        return QStringLiteral("check");
    case Entry::State::Read:
        return QStringLiteral("checks");
    case Entry::State::NotSent:
        return QStringLiteral("warning");
    case Entry::State::None:
        break;
    }
    return {};
}

QString contentText(const Transfer &transfer)
{
    const QString counted = joined({ filesText(transfer.files),
        transfer.folders > 0 ? foldersText(transfer.folders) : QString(), sizeText(transfer.bytes) });
    return transfer.counting ? tr("counting… %1 so far").arg(counted) : counted;
}

QString progressText(const Transfer &transfer)
{
    const bool out = transfer.direction == Transfer::Direction::Out;
    switch (transfer.state) {
    case Transfer::State::Counting:
        return tr("counting…");
    case Transfer::State::Offered:
        return out ? orElse(transfer.sentence, tr("waiting for their answer")) : tr("waiting for your answer");
    case Transfer::State::Waiting:
        return orElse(transfer.sentence, out ? tr("waits for others to finish") : tr("accepted, about to start"));
    case Transfer::State::Going:
        return going(transfer);
    case Transfer::State::Paused:
        return orElse(transfer.sentence, tr("paused"));
    case Transfer::State::Done:
        return done(transfer);
    case Transfer::State::Cancelled:
        return orElse(transfer.sentence, tr("stopped"));
    case Transfer::State::Failed:
        return orElse(transfer.sentence, tr("failed"));
    }
    return {};
}

double progressOf(const Transfer &transfer)
{
    if (transfer.state == Transfer::State::Done)
        return 1;
    if (transfer.bytes == 0)
        return transfer.files > 0 ? std::min(1.0, double(transfer.filesDone) / double(transfer.files)) : 0;
    return std::min(1.0, double(transfer.done) / double(transfer.bytes));
}

} // namespace hawser::desktop
