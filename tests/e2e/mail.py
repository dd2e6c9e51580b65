"""Durable messages as a light peer posts and takes them (docs/protocol.md §17), with every acknowledgement written down.

Both come again by themselves: a broker may be killed, a line cut, whenever it likes. What each knows survives in this program's
memory only, as on a disk that never fails.
"""

import asyncio
import random
import ssl
import struct
import time

from household import check
from light import Light, context_of
from stranger import TALK, Closed

CONVERSATION = bytes(16)
KIND = b"chat/1"
IN_FLIGHT = 500  # items
AT_ONCE = 5  # items in one message


def packed(bodies, kind=KIND):
    """Items as they lie on the wire."""
    return b"".join(struct.pack(">IqB", 13 + len(kind) + len(body), 0, len(kind)) + kind + body for body in bodies)


async def until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"waited {seconds} s for {what}")
        await asyncio.sleep(0.02)


def items_of(items):
    """The kind and the body of each."""
    at = 0
    while at < len(items):
        length, _, kind = struct.unpack(">IqB", items[at:at + 13])
        yield items[at + 13:at + 13 + kind], items[at + 13 + kind:at + length]
        at += length


class Comes:
    """Somebody who dials again until told to stop, and does its work on each link."""

    def __init__(self, address, identity):
        self.address, self.identity, self.context = address, identity, context_of(identity)
        self.links, self.stopped = 0, False
        self.light = None

    async def run(self):
        while not self.stopped:
            self.light = Light(self.address, self.identity, self.context, device=self.identity.device)
            try:
                await self.light.dial()
                self.links += 1
                await self.work(self.light)
            except (OSError, ssl.SSLError, TimeoutError, Closed):
                await asyncio.sleep(0.05)
            finally:
                await self.light.close()


class Poster(Comes):
    """Says 1, 2, 3 … to one recipient; .kept is how far the broker has it for sure."""

    def __init__(self, address, identity, to, count, history, size=0, pace=0.0):
        super().__init__(address, identity)
        self.name = identity.key.hex()[:8]
        self.to, self.count, self.history, self.filler = to, count, history, b" " * size
        self.kept, self.refusals = 0, []
        self.said, self.pace = 0, pace  # seconds between two messages, at most

    def body(self, number):
        return b"%d" % number + self.filler

    async def work(self, light):
        stream = light.open("mail.post/1", kind=TALK)
        where = {"to": self.to, "conversation": CONVERSATION}
        await stream.say(where)
        highest = await stream.message()
        while "highest" not in highest:
            highest = await stream.message()
        self.take_kept(highest["highest"])
        posted, window = self.kept, IN_FLIGHT
        while self.kept < self.count:
            while posted < self.count and posted - self.kept < window:
                upto = min(self.count, posted + AT_ONCE)
                numbers = range(posted + 1, upto + 1)
                for number in numbers:
                    if number > self.said:
                        self.history.sent(self.name, number)
                self.said = max(self.said, upto)
                await stream.say({**where, "first": posted + 1, "items": packed(map(self.body, numbers))})
                posted = upto
                await asyncio.sleep(random.uniform(0, self.pace))
            told = await stream.message(30)
            self.take_kept(told.get("kept", 0))
            window = AT_ONCE if told.get("refused") else IN_FLIGHT  # what was refused is tried alone
            if told.get("refused"):
                self.refusals.append((told["code"], told.get("sentence", ""), told.get("retry_ms", 0)))
                await asyncio.sleep(min(1.0, told.get("retry_ms", 0) / 1000))
                posted = told["refused"] - 1
        self.stopped = True

    def take_kept(self, upto):
        for number in range(self.kept + 1, upto + 1):
            self.history.acked(self.name, number)
        self.kept = max(self.kept, upto)


class Taker(Comes):
    """Takes all that waits for it; each item takes effect once, by its number. .again counts what came another time."""

    def __init__(self, address, identity, history, names):
        super().__init__(address, identity)
        self.history, self.names = history, names  # names: key -> how the history calls it
        self.marks, self.again, self.gaps, self.last = {}, 0, [], time.monotonic()

    async def work(self, light):
        stream = light.open("mail.take/1", kind=TALK)
        while not self.stopped:
            try:
                told = await stream.message(0.5)
            except TimeoutError:
                continue
            self.last = time.monotonic()
            if told.get("lost"):
                self.gaps.append(f"{told['lost']} went unseen")
                continue
            count = self.apply(told)
            await stream.say({"upto": told["serial"] + count - 1})

    def apply(self, told):
        sender, number = (told["from"], told["device"], told["conversation"]), told["first"] - 1
        count = 0
        for _, body in items_of(told["items"]):
            number, count = number + 1, count + 1
            if number <= self.marks.get(sender, 0):
                self.again += 1
                continue
            if number != self.marks.get(sender, 0) + 1:
                self.gaps.append(f"{self.names[told['from']]}: {number} follows {self.marks.get(sender, 0)}")
            self.marks[sender] = number
            said = int(body.split()[0])
            if said != number:
                self.gaps.append(f"{self.names[told['from']]}: number {number} says {said}")
            self.history.seen(self.names[told["from"]], said)
        return count
