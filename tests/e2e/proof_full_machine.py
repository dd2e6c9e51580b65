#!/usr/bin/env python3
"""P5 at a machine, for durable calls: its disk is full, or another program holds its database, while calls wait for it, while one runs,
and when it starts. No call is lost, each takes effect once, its result reaches the caller by itself once there is room, and `status` of
the machine says why until then. proof_full_machine.py BUILD
"""

import contextlib
import os
import re
import sqlite3
import time

from disks import SmallDisk
from household import MEBI, Household, check, main, wait_for

ROOM = 8 * MEBI
HELD_AT_START = 12  # seconds: longer than it waits for it, when it starts and when it has a link
RECOVERS = 15  # seconds: a database that is held is waited for, 5 s at a time
ORDER = """
[[command]]
name = "order"
idempotent = true
at_once = 16
working_folder = "FOLDER"
argv = ["/bin/sh", "-c", 'echo "$1" >> ran; while [ -e wait ]; do sleep 0.1; done; echo "order $1"', "sh", "{n}"]
[[command.parameter]]
name = "n"
type = "int"
required = true
"""
FULL, HELD = "disk is full", "another program holds the database"


class Shop:
    """Ana calls a machine whose folder is on a disk of its own."""

    def __init__(self, house, disk):
        self.house, self.disk, self.asked = house, disk, 0
        self.shop = house.path("shop")
        os.mkdir(self.shop)
        house.start_broker()
        self.agent, self.key = house.node(ORDER.replace("FOLDER", self.shop))
        self.ana = house.person("ana")
        self.ana.own()
        wait_for(lambda: any(each["commands"] for each in self.ana.well("offers", "--json").lines()), "the offer")

    def kill(self):
        self.agent.process.kill()
        self.agent.process.wait()

    def start(self):
        self.agent = self.house.start("node", "hawser-nodeagent", "run", "--data", self.disk.path, "--config", self.house.path("node.toml"))

    def order(self, count):
        """So many, each kept on disk at Ana's; returns their numbers."""
        numbers = range(self.asked + 1, self.asked + count + 1)
        for number in numbers:
            self.ana.well("run", self.key, "order", f"n={number}", "--durable")
        self.asked += count
        return list(numbers)

    def results(self):
        return {each["parameters"]["n"]: each for each in self.ana.well("results", "--json").lines()}

    def states(self, numbers):
        results = self.results()
        return [results[number]["state"] for number in numbers]

    def ran(self):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(self.shop, "ran"), encoding="ascii") as lines:
            return [int(line) for line in lines]
        return []

    def status(self):
        done = self.house.run("hawser-nodeagent", "status", "--json", "--data", self.disk.path)
        return done.lines()[0] if done.status == 0 else {}

    def says(self, why):
        wait_for(lambda: why in self.status().get("durable_sentence", ""), f"its status to say {why!r}: {self.status()}", 30)
        out = self.house.well("hawser-nodeagent", "status", "--data", self.disk.path).out
        check(why in out, f"and to people: {out}")

    def all_done(self, what, numbers):
        began = time.monotonic()
        wait_for(lambda: set(self.states(numbers)) == {"done"}, f"{what}: all results, by themselves: {self.results()}", RECOVERS)
        took = time.monotonic() - began
        for number in numbers:
            each = self.results()[number]
            check((each["code"], each["sentence"]) == ("ok", "exit 0"), f"{what}: {each}")
            shown = self.ana.well("results", each["id"]).out
            check(f"order {number}" in shown, f"{what}: the result is shown: {shown}")
        check(sorted(self.ran()) == list(range(1, self.asked + 1)), f"{what}: each ran once: {self.ran()}")
        wait_for(lambda: self.status().get("durable_sentence") == "", f"{what}: its status to say no more: {self.status()}", 10)
        check(self.agent.running(), f"{what}: the machine goes on")
        print(f"{what}: {len(numbers)} results {took:.1f} s after it was over, each ran once", flush=True)

    def running(self):
        """A call that runs until done() is told."""
        with open(os.path.join(self.shop, "wait"), "wb"):
            pass
        number = self.order(1)[0]
        wait_for(lambda: number in self.ran(), "it to run")
        return number

    def done(self):
        os.remove(os.path.join(self.shop, "wait"))


class Full:
    """Nothing fits on its disk."""

    def __init__(self, shop):
        self.disk, self.why = shop.disk, FULL

    def begin(self):
        self.disk.fill()

    def end(self):
        self.disk.make_room()


class Held:
    """Another program writes in its database, and does not end; alone, when the machine is not there."""

    def __init__(self, shop):
        self.path, self.why = os.path.join(shop.disk.path, "calls.sqlite"), HELD
        self.other = None

    def begin(self, alone=False):
        self.other = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        if alone:
            self.other.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.other.execute("BEGIN EXCLUSIVE")

    def end(self):
        self.other.execute("ROLLBACK")
        self.other.close()


def while_calls_wait(shop, trouble):
    trouble.begin()
    numbers = shop.order(3)
    shop.says(trouble.why)
    check(set(shop.states(numbers)) <= {"queued", "at-broker"}, f"nothing is told to be taken: {shop.results()}")
    check(not set(numbers) & set(shop.ran()), "nothing runs that could run twice")
    wait_for(lambda: len(re.findall("at .+; .+ has not taken it yet", shop.ana.well("results").out)) == len(numbers), "Ana to read so")
    trouble.end()
    shop.all_done(f"{trouble.why}, while calls wait", numbers)


def while_one_runs(shop, trouble):
    number = shop.running()
    trouble.begin()
    shop.done()
    shop.says(trouble.why)
    check(shop.states([number]) == ["taken"], f"nothing is told to be done: {shop.results()}")
    trouble.end()
    shop.all_done(f"{trouble.why}, while one ran", [number])


def when_it_starts(shop, trouble, seconds, *how):
    shop.kill()
    trouble.begin(*how)
    began = time.monotonic()
    numbers = shop.order(2)
    shop.start()
    shop.says(trouble.why)
    time.sleep(max(0, began + seconds - time.monotonic()))
    trouble.end()
    shop.all_done(f"{trouble.why}, when it starts", numbers)


def proof(build):
    with Household(build) as house, SmallDisk(house, house.path("node"), ROOM) as disk:
        shop = Shop(house, disk)
        full, held = Full(shop), Held(shop)
        for trouble in (full, held):
            while_calls_wait(shop, trouble)
            while_one_runs(shop, trouble)
        when_it_starts(shop, full, 0)
        when_it_starts(shop, held, HELD_AT_START, True)


main(proof)
