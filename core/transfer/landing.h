#pragma once

#include "core/result.h"

#include <QByteArrayList>
#include <QStringList>
#include <map>
#include <memory>

namespace hawser::transfer {

/// A file descriptor that closes itself.
class Fd {
public:
    explicit Fd(int fd = -1) : m_fd(fd) { }
    Fd(Fd &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) { }
    Fd &operator=(Fd &&other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~Fd();
    int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd;
};

/// How much can be written to a folder's disk, with a reserve kept free: bytes.
/// \retval FailedPrecondition  no such folder, or it cannot be written: the sentence says
Result<qint64> roomIn(const QString &folder);

/// Where a transfer lands: a private folder FOLDER/.hawser-part/RANDOM until everything is whole, then each of its items
/// moves into FOLDER under a free name. Everything is made beneath directory handles, never through a link, never over
/// something that exists. What is not settled is removed again, unless it is to be kept, and nothing else. Blocking: for a
/// thread of its own. While one lives nobody else touches its private folder.
class Landing {
public:
    /// \retval FailedPrecondition  the folder cannot be made or written: the sentence says why
    static Result<std::unique_ptr<Landing>> open(const QString &folder);
    ~Landing();

    /// \param parts  checked by safePath(); the parents exist already
    Result<void> makeFolder(const QByteArrayList &parts, qint64 mtime);
    /// A new empty file, for writing.
    Result<Fd> makeFile(const QByteArrayList &parts);
    /// Takes away a file made before that turned out broken.
    void dropFile(const QByteArrayList &parts);
    /// Makes all durable, still in the private folder.
    Result<void> makeDurable();
    /// Moves every item to its final place, after makeDurable() where that was not done.
    /// \return the final names of the items, in the order they began
    Result<QStringList> settle();
    /// The private folder stays, settled or not, for settleLater(), and then close() or sweep().
    void setKept(bool on) { m_kept = on; }
    /// Of the private folder.
    const QByteArray &partName() const { return m_partName; }
    /// Goes on where a program ended that was about to settle() or in the midst of it: moves what is still there. That the
    /// private folder is there says that it is the right disk.
    /// \param partName  of a landing that was durable and is kept
    /// \return the final names of what was moved now
    /// \retval FailedPrecondition  the folder, the private one or their disk is not there, or cannot be written: nothing is lost
    static Result<QStringList> settleLater(const QString &folder, const QByteArray &partName);
    /// Takes away the private folder of what was settled, if it is empty.
    static void close(const QString &folder, const QByteArray &partName);
    /// Removes what a program left that ended before it was settled; not what is under way.
    /// \return that it was there and is gone
    static bool sweep(const QString &folder, const QByteArray &partName);
    /// Room left: see roomIn.
    qint64 room() const;

private:
    Landing() = default;
    static std::unique_ptr<Landing> find(const QString &folder, const QByteArray &partName);
    bool remove();
    Result<QStringList> placeAll();
    Result<int> parentOf(const QByteArrayList &parts);
    Result<QByteArray> place(const QByteArray &name);

    Fd m_folder;
    Fd m_parts; // .hawser-part
    Fd m_part; // .hawser-part/RANDOM
    QByteArray m_partName;
    QString m_shown;
    Fd m_parent;
    QByteArray m_parentPath;
    bool m_parentIsPart = false;
    QByteArrayList m_items;
    std::vector<std::pair<QByteArray, qint64>> m_folderTimes;
    bool m_durable = false;
    bool m_settled = false;
    bool m_kept = false;
};

/// mtime from a stranger: what makes no sense becomes the present. ns since 1970.
qint64 saneTime(qint64 mtime);
/// "a.txt" → "a (2).txt"; within 255 bytes.
QByteArray numberedName(const QByteArray &name, int number);
/// The system's word for errno, as the end of a sentence.
QString systemError(int error);

} // namespace hawser::transfer
