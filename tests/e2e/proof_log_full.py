#!/usr/bin/env python3
"""P5 for logs: where the programs say what happens (standard error) takes nothing: a file on a disk that is full, /dev/full, a pipe that
nobody reads any more, one that nobody empties. Broker, machine and person go on, nothing is lost; where lines fit again, the next one
tells how many did not. With room the same is said line by line. proof_log_full.py BUILD
"""

import contextlib
import fcntl
import os
import re
import shlex

from disks import SmallDisk
from household import MEBI, Household, check, main, wait_for

ROOM = MEBI
WORDS = 5
LINE = "invited"  # what the broker says of each invitation
AFTER = 2  # uses of one that is made after the broker was started again


def said_late(house, read):
    """Since it fits again, the broker says that it could not."""
    said = ""

    def late():
        nonlocal said
        house.invite()  # of several in one second it says one
        said += read()
        return re.search(rf"^.*: {LINE} .*\bunsaid=[1-9]", said, re.M)

    wait_for(late, "the broker to say how many lines it could not say", 20)


@contextlib.contextmanager
def has_room(house):
    """Nothing is wrong: what the broker would have said of the same."""
    path = house.path("log")
    yield path
    with open(path, encoding="utf-8") as log:
        lines = re.findall(rf"^.*: {LINE} .*", log.read(), re.M)
    for uses in (1, AFTER):
        check(any(f" uses={uses} " in line for line in lines), f"it says so before and after it was started again: {lines}")
    check("unsaid" not in "".join(lines), f"it says them at once: {lines}")


@contextlib.contextmanager
def full_file(house):
    with SmallDisk(house, house.path("log"), ROOM) as disk:
        path = os.path.join(disk.path, "log")
        with open(path, "wb"):
            pass
        disk.fill()
        yield path
        check(os.path.getsize(path) == 0, "not a byte of it was written")
        disk.make_room()
        with open(path, encoding="utf-8") as log:
            said_late(house, log.read)


@contextlib.contextmanager
def nothing_fits(_house):
    yield "/dev/full"


def at(descriptor):
    """Where another process finds it."""
    return f"/proc/{os.getpid()}/fd/{descriptor}"


@contextlib.contextmanager
def nobody_reads(_house):
    reading, writing = os.pipe()
    os.close(reading)
    yield at(writing)
    os.close(writing)


@contextlib.contextmanager
def nobody_empties(house):
    """It is full: who writes waits for ever."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(512))
    yield at(writing)
    os.set_blocking(reading, False)

    def read():
        with contextlib.suppress(BlockingIOError):
            return os.read(reading, 65536).decode(errors="replace")
        return ""

    while read():
        pass
    said_late(house, read)
    os.close(reading)
    os.close(writing)


def send_logs(house, where):
    """What the programs say that go on (not the verbs of a moment) goes there."""
    ours = house.path("bin")
    os.mkdir(ours)
    for name in ("hawser", "hawser-brokerd", "hawser-nodeagent"):
        path = os.path.join(ours, name)
        with open(path, "w", encoding="utf-8") as script:
            real = shlex.quote(house.program(name))
            script.write(f'#!/bin/sh\ncase $1 in\nrun | messages) exec {real} "$@" 2>>{shlex.quote(where)} ;;\nesac\nexec {real} "$@"\n')
        os.chmod(path, 0o755)
    house.bin = ours


def says(ana, bea, words):
    done = ana.run("chat", bea.key, stdin="".join(word + "\n" for word in words))
    check(done.status in (0, 75), f"ana says it: {done}")


def serves(ana, bea, node, words):
    """All that was said arrives, and machines do what they are told."""
    def came():
        return [line["text"] for line in bea.well("messages", "--json").lines() if not line["mine"]]

    wait_for(lambda: len(came()) == len(words), f"{words} to arrive", 60)
    check(came() == words, f"once and in order: {came()}")
    answer = wait_for(lambda: (done := ana.run("call", node, "echo", "text=here", "--json")).status == 0 and done, "the machine", 30)
    check("here" in answer.out, f"the machine answers: {answer}")


def proof_of(build, name, logs):
    with Household(build) as house, logs(house) as where:
        send_logs(house, where)
        broker = house.start_broker()
        agent, node = house.node()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        owners = [ana.own(), bea.own()]
        first, then = [[f"{when} {n}" for n in range(WORDS)] for when in ("first", "then")]
        says(ana, bea, first)
        serves(ana, bea, node, first)
        broker.process.kill()
        broker.process.wait()
        broker = house.start_broker(listen=house.address)
        house.invite("--uses", AFTER)
        says(ana, bea, then)
        serves(ana, bea, node, first + then)
        for program in (broker, agent, *owners):
            check(program.running(), f"{program.name} goes on")
        print(f"{name}: all went on, and {2 * WORDS} messages arrived", flush=True)


def proof(build):
    for logs in (has_room, full_file, nothing_fits, nobody_reads, nobody_empties):
        proof_of(build, logs.__name__.replace("_", " "), logs)


main(proof)
