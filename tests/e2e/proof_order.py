#!/usr/bin/env python3
"""P6: who is told that something is kept is told after the disk has it. Each sync of broker and receiver is held up while their
system calls are watched: no acknowledgement goes out before its sync has come back. proof_order.py BUILD
"""

import asyncio
import contextlib
import os
import re
import shutil
import time

from household import Household, Skipped, check, main, wait_for
from light import Light, let_in, secret_of
from mail import CONVERSATION, packed
from stranger import TALK, Identity

HELD_UP = 0.5  # seconds that a sync takes
TIMES = 4
CALL = re.compile(r"\d+ +(\d+\.\d+) (\w+)\(\d+<(.*?)>[,)< ]")


class Watched:
    """Starts a program under strace, which holds up its syncs; .calls() are (when it began, which, what for) as they were made."""

    def __init__(self, path):
        if not shutil.which("strace"):
            raise Skipped("strace is not installed")
        self.path = path

    def command(self, argv):
        return ["strace", "-DD", "-f", "-ttt", "-yy", "-s", "0", "-o", self.path, "-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg",
                "-e", f"inject=fsync,fdatasync:delay_exit={int(HELD_UP * 1e6)}", *argv]

    def calls(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            found = map(CALL.match, file)
            return [(float(call[1]), call[2], call[3]) for call in found if call]

    def synced(self, database, after, before):
        """When a sync of this database came back that was called for between the two times; the first, or None."""
        return next((began + HELD_UP for began, name, what in self.calls()
                     if name.endswith("sync") and what.endswith(database + "-wal") and after <= began <= before), None)


def told_after(watched, database, what, act):
    """Whoever waits for act() to be acknowledged is told when the database is synced. Returns (called, synced, told)."""
    called = time.time()
    act()
    told = time.time()
    synced = wait_for(lambda: watched.synced(database, called, told), f"a sync of {database} for {what}")
    check(synced <= told, f"{what}: acknowledged {synced - told:.3f} s before its sync had come back")
    return called, synced, told


async def posts(house, watched, sender, reader):
    """What goes to the poster after its call and before the sync is no acknowledgement: it has none until then, and the last thing that
    went to it before it was told went after the sync."""
    async with Light(house.address, sender) as light:
        port = light.writer.get_extra_info("sockname")[1]
        stream = light.open("mail.post/1", kind=TALK)
        where = {"to": reader.key, "conversation": CONVERSATION}
        await stream.say(where)
        await stream.message()
        for number in range(1, TIMES + 1):
            called = time.time()
            await stream.say({**where, "first": number, "items": packed([b"%d" % number])})
            answer = await stream.message(30)
            told = time.time()
            check(answer.get("kept") == number, f"it is kept: {answer}")
            synced = watched.synced("mailbox.sqlite", called, told)
            check(synced, "the mailbox was synced for it")
            check(synced <= told, f"acknowledged {synced - told:.3f} s before its sync had come back")
            sent = [began for began, name, what in watched.calls()
                    if not name.endswith("sync") and what.startswith("TCP") and f":{port}" in what and called <= began <= told]
            check(sent and sent[-1] >= synced, f"the answer left {synced - (sent or [0])[-1]:.3f} s before the sync had come back")


def proof(build):
    with Household(build) as house:
        broker = Watched(house.path("broker.calls"))
        receiver = Watched(house.path("bea.calls"))
        house.start_broker().stop()  # it has made its databases
        house.start_broker("broker", house.address, inside=broker)
        sender, reader = (Identity(house.folder, name) for name in ("sender", "reader"))
        secret = secret_of(house.invite("--uses", 2))
        for each in (sender, reader):
            check(asyncio.run(let_in(house.address, each, secret)), "an invitation lets in")
        asyncio.run(posts(house, broker, sender, reader))
        ana, bea = house.person("ana"), house.person("bea")
        told_after(broker, "broker.sqlite", "an invitation", house.invite)
        till = bea.start("subscribe", "orders", "--durable", "till")
        wait_for(lambda: house.broker("status")[0]["counters"]["durable_subscriptions_now"] == 1, "the broker to know it")
        told_after(broker, "topics.sqlite", "a publication", lambda: ana.well("publish", "orders", "one"))
        till.stop()
        house.befriend_at_broker(ana, bea)
        ana.own()
        bea.own(inside=receiver)

        def arrives():
            ana.run("message", bea.key, "hello")
            wait_for(lambda: ana.well("messages", "--json").lines()[-1]["state"] == "delivered", "it to be delivered", 30)
        told_after(receiver, "chat.sqlite", "a message", arrives)
        print(f"{TIMES} posts, an invitation, a publication and a message: each acknowledged after its sync of {HELD_UP} s", flush=True)


main(proof)
