#!/usr/bin/env python3
"""P5: the broker's disk is full: durable messages are refused and never acknowledged; what lies there is given, also to who comes only
now; calls, presence and offers go on, `status` says why, the log stays short. With room it goes on by itself within five seconds, and
all that was acknowledged arrives. proof_full_broker.py BUILD SECONDS
"""

import asyncio
import time

from disks import SmallDisk
from history import History
from household import MEBI, Household, check, main
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from stranger import COMMAND, END, TALK, Identity

ROOM = 32 * MEBI
MESSAGES, SIZE = 2000, 1000
RECOVERS = 5
STEADY = 3  # refusals in a row, after which no byte of room is left
LOG = 64 * 1024  # bytes it may say about it
WHY = "the disk is full"
MORE = '[[command]]\nname = "more"\nargv = ["/bin/true"]\n'


class Watcher:
    """Somebody who sees which people and machines are there."""

    def __init__(self, light):
        self.seen = {}
        self.tasks = [asyncio.ensure_future(self._watch(light.open(what, kind=COMMAND, flags=END), who))
                      for what, who in (("people.watch", "user"), ("offers.watch", "node"))]

    async def _watch(self, stream, who):
        while True:
            told = await stream.message(600)
            self.seen[told[who]] = told

    def sees(self, key, online=True, command=None):
        told = self.seen.get(key, {})
        commands = [each["name"] for each in told.get("commands", [])]
        return bool(told.get("online")) == online and (command is None or command in commands)

    def stop(self):
        for task in self.tasks:
            task.cancel()


async def stuck_at(poster):
    """How far it came when all is refused: so many refusals followed each other, with nothing kept between them."""
    while True:
        kept, refusals = poster.kept, len(poster.refusals)
        await until(lambda: poster.kept > kept or len(poster.refusals) >= refusals + STEADY, "refusals to come steadily")
        if poster.kept == kept:
            return kept


async def goes_on(house, broker, watcher, caller, machine, seconds):
    """Calls between people and of machines; who goes, who comes, and what a machine offers anew."""
    said, count = len(broker.output()), 0
    node, key = machine
    async with Light(house.address, caller["guest"]) as server, Light(house.address, caller["ana"]) as light:
        server.serve("tick", lambda who, parameters: parameters)
        await until(lambda: watcher.sees(server.identity.key), "who comes to be seen", 5)
        node.process.kill()
        await until(lambda: watcher.sees(key, online=False), "the machine that went to be seen", 20)
        with open(house.path("node.toml"), "a", encoding="utf-8") as config:
            config.write(MORE)
        house.start("node", "hawser-nodeagent", "run", "--data", house.path("node"), "--config", house.path("node.toml"))
        await until(lambda: watcher.sees(key, command="more"), "the machine that came to be seen, with what it offers now", 20)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for what, to, kind in (("tick", server.identity.key, TALK), ("echo", key, COMMAND)):
                answer = await light.call(what, {"text": str(count)}, to, kind)
                check(answer.code == 0, f"{what} while the disk is full: {answer}")
                count += 1
            await asyncio.sleep(0.02)
    await until(lambda: watcher.sees(caller["guest"].key, online=False), "who went to be seen", 5)
    trouble = house.broker("status")[0]["trouble"]
    check(any(WHY in each for each in trouble), f"status says it: {trouble}")
    check(WHY in house.well("hawser-brokerd", "status", "--data", house.path("broker")).out, "and to people")
    check(broker.running(), "the broker goes on")
    check(len(broker.output()) - said < LOG, f"the log grew by {len(broker.output()) - said} bytes in {seconds} s")
    return count, trouble


async def given_while_full(house, posters, takers):
    """All that was acknowledged, to a device that the broker knows and to one that it does not."""
    tasks = [asyncio.ensure_future(taker.run()) for taker in takers]
    history = posters[0].history
    await until(lambda: not history.missing(), f"what lies there to be given while the disk is full: {history.missing()}", 20)
    check(all(taker.marks for taker in takers), "each got something")
    return tasks


async def run(house, broker, disk, machine, seconds):
    secret = secret_of(house.invite("--uses", 6))
    names = ("known", "newcomer", "sender", "other", "ana", "guest")
    who = {name: Identity(house.folder, name) for name in names}
    for each in who.values():
        await let_in(house.address, each, secret)
    history = History()
    pairs = (("sender", "known"), ("other", "newcomer"))
    posters = [Poster(house.address, who[one], who[to].key, MESSAGES, history, SIZE, pace=0.05) for one, to in pairs]
    takers = [Taker(house.address, who[to], history, {who[one].key: poster.name})
              for (one, to), poster in zip(pairs, posters)]
    tasks = [asyncio.ensure_future(poster.run()) for poster in posters]
    taking = asyncio.ensure_future(takers[0].run())
    await until(lambda: all(poster.kept > 100 for poster in posters) and takers[0].marks, "the first messages to be kept")
    takers[0].stopped = True
    await taking
    takers[0].stopped = False
    async with Light(house.address, who["ana"]) as light:
        watcher = Watcher(light)
        await until(lambda: watcher.sees(machine[1]), "the machine's offer")
        disk.fill()
        kept = await asyncio.gather(*map(stuck_at, posters))
        count, trouble = await goes_on(house, broker, watcher, who, machine, seconds)
        watcher.stop()
    for poster, before in zip(posters, kept):
        check(poster.kept == before, f"what is refused is not acknowledged: {before} -> {poster.kept}")
        code, sentence, retry = poster.refusals[-1]
        check(code == 8 and retry > 0, f"the refusal is honest: {poster.refusals[-1]}")
    taking = await given_while_full(house, posters, takers)
    seen = history.count("seen")
    stuck = [poster.kept for poster in posters]
    disk.make_room()
    freed = time.monotonic()
    await until(lambda: all(poster.kept > before for poster, before in zip(posters, stuck)), "it to go on by itself", RECOVERS)
    took = time.monotonic() - freed
    await until(lambda: not house.broker("status")[0]["trouble"], "status to say no more", RECOVERS)
    await asyncio.wait_for(asyncio.gather(*tasks), 60)
    await until(lambda: not history.missing(), f"all to arrive: {history.missing()}", 60)
    await until(lambda: house.broker("status")[0]["counters"]["mailbox_items_on_disk"] == 0, "what was taken to be noted", 20)
    for taker in takers:
        taker.stopped = True
    await asyncio.gather(*taking)
    wrong = history.verdict() + [gap for taker in takers for gap in taker.gaps]
    check(not wrong, "; ".join(wrong))
    print(f"full: {sum(len(poster.refusals) for poster in posters)} refusals ({sentence!r}; status: {trouble}), {count} calls of others, "
          f"{seen} given meanwhile; went on {took:.1f} s after there was room, {history.count('seen')} seen once", flush=True)


def proof(build, seconds):
    with Household(build) as house, SmallDisk(house, house.path("broker"), ROOM) as disk:
        broker = house.start_broker(config=f"[mailbox]\nsender_items = {2 * MESSAGES}\n")
        node, key = house.node()
        asyncio.run(run(house, broker, disk, (node, bytes.fromhex(key)), float(seconds)))


main(proof)
