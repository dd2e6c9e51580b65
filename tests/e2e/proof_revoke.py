#!/usr/bin/env python3
"""Revoking: the revoked programs themselves say so within a second, at the terminal and in the window. proof_revoke.py BUILD"""

import time

from household import Household, check, main, wait_for, x11

SOON = 1.0  # seconds
SAYS = "your right to be here has ended"


def revoke(house, key, who, says):
    """Takes the right away and waits until each of `says` holds; how long the slowest took from the command's start."""
    began = time.monotonic()
    house.broker("revoke", key)
    for what, condition in says.items():
        wait_for(condition, f"{who} to be told by {what}", 10, 0.005)
        took = time.monotonic() - began
        check(took < SOON, f"{who}: {what} told it after {took:.2f} s")
        print(f"{who}: {what} told it after {took * 1000:.0f} ms", flush=True)


def terminal(house):
    """Whoever follows something is told; status --json says it too."""
    bea = house.person("bea")
    follower = bea.start("offers", "--follow", "--json")
    status = lambda: bea.well("status", "--json").lines()[0]["brokers"][0]  # noqa: E731
    # nobody else may ask before the follower owns the folder: the first that comes does
    wait_for(lambda: house.broker("status")[0]["sessions"] == 1, "bea to be there")
    check(status()["state"] == "ready", "bea is let in")
    check(SAYS not in follower.output(), "nothing has ended yet")
    revoke(house, bea.key, "bea", {"the program that runs": lambda: SAYS in follower.output(),
                                   "status --json": lambda: (status()["state"], status()["sentence"]) == ("stopped", SAYS)})
    check(house.broker("status")[0]["sessions"] == 0, "her session is over at the broker too")


def window(house, display):
    """The card of the broker in the window."""
    cleo = house.person("cleo")
    desktop = display.start("cleo", [house.program("hawser-desktop"), "--data", cleo.data])
    wait_for(lambda: house.broker("status")[0]["sessions"] == 1, "cleo's desktop to be there")
    desktop.wait("startPage/connected")
    revoke(house, cleo.key, "cleo", {"the window": lambda: SAYS in (desktop.ask("startPage/stopped").text or "")})
    check(desktop.running(), "the window stays")


def proof(build):
    with Household(build) as house:
        house.start_broker()
        terminal(house)
        with x11.Display(build) as display:
            window(house, display)


main(proof)
