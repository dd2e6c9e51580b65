#!/usr/bin/env python3
"""P4: a broker whose mailbox is full of rows is killed again and again, while people write, while it reads its settings anew, while it
writes its journal back and while it starts: each start serves within five seconds, its databases are whole, nothing is left lying
about, and what it acknowledged arrives once. proof_restart.py BUILD ROWS KILLS
"""

import asyncio
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
from stranger import Identity

START = 5.0  # seconds until somebody is served
SENDERS = 2
ENDLESS = 10**6  # messages: they write until told to stop
PACE = 0.02
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


class Broker:
    """One that dies and comes again on the same folder and address."""

    def __init__(self, house, visitor):
        self.house, self.visitor, self.slowest = house, visitor, 0.0
        self.folder = house.path("broker")

    def kill(self):
        broker = self.house.programs[-1]
        os.kill(broker.pid, signal.SIGKILL)
        broker.process.wait()

    def start(self):
        self.house.start_broker("broker", self.house.address, config=ROOM)

    def start_and_kill(self, seconds):
        """It does not get far."""
        with subprocess.Popen([self.house.program("hawser-brokerd"), "run", "--data", self.folder, "--listen", self.house.address],
                              env=self.house.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as early:
            time.sleep(seconds)
            early.kill()

    async def again(self):
        """A start and how long it took until somebody was served."""
        began = time.monotonic()
        await asyncio.to_thread(self.start)
        await served(self.house, self.visitor)
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        check(took < START, f"a start took {took:.1f} s")

    async def disturb(self, way):
        """Something for a kill to fall into."""
        pid = self.house.programs[-1].pid
        if way == "settings":
            for _ in range(5):
                os.kill(pid, signal.SIGHUP)
                await asyncio.sleep(0.01)
        elif way == "journal":
            database = sqlite3.connect(os.path.join(self.folder, "mailbox.sqlite"))
            try:
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                database.close()
        else:
            await asyncio.sleep(random.uniform(0.05, 0.6))


async def run(house, rows, kills):
    secret = secret_of(house.invite("--uses", SENDERS + 3))
    visitor, reader, away, *people = [Identity(house.folder, name) for name in
                                      ("visitor", "reader", "away", *(f"sender{number}" for number in range(SENDERS)))]
    for each in (visitor, reader, away, *people):
        await let_in(house.address, each, secret)
    broker = Broker(house, visitor)
    broker.kill()
    filled = subprocess.run([os.path.join(house.bin, "..", "tests", "mailer"), "fill", os.path.join(broker.folder, "mailbox.sqlite"),
                             str(rows), away.key.hex()], check=False, capture_output=True, text=True, env=house.env)
    check(filled.returncode == 0, f"the mailbox is filled: {filled.stderr}")
    await broker.again()
    before = files_of(broker.folder)
    history = History()
    posters = [Poster(house.address, each, reader.key, ENDLESS, history, pace=PACE) for each in people]
    running = [asyncio.ensure_future(each.run()) for each in posters]
    ways, early = ("load", "settings", "journal"), 0
    for number in range(kills):
        written = sum(each.kept for each in posters)
        await until(lambda: sum(each.kept for each in posters) > written, "them to go on")
        await broker.disturb(ways[number % len(ways)])
        broker.kill()
        if number % 4 == 3:
            await asyncio.to_thread(broker.start_and_kill, random.uniform(0, 0.15))
            early += 1
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
    there = sqlite3.connect(os.path.join(broker.folder, "mailbox.sqlite"))
    left = there.execute("SELECT sum(count) FROM mail WHERE recipient = ?", (away.key,)).fetchone()[0]
    there.close()
    check(left == rows, f"{left} of {rows} messages wait for who is away")
    extra = sorted(set(files_of(broker.folder)) - set(before))
    check(not extra, f"left lying about: {extra}")
    print(f"killed {kills} times with {rows} messages in the mailbox, {early} of them once more while it started: the slowest start "
          f"served after {broker.slowest:.1f} s; {history.count('acked')} acknowledged meanwhile, all seen once; "
          f"{len(found)} databases are whole", flush=True)


def proof(build, rows, kills):
    with Household(build) as house:
        house.start_broker(config=ROOM)
        asyncio.run(run(house, int(rows), int(kills)))


main(proof)
