#!/usr/bin/env python3
"""A database that is damaged, newer, read-only, locked or full: a clear sentence and the file untouched at the start; while it
runs, an honest refusal, and what needs no database goes on. Afterwards all works again. proof_databases.py BUILD
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess

from household import Household, Skipped, check, main, wait_for
from light import Light, let_in, secret_of
from stranger import TALK, Identity

BUSY = 1.0  # seconds that nobody may wait for somebody else's database
RECOVERS = 5  # seconds


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Keeper:
    """Whose database it is and how it is started: to its end, and what it said."""

    def __init__(self, name, folder, file, start):
        self.name, self.folder, self.path, self.start = name, folder, os.path.join(folder, file), start

    def settle(self):
        """All that was written is in the one file."""
        database = sqlite3.connect(self.path)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()


def refuses(keeper, what, words):
    """It does not start, says why with one of the words and where, and leaves the file as it is."""
    before = digest(keeper.path)
    done = keeper.start()
    check(done.status not in (0, -6, -11), f"{keeper.name}, {what}: it must say no and live: {done}")
    said = (done.out + done.err).strip()
    check(any(word in said.lower() for word in words), f"{keeper.name}, {what}: it says {said!r}")
    check(os.path.basename(keeper.path) in said or keeper.folder in said, f"{keeper.name}, {what}: which file? {said!r}")
    check(digest(keeper.path) == before, f"{keeper.name}, {what}: the file was changed")
    print(f"{keeper.name}, {what}: {said.splitlines()[-1][:160]}", flush=True)


@contextlib.contextmanager
def changed(keeper, change):
    """The database with something done to it, then as it was."""
    keeper.settle()
    kept = keeper.path + ".kept"
    shutil.copy2(keeper.path, kept)
    change(keeper.path)
    yield
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(keeper.path + end)
    os.replace(kept, keeper.path)


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


def at_the_start(keeper):
    with changed(keeper, damage):
        refuses(keeper, "damaged", ("not a database", "malformed", "damaged"))
    with changed(keeper, damage_inside):
        refuses(keeper, "damaged inside", ("malformed", "damaged"))
    with changed(keeper, make_newer):
        refuses(keeper, "newer", ("newer",))
    with read_only(keeper.folder):
        refuses(keeper, "read-only", ("read-only", "cannot write", "cannot open"))


async def calls(house, one, other, seconds):
    """The slowest of the calls between two members."""
    slowest, loop = 0, asyncio.get_running_loop()
    async with Light(house.address, other) as server, Light(house.address, one) as caller:
        server.serve("tick", lambda caller, said: said)
        until = loop.time() + seconds
        while loop.time() < until:
            began = loop.time()
            answer = await caller.call("tick", {}, other.key, TALK, seconds=30)
            check(answer.code == 0, f"a call is answered: {answer}")
            slowest = max(slowest, loop.time() - began)
            await asyncio.sleep(0.01)
    return slowest


def while_it_runs(house, keeper, members):
    """What needs the database is refused; calls between people do not notice."""
    with locked(keeper.path):
        asks = [house.start(f"asks-{number}", "hawser-brokerd", "invite", "--data", keeper.folder) for number in range(3)]
        slowest = asyncio.run(calls(house, *members, 3))
        for each in asks:
            wait_for(lambda: not each.running(), "an answer about the invitation", 15)
            check(each.process.returncode != 0 and "holds the database" in each.output(),
                  f"no invitation without saving it: {each.output()}")
    print(f"locked meanwhile: refused, slowest call {slowest * 1000:.0f} ms", flush=True)
    check(slowest < BUSY, f"a call waited {slowest:.1f} s for somebody else's database")
    wait_for(lambda: house.run("hawser-brokerd", "invite", "--data", keeper.folder).status == 0, "invitations again", RECOVERS)


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        members = [Identity(house.folder, name) for name in ("one", "other")]
        secret = secret_of(house.invite("--uses", 2))
        check(all(asyncio.run(let_in(house.address, each, secret)) for each in members), "an invitation lets in")
        keeper = Keeper("the broker", house.path("broker"), "broker.sqlite",
                        lambda: house.run("hawser-brokerd", "run", "--listen", "127.0.0.1:0", "--data", house.path("broker"),
                                          seconds=20))
        while_it_runs(house, keeper, members)
        broker.stop()
        at_the_start(keeper)
        with locked(keeper.path):
            house.start_broker("broker", house.address)  # what only reads is served
        check(house.broker("status")[0]["users"] == 2, "after all that, everybody is still a member")
        ana = house.person("ana")
        at_the_start(Keeper("a person", ana.data, "person.db", lambda: ana.run("contacts")))
        with locked(os.path.join(ana.data, "person.db")):
            ana.well("contacts")


main(proof)
