#!/usr/bin/env python3
"""P1–P4 and P6: durable messages while the broker is killed under load, with and without the power, and lines are cut between its
commit and its answer: everything that was acknowledged arrives, once, in order; each start takes less than five seconds.
proof_mail.py BUILD MESSAGES KILLS CUTS
"""

import asyncio
import os
import random
import signal
import time

from household import Household, check, main, wait_for
from history import History
from light import let_in, secret_of
from mail import Poster, Taker, until
from powercut import PowerCut
from proxy import Proxy
from stranger import Identity

SENDERS = 3
PACE = 0.03  # seconds: so that there is something to fall into
START = 5.0  # seconds a start may take
ROOM = "[mailbox]\nitems = 1000000\nsender_items = 1000000\n"  # for all that waits for somebody away


class Post:
    """Three who write to one."""

    def __init__(self, house, messages, power=None):
        self.house, self.messages, self.history, self.power = house, messages, History(), power
        self.people = [Identity(house.folder, f"sender{number}") for number in range(SENDERS)]
        self.reader = Identity(house.folder, "reader")
        self.names = {each.key: each.key.hex()[:8] for each in self.people}
        self.slowest = 0.0

    async def join(self):
        secret = secret_of(self.house.invite("--uses", SENDERS + 1))
        for each in (*self.people, self.reader):
            await let_in(self.house.address, each, secret)
        taker = self.taker()  # a device that has been here once is kept for
        task = asyncio.ensure_future(taker.run())
        await until(lambda: taker.links > 0, "the reader to be here once")
        await asyncio.sleep(0.5)
        await self.end(taker, task)

    def taker(self, address=None):
        return Taker(address or self.house.address, self.reader, self.history, self.names)

    def posters(self, address=None):
        return [Poster(address or self.house.address, each, self.reader.key, self.messages, self.history, pace=PACE) for each in self.people]

    async def end(self, taker, task):
        taker.stopped = True
        await asyncio.wait_for(task, 20)

    def kill(self):
        """The broker dies and is started again; how long until it is ready."""
        broker = self.house.programs[-1]
        os.kill(broker.pid, signal.SIGKILL)
        broker.process.wait()
        if self.power:
            self.power.fall()
        began = time.monotonic()
        self.house.start_broker("broker", self.house.address, env=self.power.env if self.power else None, config=ROOM)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def judge(self, what, taker):
        wrong = self.history.verdict() + taker.gaps
        check(not wrong, f"{what}: " + "; ".join(wrong))
        check(self.slowest < START, f"{what}: a start took {self.slowest:.1f} s")


async def killed_under_load(house, messages, kills, power=None):
    """P1, P3, P4: to somebody who is away; then he comes and the broker is killed while he takes."""
    post = Post(house, messages, power)
    await post.join()
    posters = post.posters()
    running = [asyncio.ensure_future(each.run()) for each in posters]
    done = 0
    while not all(task.done() for task in running):
        await asyncio.sleep(random.uniform(0.05, 0.5))
        if done < kills and not all(task.done() for task in running):
            await asyncio.to_thread(post.kill)
            done += 1
    await asyncio.gather(*running)
    taker = post.taker()
    task = asyncio.ensure_future(taker.run())
    for _ in range(2):
        await asyncio.sleep(random.uniform(0.05, 0.3))
        await asyncio.to_thread(post.kill)
    await until(lambda: not post.history.missing(), f"all to arrive: missing {post.history.missing()}")
    await post.end(taker, task)
    post.judge("killed", taker)
    check(done >= min(kills, 1), "the broker was killed while they wrote")
    print(f"{'power cut' if power else 'killed'} {done} times while {SENDERS} wrote {messages} each, and twice while they were taken: "
          f"{post.history.count('acked')} acknowledged, all seen once; {taker.again} came twice and were known; "
          f"slowest start {post.slowest:.1f} s", flush=True)


async def cut_before_the_answer(house, messages, cuts):
    """P2: what is committed and not acknowledged is sent again, and takes effect once."""
    post = Post(house, messages)
    await post.join()
    with Proxy(house.address) as line:
        taker = post.taker()
        task = asyncio.ensure_future(taker.run())
        posters = post.posters(line.address)
        running = [asyncio.ensure_future(each.run()) for each in posters]
        done = lost = 0

        def unacknowledged():
            return post.history.count("seen") > post.history.count("acked")

        while (done < cuts or lost == 0) and not all(each.done() for each in running):
            before = post.history.count("acked")
            await until(lambda: post.history.count("acked") > before or all(each.done() for each in running), "them to go on")
            await asyncio.sleep(random.uniform(0, 0.05))
            line.down.held = True  # what is committed from here on is not acknowledged, though it arrives …
            for _ in range(20):  # … if it was on its way: a poster that has just come first hears what is there
                if unacknowledged() or all(each.done() for each in running):
                    break
                await asyncio.sleep(0.02)
            lost += unacknowledged()
            line.cut()
            line.down.held = False
            done += 1
        await asyncio.gather(*running)
        await until(lambda: not post.history.missing(), f"all to arrive: missing {post.history.missing()}")
        await post.end(taker, task)
    post.judge("cut", taker)
    check(lost > 0, f"of {done} cuts not one fell between commit and answer")
    print(f"cut {done} times, {lost} of them with messages arrived whose answer was lost: {post.history.count('seen')} seen, each once",
          flush=True)


async def all_of_it(house, messages, kills, cuts, power):
    """In one loop: a program dies with the thread that started it."""
    await killed_under_load(house, messages, kills, power)
    house.programs[-1].stop()
    await asyncio.to_thread(house.start_broker, "broker", house.address, config=ROOM)  # without the shim
    await killed_under_load(house, messages, kills)
    await cut_before_the_answer(house, 5 * messages, cuts)


def proof(build, messages, kills, cuts):
    with Household(build) as house:
        power = PowerCut(build, house.path("broker"))
        house.start_broker(env=power.env, config=ROOM)
        wait_for(lambda: house.broker("status"), "the broker")
        asyncio.run(all_of_it(house, int(messages), int(kills), int(cuts), power))


main(proof)
