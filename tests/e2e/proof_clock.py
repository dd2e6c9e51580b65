#!/usr/bin/env python3
"""P10: the calendar of broker, node and person jumps ten days ahead, ten days back and fifty years ahead: nobody is cut off, a
call takes as long as before, what is kept for days is not thrown away, and the log says that the clock was set. What was really kept for too long is told to its sender. proof_clock.py BUILD
"""

import glob
import os
import re
import time

from household import Household, Skipped, check, main, wait_for

DAY = 86_400
JUMPS = ((10 * DAY, "ten days ahead"), (0, "ten days back"), (50 * 365 * DAY, "fifty years ahead"))
LOOKS = 10  # seconds between a broker's looks at what has expired


class Calendar:
    """What the programs started with .env take for the date; time that passes is the machine's."""

    def __init__(self, folder):
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not found:
            raise Skipped("faketime is not installed")
        self.file = os.path.join(folder, "calendar")
        self.set(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, seconds):
        fresh = self.file + ".new"
        with open(fresh, "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.rename(fresh, self.file)


def knock(house, name, address):
    """A stranger whose request waits seven days."""
    asks = house.start(name, "hawser", "join", address, "--data", house.path(name))
    wait_for(lambda: re.search(r"\d{3} \d{3}", asks.output()), "the number of a request")
    asks.stop()


def too_late(house, calendar, broker, ana, bea, bea_owner):
    """What waits longer than the broker keeps it was not sent, and its sender reads that."""

    def shown():
        return ana.well("messages", bea.key, "--json").lines()[-1]

    bea_owner.stop()
    ana.run("message", bea.key, "come at eight")
    wait_for(lambda: shown()["state"] == "at-broker", "the broker to have it", 30)
    broker.stop()
    os.remove(os.path.join(house.path("broker"), "calendar"))  # it does not know when it last looked: else it waits ten minutes
    calendar.set(31 * DAY)
    house.start_broker(listen=house.address, env=calendar.env)
    wait_for(lambda: shown()["state"] == "not-sent", "the sender to hear that nobody fetched it", 75)
    check("in time" in shown()["sentence"], f"and why: {shown()}")
    calendar.set(0)


def proof(build):
    with Household(build) as house:
        calendar = Calendar(house.folder)
        broker = house.start_broker(env=calendar.env)
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        bea_owner = [each.own(env=calendar.env) for each in (ana, bea)][1]
        wait_for(lambda: ana.run("ping", bea.key).status == 0, "the two to meet at the broker", 30)
        knock(house, "stranger", house.address)
        kept = house.invite("--uses", 20)
        before = house.broker("status")[0]
        for seconds, what in JUMPS:
            calendar.set(seconds)
            jumps = broker.output().count("clock-jumped")
            wait_for(lambda: broker.output().count("clock-jumped") > jumps, f"the broker to log {what}", LOOKS + 5)
            began = time.monotonic()
            for one, other in ((ana, bea), (bea, ana)):
                one.well("message", other.key, what)
                took = one.well("ping", other.key, "--json").lines()[0]["round_trip_us"]
                check(0 <= took < 5_000_000, f"{what}: a call says it took {took} µs")
            check(time.monotonic() - began < 10, f"{what}: it goes on at once")
            status = house.broker("status")[0]
            for name in ("sessions", "users", "requests"):
                check(status[name] == before[name], f"{what}: {name} {status[name]}, not {before[name]}")
            came, gone = (status["counters"].get(name, 0) - before["counters"].get(name, 0)
                          for name in ("connections_arrived", "streams_cut"))
            check(came == 0 and gone == 0, f"{what}: nobody had to come again: {came} came, {gone} streams were cut")
            check(status["uptime_ms"] < 120_000, f"{what}: up for {status['uptime_ms']} ms")
            print(f"{what}: told, and all as before", flush=True)
        calendar.set(0)
        done = house.run("hawser", "join", "-", "--data", house.path("late"), stdin=kept)
        check(done.status == 0, f"an invitation from before works after the clock was set right: {done}")
        too_late(house, calendar, broker, ana, bea, bea_owner)
        check(not re.search(r"[=: ]-\d+ ?(ms|s)\b", broker.output()), f"no time is below zero:\n{broker.output()[-1500:]}")


main(proof)
