#!/usr/bin/env python3
"""P5 for topics: the broker's disk is full while somebody publishes in bursts: what a durable subscription cannot have is refused, each
message of it, and counted as missing by nobody; what was acknowledged comes once and in order. proof_full_topics.py BUILD
"""

import asyncio
import json
import struct

from disks import SmallDisk
from household import MEBI, Household, check, main, wait_for
from light import Light, let_in, secret_of
from mail import until
from stranger import DATA, Identity

TOPIC = 4  # the class of a stream
BURST, SIZE = 10, 2000


class Publishes:
    """.kept and .refused are numbers, as the broker told them."""

    def __init__(self, light):
        self.light, self.stream = light, light.open("topic.publish", kind=TOPIC)
        self.said, self.dealt, self.refused = 0, 0, set()
        self.say(b"\x01" + struct.pack(">I", 0) + b"orders.a")
        self.hearing = asyncio.ensure_future(self._hear())

    def say(self, message):
        self.light.send(DATA, message, self.stream.number)

    async def burst(self):
        for _ in range(BURST):
            self.said += 1
            self.say(b"\x02" + struct.pack(">I", 0) + b"%d" % self.said + b" " * SIZE)
        await until(lambda: self.dealt == self.said, "an answer", 15)

    async def _hear(self):
        while True:
            told = await self.stream.messages.get()
            first, = struct.unpack(">Q", told[1:9])
            if told[0] == 1:
                self.dealt = first
            else:
                self.refused |= set(range(first, first + struct.unpack(">Q", told[9:17])[0]))

    def kept(self):
        return [number for number in range(1, self.dealt + 1) if number not in self.refused]


async def publish(house, disk, identity):
    """Before, on the full disk, and with room again."""
    async with Light(house.address, identity) as light:
        publishes = Publishes(light)
        for _ in range(5):
            await publishes.burst()
        check(not publishes.refused, f"with room nothing is refused: {publishes.refused}")
        disk.fill()
        while len(publishes.refused) < 10 * BURST:
            check(publishes.said < 1000 * BURST, "the full disk takes no more")
            await publishes.burst()
        disk.make_room()
        lost = len(publishes.refused)
        while publishes.said not in publishes.kept():
            await publishes.burst()
        publishes.hearing.cancel()
        return publishes.kept(), lost


def proof(build):
    with Household(build) as house, SmallDisk(house, house.path("broker"), 8 * MEBI) as disk:
        house.start_broker()
        ana, bea = Identity(house.folder, "ana"), house.person("bea")
        check(asyncio.run(let_in(house.address, ana, secret_of(house.invite()))), "an invitation lets in")
        till = bea.start("subscribe", "orders.*", "--durable", "till")
        wait_for(lambda: house.broker("status")[0]["counters"]["durable_subscriptions_now"] == 1, "the broker to know it")
        till.stop()
        kept, lost = asyncio.run(publish(house, disk, ana))
        done = bea.well("subscribe", "orders.*", "--durable", "till", "--count", len(kept), "--json")
        heard = [json.loads(line) for line in done.out.splitlines()]
        check(not any("missed" in each for each in heard), "nobody misses what its publisher was told is refused")
        seen = [int(each["text"].split()[0]) for each in heard]
        check(seen == kept, f"acknowledged {len(kept)}, seen {len(seen)}; lost: {sorted(set(kept) - set(seen))[:8]}")
        print(f"{len(kept)} publications acknowledged and seen once, in order; {lost} refused, each told, none missed", flush=True)


main(proof)
