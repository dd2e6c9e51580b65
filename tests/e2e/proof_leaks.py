#!/usr/bin/env python3
"""P19: sessions that come and go, and handshakes that fail, leave nothing behind in the broker. proof_leaks.py BUILD COUNT

COUNT times connect, be let in, call, close; COUNT times junk, half a handshake, no certificate, a broken greeting.
"""

import asyncio
import os
import re
import socket
import ssl

from household import Household, check, main, opened, wait_for
from light import Light, context_of, let_in, secret_of
from stranger import Identity

AT_ONCE = 8
MOST = 1.05  # times the memory after as many sessions as before the first look
SLACK = 1 << 20  # bytes: what a page or two of the allocator may differ


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status.read(), re.M)[1]) * 1024


async def a_session(house, member, context):
    async with Light(house.address, member, context) as light:
        check(light.standing == 2, "a member is greeted as one")
        answer = await light.call("broker.status")
        check(answer.code == 0, f"a call is answered: {answer}")


async def a_failure(house, number, context):
    """One of four ways not to get in."""
    host, port = house.address.rsplit(":", 1)
    where = {"host": host, "port": int(port), "local_addr": (f"127.0.1.{number % 200 + 1}", 0)}
    try:
        if number % 4 < 2:
            _, writer = await asyncio.open_connection(**where)
            writer.write(b"GET / HTTP/1.0\r\n\r\n" if number % 4 else bytes.fromhex("160301020001000200"))
            await writer.drain()
        else:
            nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
            reader, writer = await asyncio.open_connection(**where, ssl=context if number % 4 == 2 else nobody)
            writer.write(b"\xff" * 64)
            await reader.read(4096)
        writer.transport.abort()
    except (OSError, ssl.SSLError):
        pass


async def many(count, one):
    """one(number) for each, a few at a time."""
    numbers = iter(range(count))

    async def worker():
        for number in numbers:
            await one(number)
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def when_quiet(house, broker, files):
    """When the last have gone and no more files are open than before: the broker's memory."""
    def gone():
        status = house.broker("status")[0]
        return status["sessions"] == status["counters"]["strangers_now"] == 0 and len(opened(broker.pid)) <= files
    wait_for(gone, f"everybody to be gone and {files} files to be open, not {len(opened(broker.pid))}", 20, 0.2)
    return resident(broker.pid)


async def proof_async(house, broker, count):
    member = Identity(house.folder, "member")
    check(await let_in(house.address, member, secret_of(house.invite())), "an invitation lets in")
    contexts = context_of(member), context_of(Identity(house.folder, "stranger"))
    wait_for(lambda: house.broker("status")[0]["sessions"] == 0, "nobody to be there")
    files = len(opened(broker.pid))
    for what, one in (("sessions", lambda number: a_session(house, member, contexts[0])),
                      ("failed handshakes", lambda number: a_failure(house, number, contexts[1]))):
        await many(count, one)
        before = when_quiet(house, broker, files)
        await many(count, one)
        after = when_quiet(house, broker, files)
        print(f"{count} {what} after as many: {files} files, memory {before / 2**20:.1f} -> {after / 2**20:.1f} MiB", flush=True)
        check(after <= before * MOST + SLACK, f"{what}: memory grew from {before} to {after}")
    counters = house.broker("status")[0]["counters"]
    failed = sum(counters.get("connections_" + how, 0) for how in ("not_tls", "protocol", "tls", "closed"))
    check(failed == 2 * count, f"each failure is counted once, {2 * count} in all: {counters}")


def proof(build, count):
    with Household(build) as house:
        broker = house.start_broker()
        asyncio.run(proof_async(house, broker, int(count)))
        check(broker.running(), "the broker goes on")


main(proof)
