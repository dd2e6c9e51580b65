#!/usr/bin/env python3
"""P5 at the receiver: what her disk cannot keep waits at the broker, is shown as delivered to nobody, and comes by itself within five
seconds once there is room, in order and once; also when her program is killed meanwhile. proof_full_receiver.py BUILD SECONDS
"""

import contextlib
import re
import sqlite3
import time

from disks import SmallDisk
from household import MEBI, Household, check, main, wait_for

ROOM = 8 * MEBI
RECOVERS = 5


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
    """All of them by one program: each that says one waits a while for it to arrive."""
    done = ana.run("chat", bea.key, stdin="".join(word + "\n" for word in words))
    check(done.status == 0, f"ana says {words}: {done}")
    wait_for(lambda: all(states(ana).get(word) == "at-broker" for word in words), f"{words} to lie at the broker: {states(ana)}", 30)


def all_come(ana, bea, words):
    """By itself."""
    wait_for(lambda: check_true(ana, bea) == len(words), f"{words} to be delivered", 60)
    check(on_disk(bea) == words, f"in order and once: {on_disk(bea)}")


def proof(build, seconds):
    seconds = float(seconds)
    with Household(build) as house, SmallDisk(house, house.path("bea"), ROOM) as disk:
        house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        own(ana)
        beas = own(bea)
        counters = lambda: house.broker("status")[0]["counters"]
        words = [f"word {n}" for n in range(6)]
        disk.fill()
        says(ana, bea, words)
        trouble = wait_for(lambda: status(bea).get("trouble"), "her status to say it")
        check("disk is full" in trouble, trouble)
        given, end = counters()["mailbox_given"], time.monotonic() + seconds
        while time.monotonic() < end:
            check(check_true(ana, bea) == 0, f"nothing is delivered while her disk is full: {states(ana)}")
        now = counters()
        check(now["mailbox_parked"] == 0, f"nothing is set aside: {now}")
        check(now["mailbox_given"] == given, f"it does not go back and forth: {given} -> {now['mailbox_given']}")
        disk.make_room()
        freed = time.monotonic()
        wait_for(lambda: len(on_disk(bea)) == len(words), "all to come", RECOVERS)
        took = time.monotonic() - freed
        all_come(ana, bea, words)
        check(not status(bea).get("trouble"), "her status says no more")

        more = [f"more {n}" for n in range(6)]
        disk.fill()
        says(ana, bea, more)
        told = ana.run("message", bea.key, "told")
        check(re.match(r"at .+; .+ has not taken it yet$", told.err.splitlines()[-1]), f"ana reads why it waits: {told}")
        waits = ana.start("message", bea.key, "waits", "--wait")
        wait_for(lambda: "has not taken it yet; waiting" in waits.output(), f"ana to read that it waits: {waits.output()}")
        more += ["told", "waits"]
        wait_for(lambda: status(bea).get("trouble"), "her status to say it")
        check(check_true(ana, bea) == len(words), f"nothing is delivered: {states(ana)}")
        beas.process.kill()
        beas.process.wait()
        disk.make_room()
        own(bea)
        all_come(ana, bea, words + more)
        check(waits.process.wait(20) == 0 and "delivered to" in waits.output(), f"who waited is told: {waits.output()}")
        parked = counters()["mailbox_parked"]
        check(parked == 0, f"{parked} are set aside")
        print(f"the receiver's disk full ({trouble!r}): all came {took:.1f} s after there was room; and after a kill", flush=True)


main(proof)
