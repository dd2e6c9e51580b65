#!/usr/bin/env python3
"""Junk, half handshakes and oversize headers at the broker: two members who call each other do not notice; all is counted.

proof_junk.py BUILD
"""

import math
import os
import socket
import ssl
import threading

import stranger
from household import Household, check, main, wait_for

CONNECTIONS = 200
CALLS = 40
SANE = 500_000  # µs of a call; a fifth of it is usual on a busy machine
OVERSIZE = bytes.fromhex("ffffffff 01 00 0000 00000000")


def connect(address, number):
    """From one of many addresses: a limit for each is not what protects the members here."""
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 5, source_address=(f"127.0.1.{number % 100 + 1}", 0))


def junk(house, _, number):
    with connect(house.address, number) as one:
        one.sendall(os.urandom(2048))


def half_handshake(house, kept, number):
    """The beginning of a TLS greeting, and silence."""
    one = connect(house.address, number)
    one.sendall(bytes.fromhex("160301020001000200"))
    kept.append(one)


def oversize(house, kept, _):
    """A whole handshake, and a frame that promises 4 GiB."""
    peer = stranger.Peer(house.address, house.stranger)
    kept.append(peer)
    peer.raw(OVERSIZE)
    peer.frame()


def attack(house, kept, took):
    """CONNECTIONS of all kinds and more, as long as the members call; what is refused or closed is as it should be."""
    number = 0
    while number < CONNECTIONS or len(took) < CALLS:
        try:
            (junk, half_handshake, oversize)[number % 3](house, kept, number)
        except (OSError, ssl.SSLError, stranger.Closed):
            pass
        number += 1
    house.attacks = number


def counters(house):
    return house.broker("status")[0]["counters"]


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        follows = [each.own() for each in (ana, bea)]
        wait_for(lambda: ana.run("ping", bea.key).status == 0, "the two to meet at the broker", 30)
        house.stranger = stranger.Identity(house.folder, "stranger")
        before, kept, took = counters(house), [], []
        thread = threading.Thread(target=attack, args=(house, kept, took), daemon=True)
        thread.start()
        while len(took) < CALLS or thread.is_alive():
            took.append(ana.well("ping", bea.key, "--json").lines()[0]["round_trip_us"])
        after = counters(house)
        grown = {name: after[name] - before.get(name, 0) for name in after}
        took.sort()
        slow = took[math.ceil(len(took) * 0.99) - 1]
        print(f"{house.attacks} attacks, {len(took)} calls, p50 {took[len(took) // 2] / 1000:.1f} ms, "
              f"p99 {slow / 1000:.1f} ms; " + ", ".join(f"{name} {count}" for name, count in grown.items() if count), flush=True)
        check(slow < SANE, f"p99 of {len(took)} calls is {slow / 1000:.0f} ms")
        check(broker.running() and all(each.running() for each in follows), "everybody is still there")
        check(grown["connections_not_tls"] >= CONNECTIONS // 4, f"junk is counted: {grown}")
        check(grown["connections_protocol"] >= CONNECTIONS // 4, f"oversize headers are counted: {grown}")
        came = sum(grown.get("connections_" + how, 0) for how in ("accepted", "crowded", "source"))
        check(came >= CONNECTIONS, f"all who came are counted: {grown}")


main(proof)
