#!/usr/bin/env python3
"""P4: a broker whose mailbox is full of rows is killed again and again while people write: in the middle of its work, of reading its
settings anew, of writing its journal back, of bringing an older mailbox up to date, of its start. Each start serves within five
seconds, its databases are whole, nothing is left lying about, and what it acknowledged arrives once. proof_restart.py BUILD ROWS KILLS
"""

import asyncio
import collections
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time

from household import Household, check, main, wait_for
from history import History
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from moments import WRITES, WRITES_BACK, half_carried_over, holder, kill_when, stops_at, version_of
from stranger import Identity

START = 5.0  # seconds until somebody is served
SENDERS = 2
ENDLESS = 10**6  # messages: they write until told to stop
PACE = 0.02
ASIDE = 50_000  # things in an older mailbox that take a moment to count
ROOM = "[mailbox]\nitems = 1000000\nbytes = 1000000000\nsender_items = 1000000\nsender_bytes = 1000000000\n"
JOURNALS = ("-wal", "-shm")


def files_of(folder):
    """What lies there, but for what SQLite and a running broker keep beside their files."""
    return sorted(name for name in os.listdir(folder) if not name.endswith(JOURNALS))


def check_databases(folder):
    found = [name for name in os.listdir(folder) if name.endswith(".sqlite")]
    check(found, "there are databases")
    for name in found:
        database = sqlite3.connect(os.path.join(folder, name))
        verdict = database.execute("PRAGMA integrity_check").fetchall()
        database.close()
        check(verdict == [("ok",)], f"{name}: {verdict[:3]}")
    return found


async def served(house, identity):
    """Somebody is let in and has an answer."""
    async with Light(house.address, identity) as light:
        answer = await light.call("broker.status", seconds=START)
        check(answer.code == 0, f"the broker answers: {answer}")


def set_aside(path, whom):
    """So many things that her device could not take."""
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executemany("INSERT INTO mail_parked VALUES (?, ?, ?, ?, ?, ?)",
                             ((whom.key, bytes(16), number, now, whom.key, bytes(100)) for number in range(1, ASIDE + 1)))
        database.execute("INSERT INTO mail_boxes VALUES (?, ?, ?, ?, 0)", (whom.key, ASIDE, ASIDE * 100, ASIDE))
        database.execute("INSERT INTO mail_pairs VALUES (?, ?, ?, ?)", (whom.key, whom.key, ASIDE, ASIDE * 100))


def make_older(path, whom):
    """The mailbox as version 1 left it: it did not count what was set aside."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE mail_boxes SET items = items - ?, bytes = bytes - ?, all_items = all_items - ? WHERE recipient = ?",
                         (ASIDE, ASIDE * 100, ASIDE, whom.key))
        database.execute("UPDATE mail_pairs SET items = items - ?, bytes = bytes - ? WHERE recipient = ?", (ASIDE, ASIDE * 100, whom.key))
        database.execute("PRAGMA user_version = 1")


class Broker:
    """One that dies and comes again on the same folder and address. .fell counts what its deaths fell into."""

    def __init__(self, house, visitor, aside):
        self.house, self.visitor, self.aside, self.slowest = house, visitor, aside, 0.0
        self.folder, self.config = house.path("broker"), house.path("broker.toml")
        self.mailbox = os.path.join(self.folder, "mailbox.sqlite")
        self.fell = collections.Counter()
        self.settings = 0

    @property
    def pid(self):
        return self.house.programs[-1].pid

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.house.programs[-1].process.wait()

    def start(self):
        self.house.start_broker("broker", self.house.address, config=ROOM)

    async def again(self):
        """A start and how long it took until somebody was served."""
        began = time.monotonic()
        await asyncio.to_thread(self.start)
        await served(self.house, self.visitor)
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        check(took < START, f"a start took {took:.1f} s")

    def kill_starting(self, condition, what):
        """It does not get far."""
        with subprocess.Popen([self.house.program("hawser-brokerd"), "run", "--data", self.folder, "--listen", self.house.address],
                              env=self.house.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as early:
            kill_when(early.pid, lambda: condition(early.pid), what)

    # ---- what a death falls into

    def under_load(self):
        time.sleep(random.uniform(0.05, 0.6))
        self.kill()
        self.fell["work"] += 1

    def reading_settings(self):
        """Half of the times before it has read the new ones, else while it takes them over."""
        self.settings += 1
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(ROOM.replace("items = 1000000", f"items = {1000000 - self.settings}", 1))
        with stops_at(self.config) as reads:
            os.kill(self.pid, signal.SIGHUP)
            wait_for(reads, "the broker to read its settings")
            if self.settings % 2:
                self.kill()
        if self.settings % 2 == 0:
            time.sleep(random.uniform(0, 0.003))
            self.kill()
        self.fell["settings"] += 1

    def writing_back(self):
        """While it carries its journal into the database."""
        pid = self.pid
        kill_when(pid, lambda: holder(self.mailbox, WRITES_BACK) == pid, "the broker to write its journal back", 60)
        self.house.programs[-1].process.wait()
        self.fell["journal"] += half_carried_over(self.mailbox)

    def changing_tables(self):
        """Its mailbox is one of an older Hawser: while it brings it up to date."""
        self.kill()
        make_older(self.mailbox, self.aside)
        self.kill_starting(lambda pid: holder(self.mailbox, WRITES) == pid, "the broker to change its tables")
        self.fell["migration"] += version_of(self.mailbox) == 1

    def starting(self):
        self.kill()
        until_then = time.monotonic() + random.uniform(0, 0.15)
        self.kill_starting(lambda pid: time.monotonic() > until_then, "a moment")
        self.fell["start"] += 1


async def run(house, rows, kills):
    secret = secret_of(house.invite("--uses", SENDERS + 4))
    visitor, reader, away, aside, *people = [Identity(house.folder, name) for name in
                                             ("visitor", "reader", "away", "aside", *(f"sender{number}" for number in range(SENDERS)))]
    for each in (visitor, reader, away, aside, *people):
        await let_in(house.address, each, secret)
    broker = Broker(house, visitor, aside)
    broker.kill()
    filled = subprocess.run([os.path.join(house.bin, "..", "tests", "mailer"), "fill", broker.mailbox, str(rows), away.key.hex()],
                            check=False, capture_output=True, text=True, env=house.env)
    check(filled.returncode == 0, f"the mailbox is filled: {filled.stderr}")
    set_aside(broker.mailbox, aside)
    await broker.again()
    before = files_of(broker.folder)
    history = History()
    posters = [Poster(house.address, each, reader.key, ENDLESS, history, pace=PACE) for each in people]
    running = [asyncio.ensure_future(each.run()) for each in posters]
    deaths = (broker.under_load, broker.reading_settings, broker.writing_back, broker.changing_tables, broker.starting)
    for number in range(kills):
        written = sum(each.kept for each in posters)
        await until(lambda: sum(each.kept for each in posters) > written, "them to go on")
        await asyncio.to_thread(deaths[number % len(deaths)])
        await broker.again()
    for each, task in zip(posters, running):
        each.count = each.said  # no more
        await asyncio.wait_for(task, 60)
    taker = Taker(house.address, reader, history, {each.key: poster.name for each, poster in zip(people, posters)})
    taking = asyncio.ensure_future(taker.run())
    await until(lambda: not history.missing(), f"all to arrive: missing {history.missing()}")
    taker.stopped = True
    await asyncio.wait_for(taking, 20)
    wrong = history.verdict() + taker.gaps
    check(not wrong, "; ".join(wrong))
    wait_for(lambda: house.programs[-1].running(), "the broker")
    house.programs[-1].stop()
    found = check_databases(broker.folder)
    with contextlib.closing(sqlite3.connect(broker.mailbox)) as there:
        left = there.execute("SELECT sum(count) FROM mail WHERE recipient = ?", (away.key,)).fetchone()[0]
        counted = there.execute("SELECT items, bytes, all_items FROM mail_boxes WHERE recipient = ?", (aside.key,)).fetchone()
    check(left == rows, f"{left} of {rows} messages wait for who is away")
    check(counted == (ASIDE, ASIDE * 100, ASIDE), f"what was set aside is counted once: {counted}")
    extra = sorted(set(files_of(broker.folder)) - set(before))
    check(not extra, f"left lying about: {extra}")
    check(len(broker.fell) == len(deaths) and min(broker.fell.values()) > 0, f"deaths fell into {dict(broker.fell)}")
    print(f"killed {kills} times with {rows} messages in the mailbox, in the middle of {dict(broker.fell)}: the slowest start "
          f"served after {broker.slowest:.1f} s; {history.count('acked')} acknowledged meanwhile, all seen once; "
          f"{len(found)} databases are whole", flush=True)


def proof(build, rows, kills):
    with Household(build) as house:
        house.start_broker(config=ROOM)
        asyncio.run(run(house, int(rows), int(kills)))


main(proof)
