// Preloaded into a program, keeps beside it what a power cut would leave of one folder: the content of each file as it was at
// its last fsync or fdatasync, and the names of each folder as they were at its last. tests/support/powercut.py uses it.
//
//   HAWSER_POWERCUT=FOLDER:SHADOW    two absolute paths; SHADOW exists and holds
//     content-KEY                    bytes of a file at its last sync
//     names-KEY                      names of a folder at its last sync: KEY "/" name "\0"
//
// KEY is inode and birth, so that a number used again is another file; a folder's begins with d, and is "root" for FOLDER itself.
// Nothing is intercepted but the two syncs: what reached
// the disk in any other way counts as lost, which can only make a test fail.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <mutex>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

struct Places {
    std::string folder;
    std::string shadow;
};

const Places &places()
{
    static const Places read = [] {
        Places places;
        const char *said = std::getenv("HAWSER_POWERCUT");
        const char *colon = said ? std::strchr(said, ':') : nullptr;
        if (colon)
            places = { std::string(said, colon), std::string(colon + 1) };
        return places;
    }();
    return read;
}

/// "d" for a folder, then what no other file ever has.
std::string keyOf(int at, const char *path, int flags)
{
    struct statx found { };
    if (::statx(at, path, flags | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_TYPE | STATX_BTIME, &found) != 0)
        return {};
    char key[96];
    std::snprintf(key, sizeof key, "%s%llu-%lld-%u", S_ISDIR(found.stx_mode) ? "d" : "",
        static_cast<unsigned long long>(found.stx_ino), static_cast<long long>(found.stx_btime.tv_sec),
        found.stx_btime.tv_nsec);
    return key;
}

/// Where an open file is, seen from the folder: empty for the folder itself, nothing when it is elsewhere.
std::optional<std::string> placeOf(int file)
{
    char link[64];
    char path[PATH_MAX];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = ::readlink(link, path, sizeof path);
    const std::string place(path, length > 0 ? size_t(length) : 0);
    const std::string &folder = places().folder;
    if (folder.empty() || place.compare(0, folder.size(), folder) != 0)
        return std::nullopt;
    if (place.size() > folder.size() && place[folder.size()] != '/')
        return std::nullopt;
    return place.substr(folder.size());
}

int create(const std::string &name, int flags)
{
    return ::open((places().shadow + "/" + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
}

bool writeAll(int file, const char *data, size_t size)
{
    for (ssize_t done = 0; size > 0; data += done, size -= size_t(done))
        if ((done = ::write(file, data, size)) <= 0)
            return false;
    return true;
}

/// In place, as a disk does: a kill half-way leaves some pages old and some new.
void keepContent(int file, const std::string &key)
{
    char own[64];
    std::snprintf(own, sizeof own, "/proc/self/fd/%d", file);
    const int source = ::open(own, O_RDONLY | O_CLOEXEC); // the caller's may be for writing only
    const int copy = create("content-" + key, 0);
    static thread_local char piece[1 << 16];
    off_t at = 0;
    ssize_t got = 0;
    while (source >= 0 && (got = ::pread(source, piece, sizeof piece, at)) > 0 && writeAll(copy, piece, size_t(got)))
        at += got;
    if (copy < 0 || source < 0 || got < 0 || ::ftruncate(copy, at) != 0)
        std::abort(); // a shadow that cannot be kept proves nothing
    ::close(source);
    ::close(copy);
}

void keepNames(int folder, const std::string &key)
{
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = own < 0 ? nullptr : ::fdopendir(own);
    if (!listing)
        std::abort();
    std::string names;
    while (const dirent *entry = ::readdir(listing)) {
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0)
            continue;
        const std::string entryKey = keyOf(own, entry->d_name, 0);
        if (!entryKey.empty()) // gone meanwhile
            names += entryKey + "/" + entry->d_name + '\0';
    }
    ::closedir(listing);
    const std::string fresh = "fresh-" + key;
    const int copy = create(fresh, O_TRUNC);
    const std::string path = places().shadow + "/";
    if (copy < 0 || !writeAll(copy, names.data(), names.size())
        || ::rename((path + fresh).c_str(), (path + "names-" + key).c_str()) != 0)
        std::abort();
    ::close(copy);
}

int synced(int file, const char *name)
{
    using Sync = int (*)(int);
    const auto real = reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name));
    const int result = real(file);
    const int before = errno;
    const std::optional<std::string> place = placeOf(file);
    if (result == 0 && place) {
        static std::mutex one;
        const std::lock_guard<std::mutex> lock(one);
        const std::string key = keyOf(file, "", AT_EMPTY_PATH);
        if (key.empty())
            std::abort();
        if (place->empty())
            keepNames(file, "root");
        else if (key[0] == 'd')
            keepNames(file, key);
        else
            keepContent(file, key);
    }
    errno = before;
    return result;
}

} // namespace

extern "C" int fsync(int file)
{
    return synced(file, "fsync");
}

extern "C" int fdatasync(int file)
{
    return synced(file, "fdatasync");
}
