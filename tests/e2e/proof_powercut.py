#!/usr/bin/env python3
"""P6: the power fails at the broker, again and again: what was not synced is gone, names of files too, and everything that was
acknowledged is still there: who was let in, each invitation, who the broker is. proof_powercut.py BUILD CUTS
"""

import asyncio
import os
import random
import signal
import threading
import time

from household import Household, check, main
from light import let_in, secret_of
from powercut import PowerCut
from stranger import Identity

AT_ONCE = 3
ROOM = "[limits]\ninvitations = 1000000\n"  # as many as are asked for between the cuts


class Invitations:
    """Asks for one after another until the broker is gone; keeps those that it answered."""

    def __init__(self, house):
        self.house, self.links, self.threads = house, [], []

    def begin(self):
        self.threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(AT_ONCE)]
        for thread in self.threads:
            thread.start()

    def _ask(self):
        while True:
            done = self.house.run("hawser-brokerd", "invite", "--data", self.house.path("broker"))
            if done.status != 0:
                return
            self.links.append(done.out.strip())

    def end(self):
        for thread in self.threads:
            thread.join()


def joins(house, name, link):
    """Somebody new comes in by an invitation; whether it worked."""
    return asyncio.run(let_in(house.address, Identity(house.folder, name), secret_of(link)))


def proof(build, cuts):
    with Household(build) as house:
        cut = PowerCut(build, house.path("broker"))
        broker = house.start_broker(env=cut.env, config=ROOM)
        key = house.broker("status")[0]["key"]
        asked, people = Invitations(house), 0
        for number in range(int(cuts)):
            check(joins(house, f"p{number}", house.invite()), "an invitation lets in")
            people += 1
            asked.begin()
            time.sleep(random.uniform(0.1, 0.6))
            os.kill(broker.pid, signal.SIGKILL)
            broker.process.wait()
            asked.end()
            cut.fall()
            broker = house.start_broker("broker", house.address, env=cut.env, config=ROOM)
            status = house.broker("status")[0]
            check(status["key"] == key, "it is still the same broker")
            check(status["users"] == people, f"{status['users']} of {people} who were let in are left")
        for number, link in enumerate(random.sample(asked.links, min(20, len(asked.links)))):
            check(joins(house, f"late{number}", link), f"an invitation that was given out works after {cuts} cuts")
        print(f"{cuts} cuts: {people} people and {len(asked.links)} invitations are all there", flush=True)


main(proof)
