#!/usr/bin/env python3
"""P7: a subscriber that stands still costs a broker little and the others nothing. It is let go in time; afterwards it is told exactly
how much it missed of what only passed by, and what is kept for it, messages and a durable subscription, comes once and in order.
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
TICKS = 20  # a second
MOST = 32 * MEBI
SLOWEST = 0.2  # seconds, p99 from a publisher to a healthy subscriber
CLOSED = 15  # seconds until the broker lets go of who does not read (docs/protocol.md, limits)
LETTERS = 6  # messages to the one that stands still
NOTES = 200  # lines for its durable subscription


class Follows:
    """A subscription of a program of its own, and what it has heard: numbered lines, ticks, other texts."""

    def __init__(self, person, pattern, *words):
        house = person.house
        self.process = subprocess.Popen(
            [house.program("hawser"), "subscribe", pattern, *words, "--json", "--data", person.data], env=house.env,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.ticks, self.late, self.texts = [], [], []  # as they came; how late, in seconds; what was no number
        self.known, self.heard, self.missed = 0, 0, 0  # lines
        self.wrong = None
        threading.Thread(target=self._read, daemon=True).start()

    def upto(self):
        """How many numbered lines it knows of: each came once and in order, or it was told there, exactly, how many are missing."""
        check(not self.wrong, self.wrong)
        return self.known

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "missed" in said:
                self.missed += said["missed"]
                self.known += said["missed"]
                self.wrong = self.wrong or (not said["missed"] and "it was not told how many it missed")
            elif said["topic"] == "load.tick":
                self.late.append(time.monotonic() - float(said["text"]))
                self.ticks.append(said["text"])
            elif said["topic"] == "load.big":
                number = int(said["text"].split()[0])
                self.wrong = self.wrong or (number != self.known and f"line {number} came where {self.known} should")
                self.heard += 1
                self.known += 1
            else:
                self.texts.append(said["text"])


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


class Aside:
    """Work beside the rest; .done() gives what it gave, or raises what it raised."""

    def __init__(self, work):
        self.result, self.failed = None, None
        self.thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self.thread.start()

    def _run(self, work):
        try:
            self.result = work()
        except Exception as error:  # pylint: disable=broad-except  # raised where it is waited for
            self.failed = error

    def running(self):
        return self.thread.is_alive()

    def done(self, seconds=120):
        self.thread.join(seconds)
        check(not self.running(), "the work beside did not end")
        if self.failed:
            raise self.failed
        return self.result


def late_of(ticks):
    """Median and p99 of how long ticks were on their way, in seconds."""
    late = sorted(ticks)
    return late[len(late) // 2], late[math.ceil(len(late) * 0.99) - 1]


class Scene:
    """Somebody floods; one reads it, one hears something else, one stands still."""

    def __init__(self, house):
        self.house, self.broker = house, house.start_broker()
        self.publisher, self.ticker, self.reader, self.healthy, self.slow = self.people = [
            house.person(name) for name in ("publisher", "ticker", "reader", "healthy", "slow")]
        house.befriend_at_broker(self.publisher, self.slow)
        self.owners = [each.own() for each in self.people]
        self.reads, self.hears = Follows(self.reader, "load.big"), Follows(self.healthy, "load.tick")
        self.stands, self.keeps = Follows(self.slow, "load.big"), Follows(self.slow, "notes.*", "--durable", "notes")
        self.big, self.ticks = Publishes(self.publisher, "load.big"), Publishes(self.ticker, "load.tick")
        self.told, self.ticked = 0, []  # lines; ticks

    def begin(self):
        def known():
            counters = self.house.broker("status")[0]["counters"]
            return counters["topic_subscriptions_now"] == 4 and counters["durable_subscriptions_now"] == 1
        wait_for(known, "the broker to know of all", 20)
        self.say(1)
        self.tick()
        wait_for(lambda: self.reads.upto() and self.stands.upto() and self.hears.late, "the first to come", 20)
        self.flood(FIRST, lambda: False)
        wait_for(lambda: self.reads.upto() == self.stands.upto() == self.told, "the first flood to arrive", 60)
        check(self.stands.missed == 0, "nobody stands still yet")
        self.hears.late.clear()

    def say(self, count):
        for number in range(self.told, self.told + count):
            self.big.say(f"{number} " + "x" * LINE)
        self.told += count

    def tick(self):
        self.ticked.append(repr(time.monotonic()))
        self.ticks.say(self.ticked[-1])

    def hears_all(self):
        """Each tick that the broker has came to the healthy one, once and in order."""
        took = self.ticks.end()
        check(took == len(self.ticked), f"the broker has {took} of {len(self.ticked)} ticks")
        wait_for(lambda: len(self.hears.ticks) >= took, f"{took} ticks to arrive; {len(self.hears.ticks)} are there", 20)
        check(self.hears.ticks == self.ticked, "the healthy one heard other ticks than were said")
        check(self.hears.missed == 0, f"the healthy one missed {self.hears.missed} ticks")

    def flood(self, count, goes_on):
        """Says so many lines as fast as they go, and ticks meanwhile, and as long as goes_on()."""
        saying, until = Aside(lambda: self.say(count)), time.monotonic() + 60 + count * LINE / MEBI
        while saying.running() or goes_on():
            check(time.monotonic() < until, f"the broker does not take {count} lines")
            self.tick()
            time.sleep(1 / TICKS)
        saying.done()

    def let_go(self, since):
        """Waits until the broker has let go of the one; how long that took."""
        def gone():
            status = self.house.broker("status")[0]
            return status["counters"]["sessions_suspended"] or status["sessions"] < len(self.people)
        wait_for(gone, "the broker to let go of who does not read", max(1, since + CLOSED - time.monotonic()), 0.2)
        return time.monotonic() - since

    def keep(self, first, last):
        """Something for the one that stands still to find."""
        for number in range(first, last):
            self.publisher.run("message", self.slow.key, f"letter {number}")
        notes = range(first * NOTES // LETTERS, last * NOTES // LETTERS)
        self.publisher.well("publish", "notes.day", "--lines", stdin="".join(f"note {number}\n" for number in notes))

    def letters(self):
        return [line["text"] for line in self.slow.well("messages", self.publisher.key, "--json").lines() if line["kind"] == "message"]

    def close(self):
        os.kill(self.owners[-1].pid, signal.SIGCONT)
        for each in (self.reads, self.hears, self.stands, self.keeps, self.ticks, self.big):
            each.process.kill()


def play(scene, mebi):
    scene.begin()
    slow, peaks, before = scene.owners[-1].pid, Peaks(broker=scene.broker), scene.told
    os.kill(slow, signal.SIGSTOP)
    since = time.monotonic()
    leaving = Aside(lambda: scene.let_go(since))
    keeping = Aside(lambda: scene.keep(0, LETTERS // 2))
    scene.flood(mebi * MEBI // LINE, lambda: leaving.running() or keeping.running())
    let_go = leaving.done()
    keeping.done()
    scene.keep(LETTERS // 2, LETTERS)  # now that it is known that nobody is there
    wait_for(lambda: scene.reads.upto() == scene.told, f"all {scene.told} to arrive at who reads", 60 + mebi)
    scene.hears_all()
    median, slowest = late_of(scene.hears.late)
    grown = peaks.stay_below(MOST)
    check(slowest < SLOWEST, f"the healthy one waited {slowest * 1000:.0f} ms")
    sent = scene.publisher.well("messages", scene.slow.key, "--json").lines()
    check([line["state"] for line in sent] == ["at-broker"] * LETTERS, f"its messages wait at the broker: {sent}")

    os.kill(slow, signal.SIGCONT)
    wait_for(lambda: scene.stands.missed > 0, "the one that stood still to be told what it missed", 60)
    heard = scene.stands.heard
    scene.say(1)
    wait_for(lambda: scene.stands.heard > heard, "it to hear what is new", 60)
    wait_for(lambda: scene.stands.upto() == scene.told, "it to know of all", 60)
    wait_for(lambda: len(scene.letters()) >= LETTERS, "its messages", 60)
    wait_for(lambda: len(scene.keeps.texts) >= NOTES, "what was published for its durable subscription", 60)
    scene.publisher.well("message", scene.slow.key, "the end", "--wait")
    scene.publisher.well("publish", "notes.day", "the end")
    wait_for(lambda: scene.keeps.texts[-1] == "the end", "the last note", 20)
    check(scene.letters() == [f"letter {number}" for number in range(LETTERS)] + ["the end"], f"of its messages came {scene.letters()}")
    check(scene.keeps.texts == [f"note {number}" for number in range(NOTES)] + ["the end"], f"of what is durable came {scene.keeps.texts}")
    print(f"{mebi} MiB beside one that stands still: {grown}; {len(scene.hears.late)} ticks to the healthy, p50 {median * 1000:.0f} p99 "
          f"{slowest * 1000:.0f} most {max(scene.hears.late) * 1000:.0f} ms; the reader missed {scene.reads.missed}; let go after {let_go:.1f} s; "
          f"the other heard {scene.stands.heard} of {scene.told} and was told of {scene.stands.missed}, {before} of them came before; "
          f"{LETTERS} messages and {NOTES} notes waited for it", flush=True)
    check(scene.big.end() == scene.told, "the publisher knows how many the broker has")


def proof(build, mebi):
    with Household(build) as house:
        scene = Scene(house)
        try:
            play(scene, int(mebi))
        finally:
            scene.close()


main(proof)
