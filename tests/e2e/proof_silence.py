#!/usr/bin/env python3
"""P18: a connection that swallows everything and tells nobody: whoever is behind it is shown as here for 45 s at most, 30 s while
something waits to be acknowledged, and knows it as well. When the line is good again they meet by themselves. proof_silence.py BUILD
"""

import time

from household import Household, check, main, wait_for
from proxy import Proxy

SILENCE, UNACKNOWLEDGED = 45, 30  # seconds, docs/protocol.md §5.6 and §13.4
LATE = 3  # seconds that a busy machine may take to say so
BACK = 75  # seconds: 60 is the longest wait between two dials


def here(one, other):
    return {each["key"]: each for each in one.well("contacts", "--json").lines()}[other.key]["online"]


def state(person):
    return person.well("status", "--json").lines()[0]["brokers"][0]["state"]


def quiet_until(line, sees, most, what):
    """Swallows from now on; how long until sees()."""
    began = time.monotonic()
    line.swallow()
    wait_for(sees, f"{what} within {most} s", most + LATE, 0.2)
    took = time.monotonic() - began
    print(f"{what} after {took:.1f} s", flush=True)


def proof(build):
    with Household(build) as house:
        house.start_broker()
        with Proxy(house.address) as line:
            ana, bea = house.person("ana", by=line.address), house.person("bea")
            house.befriend_at_broker(ana, bea)
            for each in (ana, bea):
                each.own()
            wait_for(lambda: here(bea, ana), "the two to meet at the broker", 30)

            quiet_until(line, lambda: not here(bea, ana), SILENCE, "others see that somebody has gone silent")
            wait_for(lambda: state(ana) != "ready", "she sees it too", LATE + 10, 0.2)
            check(line.cuts == 0, "nobody told them")
            line.heal()
            wait_for(lambda: here(bea, ana) and here(ana, bea), "them to meet again", BACK)

            bea.start("message", ana.key, "are you there?")  # what she must acknowledge
            quiet_until(line, lambda: not here(bea, ana), UNACKNOWLEDGED, "with something unacknowledged they see it")
            line.heal()
            wait_for(lambda: here(bea, ana), "them to meet again", BACK)


main(proof)
