#!/usr/bin/env python3
"""P5 for a disk that becomes read-only under the running programs (EROFS), as ext4 does when it finds an error: at the broker durable
messages are refused and never acknowledged, what lies there is given, calls of others go on, `status` says why in words, the log stays
short. Linux makes such a disk writable again only after it was mended, which it is not while somebody has files open there: the broker
is stopped, says what is wrong when it is started too early, and all that was acknowledged arrives after the repair. A disk that refuses
for a while, and then takes things again, needs no restart: it goes on by itself within five seconds. At the receiver what cannot be kept
waits at the broker. proof_read_only.py BUILD SECONDS
"""

import asyncio
import glob
import os
import signal
import subprocess
import time

from disks import LoopDisk
from history import History
from household import Household, check, main, wait_for
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from stranger import TALK, Identity

MESSAGES, SIZE = 4000, 200
RECOVERS = 5
ENDS = 12  # seconds until a broker that is told to stop has ended
LOG = 64 * 1024  # bytes it may say about it
READ_ONLY = "Read-only file system"
WORDS = ["one", "two", "three"]


class Load:
    """Messages that are posted all the time, and taken; others call each other meanwhile."""

    def __init__(self, house, broker, folder):
        self.house, self.broker = house, broker
        secret = secret_of(house.invite("--uses", 4))
        self.who = [Identity(folder, name) for name in ("sender", "reader", "ana", "bea")]
        self.secret, self.history = secret, History()
        sender, reader, _, _ = self.who
        self.poster = Poster(house.address, sender, reader.key, MESSAGES, self.history, SIZE, pace=0.03)
        self.taker = Taker(house.address, reader, self.history, {sender.key: self.poster.name})
        self.said = 0

    async def begin(self):
        for each in self.who:
            await let_in(self.house.address, each, self.secret)
        self.posting = asyncio.ensure_future(self.poster.run())
        await until(lambda: self.poster.kept > 50, "the first messages to be kept")

    async def calls_go_on(self, seconds):
        _, _, ana, bea = self.who
        end, count = time.monotonic() + seconds, 0
        async with Light(self.house.address, bea) as server, Light(self.house.address, ana) as caller:
            server.serve("tick", lambda who, said: said)
            while time.monotonic() < end or not count:
                answer = await caller.call("tick", {"n": count}, bea.key, TALK)
                check(answer.code == 0, f"a call between people: {answer}")
                count += 1
                await asyncio.sleep(0.02)
        return count

    async def is_refused(self, seconds, why):
        """From now on nothing is acknowledged, and all else goes on; returns how many calls."""
        said, refusals = len(self.broker.output()), len(self.poster.refusals)
        await until(lambda: len(self.poster.refusals) > refusals, "a refusal")
        stuck = self.poster.kept
        count = await self.calls_go_on(seconds)
        check(self.broker.running(), "the broker goes on")
        check(self.poster.kept == stuck, f"nothing is acknowledged: {stuck} -> {self.poster.kept}")
        code, sentence, retry = self.poster.refusals[-1]
        check(code and sentence and 0 < retry <= 1000 * RECOVERS, f"the refusal is honest: {self.poster.refusals[-1]}")
        trouble = self.house.broker("status")[0]["trouble"]
        check(any(why in each for each in trouble), f"status says it: {trouble}")
        grew = len(self.broker.output()) - said
        check(grew < LOG, f"the log grew by {grew} bytes in {seconds} s")
        print(f"refused: {sentence!r}; status: {trouble}; {count} calls of others", flush=True)

    async def goes_on(self):
        stuck, began = self.poster.kept, time.monotonic()
        await until(lambda: self.poster.kept > stuck, "it to go on by itself", RECOVERS)
        took = time.monotonic() - began
        await until(lambda: not self.house.broker("status")[0]["trouble"], "status to say no more", RECOVERS)
        return took

    async def ends_well(self):
        await asyncio.wait_for(self.posting, 60)
        await until(lambda: not self.history.missing(), f"all to arrive: {self.history.missing()}", 60)
        self.taker.stopped = True
        await self.taking
        wrong = self.history.verdict() + self.taker.gaps
        check(not wrong, "; ".join(wrong))
        return self.history.count("seen")


def refuse(folder, yes):
    """The databases and their folder take nothing, or do again; what was opened for writing before neither."""
    files = [folder, *glob.glob(os.path.join(folder, "*.sqlite")), *glob.glob(os.path.join(folder, "*.sqlite-wal"))]
    subprocess.run(["chattr", "+i" if yes else "-i", *files], check=True)


async def at_broker(house, broker, disk, seconds):
    load = Load(house, broker, house.folder)
    await load.begin()
    refuse(disk.path, True)
    try:
        await load.is_refused(1, "Operation not permitted")
    finally:
        refuse(disk.path, False)
    print(f"went on by itself {await load.goes_on():.1f} s after it took things again", flush=True)

    disk.read_only()
    refused = subprocess.run(["mount", "-o", "remount,rw", disk.path], capture_output=True, text=True, check=False)
    check(refused.returncode != 0, "while it is damaged it cannot be made writable")
    load.taking = asyncio.ensure_future(load.taker.run())
    await load.is_refused(seconds, READ_ONLY)
    await until(lambda: not load.history.missing(), f"what lies there to be given: {load.history.missing()}", 20)
    given = load.history.count("seen")

    began = time.monotonic()
    broker.process.send_signal(signal.SIGTERM)
    await until(lambda: not broker.running(), "it to stop", ENDS)
    check(broker.process.returncode == 0, f"it ends well: {broker.process.returncode}")
    stopped = time.monotonic() - began
    early = house.run("hawser-brokerd", "run", "--data", disk.path, "--listen", house.address)
    check(early.status > 0 and READ_ONLY in early.err, f"started on a disk that is read-only it says so: {early}")
    disk.repair()
    load.broker = house.start_broker(config=CONFIG, listen=house.address)
    took = await load.goes_on()
    print(f"read-only: {given} given meanwhile; stopped in {stopped:.1f} s; too early: {early.err.strip()!r}; went on {took:.1f} s after the "
          f"repair, {await load.ends_well()} seen once", flush=True)


def texts(person):
    return [line["text"] for line in person.well("messages", "--json").lines() if not line["mine"]]


def at_receiver(build):
    with Household(build) as house, LoopDisk(house, house.path("bea")) as disk:
        house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        ana.own()
        beas = bea.own()
        wait_for(lambda: bea.well("status", "--json").lines()[0]["brokers"][0]["state"] == "ready", "bea's broker", 30)
        disk.read_only()
        ana.run("chat", bea.key, stdin="".join(word + "\n" for word in WORDS))

        def states():
            return [line["state"] for line in ana.well("messages", "--json").lines() if line["mine"]]

        wait_for(lambda: states() == ["at-broker"] * len(WORDS), f"what she cannot keep to wait at the broker: {states()}", 30)
        trouble = wait_for(lambda: bea.well("status", "--json").lines()[0].get("trouble"), "her status to say it")
        check(READ_ONLY in trouble, trouble)
        check(beas.running(), "her program goes on")
        check(beas.stop() == 0, "and ends well")
        early = bea.run("messages")
        check(early.status != 0 and disk.path in early.err, f"on a disk that is read-only it says so: {early}")
        disk.repair()
        bea.own()
        wait_for(lambda: states() == ["delivered"] * len(WORDS), f"all to be delivered: {states()}", 30)
        check(texts(bea) == WORDS, f"in order and once: {texts(bea)}")
        print(f"at the receiver: {trouble!r}; too early: {early.err.strip()!r}; all came after the repair", flush=True)


CONFIG = f"[mailbox]\nsender_items = {2 * MESSAGES}\n"


def proof(build, seconds):
    with Household(build) as house, LoopDisk(house, house.path("broker")) as disk:
        broker = house.start_broker(config=CONFIG)
        asyncio.run(at_broker(house, broker, disk, float(seconds)))
    at_receiver(build)


main(proof)
