#!/usr/bin/env python3
"""A peer written from the protocol's text goes on with its link over one connection after the other, and lies about it.

    resuming_peer.py BUILD        one line a claim; exit status 1 when one does not hold
"""

import os
import random
import secrets
import select
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
sys.dont_write_bytecode = True

import hostile_peer  # noqa: E402
from hostile_peer import check, closes  # noqa: E402
from stranger import (ACK, CLOSE, CREDIT, DATA, FILE, LANE, OPEN, OPENS, PING, PONG, TALK, Closed, Peer, pack, unpack)  # noqa: E402

LEAVING, REPLACED, DATA_LOSS, STALE = 2, 3, 5, 8
OK = 0


class World(hostile_peer.World):
    """A broker that is real, and people that are not."""

    def __init__(self, build, folder):
        self.folder, self.programs = folder, []
        env = dict(os.environ, XDG_RUNTIME_DIR=os.path.join(folder, "run"))
        os.mkdir(env["XDG_RUNTIME_DIR"], 0o700)
        self.suite = hostile_peer.Suite(build, os.path.join(folder, "data"), env,
                                        lambda name, argv, more: self._start(name, argv, dict(env, **more)))
        self.broker, self.address = self.suite.broker()
        self.key = bytes.fromhex(self.status()["key"])


class Link:
    """Docs/protocol.md §5.7, one connection after the other: `frames` are those sent and not acknowledged."""

    def __init__(self, world, identity, **said):
        self.world, self.identity, self.said = world, identity, said
        self.name, self.number = secrets.token_bytes(16), 0
        self.taken = self.acknowledged = 0
        self.frames, self.next, self.peer = [], 1, None
        self.used, self.credit = {}, {}
        self.welcome, self.asked = None, None

    def dial(self, **changed):
        """The next connection; says what it has taken, drops what the other has, writes the rest again."""
        self.number += 1
        peer = Peer(self.world.address, self.identity, self.world.key)
        said = dict(dict(features=["resume"], link=self.name, connection=self.number, taken=self.taken), **self.said)
        self.welcome = peer.hello(**dict(said, **changed))
        self.peer = peer
        if self.welcome.get("resumed"):
            told = self.welcome["taken"]
            check(self.acknowledged <= told <= self.acknowledged + len(self.frames), f"the broker says {told} were taken")
            self.acknowledge(told)
            self.write(b"".join(self.frames))
        return self.welcome

    def acknowledge(self, count):
        del self.frames[:count - self.acknowledged]
        self.acknowledged = count

    def write(self, data):
        try:
            self.peer.raw(data)
        except Closed:
            pass  # it stays in `frames`

    def send(self, kind, payload, stream, flags=0):
        frame = struct.pack(">IBBHI", len(payload), kind, flags, 0, stream) + payload
        self.frames.append(frame)
        self.write(frame)

    def open(self, name, to, parameters=None, kind=TALK):
        stream, self.next = self.next, self.next + 2
        body = pack(parameters or {})
        self.credit[stream] = 65536
        self.send(OPEN, to + bytes(16) + struct.pack(">BIB", kind, 0, len(name)) + name.encode() +
                  struct.pack(">I", len(body)) + body + bytes(8), stream)
        return stream

    def say(self, stream, message):
        """DATA, as far as there is credit; False when not."""
        if self.credit[stream] < len(message) + 16:
            return False
        self.credit[stream] -= len(message) + 16
        self.send(DATA, message, stream)
        return True

    def step(self, seconds=0.0):
        """What came, frame by frame; nothing when nothing comes in time or the connection is gone."""
        came = []
        try:
            if not self.peer.waiting and not select.select([self.peer.socket], [], [], seconds)[0] \
                    and not self.peer.socket.pending():
                return came
            kind, flags, stream, payload = self.peer.frame()
        except Closed as closed:
            check(closed.reason is None, f"the link ended: {closed}")
            return came
        if kind == ACK:
            self.acknowledge(struct.unpack(">Q", payload)[0])
        elif kind == PING:
            self.write(struct.pack(">IBBHI", len(payload), PONG, 0, 0, 0) + payload)
        elif kind == LANE:
            self.asked = struct.unpack(">I", payload)[0]
        if stream == 0:
            return came
        self.taken += 1
        if kind == CREDIT:
            total = struct.unpack(">Q", payload)[0]
            self.credit[stream] += max(0, total - self.used.get((stream, "allowed"), 65536))
            self.used[stream, "allowed"] = max(total, self.used.get((stream, "allowed"), 65536))
        if kind == DATA:
            used = self.used[stream] = self.used.get(stream, 0) + len(payload) + 16
            self.send(CREDIT, struct.pack(">Q", used + 65536), stream)
        came.append((kind, flags, stream, payload))
        return came

    def cut(self, inside=b""):
        """The connection breaks as if the cable was pulled out: no goodbye. \\param inside  a frame that is cut off"""
        if inside:
            self.write(inside)
        self.peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peer.close()


def joined(world, name):
    identity = world.join(name)
    link = Link(world, identity)
    check(link.dial()["standing"] == 2, "whoever was let in is a member")
    check("resume" in link.welcome["features"], "the broker can resume")
    return link


# ---- claims

def nothing_is_lost_and_nothing_twice(world):
    ana, bea = joined(world, "ana"), joined(world, "bea")
    chance = random.Random(7)
    stream, sent, heard, back, told = ana.open("count/1", bea.identity.key), 0, [], [], 0
    theirs = None
    deadline = time.monotonic() + 60
    while (len(heard) < 3000 or len(back) < 3000) and time.monotonic() < deadline:
        for _ in range(20):
            if sent < 3000 and ana.say(stream, struct.pack(">I", sent) + bytes(chance.randrange(600))):
                sent += 1
        for kind, _, number, payload in [each for _ in range(40) for each in bea.step(0.001)]:
            if kind == OPEN:
                theirs = number
                bea.credit[theirs] = 65536
            if kind == DATA:
                heard.append(struct.unpack(">I", payload[:4])[0])
        while theirs and told < len(heard) and bea.say(theirs, struct.pack(">I", heard[told])):
            told += 1
        for kind, _, _, payload in [each for _ in range(40) for each in ana.step(0.001)]:
            if kind == DATA:
                back.append(struct.unpack(">I", payload[:4])[0])
        if chance.random() < 0.15:
            broken = chance.choice([ana, bea])
            broken.cut(chance.choice([b"", b"\0\0\0", struct.pack(">IBBHI", 500, DATA, 0, 0, 1) + bytes(100)]))
            check(broken.dial()["resumed"], "the link goes on")
    check(heard == list(range(3000)), f"bea heard {len(heard)}, in order {heard == sorted(set(heard))}")
    check(back == list(range(3000)), f"ana heard {len(back)} back, in order {back == sorted(set(back))}")
    check(ana.number + bea.number > 10, "connections broke")


def counts_that_cannot_be_true_end_the_link(world):
    for lie in (1000, -1):
        link = joined(world, f"liar{lie}")
        stream = link.open("people.watch", bytes(32))
        while not [kind for kind, _, number, _ in link.step(1) if kind == DATA and number == stream]:
            pass
        link.write(struct.pack(">IBBHIQ", 8, ACK, 0, 0, 0, link.taken))
        link.write(struct.pack(">IBBHI", 0, PING, 0, 0, 0))
        time.sleep(0.1)
        link.cut()
        try:
            link.dial(taken=link.taken + lie)
            raise hostile_peer.x11.Failed(f"a count {lie} beside the truth was believed")
        except Closed as closed:
            check(closed.reason == DATA_LOSS, f"it closed with {closed}")
        check(not link.dial()["resumed"], "the link is dead")


def an_old_number_is_stale(world):
    link = joined(world, "stale")
    check(link.dial()["resumed"], "a second connection takes over")
    link.number -= 1
    try:
        link.dial()
        raise hostile_peer.x11.Failed("an old connection was let in")
    except Closed as closed:
        check(closed.reason == STALE, f"it closed with {closed}")
    link.number = 7
    check(link.dial()["resumed"], "the link lives")


def the_link_of_another_is_unknown(world):
    ana, bea = joined(world, "owner"), joined(world, "thief")
    ana.open("people.watch", bytes(32))
    thief = Link(world, bea.identity)
    thief.name, thief.number, thief.taken = ana.name, 5, 1
    check(not thief.dial()["resumed"], "a name means nothing to another key")
    ana.cut()
    check(ana.dial()["resumed"], "its owner goes on with it")


def the_older_connection_brings_nothing_more(world):
    ana, bea = joined(world, "half"), joined(world, "open")
    stream = ana.open("count/1", bea.identity.key)
    old = ana.peer
    ana.say(stream, b"first")
    check(ana.dial()["resumed"], "the next connection takes over while the older one stands")
    old.socket.settimeout(5)
    try:
        old.raw(struct.pack(">IBBHI", 6, DATA, 0, 0, stream) + b"second")
        while True:
            old.frame()
    except Closed as closed:
        check(closed.reason is None, f"the older one is closed without a word, not with {closed}")
    ana.say(stream, b"third")
    heard, deadline = [], time.monotonic() + 5
    while b"third" not in heard and time.monotonic() < deadline:
        heard += [payload for kind, _, _, payload in bea.step(0.1) if kind == DATA]
    check(heard == [b"first", b"third"], f"bea heard {heard}")


def one_link_a_device_and_many_devices(world):
    ana = joined(world, "many")
    other = Link(world, ana.identity, device=secrets.token_bytes(8), session=secrets.token_bytes(8))
    check(not other.dial()["resumed"], "another device has a link of its own")
    newer = Link(world, ana.identity, session=secrets.token_bytes(8))
    newer.dial()
    closes(ana.peer, REPLACED)
    other.peer.send(PING, b"here")
    check(other.peer.frame()[0] in (PONG, OPENS), "the other device stays")


def bulk_has_a_lane_that_is_asked_for_and_resumed(world):
    ana, bea = joined(world, "sender"), joined(world, "taker")
    bea.said["features"] = ["resume", "lanes"]
    bea.name = secrets.token_bytes(16)  # a new link that says so
    bea.number = bea.taken = bea.acknowledged = 0
    bea.dial()
    stream = ana.open("file/1", bea.identity.key, kind=FILE)
    ana.say(stream, b"before it stands")
    deadline = time.monotonic() + 5
    while bea.asked is None and time.monotonic() < deadline:
        check(not [each for each in bea.step(0.1) if each[0] in (OPEN, DATA)], "nothing of it comes on lane 0")
    check(bea.asked == 1, f"lane {bea.asked} is asked for")
    lane = Link(world, bea.identity, features=["resume", "lanes"], lane=1)
    lane.name = bea.name
    check(lane.dial()["resumed"], "a lane begins as one that was suspended")
    heard = []

    def hear(until):
        deadline = time.monotonic() + 5
        while until not in heard and time.monotonic() < deadline:
            heard.extend(payload for kind, _, _, payload in lane.step(0.1) if kind == DATA)

    hear(b"before it stands")
    lane.cut()
    ana.say(stream, b"while it was gone")
    check(lane.dial()["resumed"], "it goes on like a link")
    hear(b"while it was gone")
    check(heard == [b"before it stands", b"while it was gone"], f"bea heard {heard}")
    bea.peer.send(PING, b"here")
    check(bea.peer.frame()[0] in (PONG, OPENS), "lane 0 stands")
    stranger = Link(world, ana.identity, features=["resume", "lanes"], lane=1)
    stranger.name = bea.name
    try:
        stranger.dial()
        raise hostile_peer.x11.Failed("a lane of somebody else's link was welcomed")
    except Closed as closed:
        check(closed.reason == LEAVING, f"it closed with {closed}")
    bea.peer.close()


def away_is_seen_and_taken_back(world):
    """Takes as long as somebody may be gone before it is noticed."""
    ana, bea = joined(world, "looker"), joined(world, "goer")
    ana.open("people.watch", bytes(32))
    online = {}

    def look(until, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for kind, _, _, payload in ana.step(0.1):
                if kind == DATA:
                    said = unpack(payload)
                    online[said["user"]] = said.get("online", False)
            if online.get(bea.identity.key) is until:
                return True
        return False

    check(look(True, 5), "bea is here")
    stream = bea.open("count/1", ana.identity.key)
    time.sleep(0.2)
    bea.cut()
    began = time.monotonic()
    check(look(False, 20), "bea is away")
    check(time.monotonic() - began > 8, "not at once: it may come back")
    check(world.status()["counters"]["sessions_suspended"] >= 1, "the administrator sees it")
    refused = ana.open("count/1", bea.identity.key)
    answer, deadline = None, time.monotonic() + 5
    while answer is None and time.monotonic() < deadline:
        for kind, _, number, payload in ana.step(0.1):
            if kind == CLOSE and number == refused:
                answer = payload[0], payload[1]
    check(answer == (14, 1), f"a new stream is refused, not begun: {answer}")
    check(bea.dial()["resumed"], "bea comes back")
    check(look(True, 5), "and is here again")
    check(bea.say(stream, b"still open"), "its stream goes on")
    heard, deadline = False, time.monotonic() + 5
    while not heard and time.monotonic() < deadline:
        heard = any(kind == DATA and payload == b"still open" for kind, _, _, payload in ana.step(0.1))
    check(heard, "what was open stays open")


hostile_peer.World = World
hostile_peer.CLAIMS = [nothing_is_lost_and_nothing_twice, counts_that_cannot_be_true_end_the_link, an_old_number_is_stale,
                       the_link_of_another_is_unknown, the_older_connection_brings_nothing_more,
                       one_link_a_device_and_many_devices, bulk_has_a_lane_that_is_asked_for_and_resumed, away_is_seen_and_taken_back]

if __name__ == "__main__":
    hostile_peer.main()
