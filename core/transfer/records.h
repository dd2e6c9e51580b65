#pragma once

#include "core/limits.h"
#include "core/result.h"
#include "core/transfer/hash.h"

#include <QByteArrayList>
#include <functional>

namespace hawser::transfer {

/// The byte stream of a transfer is a row of records: kind u8 · length u32 · payload (docs/protocol.md §15.1).
enum class Record : quint8 {
    Folder = 1, ///< mtime ns i64 · flags u8 · path
    File = 2, ///< size u64 · mtime ns i64 · flags u8 · path
    Content = 3, ///< bytes of the file that was begun
    FileEnd = 4, ///< SHA-256 of its content
    FileBroken = 5, ///< a sentence: the file that was begun cannot be finished, drop it
    Skipped = 6, ///< path length u16 · path · sentence: the sender cannot send this
    End = 7, ///< files u64 · folders u64 · bytes u64 · root hash
};

inline constexpr quint8 executable = 1; ///< flag of a file: its owner may run it

/// A file or a folder on its way. `path` is relative, '/' between components, raw bytes of the sender's file system.
struct Entry {
    bool folder = false;
    QByteArray path;
    quint64 size = 0;
    qint64 mtime = 0; ///< ns since 1970, clamped by the receiver
    bool executable = false;
};

/// What both sides say at the end.
struct Total {
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    QByteArray
        root; ///< SHA-256 over `path · 0 · content hash` of each whole file and `path · 0` of each folder, in order

    bool operator==(const Total &) const = default;
};

/// Adds up what the root hash is made of.
class Tally {
public:
    void folder(QByteArrayView path);
    void file(QByteArrayView path, quint64 size, const QByteArray &hash);
    Total total(); ///< once, at the end
    quint64 files() const { return m_total.files; }

private:
    Total m_total;
    Sha256 m_root;
};

/// A path of a stranger, checked: no empty, "." or ".." component, no NUL, limits of limits.h.
/// \retval InvalidArgument  the sentence says why
Result<QByteArrayList> safePath(QByteArrayView path);

void appendFolder(QByteArray &out, const Entry &entry);
void appendFile(QByteArray &out, const Entry &entry);
/// Makes room for a Content record at the end of `out` and returns where its bytes go.
char *appendContent(QByteArray &out, quint32 bytes);
void appendFileEnd(QByteArray &out, const QByteArray &hash);
void appendFileBroken(QByteArray &out, const QString &why);
void appendSkipped(QByteArray &out, const QByteArray &path, const QString &why);
void appendEnd(QByteArray &out, const Total &total);

/// What the receiving side does with records, in their order.
class RecordTaker {
public:
    virtual ~RecordTaker() = default;
    virtual Result<void> begin(const Entry &entry) = 0; ///< a folder, or a file whose content follows
    virtual Result<void> content(QByteArrayView bytes) = 0;
    virtual Result<void> fileEnd(QByteArrayView hash) = 0;
    virtual Result<void> fileBroken(const QString &why) = 0;
    virtual Result<void> skipped(QByteArrayView path, const QString &why) = 0;
    virtual Result<void> end(const Total &total) = 0;
};

/// Cuts the byte stream into records. Content is handed on as it comes, everything else whole.
class RecordReader {
public:
    explicit RecordReader(RecordTaker &taker) : m_taker(taker) { }
    /// \retval InvalidArgument  no such record, in a wrong place, or too long; whatever the taker says
    Result<void> take(QByteArrayView bytes);

private:
    Result<void> whole(QByteArrayView payload);
    Result<void> takeEntry(QByteArrayView payload);

    RecordTaker &m_taker;
    QByteArray m_head;
    Record m_kind = Record::End;
    quint32 m_left = 0; // bytes of the record that are still to come
    bool m_inRecord = false;
    bool m_inFile = false;
    bool m_over = false;
    quint64 m_fileLeft = 0;
    quint32 m_entries = 0;
    QByteArray m_payload;
};

} // namespace hawser::transfer
