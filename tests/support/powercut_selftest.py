#!/usr/bin/env python3
"""A power cut takes what was not synced and nothing else: SQLite's NORMAL loses rows it has acknowledged, FULL none.

    powercut_selftest.py BUILD
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from powercut import PowerCut  # noqa: E402

ROWS = 100
INSERTS = """
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1], isolation_level=None)
rows.execute("PRAGMA journal_mode=WAL")
rows.execute("PRAGMA synchronous=" + sys.argv[2])
rows.execute("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY)")
for n in range(int(sys.argv[3])):
    rows.execute("INSERT INTO t DEFAULT VALUES")
    print(n, flush=True)
sys.stdin.read()
"""
FILES = """
import os, sys
os.chdir(sys.argv[1])
def make(name, text, sync):
    file = os.open(name, os.O_WRONLY | os.O_CREAT)
    os.write(file, text)
    if sync:
        os.fsync(file)
def folder(name="."):
    os.fsync(os.open(name, os.O_RDONLY))
make("both", b"kept", True)
make("name only", b"lost", False)
os.mkdir("sub")
folder()
make("sub/inner", b"kept", True)
folder("sub")
make("content only", b"lost", True)
make("renamed", b"new", True)
os.rename("renamed", "both")
make("sub/later", b"lost", True)
"""


def dies(cut, script, *words):
    """Runs a script until it has said its last and is killed; what it said."""
    program = subprocess.Popen([sys.executable, "-c", script, *words], env={**os.environ, **cut.env}, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    said = [program.stdout.readline() for _ in range(int(words[-1]) if words[-1].isdigit() else 0)]
    if not said:
        program.wait()
    program.kill()
    program.communicate()
    return len(said)


def rows(folder):
    """How many rows a database has, 0 when there is not even a table. Looks at a copy: to look is to write."""
    copy = shutil.copytree(folder, folder + "-copy", dirs_exist_ok=True)
    database = sqlite3.connect(os.path.join(copy, "db"))
    try:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute("SELECT count(*) FROM t").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()
        shutil.rmtree(copy)


def lost(build, folder, how):
    """Rows acknowledged and gone after a cut, and after a second one."""
    cut = PowerCut(build, os.path.join(folder, how))
    acked, gone = 0, []
    for _ in range(2):
        acked += dies(cut, INSERTS, os.path.join(cut.folder, "db"), how, str(ROWS))
        cut.fall()
        there = rows(cut.folder)
        gone.append(acked - there)
        acked = there
    return gone


def names(build, folder):
    cut = PowerCut(build, os.path.join(folder, "names"))
    dies(cut, FILES, cut.folder)
    cut.fall()
    found = {}
    for path, _, files in os.walk(cut.folder):
        for name in files:
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.relpath(os.path.join(path, name), cut.folder)] = file.read()
    return found


def main():
    folder = tempfile.mkdtemp(prefix="hawser-cut-")
    wrong = []
    try:
        normal, full = lost(sys.argv[1], folder, "NORMAL"), lost(sys.argv[1], folder, "FULL")
        print(f"of {ROWS} acknowledged rows and {ROWS} more: NORMAL loses {normal}, FULL loses {full}")
        if normal[0] != ROWS:
            wrong.append("with NORMAL every row is lost: the shim drops what was not synced")
        if full != [0, 0]:
            wrong.append("with FULL none is lost: the shim keeps what was synced")
        found = names(sys.argv[1], folder)
        if found != {"both": b"kept", "name only": b"", "sub/inner": b"kept"}:
            wrong.append(f"names and contents are what was synced, not {found}")
    finally:
        shutil.rmtree(folder)
    for sentence in wrong:
        print("FAILED", sentence)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
