#include "core/mail_items.h"

#include "core/call.h"
#include "core/limits.h"
#include "core/sodium.h"

#include <QtEndian>

namespace hawser {

namespace {

constexpr qsizetype lengthBytes = sizeof(quint32);
constexpr qsizetype fixedBytes = lengthBytes + qsizetype(sizeof(qint64)) + 1;
constexpr qsizetype digestBytes = 16;

template <typename Number>
void append(QByteArray &out, Number number)
{
    const Number wire = qToBigEndian(number);
    out.append(reinterpret_cast<const char *>(&wire), sizeof wire);
}

Error malformed()
{
    return { Code::InvalidArgument, QStringLiteral("a durable message is malformed") };
}

} // namespace

void appendItem(QByteArray &run, const MailItem &item)
{
    append(run, quint32(fixedBytes + item.kind.size() + item.body.size()));
    append(run, item.written);
    append(run, quint8(item.kind.size()));
    run += item.kind;
    run += item.body;
}

QByteArray packItems(std::span<const MailItem> items)
{
    QByteArray run;
    for (const MailItem &item : items)
        appendItem(run, item);
    return run;
}

Result<QList<quint32>> cutItems(QByteArrayView run)
{
    QList<quint32> cuts { 0 };
    QByteArrayView known; // a kind that was looked at: mostly all have the same
    for (qsizetype at = 0; at < run.size();) {
        if (run.size() - at < fixedBytes)
            return malformed();
        const qsizetype length = qFromBigEndian<quint32>(run.data() + at);
        const qsizetype kind = quint8(run[at + fixedBytes - 1]);
        if (length > run.size() - at || length < fixedBytes + kind)
            return malformed();
        const QByteArrayView named = run.sliced(at + fixedBytes, kind);
        if ((known.isEmpty() || named != known) && !isCommandName(QString::fromLatin1(named)))
            return malformed();
        known = named;
        if (length > limits::mailItem || cuts.size() > limits::mailItems)
            return Error { Code::ResourceExhausted, QStringLiteral("a durable message is too large") };
        at += length;
        cuts << quint32(at);
    }
    return cuts;
}

bool isGone(QByteArrayView bytes)
{
    const QByteArrayView kind(goneKind);
    return bytes.size() == fixedBytes + kind.size() && bytes.sliced(fixedBytes) == kind;
}

MailItem itemOf(QByteArrayView bytes)
{
    const qsizetype kind = quint8(bytes[fixedBytes - 1]);
    return { bytes.sliced(fixedBytes, kind).toByteArray(), bytes.sliced(fixedBytes + kind).toByteArray(),
        qFromBigEndian<qint64>(bytes.data() + lengthBytes) };
}

Result<QList<MailItem>> unpackItems(QByteArrayView run)
{
    const Result<QList<quint32>> cuts = cutItems(run);
    if (!cuts)
        return cuts.error();
    QList<MailItem> items;
    for (qsizetype i = 0; i + 1 < cuts->size(); ++i)
        items << itemOf(run.sliced((*cuts)[i], (*cuts)[i + 1] - (*cuts)[i]));
    return items;
}

QByteArray itemDigest(QByteArrayView bytes)
{
    return blake2b({ bytes }).first(digestBytes);
}

} // namespace hawser
