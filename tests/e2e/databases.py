"""What can happen to a database: damaged, newer, held by another process, in a folder that cannot be written to."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess

from household import Skipped


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def settle(path):
    """All that was written is in the one file."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


@contextlib.contextmanager
def changed(path, change):
    """The database with something done to it, then as it was."""
    settle(path)
    kept = path + ".kept"
    shutil.copy2(path, kept)
    change(path)
    yield
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path + end)
    os.replace(kept, path)


def damage(path):
    with open(path, "r+b") as file:
        file.write(os.urandom(4096))


def damage_inside(path):
    """A sound first page, and nothing sound behind it."""
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def make_newer(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=999")
    database.commit()
    database.close()


@contextlib.contextmanager
def locked(path):
    """Another process writes and does not end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


@contextlib.contextmanager
def read_only(folder):
    done = subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        done = subprocess.run(["mount", "-o", "remount,bind,ro", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
