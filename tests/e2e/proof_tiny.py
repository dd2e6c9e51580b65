#!/usr/bin/env python3
"""A member that sends a million tiny frames, and one that never reads: the broker's memory stays, those who call each other do not
notice, who breaks a rule is closed and the rest is dropped and counted. proof_tiny.py BUILD
"""

import asyncio
import struct
import threading
import time

from household import MEBI, Household, Peaks, check, main
from light import Light, frame_of, let_in, secret_of
from stranger import CREDIT, DATA, PING, TALK, Closed, Identity

MILLION = 1_000_000
PEOPLE = 2  # who call each other
PIECE = 10_000  # frames in one write
CALLS = 40  # of others beside each flood
SANE = 0.5  # seconds that the broker works from a call to its answer, at the most; a twentieth of it is usual
MOST = 16 * MEBI  # what a broker may grow by


class Beside:
    """Whom a flood is to disturb: it goes on until they have been answered often enough."""

    def __init__(self, broker):
        self.clock = (~broker.pid << 3) | 2  # of the broker's CPU time: how busy the machine is does not count
        self.begun, self.served = threading.Event(), threading.Event()
        self.worked, self.waited = [], []

    async def call(self, call):
        counts = self.begun.is_set()
        began, work = time.monotonic(), time.clock_gettime(self.clock)
        answer = await call
        if counts:
            self.waited.append(time.monotonic() - began)
            self.worked.append(time.clock_gettime(self.clock) - work)
        if len(self.worked) >= CALLS:
            self.served.set()
        return answer


async def flood(house, beside, identity, one, count, reads=True, holds=None):
    """Sends one(stream) so often; the stream is one to `holds` that stays open, or not open.

    \\returns how the broker took it: None when it goes on, else why not.
    """
    async with Light(house.address, identity) as light:
        check(light.standing == 2, "a member is greeted as one")
        while holds and (await light.call("tick", {}, holds, TALK)).code != 0:
            await asyncio.sleep(0.02)  # until it is there
        stream = light.open("hold", {}, holds, TALK).number if holds else 99
        if not reads:
            light.reading.cancel()
        try:
            while count > 0 or not beside.served.is_set():
                light.writer.write(one(stream) * PIECE)
                await asyncio.wait_for(light.writer.drain(), 60)
                beside.begun.set()
                count -= PIECE
            if reads:
                await light.call("broker.status", seconds=30)  # behind all the frames
        except (OSError, Closed) as error:
            return light.closed.result() if light.closed.done() else error
        finally:
            beside.begun.set()
        return None if reads else await gone(house)


async def gone(house):
    """Whoever does not read does not hear that it is closed: the broker knows."""
    until = asyncio.get_running_loop().time() + 20
    while asyncio.get_running_loop().time() < until:
        status = await asyncio.to_thread(house.broker, "status")
        if status[0]["sessions"] <= PEOPLE:
            return "closed"
        await asyncio.sleep(0.1)
    return None


async def calls(house, beside, one, other, over):
    """They call each other until over(), and often enough."""
    async with Light(house.address, other) as server, Light(house.address, one) as caller:
        server.serve("tick", lambda caller, said: said)
        server.serve("hold", lambda caller, said: asyncio.sleep(30))
        count = 0
        while not over() or not beside.served.is_set():
            answer = await beside.call(caller.call("tick", {"n": count}, other.key, TALK, seconds=30))
            check(answer.code == 0 and answer.result["n"] == count, f"a call is answered: {answer}")
            count += 1


def undisturbed(house, broker, people, what, attack):
    """Runs attack(beside) beside people who call each other; what came of it."""
    peaks, outcome, beside = Peaks(broker=broker), [], Beside(broker)
    thread = threading.Thread(target=lambda: outcome.append(asyncio.run(attack(beside))), daemon=True)
    thread.start()
    asyncio.run(calls(house, beside, *people, lambda: not thread.is_alive()))
    check(outcome, f"{what}: it did not come to its end")
    slow = max(beside.worked)
    print(f"{what}: {outcome[0] or 'goes on'}; {len(beside.waited)} calls of others, at most {max(beside.waited) * 1000:.0f} ms, "
          f"the broker worked {slow * 1000:.1f} ms meanwhile; {peaks.stay_below(MOST)}", flush=True)
    check(slow < SANE, f"{what}: the broker worked {slow * 1000:.0f} ms before it handed a call on and back")
    return outcome[0]


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        secret = secret_of(house.invite("--uses", 3))
        ana, bea, evil = (Identity(house.folder, name) for name in ("ana", "bea", "evil"))
        for each in (ana, bea, evil):
            asyncio.run(let_in(house.address, each, secret))

        def dropped():
            return house.broker("status")[0]["counters"]["frames_dropped"]

        def attack(what, one, count=MILLION, **how):
            return undisturbed(house, broker, (ana, bea), what, lambda beside: flood(house, beside, evil, one, count, **how))
        before = dropped()
        for what, one in (("a million DATA for nobody", lambda stream: frame_of(DATA, b"", stream)),
                          ("a million CREDITs for nobody", lambda stream: frame_of(CREDIT, struct.pack(">Q", 1), stream)),
                          ("a million of no known type", lambda stream: frame_of(200, b"", stream))):
            check(attack(what, one) is None, f"{what}: no rule is broken")
        check(dropped() - before >= 2 * MILLION, f"what is for nobody is counted: {dropped() - before}")
        check(attack("three million PINGs, never read", lambda _: frame_of(PING), 3 * MILLION, reads=False), "who asks and does not read is closed")
        check(attack("CREDIT of all there is", lambda stream: frame_of(CREDIT, struct.pack(">Q", 2**64 - 1), stream), PIECE, holds=bea.key),
              "a lie about credit is closed")
        check(broker.running(), "the broker goes on")


main(proof)
