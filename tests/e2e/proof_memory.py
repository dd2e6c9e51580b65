#!/usr/bin/env python3
"""A file of any size passes through constant memory: sender, receiver and broker. proof_memory.py BUILD MIB [FOLDER]

The transfer lives in the programs that own the two data folders; they and the broker stay, and so does what they needed most.
"""

import filecmp
import os

from household import MEBI, Household, Peaks, check, main, wait_for

MOST = 64 * MEBI


def make_source(path, size):
    """Mostly holes, with bytes of its own every 16 MiB: what is lost or swapped is seen."""
    with open(path, "wb") as file:
        for at in range(0, size, 16 * MEBI):
            file.seek(at)
            file.write(os.urandom(4096))
        file.truncate(size)


def send(house, route, ana, bea, source, **programs):
    """ana sends and waits, bea takes; the peaks of the programs that stay grow little."""
    there = house.path("in-" + route)
    os.mkdir(there)
    peaks = Peaks(**programs)
    receiver = bea.start("receive", "--accept", ana.key, "--to", there, "--json")
    sent = ana.run("send", bea.key, source, "--wait", "--json", seconds=900)
    check(sent.status == 0, f"{route}: the sender ended with {sent}")
    check(receiver.process.wait(30) == 0, f"{route}: the receiver ended with {receiver.output()[-800:]}")
    copy = os.path.join(there, os.path.basename(source))
    check(filecmp.cmp(source, copy, shallow=False), f"{copy} is not {source}")
    os.remove(copy)
    print(f"{route}: peaks grew by {peaks.stay_below(MOST)}", flush=True)


def via(person, other):
    return {each["key"]: each for each in person.well("contacts", "--json").lines()}[other.key]


def proof(build, mebi, folder=None):
    with Household(build, folder) as house:
        broker = house.start_broker()
        ana, bea, carl = house.person("ana"), house.person("bea"), house.person("carl")
        house.befriend_at_broker(ana, carl)
        sender = ana.own()
        listener = house.befriend(ana, bea)
        source = house.path("big.bin")
        make_source(source, int(mebi) * MEBI)
        wait_for(lambda: via(ana, bea)["direct"], "the two to be linked directly", 30)
        send(house, "direct", ana, bea, source, sender=sender, receiver=listener)

        listener.stop()
        receiver = carl.own()
        wait_for(lambda: via(ana, carl)["online"] and not via(ana, carl)["direct"], "the two to meet at the broker", 30)
        send(house, "broker", ana, carl, source, sender=sender, receiver=receiver, broker=broker)


main(proof)
