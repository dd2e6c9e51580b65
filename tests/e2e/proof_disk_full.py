#!/usr/bin/env python3
"""A disk that is full at the receiver: a sentence on both sides, nothing under its final name, nothing overwritten; with room
it comes whole. proof_disk_full.py BUILD
"""

import filecmp
import json
import os

from disks import SmallDisk
from household import MEBI, Household, check, main, wait_for

ROOM = 400 * MEBI
SIZE = 256 * MEBI
LEFT = 16 * MEBI
NAME = "big.bin"
MINE = b"mine, and older"


def names(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def check_nothing_lost(disk, what):
    with open(os.path.join(disk.path, NAME), "rb") as file:
        check(file.read() == MINE, f"{what}: the receiver's own file was changed")
    check(names(disk.path) == [NAME], f"{what}: {names(disk.path)} stand under their names")


def refused_before(ana, bea, disk, source):
    """No room from the beginning: nothing is taken, the sentence says how much is missing; the offer stays."""
    disk.leave(LEFT)
    sender = ana.start("send", bea.key, source, "--wait", "--json")
    took = bea.run("receive", "--accept", ana.key, "--to", disk.path)
    check(took.status == 69, f"what cannot be taken now ends with 69: {took}")
    check("free" in took.err and str(SIZE) in took.err, f"it says what is needed and what is free: {took.err}")
    check(sender.running(), f"the offer stands: {sender.output()[-400:]}")
    check_nothing_lost(disk, "without room")
    disk.make_room()
    print(f"before: {took.err.strip().splitlines()[-1]}", flush=True)
    return sender


def full_half_way(ana, bea, disk, source, sender):
    """The disk fills meanwhile: both say so and wait; with room it goes on by itself, to the last byte."""
    receiver = bea.start("receive", "--accept", ana.key, "--to", disk.path, "--json")
    wait_for(lambda: disk.used() > 8 * MEBI, "the first bytes", 30, 0.001)
    disk.leave(LEFT)
    for program in (receiver, sender):
        line = wait_for(lambda: next((line for line in program.output().splitlines() if "disk is full" in line), ""),
                        f"{program.name} to say that the disk is full", 30)
        print(f"{program.name}: {json.loads(line)['state']}, {json.loads(line)['sentence']}", flush=True)
    check_nothing_lost(disk, "half-way")
    check(sender.running() and receiver.running(), "both wait for room")
    disk.make_room()
    for program in (receiver, sender):
        check(program.process.wait(60) == 0, f"{program.name} ended with {program.output()[-600:]}")
    came = [name for name in names(disk.path) if name != NAME]
    check(len(came) == 1, f"one file has come beside the receiver's: {came}")
    check(filecmp.cmp(source, os.path.join(disk.path, came[0]), shallow=False), f"{came[0]} is not what was sent")
    with open(os.path.join(disk.path, NAME), "rb") as file:
        check(file.read() == MINE, "the receiver's own file was changed")


def proof(build):
    with Household(build) as house, SmallDisk(house, house.path("small"), ROOM) as disk:
        house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        ana.own()
        house.befriend(ana, bea)
        source = house.path(NAME)
        with open(source, "wb") as file:
            for _ in range(SIZE // MEBI):
                file.write(os.urandom(4096) + bytes(MEBI - 4096))
        with open(os.path.join(disk.path, NAME), "wb") as file:
            file.write(MINE)
        sender = refused_before(ana, bea, disk, source)
        full_half_way(ana, bea, disk, source, sender)


main(proof)
