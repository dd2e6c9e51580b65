#!/usr/bin/env python3
"""P7: a subscriber that stands still costs a broker little and the others nothing, and afterwards it is told what it missed.
proof_slow.py BUILD MIB
"""

import json
import math
import os
import signal
import subprocess
import threading
import time

from household import MEBI, Household, Peaks, check, main, wait_for

LINE = 1000  # bytes
FIRST = 8 * MEBI // LINE  # lines before anybody stands still
TICKS = 50  # a second
MOST = 32 * MEBI
SLOWEST = 0.2  # seconds, p99 from a publisher to a healthy subscriber; where all are slower than that, thrice what it was before
CLOSED = 15  # seconds until the broker lets go of who does not read (docs/protocol.md, limits)


class Follows:
    """A subscription of a program of its own; its lines as they come, and when."""

    def __init__(self, person, pattern):
        house = person.house
        self.process = subprocess.Popen(
            [house.program("hawser"), "subscribe", pattern, "--json", "--data", person.data], env=house.env,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.numbers, self.late, self.missed = [], [], 0
        threading.Thread(target=self._read, daemon=True).start()

    def told(self):
        """How many lines it knows of."""
        return len(self.numbers) + self.missed

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "missed" in said:
                self.missed += max(1, said["missed"])
            elif said["topic"] == "load.tick":
                self.late.append(time.monotonic() - float(said["text"]))
            elif said["topic"] == "load.big":
                self.numbers.append(int(said["text"].split()[0]))


class Publishes:
    """A program that says a line whenever it is told to."""

    def __init__(self, person, topic):
        house = person.house
        self.process = subprocess.Popen(
            [house.program("hawser"), "publish", topic, "--lines", "--json", "--data", person.data], env=house.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        """How many the broker says it has."""
        out, _ = self.process.communicate(timeout=120)
        check(self.process.returncode == 0, f"publishing ended with {self.process.returncode}: {out}")
        return json.loads(out.splitlines()[-1])["messages"]


def late_of(ticks):
    """Median and p99 of how long ticks were on their way, in seconds."""
    late = sorted(ticks)
    return late[len(late) // 2], late[math.ceil(len(late) * 0.99) - 1]


def flood(big, ticks, numbers, seconds):
    """Says the numbered lines as fast as they go, and ticks meanwhile, for so long at least."""
    saying = threading.Thread(target=lambda: [big.say(f"{number} " + "x" * LINE) for number in numbers], daemon=True)
    saying.start()
    until = time.monotonic() + seconds
    while saying.is_alive() or time.monotonic() < until:
        ticks.say(repr(time.monotonic()))
        time.sleep(1 / TICKS)


def proof(build, mebi):
    last = FIRST + int(mebi) * MEBI // LINE
    patience = 60 + int(mebi)
    with Household(build) as house:
        broker = house.start_broker()
        publisher, ticker, reader, healthy, slow = people = [
            house.person(name) for name in ("publisher", "ticker", "reader", "healthy", "slow")]
        owners = [each.own() for each in people]
        reads, hears, stands = Follows(reader, "load.big"), Follows(healthy, "load.tick"), Follows(slow, "load.>")
        big, ticks = Publishes(publisher, "load.big"), Publishes(ticker, "load.tick")
        try:
            wait_for(lambda: house.broker("status")[0]["counters"]["topic_subscriptions_now"] == 3, "the broker to know of all", 20)
            big.say("0 first")
            ticks.say(repr(time.monotonic()))
            wait_for(lambda: reads.numbers and stands.numbers and hears.late, "the first to come", 20)
            flood(big, ticks, range(1, FIRST + 1), 4)
            wait_for(lambda: reads.told() > FIRST and stands.told() > FIRST, "the first flood to arrive", 60)
            _, before = late_of(hears.late)
            hears.late.clear()
            os.kill(owners[-1].pid, signal.SIGSTOP)
            stopped, peaks = time.monotonic(), Peaks(broker=broker)
            flood(big, ticks, range(FIRST + 1, last + 1), 4)
            wait_for(lambda: reads.told() > last, f"all {last} to arrive at who reads", patience)
            check(reads.numbers == sorted(set(reads.numbers)), "who reads gets all in order, once, or is told what the machine was too slow for")
            median, slowest = late_of(hears.late)
            grown = peaks.stay_below(MOST)

            def gone():
                status = house.broker("status")[0]
                return status["counters"]["sessions_suspended"] or status["sessions"] < len(people)
            wait_for(gone, "the broker to let go of who does not read", max(1, stopped + CLOSED - time.monotonic()))
            let_go = time.monotonic() - stopped
            missed = stands.missed
            os.kill(owners[-1].pid, signal.SIGCONT)
            wait_for(lambda: stands.missed > missed, "the one that stood still to be told what it missed", 60)
            big.say(f"{last + 1} last")
            wait_for(lambda: stands.numbers[-1] == last + 1, "it to hear what is new", 60)
            seen = stands.numbers
            check(seen == sorted(set(seen)), "what it heard is in order and once")
            print(f"{mebi} MiB beside one that stands still: {grown}; {len(hears.late)} ticks to the healthy, p50 {median * 1000:.0f} "
                  f"p99 {slowest * 1000:.0f} ms (before: {before * 1000:.0f}); the reader missed {reads.missed}; "
                  f"let go after {let_go:.0f} s; the other heard {len(seen)} of {last + 2} and was told of {stands.missed}", flush=True)
            check(hears.missed == 0, f"the healthy one missed {hears.missed} ticks")
            check(slowest < max(SLOWEST, 3 * before), f"the healthy one waited {slowest * 1000:.0f} ms")
            check(stands.told() >= last + 2, "what it did not hear it was told of")
            check(big.end() == last + 2, "the publisher knows how many the broker has")
        finally:
            os.kill(owners[-1].pid, signal.SIGCONT)
            for each in (reads, hears, stands, ticks, big):
                each.process.kill()


main(proof)
