#!/usr/bin/env python3
"""P15: SIGTERM under load ends a broker within 12 s, exit 0: what runs may end, nothing that was answered is lost, those who are
told to come again are told different times. A second SIGTERM ends it at once. proof_drain.py BUILD RESTARTS
"""

import asyncio
import signal
import time

from household import Household, check, main
from history import History
from light import Light, context_of, let_in, secret_of
from stranger import END, TALK, Closed, Identity

PEOPLE = 6
SOON = 12  # seconds to the exit
AT_ONCE = 1.5  # seconds: twice asked
SLOW = 1.0  # seconds a call takes that runs when the broker is told to stop


class People:
    """Members who call each other all the time; every answer and every call that came is written down."""

    def __init__(self, house, broker):
        self.house, self.broker, self.history = house, broker, History()
        self.identities, self.contexts, self.lights = [], [], []
        self.numbers = [0] * PEOPLE

    async def join(self):
        secret = secret_of(await asyncio.to_thread(self.house.invite, "--uses", PEOPLE))
        self.identities = [Identity(self.house.folder, f"p{number}") for number in range(PEOPLE)]
        self.contexts = [context_of(identity) for identity in self.identities]
        await asyncio.gather(*(let_in(self.house.address, identity, secret) for identity in self.identities))
        await self.dial()

    async def dial(self):
        """All of them, once."""
        self.lights = [Light(self.house.address, *both) for both in zip(self.identities, self.contexts)]
        for light in self.lights:
            light.serve("count/1", lambda caller, said: self.history.seen(caller.hex()[:8], said["n"]))
            light.serve("slow/1", self._slow)
        await asyncio.gather(*(light.dial() for light in self.lights))
        check(all(light.standing == 2 for light in self.lights), "everybody is let in")

    async def _slow(self, caller, said):
        await asyncio.sleep(SLOW)
        return {"done": True}

    async def talk(self, number):
        """Calls the next one until the broker says that it stops or goes; what is refused then was not begun."""
        me, other = self.lights[number], self.identities[(number + 1) % PEOPLE]
        name = me.identity.key.hex()[:8]
        while not me.closed.done():
            self.numbers[number] += 1
            self.history.sent(name, self.numbers[number])
            try:
                answer = await me.call("count/1", {"n": self.numbers[number]}, other.key, TALK)
            except Closed:
                return
            if answer.code == 0:
                self.history.acked(name, self.numbers[number])
            else:
                check(me.draining is not None and answer.code == 14 and answer.begun == 1, f"refused only while it stops: {answer}")
                return


async def ends(broker, seconds, what):
    began = time.monotonic()
    try:
        status = await asyncio.to_thread(broker.process.wait, seconds)
    except Exception:
        status = None
    check(status == 0, f"{what}: exit status {status} after {time.monotonic() - began:.1f} s:\n{broker.output()[-1500:]}")
    return time.monotonic() - began


async def under_load(people):
    """SIGTERM while all talk and one slow call runs."""
    talking = [asyncio.ensure_future(people.talk(number)) for number in range(PEOPLE)]
    before = people.history.count("acked")
    while people.history.count("acked") < before + 50:
        await asyncio.sleep(0.01)
    slow = asyncio.ensure_future(people.lights[0].call("slow/1", {}, people.identities[3].key, TALK))
    await asyncio.sleep(SLOW / 4)
    people.broker.process.send_signal(signal.SIGTERM)
    took = await ends(people.broker, SOON, "under load")
    await asyncio.gather(*talking)
    outcome = (await asyncio.gather(slow, return_exceptions=True))[0]
    check(getattr(outcome, "code", None) == 0, f"the call that ran was let end and answered: {outcome}")
    closed = [await light.closed for light in people.lights]
    check(all(each.reason == 2 for each in closed), f"all are told that it leaves: {closed}")
    retries = [each.retry for each in closed]
    check(min(retries) >= 500 and len(set(retries)) > PEOPLE // 2, f"they come again at different times: {retries}")
    wrong = people.history.verdict()
    check(not wrong, "; ".join(wrong))
    return took


async def with_an_endless_stream(people, twice):
    stream = people.lights[1].open("requests/never", {}, people.identities[4].key, TALK, END)
    people.lights[4].serve("requests/never", lambda *_: asyncio.sleep(60))
    await asyncio.sleep(0.2)
    check(not stream.answer.done(), "the stream stays open")
    people.broker.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.5)
    check(people.broker.running() and people.lights[1].draining is not None, "it lets the stream go on for a while")
    late = Light(people.house.address, people.identities[2], people.contexts[2])
    try:
        await late.dial(2)
        raise AssertionError("whoever dials meanwhile finds nobody")
    except (OSError, Closed):
        pass
    if twice:
        people.broker.process.send_signal(signal.SIGTERM)
    return await ends(people.broker, AT_ONCE if twice else SOON, "asked twice" if twice else "with an endless stream")


async def proof_async(house, restarts):
    address = house.address
    people = People(house, house.programs[0])
    await people.join()
    for number in range(restarts):
        took = await under_load(people)
        print(f"under load: exit 0 after {took:.1f} s, {people.history.count('acked')} answered so far", flush=True)
        people.broker = await asyncio.to_thread(house.start_broker, "broker", address)
        await people.dial()
    took = await with_an_endless_stream(people, twice=False)
    print(f"with an endless stream: exit 0 after {took:.1f} s more", flush=True)
    people.broker = await asyncio.to_thread(house.start_broker, "broker", address)
    await people.dial()
    took = await with_an_endless_stream(people, twice=True)
    print(f"asked twice: exit 0 after {took:.2f} s", flush=True)
    for light in people.lights:
        await light.close()


def proof(build, restarts):
    with Household(build) as house:
        house.start_broker()
        asyncio.run(proof_async(house, int(restarts)))


main(proof)
