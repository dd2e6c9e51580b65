#include "core/transfer/records.h"

#include <QtEndian>
#include <cstring>

namespace hawser::transfer {

namespace {

constexpr quint32 payloadMost = limits::pathBytes + 2048; // of every record but Content
constexpr quint32 contentMost = 1024 * 1024;

template <typename T>
void appendInt(QByteArray &out, T value)
{
    char bytes[sizeof(T)];
    qToBigEndian(value, bytes);
    out.append(bytes, sizeof bytes);
}

void appendHead(QByteArray &out, Record kind, quint32 length)
{
    out += char(kind);
    appendInt(out, length);
}

Error broken(const QString &what)
{
    return { Code::InvalidArgument, what };
}

} // namespace

void Tally::folder(QByteArrayView path)
{
    ++m_total.folders;
    m_root.add(path);
    m_root.add(QByteArrayView("\0", 1));
}

void Tally::file(QByteArrayView path, quint64 size, const QByteArray &hash)
{
    ++m_total.files;
    m_total.bytes += size;
    m_root.add(path);
    m_root.add(QByteArrayView("\0", 1));
    m_root.add(hash);
}

Total Tally::total()
{
    m_total.root = m_root.result();
    return m_total;
}

Result<QByteArrayList> safePath(QByteArrayView path)
{
    if (path.isEmpty() || path.size() > limits::pathBytes)
        return broken(QStringLiteral("a path is empty or too long"));
    if (path.contains('\0'))
        return broken(QStringLiteral("a path has a zero byte in it"));
    const QByteArrayList parts = path.toByteArray().split('/');
    if (parts.size() > limits::transferDepth)
        return broken(QStringLiteral("folders are nested too deeply"));
    for (const QByteArray &part : parts) {
        if (part.isEmpty() || part == "." || part == ".." || part.size() > limits::pathComponent)
            return broken(QStringLiteral("a path leads out of its folder, or a name in it is too long"));
    }
    return parts;
}

void appendFolder(QByteArray &out, const Entry &entry)
{
    appendHead(out, Record::Folder, quint32(8 + 1 + entry.path.size()));
    appendInt(out, entry.mtime);
    out += '\0';
    out += entry.path;
}

void appendFile(QByteArray &out, const Entry &entry)
{
    appendHead(out, Record::File, quint32(8 + 8 + 1 + entry.path.size()));
    appendInt(out, entry.size);
    appendInt(out, entry.mtime);
    out += char(entry.executable ? executable : 0);
    out += entry.path;
}

char *appendContent(QByteArray &out, quint32 bytes)
{
    appendHead(out, Record::Content, bytes);
    const qsizetype at = out.size();
    out.resize(at + bytes);
    return out.data() + at;
}

void appendFileEnd(QByteArray &out, const QByteArray &hash)
{
    appendHead(out, Record::FileEnd, quint32(hash.size()));
    out += hash;
}

void appendFileBroken(QByteArray &out, const QString &why)
{
    const QByteArray text = why.toUtf8().left(1024);
    appendHead(out, Record::FileBroken, quint32(text.size()));
    out += text;
}

void appendSkipped(QByteArray &out, const QByteArray &path, const QString &why)
{
    const QByteArray shown = path.left(limits::pathBytes);
    const QByteArray text = why.toUtf8().left(1024);
    appendHead(out, Record::Skipped, quint32(2 + shown.size() + text.size()));
    appendInt(out, quint16(shown.size()));
    out += shown + text;
}

void appendEnd(QByteArray &out, const Total &total)
{
    appendHead(out, Record::End, quint32(3 * 8 + total.root.size()));
    appendInt(out, total.files);
    appendInt(out, total.folders);
    appendInt(out, total.bytes);
    out += total.root;
}

Result<void> RecordReader::take(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        if (m_over)
            return broken(QStringLiteral("something came after the end"));
        if (!m_inRecord) {
            const qsizetype part = qMin<qsizetype>(5 - m_head.size(), bytes.size());
            m_head += bytes.first(part);
            bytes = bytes.sliced(part);
            if (m_head.size() < 5)
                return {};
            m_kind = Record(quint8(m_head[0]));
            m_left = qFromBigEndian<quint32>(m_head.constData() + 1);
            m_head.resize(0);
            m_inRecord = true;
            if (m_left > (m_kind == Record::Content ? contentMost : payloadMost))
                return broken(QStringLiteral("a record is too long"));
            const bool needsFile =
                m_kind == Record::Content || m_kind == Record::FileEnd || m_kind == Record::FileBroken;
            if (needsFile != m_inFile)
                return broken(QStringLiteral("a record stands in the wrong place"));
            if (m_kind == Record::Content) {
                if (m_left > m_fileLeft)
                    return broken(QStringLiteral("a file is longer than was said"));
                m_fileLeft -= m_left;
            }
        }
        const qsizetype part = qMin<qsizetype>(m_left, bytes.size());
        const QByteArrayView piece = bytes.first(part);
        bytes = bytes.sliced(part);
        m_left -= quint32(part);
        if (m_kind == Record::Content) {
            if (const Result<void> taken = m_taker.content(piece); !taken)
                return taken;
            m_inRecord = m_left > 0;
            continue;
        }
        if (m_payload.isEmpty() && m_left == 0) {
            m_inRecord = false;
            if (const Result<void> taken = whole(piece); !taken)
                return taken;
            continue;
        }
        m_payload += piece;
        if (m_left > 0)
            return {};
        m_inRecord = false;
        const QByteArray payload = std::exchange(m_payload, {});
        if (const Result<void> taken = whole(payload); !taken)
            return taken;
    }
    return {};
}

Result<void> RecordReader::whole(QByteArrayView payload)
{
    switch (m_kind) {
    case Record::Folder:
    case Record::File:
        return takeEntry(payload);
    case Record::FileEnd:
        if (payload.size() != Sha256::size || m_fileLeft > 0)
            return broken(QStringLiteral("a file is shorter than was said"));
        m_inFile = false;
        return m_taker.fileEnd(payload);
    case Record::FileBroken:
        m_inFile = false;
        return m_taker.fileBroken(QString::fromUtf8(payload));
    case Record::Skipped: {
        const qsizetype length = payload.size() < 2 ? -1 : qFromBigEndian<quint16>(payload.data());
        if (length < 0 || payload.size() < 2 + length || ++m_entries > limits::transferEntries)
            return broken(QStringLiteral("a record is damaged"));
        return m_taker.skipped(payload.sliced(2, length), QString::fromUtf8(payload.sliced(2 + length)));
    }
    case Record::End: {
        if (payload.size() != 3 * 8 + Sha256::size)
            return broken(QStringLiteral("the end is damaged"));
        m_over = true;
        return m_taker.end({ qFromBigEndian<quint64>(payload.data()), qFromBigEndian<quint64>(payload.data() + 8),
            qFromBigEndian<quint64>(payload.data() + 16), payload.sliced(24).toByteArray() });
    }
    case Record::Content:
        break;
    }
    return broken(QStringLiteral("a record of unknown kind %1").arg(quint8(m_kind)));
}

Result<void> RecordReader::takeEntry(QByteArrayView payload)
{
    Entry entry;
    entry.folder = m_kind == Record::Folder;
    const qsizetype fixed = entry.folder ? 9 : 17;
    if (payload.size() <= fixed)
        return broken(QStringLiteral("a record is damaged"));
    if (++m_entries > limits::transferEntries)
        return broken(QStringLiteral("these are too many files at once"));
    const char *at = payload.data();
    if (!entry.folder) {
        entry.size = qFromBigEndian<quint64>(at);
        at += 8;
    }
    entry.mtime = qFromBigEndian<qint64>(at);
    entry.executable = at[8] & executable;
    entry.path = payload.sliced(fixed).toByteArray();
    if (entry.size > quint64(INT64_MAX))
        return broken(QStringLiteral("a file has an impossible size"));
    m_inFile = !entry.folder;
    m_fileLeft = entry.size;
    return m_taker.begin(entry);
}

} // namespace hawser::transfer
