#!/usr/bin/env python3
"""P9: a broker is killed and comes again; all its sessions find back, none of them hammers, and who is there already does not
notice the others. proof_storm.py BUILD COUNT
"""

import asyncio
import math
import os
import resource
import signal
import time
from collections import Counter

from household import MEBI, Household, Stopwatch, check, main, peak, wait_for
from light import Light, context_of, let_in, secret_of
from stranger import Closed, Identity

BACK = 90  # seconds until the last is served again
MOST = 512 * MEBI
TRIES = 3  # in anybody's first second
SLOWEST = 0.5  # seconds, p99 of a call of somebody who is there
SAME = 0.002  # seconds: a connection that is gone is told as failed too
DOWN = 2.0  # seconds that nobody answers


def events(crowd, what):
    """(number, seconds) of each line."""
    return [(int(line.split()[1]), int(line.split()[2]) / 1000) for line in crowd.output().splitlines()
            if line.startswith(what + " ")]


async def dialled(light, until):
    """Dials until it is in, as everybody does: in a storm some are sent away."""
    while True:
        try:
            return await light.dial()
        except (OSError, Closed):
            check(not until(), "somebody who dials again and again is in before the storm is over")
            await asyncio.sleep(0.05)


async def survivor(house, broker, identity, until):
    """Is let in before the storm is over and calls all the time: how long each call took."""
    took, light = [], Light(house.address, identity)
    await dialled(light, until)
    while not until():
        watch = Stopwatch(broker)
        answer = await light.call("broker.status", seconds=30)
        took.append(watch.seconds())
        check(answer.code == 0, f"a call is answered: {answer}")
        await asyncio.sleep(0.02)
    await light.close()
    return sorted(took)


def tries_of(crowd, since):
    """How often each dialled in vain in the second after its connection was gone."""
    lost = {number: at for number, at in reversed(events(crowd, "lost")) if at >= since}
    return Counter(number for number, at in events(crowd, "failed") if lost.get(number, at) + SAME < at < lost.get(number, at) + 1)


def all_there(crowd):
    check(crowd.running(), f"the crowd ended: {crowd.output()[-500:]}")
    return crowd.output().endswith("all\n")


def all_back(crowd, since, count):
    return len({number for number, at in events(crowd, "ready") if at >= since}) == count


def proof(build, count):
    count = int(count)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Household(build) as house:
        broker = house.start_broker()
        identity = Identity(house.folder, "survivor")
        asyncio.run(let_in(house.address, identity, secret_of(house.invite())))
        link = house.invite("--uses", count).strip()
        crowd = house.start("crowd", os.path.join(os.path.abspath(build), "tests", "crowd"), link, count)
        wait_for(lambda: all_there(crowd), "all to be there", 300, 0.5)

        os.kill(broker.pid, signal.SIGKILL)
        killed = time.monotonic()
        time.sleep(DOWN)
        broker = house.start_broker("broker", house.address)
        again = time.monotonic()

        def over():
            return all_back(crowd, killed, count) or time.monotonic() > again + BACK
        took = asyncio.run(survivor(house, broker, identity, over))
        check(all_back(crowd, killed, count), f"all {count} are back within {BACK} s")
        last = max(at for _, at in events(crowd, "ready")) - again
        tries = tries_of(crowd, killed)
        slow = took[math.ceil(len(took) * 0.99) - 1]
        print(f"{count} sessions: the last is back {last:.1f} s after the start, at most {max(tries.values(), default=0)} tries in "
              f"the first second, {len(took)} calls meanwhile p50 {took[len(took) // 2] * 1000:.0f} ms p99 {slow * 1000:.0f} ms, "
              f"broker's peak {peak(broker.pid) / MEBI:.0f} MiB", flush=True)
        check(tries, "somebody tried while nobody answered")
        check(max(tries.values()) <= TRIES, f"somebody tried {max(tries.values())} times in the first second")
        check(slow < SLOWEST, f"p99 of who is there is {slow * 1000:.0f} ms")
        check(peak(broker.pid) < MOST, f"the broker needed {peak(broker.pid) / MEBI:.0f} MiB")


main(proof)
