#!/usr/bin/env python3
"""A database that is damaged, newer, read-only, locked or full: a clear sentence and the file untouched at the start; while it
runs, an honest refusal, and what needs no database goes on. Afterwards all works again. proof_databases.py BUILD
"""

import asyncio
import os

from databases import changed, damage, damage_inside, digest, locked, make_newer, read_only
from household import Household, check, main, wait_for
from light import Light, let_in, secret_of
from stranger import TALK, Identity

BUSY = 1.0  # seconds that nobody may wait for somebody else's database
RECOVERS = 5  # seconds


class Keeper:
    """Whose database it is and how it is started: to its end, and what it said."""

    def __init__(self, name, folder, file, start):
        self.name, self.folder, self.path, self.start = name, folder, os.path.join(folder, file), start


def refuses(keeper, what, words):
    """It does not start, says why with one of the words and where, and leaves the file as it is."""
    before = digest(keeper.path)
    done = keeper.start()
    check(done.status not in (0, -6, -11), f"{keeper.name}, {what}: it must say no and live: {done}")
    said = (done.out + done.err).strip()
    check(any(word in said.lower() for word in words), f"{keeper.name}, {what}: it says {said!r}")
    check(os.path.basename(keeper.path) in said or keeper.folder in said, f"{keeper.name}, {what}: which file? {said!r}")
    check(digest(keeper.path) == before, f"{keeper.name}, {what}: the file was changed")
    print(f"{keeper.name}, {what}: {said.splitlines()[-1][:160]}", flush=True)


def at_the_start(keeper):
    with changed(keeper.path, damage):
        refuses(keeper, "damaged", ("not a database", "malformed", "damaged"))
    with changed(keeper.path, damage_inside):
        refuses(keeper, "damaged inside", ("malformed", "damaged"))
    with changed(keeper.path, make_newer):
        refuses(keeper, "newer", ("newer",))
    with read_only(keeper.folder):
        refuses(keeper, "read-only", ("read-only", "cannot write", "cannot open"))


async def calls(house, one, other, seconds):
    """The slowest of the calls between two members."""
    slowest, loop = 0, asyncio.get_running_loop()
    async with Light(house.address, other) as server, Light(house.address, one) as caller:
        server.serve("tick", lambda caller, said: said)
        until = loop.time() + seconds
        while loop.time() < until:
            began = loop.time()
            answer = await caller.call("tick", {}, other.key, TALK, seconds=30)
            check(answer.code == 0, f"a call is answered: {answer}")
            slowest = max(slowest, loop.time() - began)
            await asyncio.sleep(0.01)
    return slowest


def while_it_runs(house, keeper, members):
    """What needs the database is refused; calls between people do not notice."""
    with locked(keeper.path):
        asks = [house.start(f"asks-{number}", "hawser-brokerd", "invite", "--data", keeper.folder) for number in range(3)]
        slowest = asyncio.run(calls(house, *members, 3))
        for each in asks:
            wait_for(lambda: not each.running(), "an answer about the invitation", 15)
            check(each.process.returncode != 0 and "holds the database" in each.output(),
                  f"no invitation without saving it: {each.output()}")
    print(f"locked meanwhile: refused, slowest call {slowest * 1000:.0f} ms", flush=True)
    check(slowest < BUSY, f"a call waited {slowest:.1f} s for somebody else's database")
    wait_for(lambda: house.run("hawser-brokerd", "invite", "--data", keeper.folder).status == 0, "invitations again", RECOVERS)


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        members = [Identity(house.folder, name) for name in ("one", "other")]
        secret = secret_of(house.invite("--uses", 2))
        check(all(asyncio.run(let_in(house.address, each, secret)) for each in members), "an invitation lets in")
        keeper = Keeper("the broker", house.path("broker"), "broker.sqlite",
                        lambda: house.run("hawser-brokerd", "run", "--listen", "127.0.0.1:0", "--data", house.path("broker"),
                                          seconds=20))
        while_it_runs(house, keeper, members)
        broker.stop()
        at_the_start(keeper)
        with locked(keeper.path):
            house.start_broker("broker", house.address)  # what only reads is served
        check(house.broker("status")[0]["users"] == 2, "after all that, everybody is still a member")
        ana = house.person("ana")
        at_the_start(Keeper("a person", ana.data, "person.db", lambda: ana.run("contacts")))
        with locked(os.path.join(ana.data, "person.db")):
            ana.well("contacts")


main(proof)
