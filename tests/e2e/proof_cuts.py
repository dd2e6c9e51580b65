#!/usr/bin/env python3
"""Connections that are cut at any byte, on both sides of the broker: chat, calls, a run's output and a file come whole, in order
and once; nobody is told that anything failed. proof_cuts.py BUILD SECONDS [SEED]
"""

import filecmp
import json
import os
import random
import threading
import time

from household import MEBI, Household, check, main, wait_for
from history import History
from proxy import Proxy

SOURCE = 48 * MEBI
FEW = 4  # cuts of one line; after more its program would stay away for longer than a call waits (docs/protocol.md, back-off) …
PEACE = 65  # … unless it had so many seconds of peace
LINES = 40_000
COUNT = f"""
[[command]]
name = "lines"
description = "numbered lines"
argv = ["/usr/bin/perl", "-e", "$| = 1; for (1 .. {LINES}) {{ print \\"line $_\\\\n\\"; select undef, undef, undef, 0.05 if $_ % 200 == 0 }}"]
"""


class Cutter:
    """Cuts one of the lines now and then: at once, behind a byte of its own choice, or with the answer held back."""

    def __init__(self, lines, seed):
        self.lines, self.random = lines, random.Random(seed)
        self.stop, self.cuts = threading.Event(), 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for line in self.lines:
            line.heal()

    def _run(self):
        left = []
        while not self.stop.wait(self.random.uniform(0.2, 1.2)):
            if not left:
                left = self.lines * FEW
                self.random.shuffle(left)
            line = left.pop()
            way = self.random.choice((line.up, line.down))
            how = self.random.random()
            if how < 0.2:
                line.cut()
            elif how < 0.8:
                way.cut_after(int(10 ** self.random.uniform(0, 6)))
            else:
                line.down.held = True
                self.stop.wait(self.random.uniform(0.05, 0.3))
                line.cut()
                line.down.held = False
            if not left:
                for line in self.lines:
                    line.heal()
                self.stop.wait(PEACE)
        self.cuts = sum(line.cuts for line in self.lines)


def chat(ana, bea, history, until):
    """ana says one number after another; `delivered` is what her program calls it, each time."""
    number = 0
    while time.monotonic() < until:
        number += 1
        history.sent("ana", number)
        done = ana.run("message", bea.key, f"number {number}", "--wait")
        check(done.status == 0, f"message {number}: {done}")
        history.acked("ana", number)


def calls(ana, bea, until, answered):
    while time.monotonic() < until:
        done = ana.run("ping", bea.key)
        check(done.status == 0, f"a call is answered: {done}")
        answered.append(done)


def said(program):
    """The numbers that came in bea's conversation, as they came."""
    numbers = []
    for line in program.output().splitlines():
        if line.startswith("{"):
            text = json.loads(line).get("text", "")
            if text.startswith("number "):
                numbers.append(int(text.split()[1]))
    return numbers


def output_is_whole(run):
    lines = [line for line in run.output().splitlines() if line.startswith("line ")]
    wanted = [f"line {number}" for number in range(1, LINES + 1)]
    wrong = next((at for at, pair in enumerate(zip(lines, wanted)) if pair[0] != pair[1]), min(len(lines), LINES))
    check(lines == wanted, f"the output is not what was printed: {len(lines)} of {LINES} lines, wrong from {lines[wrong:wrong + 2]}")


def in_threads(*works):
    """All at once; the first that failed is told."""
    failed = []

    def guarded(work):
        try:
            work()
        except Exception as error:  # told below
            failed.append(error)
    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def proof(build, seconds, seed=None):
    seed = int(seed) if seed else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    with Household(build) as house:
        house.start_broker()
        with Proxy(house.address) as first, Proxy(house.address) as second, Proxy(house.address) as third:
            ana, bea = house.person("ana", by=first.address), house.person("bea", by=second.address)
            agent, node = house.node(COUNT, by=third.address)
            house.befriend_at_broker(ana, bea)
            ana.own()
            heard = bea.own()
            wait_for(lambda: ana.run("ping", bea.key).status == 0, "the two to meet at the broker", 30)
            source, there = house.path("source"), house.path("there")
            os.mkdir(there)
            with open(source, "wb") as file:
                file.write(random.Random(seed).randbytes(SOURCE))
            run = ana.start("run", node, "lines")
            receives = bea.start("receive", "--accept", ana.key, "--to", there, "--json")
            sends = ana.start("send", bea.key, source, "--wait", "--json")
            history, answered, until = History(), [], time.monotonic() + float(seconds)
            with Cutter([first, second, third], seed) as cutter:
                in_threads(lambda: chat(ana, bea, history, until), lambda: calls(ana, bea, until, answered))
            for program in (run, sends, receives):
                wait_for(lambda: not program.running(), f"{program.name} to end", 120)
                check(program.process.returncode == 0, f"{program.name} ended with {program.output()[-600:]}")
            for number in said(heard):
                history.seen("ana", number)
            wrong = history.verdict()
            check(not wrong, "; ".join(wrong))
            output_is_whole(run)
            check(filecmp.cmp(source, os.path.join(there, "source"), shallow=False), "the file is not what was sent")
            check(cutter.cuts >= 3, f"only {cutter.cuts} cuts: nothing was shown")
            print(f"{cutter.cuts} cuts: {history.count('acked')} messages, {len(answered)} calls, {LINES} lines and "
                  f"{SOURCE // MEBI} MiB came whole, in order, once", flush=True)


main(proof)
