#!/usr/bin/env python3
"""A machine that comes into another network: its old address is gone and nobody says goodbye. It is back at its broker in
seconds, not when silence is noticed. Without leave to make a network namespace nothing is shown. proof_moved.py BUILD
"""

import subprocess
import time

from household import Household, Skipped, check, main, wait_for
from namespace import HERE, THERE, another_machine

OTHER_HERE, OTHER_THERE = "198.51.100.1", "198.51.100.2"  # TEST-NET-2
SOON = 5  # seconds; silence is noticed after 20 to 45


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def broker_state(person):
    return person.well("status", "--json").lines()[0]["brokers"][0]["state"]


def proof(build):
    away = another_machine()
    try:
        if away.name == "loopback":
            raise Skipped("no network namespace can be made here")
        with Household(build) as house:
            house.start_broker(listen=HERE + ":0")
            ana, bea = house.person("ana"), house.person("bea")
            house.befriend_at_broker(ana, bea)
            ana.own(inside=away)
            bea.own()
            wait_for(lambda: broker_state(ana) == "ready", "her to be at the broker", 30)
            ip("address", "add", OTHER_HERE + "/30", "dev", away.cable)
            began = time.monotonic()
            ip("-n", away.name, "address", "delete", THERE + "/30", "dev", "inside")
            ip("-n", away.name, "address", "add", OTHER_THERE + "/30", "dev", "inside")
            ip("-n", away.name, "route", "add", HERE, "via", OTHER_HERE)
            wait_for(lambda: bea.run("ping", ana.key).status == 0, "her to be reached", 60, 0.1)
            took = time.monotonic() - began
            print(f"reached in the other network after {took:.1f} s", flush=True)
            check(took < SOON, f"that took {took:.1f} s")
    finally:
        away.close()


main(proof)
