"""Moments that a kill is to fall into, seen from outside without disturbing who is watched.

SQLite's locks are bytes of a database's -shm file, and the kernel tells who holds one; how far the journal was written back
stands in the same file (sqlite.org/walformat.html). A file with a lease stops who opens it in the middle of its open().
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sqlite3
import struct
import tempfile
import time

from household import Failed

WRITES, WRITES_BACK = 120, 121  # bytes of the -shm file: who changes the database, who carries its journal into it
LOCK = "hhqqi4x"  # struct flock
ATTEMPTED, DONE = 128, 96  # where the -shm file says how much of the journal a checkpoint is to carry over, and has


def holder(path, lock):
    """The process that holds a lock of a database, or None."""
    try:
        file = os.open(path + "-shm", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        kind, _, _, _, pid = struct.unpack(LOCK, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(LOCK, fcntl.F_WRLCK, os.SEEK_SET, lock, 1, 0)))
    finally:
        os.close(file)
    return None if kind == fcntl.F_UNLCK else pid


def kill_when(pid, condition, what, seconds=30):
    """SIGKILL as soon as it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s for {what}")
    os.kill(pid, signal.SIGKILL)


def half_carried_over(path):
    """Whether a checkpoint of this database was begun and not ended; its program is dead and nobody has opened it since."""
    with open(path + "-shm", "rb") as file:
        index = file.read(136)
    return struct.unpack_from("=I", index, ATTEMPTED) > struct.unpack_from("=I", index, DONE)


def version_of(path):
    """A dead program's database has this version; nothing of its files changes by the look."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (path, path + "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(name, folder)
        with contextlib.closing(sqlite3.connect(os.path.join(folder, os.path.basename(path)))) as database:
            return database.execute("PRAGMA user_version").fetchone()[0]


@contextlib.contextmanager
def stops_at(path):
    """Whoever opens the file stands still until `with` ends; gives a function that tells whether somebody does."""
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # which nobody minds
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield lambda: fcntl.fcntl(file, fcntl.F_GETLEASE) != fcntl.F_WRLCK
    finally:
        os.close(file)
