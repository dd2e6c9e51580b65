#!/usr/bin/env python3
"""P5: the broker's disk is full: durable messages are refused and never acknowledged, calls and presence go on, the log stays short;
with room it goes on by itself within five seconds, and all that was acknowledged arrives. proof_mail_full.py BUILD
"""

import asyncio
import os
import subprocess
import time

from household import MEBI, Household, Skipped, check, main
from history import History
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from stranger import TALK, Identity

ROOM = 8 * MEBI
MESSAGES, SIZE = 1500, 2000
FULL = 5  # seconds that it stays full
RECOVERS = 5
LOG = 64 * 1024  # bytes it may say about it


def fill(folder):
    """Nothing goes in any more."""
    ballast = os.open(os.path.join(folder, "ballast"), os.O_WRONLY | os.O_CREAT)
    try:
        for piece in (65536, 4096):
            while True:
                os.write(ballast, bytes(piece))
    except OSError:
        try:
            while True:
                os.write(ballast, bytes(512))
        except OSError:
            os.close(ballast)


async def calls_go_on(house, one, other, seconds):
    until_then, count = time.monotonic() + seconds, 0
    async with Light(house.address, other) as server, Light(house.address, one) as caller:
        server.serve("tick", lambda caller, said: said)
        while time.monotonic() < until_then:
            answer = await caller.call("tick", {"n": count}, other.key, TALK)
            check(answer.code == 0, f"a call between people while the disk is full: {answer}")
            count += 1
            await asyncio.sleep(0.02)
    return count


async def run(house, broker, folder):
    secret = secret_of(house.invite("--uses", 4))
    sender, reader, ana, bea = (Identity(house.folder, name) for name in ("sender", "reader", "ana", "bea"))
    for each in (sender, reader, ana, bea):
        await let_in(house.address, each, secret)
    history = History()
    poster = Poster(house.address, sender, reader.key, MESSAGES, history, SIZE, pace=0.03)
    taker = Taker(house.address, reader, history, {sender.key: poster.name})
    task = asyncio.ensure_future(poster.run())
    await until(lambda: poster.kept > 100, "the first messages to be kept")
    fill(folder)
    await until(lambda: poster.refusals, "a refusal")
    kept, said = poster.kept, len(broker.output())
    count = await calls_go_on(house, ana, bea, FULL)
    check(broker.running(), "the broker goes on")
    check(poster.kept <= kept + 2 * 500, f"what is refused is not acknowledged: {kept} -> {poster.kept}")
    code, sentence, retry = poster.refusals[-1]
    check(code == 8 and retry > 0, f"the refusal is honest: {poster.refusals[-1]}")
    check(len(broker.output()) - said < LOG, f"the log grew by {len(broker.output()) - said} bytes in {FULL} s")
    stuck = poster.kept
    os.remove(os.path.join(folder, "ballast"))
    freed = time.monotonic()
    await until(lambda: poster.kept > stuck, "it to go on by itself", RECOVERS)
    took = time.monotonic() - freed
    taking = asyncio.ensure_future(taker.run())
    await asyncio.wait_for(task, 60)
    await until(lambda: not history.missing(), f"all to arrive: {history.missing()}", 60)
    taker.stopped = True
    await taking
    wrong = history.verdict() + taker.gaps
    check(not wrong, "; ".join(wrong))
    print(f"full: {len(poster.refusals)} refusals ({sentence!r}), {count} calls of others, went on {took:.1f} s after there was room, "
          f"{history.count('seen')} seen once", flush=True)


def proof(build):
    with Household(build) as house:
        folder = house.path("broker")
        os.mkdir(folder, 0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=700", "small", folder], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Skipped(f"no small file system can be mounted here: {done.stderr.strip()}")
        try:
            broker = house.start_broker(config=f"[mailbox]\nsender_items = {2 * MESSAGES}\n")
            asyncio.run(run(house, broker, folder))
        finally:
            for program in house.programs:
                program.stop()
            subprocess.run(["umount", "-l", folder], check=True)


main(proof)
