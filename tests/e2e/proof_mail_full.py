#!/usr/bin/env python3
"""P5: the broker's disk is full: durable messages are refused and never acknowledged, calls and presence go on, the log stays short;
with room it goes on by itself within five seconds, and all that was acknowledged arrives. The same at the receiver: what her disk
cannot keep waits at the broker, is shown as delivered to nobody, and comes by itself, in order and once; also when her program is killed
meanwhile. proof_mail_full.py BUILD
"""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import time

from household import MEBI, Household, Skipped, check, main, wait_for
from history import History
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from stranger import TALK, Identity

ROOM = 8 * MEBI
MESSAGES, SIZE = 1500, 2000
FULL = 5  # seconds that it stays full
RECOVERS = 5
LOG = 64 * 1024  # bytes it may say about it


def fill(folder):
    """Nothing goes in any more; also again, when there was some room."""
    ballast = os.open(os.path.join(folder, "ballast"), os.O_WRONLY | os.O_CREAT)
    try:
        for piece in (65536, 4096):
            while True:
                os.write(ballast, bytes(piece))
    except OSError:
        try:
            while True:
                os.write(ballast, bytes(512))
        except OSError:
            os.close(ballast)


async def calls_go_on(house, one, other, seconds):
    until_then, count = time.monotonic() + seconds, 0
    async with Light(house.address, other) as server, Light(house.address, one) as caller:
        server.serve("tick", lambda caller, said: said)
        while time.monotonic() < until_then:
            answer = await caller.call("tick", {"n": count}, other.key, TALK)
            check(answer.code == 0, f"a call between people while the disk is full: {answer}")
            count += 1
            await asyncio.sleep(0.02)
    return count


async def run(house, broker, folder):
    secret = secret_of(house.invite("--uses", 4))
    sender, reader, ana, bea = (Identity(house.folder, name) for name in ("sender", "reader", "ana", "bea"))
    for each in (sender, reader, ana, bea):
        await let_in(house.address, each, secret)
    history = History()
    poster = Poster(house.address, sender, reader.key, MESSAGES, history, SIZE, pace=0.03)
    taker = Taker(house.address, reader, history, {sender.key: poster.name})
    task = asyncio.ensure_future(poster.run())
    await until(lambda: poster.kept > 100, "the first messages to be kept")
    fill(folder)
    await until(lambda: poster.refusals, "a refusal")
    kept, said = poster.kept, len(broker.output())
    count = await calls_go_on(house, ana, bea, FULL)
    check(broker.running(), "the broker goes on")
    check(poster.kept <= kept + 2 * 500, f"what is refused is not acknowledged: {kept} -> {poster.kept}")
    code, sentence, retry = poster.refusals[-1]
    check(code == 8 and retry > 0, f"the refusal is honest: {poster.refusals[-1]}")
    check(len(broker.output()) - said < LOG, f"the log grew by {len(broker.output()) - said} bytes in {FULL} s")
    stuck = poster.kept
    os.remove(os.path.join(folder, "ballast"))
    freed = time.monotonic()
    await until(lambda: poster.kept > stuck, "it to go on by itself", RECOVERS)
    took = time.monotonic() - freed
    taking = asyncio.ensure_future(taker.run())
    await asyncio.wait_for(task, 60)
    await until(lambda: not history.missing(), f"all to arrive: {history.missing()}", 60)
    taker.stopped = True
    await taking
    wrong = history.verdict() + taker.gaps
    check(not wrong, "; ".join(wrong))
    print(f"full: {len(poster.refusals)} refusals ({sentence!r}), {count} calls of others, went on {took:.1f} s after there was room, "
          f"{history.count('seen')} seen once", flush=True)


@contextlib.contextmanager
def small_disk(house, folder):
    """What is there ends before it goes."""
    os.mkdir(folder, 0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "small", folder], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Skipped(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        for program in house.programs:
            program.stop()
        subprocess.run(["umount", "-l", folder], check=True)


def on_disk(person):
    """What others said, as it lies there."""
    with contextlib.closing(sqlite3.connect(f"file:{person.data}/chat.sqlite?mode=ro", uri=True)) as database:
        return [text for (text,) in database.execute("SELECT text FROM entries WHERE kind = 1 AND mine = 0 ORDER BY id")]


def status(person):
    return person.well("status", "--json").lines()[0]


def own(person):
    program = person.own()
    wait_for(lambda: status(person)["brokers"][0]["state"] == "ready", f"{person.name}'s broker", 30)
    return program


def states(person):
    return {line["text"]: line["state"] for line in person.well("messages", "--json").lines() if line["mine"]}


def check_true(ana, bea):
    """What is shown as delivered lies on her disk; returns how many are."""
    shown = states(ana)  # before her disk is looked at
    there = on_disk(bea)
    early = [text for text, state in shown.items() if state in ("delivered", "read") and text not in there]
    check(not early, f"shown as delivered, and not on her disk: {early}")
    return sum(state in ("delivered", "read") for state in shown.values())


def says(ana, bea, words):
    for word in words:
        ana.run("message", bea.key, word)
    wait_for(lambda: all(states(ana).get(word) == "at-broker" for word in words), f"{words} to lie at the broker: {states(ana)}", 30)


def all_come(ana, bea, words):
    """By itself."""
    wait_for(lambda: check_true(ana, bea) == len(words), f"{words} to be delivered", 60)
    check(on_disk(bea) == words, f"in order and once: {on_disk(bea)}")


def parked(house):
    return house.broker("status")[0]["counters"]["mailbox_parked"]


def receiver(build):
    with Household(build) as house, small_disk(house, house.path("bea")) as folder:
        house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        own(ana)
        beas = own(bea)
        words = [f"word {n}" for n in range(6)]
        fill(folder)
        says(ana, bea, words)
        trouble = wait_for(lambda: status(bea).get("trouble"), "her status to say it")
        check("disk is full" in trouble, trouble)
        given, end = house.broker("status")[0]["counters"]["mailbox_given"], time.monotonic() + FULL
        while time.monotonic() < end:
            check(check_true(ana, bea) == 0, f"nothing is delivered while her disk is full: {states(ana)}")
        counters = house.broker("status")[0]["counters"]
        check(counters["mailbox_parked"] == 0, f"nothing is set aside: {counters}")
        check(counters["mailbox_given"] == given, f"it does not go back and forth: {given} -> {counters['mailbox_given']}")
        os.remove(os.path.join(folder, "ballast"))
        freed = time.monotonic()
        all_come(ana, bea, words)
        took = time.monotonic() - freed
        check(not status(bea).get("trouble"), "her status says no more")

        more = [f"more {n}" for n in range(6)]
        fill(folder)
        says(ana, bea, more)
        wait_for(lambda: status(bea).get("trouble"), "her status to say it")
        check(check_true(ana, bea) == len(words), f"nothing is delivered: {states(ana)}")
        beas.process.kill()
        beas.process.wait()
        os.remove(os.path.join(folder, "ballast"))
        own(bea)
        all_come(ana, bea, words + more)
        check(parked(house) == 0, f"{parked(house)} are set aside")
        print(f"the receiver's disk full ({trouble!r}): all came {took:.1f} s after there was room; and after a kill",
              flush=True)


def proof(build):
    with Household(build) as house, small_disk(house, house.path("broker")) as folder:
        broker = house.start_broker(config=f"[mailbox]\nsender_items = {2 * MESSAGES}\n")
        asyncio.run(run(house, broker, folder))
    receiver(build)


main(proof)
