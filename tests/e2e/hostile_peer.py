#!/usr/bin/env python3
"""A peer that nobody here wrote joins, calls, and lies; the broker and everybody else stay as they are.

    hostile_peer.py BUILD        one line a claim; exit status 1 when one does not hold
"""

import base64
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]
sys.dont_write_bytecode = True

import x11  # noqa: E402
from stranger import (ACK, ADMIN, CLOSE, COMMAND, DATA, END, HELLO, MORE, OPEN, PING, TALK, Closed, Identity, Peer,  # noqa: E402
                      Request, pack, unpack)
from suite import Suite  # noqa: E402

OK, INVALID, DENIED, PRECONDITION, UNIMPLEMENTED, UNAUTHENTICATED = 0, 3, 7, 9, 12, 16
PROTOCOL = 4


class World:
    """A broker and a node that are real, and people that are not."""

    def __init__(self, build, folder):
        self.folder = folder
        env = dict(os.environ, XDG_RUNTIME_DIR=os.path.join(folder, "run"))
        os.mkdir(env["XDG_RUNTIME_DIR"], 0o700)
        self.programs = []
        self.suite = Suite(build, os.path.join(folder, "data"), env, lambda name, argv, more: self._start(name, argv, dict(env, **more)))
        self.broker, self.address = self.suite.broker()
        self.suite.join_node()
        self.suite.node()
        x11.wait_for(lambda: self.status()["nodes_online"] == 1, "the node")
        self.key = bytes.fromhex(self.status()["key"])
        self.ana, self.bea = self.join("ana"), self.join("bea")

    def _start(self, name, argv, env):
        self.programs.append(x11.Program(name, argv, env, self.folder))
        return self.programs[-1]

    def status(self):
        return self.suite.json("hawser-brokerd", "status", "--data", self.suite.folder("broker"))[0]

    def pending(self):
        return self.suite.json("hawser-brokerd", "pending", "--data", self.suite.folder("broker"))[0]["requests"]

    def key_of(self, who):
        with open(os.path.join(self.suite.folder(who), "identity.pub"), encoding="ascii") as file:
            return bytes.fromhex(file.read().strip())

    def secret(self):
        """That of a new invitation for a person."""
        link = self.suite.run("hawser-brokerd", "invite", "--kind", "user", "--data", self.suite.folder("broker")).strip()
        match = re.fullmatch(r"hawser:join/1/([0-9a-f]{64})@127\.0\.0\.1:\d+/([\w-]{22})", link)
        assert match and bytes.fromhex(match[1]) == self.key, link
        return base64.urlsafe_b64decode(match[2] + "==")

    def stranger(self, name="stranger"):
        return Identity(self.folder, f"{name}-{secrets.token_hex(4)}")

    def dial(self, identity, **changed):
        """A connection that has been greeted, and the greeting."""
        peer = Peer(self.address, identity, self.key)
        return peer, peer.hello(**changed)

    def join(self, name):
        """Somebody new, let in by an invitation."""
        identity = self.stranger(name)
        peer, welcome = self.dial(identity)
        check(welcome["standing"] == 1, "an unknown key is a stranger")
        answered = Request(peer, self.secret()).answer()
        check(answered.code == OK, f"an invitation lets in, not {answered}")
        peer.close()
        return identity

    def member(self, identity, **changed):
        peer, welcome = self.dial(identity, **changed)
        check(welcome["standing"] == 2, "whoever was let in is a member")
        return peer

    def close(self):
        for program in reversed(self.programs):
            program.stop()


def check(condition, sentence):
    if not condition:
        raise x11.Failed(sentence)


def closes(peer, *reasons):
    """The other side ends the connection, soon, for one of these reasons (none named: for any)."""
    deadline = time.monotonic() + 5
    try:
        while time.monotonic() < deadline:
            peer.frame()
    except Closed as closed:
        check(not reasons or closed.reason in reasons, f"it closed with {closed}")
        return
    except TimeoutError:
        pass
    raise x11.Failed("the connection stays")


def offers(peer):
    """What the broker tells of its nodes, first of all."""
    stream = peer.open("offers.watch", flags=END)
    while True:
        came = peer.step()
        if came and came[2] == stream and came[0] == DATA:
            return unpack(came[3])


# ---- claims

def joins_by_invitation_and_calls_a_node(world):
    peer = world.member(world.ana)
    offer = offers(peer)
    names = [command["name"] for command in offer["commands"]]
    check(offer["online"] and {"divide", "echo"} <= set(names), f"the node offers {names}")
    divide = next(command for command in offer["commands"] if command["name"] == "divide")
    first, second = (field["name"] for field in divide["parameters"])
    answer = peer.call("divide", {first: 7.0, second: 2.0}, offer["node"])
    check(answer.code == OK and 3.5 in answer.result.values(), f"7 / 2 is {answer}")
    answer = peer.call("divide", {first: 1.0, second: 0.0}, offer["node"])
    check(answer.code == INVALID and "Divisor cannot be zero" in answer.sentence, f"1 / 0 is {answer}")
    answer = peer.call("divide", {first: "seven", second: 1.0}, offer["node"])
    check(answer.code == INVALID and first in answer.sentence, f"a text is no number: {answer}")
    check(peer.call("no.such", {}, offer["node"]).code == UNIMPLEMENTED, "what the node does not offer is unimplemented")


def an_invitation_works_once(world):
    secret = world.secret()
    peer, _ = world.dial(world.stranger())
    check(Request(peer, secret).answer().code == OK, "the first one is let in")
    peer, _ = world.dial(world.stranger())
    again = Request(peer, secret).answer()
    check(again.code == PRECONDITION, f"the second gets {again}")


def nobody_says_for_himself_who_he_is(world):
    """A01: wherever it says that Bea calls, Ana's key is what Bea is told."""
    ana, bea = world.member(world.ana, key=world.bea.key, user=world.bea.key), world.member(world.bea)
    ana.open("chat/1", {"id": secrets.token_bytes(16), "text": "hi", "from": world.bea.key, "user": world.bea.key},
             world.bea.key, TALK, END, block=bytes(16))
    while True:
        came = bea.step()
        if came and came[0] == OPEN:
            break
    block = came[3]
    check(block[:32] == world.ana.key, f"the caller is {block[:32].hex()}, not Ana")
    check(block[32:40] == world.ana.device and block[40:48] == world.ana.session, "device and session are those of her greeting")


def a_stranger_may_only_ask(world):
    peer, _ = world.dial(world.stranger())
    node = world.key_of("node")
    for name, to, kind in (("divide", node, COMMAND), ("chat/1", world.ana.key, TALK)):
        answer = peer.call(name, {}, to, kind)
        check(answer.code == UNAUTHENTICATED, f"{name} gets {answer}")


def a_member_is_no_administrator(world):
    peer = world.member(world.ana)
    for name in ("requests.watch", "request.decide", "account.revoke", "invitation.make", "broker.drain"):
        answer = peer.call(name, {"id": "r1", "allow": True, "who": "bea", "machine": False}, kind=ADMIN)
        check(answer.code in (DENIED, UNIMPLEMENTED), f"{name} gets {answer}")


def both_sides_know_the_same_number(world):
    identity = world.stranger()
    peer, _ = world.dial(identity)
    request = Request(peer)
    number = request.compare()
    asked = x11.wait_for(lambda: [each for each in world.pending() if each["key"] == identity.key.hex()], "the request")
    check(asked[0]["number"] == number, f"the broker shows {asked[0]['number']}, the asker {number}")
    world.suite.run("hawser-brokerd", "approve", asked[0]["id"], "--number", number, "--data", world.suite.folder("broker"))
    check(request.answer().code == OK, "yes comes to who waits")
    peer.close()
    world.member(identity)


def a_lie_about_the_number_is_refused(world):
    """What is revealed does not open the commitment."""
    peer, _ = world.dial(world.stranger())
    check(Request(peer, reveal=secrets.token_bytes(32)).answer().code == INVALID, "another nonce than the committed one")


def nobody_chooses_a_number(world):
    """Who knows the broker's nonce and commits anew under the same id is refused."""
    identity, request = world.stranger(), secrets.token_bytes(16)
    peer, _ = world.dial(identity)
    check(Request(peer, request=request).compare() != "", "the first time there is a number")
    peer.close()
    peer, _ = world.dial(identity)
    again = Request(peer, request=request)
    answer = again.answer()
    check(answer.code == INVALID and again.number == "", f"another commitment gets {answer} and the number '{again.number}'")


def oversized_headers_close(world):
    """F01: judged by the header; not one byte of payload is sent."""
    for length in (4097, 65537, 2 ** 31, 2 ** 32 - 1):
        peer = Peer(world.address, world.stranger(), world.key)
        peer.raw(struct.pack(">IBBHI", length, HELLO, 0, 0, 0))
        closes(peer, PROTOCOL, None)
    peer = world.member(world.ana)
    peer.raw(struct.pack(">IBBHI", 65537, OPEN, 0, 0, 1))
    closes(peer, PROTOCOL)


def another_first_frame_closes(world):
    """F03."""
    for kind, payload in ((PING, b""), (OPEN, bytes(60)), (ACK, bytes(8)), (99, b""), (200, b"")):
        peer = Peer(world.address, world.stranger(), world.key)
        peer.send(kind, payload, 1 if kind == OPEN else 0)
        closes(peer, PROTOCOL, None)


def broken_greetings_close(world):
    good = {"protocol": 1, "role": 1, "device": bytes(8), "session": bytes(8), "link": bytes(16), "connection": 1}
    broken = [b"", b"\xc1", pack("hello"), pack(good) + b"\0", pack(dict(good, device=b"short")), pack(dict(good, role=9)),
              pack(dict(good, protocol=2)), pack(dict(good, protocol="1")), pack({"protocol": 1}),
              pack(dict(good, name="x" * 257)), b"\xde\x00\x02" + pack("role") + pack(1) + pack("role") + pack(1),
              b"\xdf\xff\xff\xff\xff", b"\x91" * 2000, secrets.token_bytes(2000)]
    for payload in broken:
        peer = Peer(world.address, world.ana, world.key)
        peer.send(HELLO, payload)
        closes(peer)


def broken_frames_close(world):
    def opened(number):
        return lambda peer: peer.open("divide", {}, world.ana.key, stream=number)

    lies = {
        "an unknown type below 128": lambda peer: peer.send(99),
        "a second HELLO": lambda peer: peer.send(HELLO, pack({})),
        "an ACK of what was never sent": lambda peer: peer.send(ACK, struct.pack(">Q", 2 ** 40)),
        "a PING of 17 bytes": lambda peer: peer.send(PING, bytes(17)),
        "an OPEN with the other side's number": opened(2),
        "an OPEN above the last number": opened(131073),
        "an OPEN that is cut short": lambda peer: peer.send(OPEN, bytes(20), 1),
        "an OPEN of an open number": lambda peer: [peer.open("offers.watch", stream=1), peer.open("offers.watch", stream=1)],
        "more than the credit": lambda peer: [peer.open("chat/1", {}, world.bea.key, TALK),
                                              *(peer.send(DATA, bytes(32768), 1, MORE) for _ in range(3))],
    }
    bea = world.member(world.bea)  # who is called and reads nothing
    for what, lie in lies.items():
        peer = world.member(world.ana)
        # What was still on its way when it closed may cost the GOAWAY (TCP's reset), not the close.
        reasons = (PROTOCOL, None) if "credit" in what else (PROTOCOL,)
        try:
            lie(peer)
            closes(peer, *reasons)
        except (x11.Failed, Closed) as failed:
            check(isinstance(failed, Closed) and failed.reason in reasons, f"{what}: {failed}")
    bea.close()


def what_is_unknown_is_skipped(world):
    peer = world.member(world.ana, features=["never-heard-of"], colour="blue")
    peer.send(200, b"?", 3)
    peer.send(CLOSE, b"", 77)
    peer.send(DATA, b"nothing", 99)
    check(peer.call("broker.status").code == OK, "a call works among frames of the future")


def what_is_no_tls_is_closed(world):
    host, port = world.address.split(":")
    for junk in (b"GET / HTTP/1.1\r\n\r\n", secrets.token_bytes(4096), b"\x16\x03\x01\xff\xff" + bytes(100), b"\0" * 20):
        with socket.create_connection((host, int(port)), 12) as raw:
            raw.sendall(junk)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionError:
                pass
            except TimeoutError:
                raise x11.Failed(f"{junk[:8]} is not closed in 10 s") from None


def tls_without_a_key_or_of_old_is_closed(world):
    for identity, version in ((None, ssl.TLSVersion.TLSv1_3), (world.ana, ssl.TLSVersion.TLSv1_2)):
        try:
            peer = Peer(world.address, identity, version=version)
            peer.send(PING)
            closes(peer)
        except (ssl.SSLError, Closed, ConnectionError):
            pass


def everybody_else_is_still_there(world):
    joins_by_invitation_and_calls_a_node(world)
    check(world.status()["nodes_online"] == 1 and world.status()["users"] >= 3, f"the broker says {world.status()}")


def the_broker_ends_as_it_should(world):
    world.broker.process.send_signal(signal.SIGTERM)
    status = world.broker.process.wait(15)
    check(status == 0, f"exit status {status}:\n{world.broker.output()[-2000:]}")


CLAIMS = [joins_by_invitation_and_calls_a_node, an_invitation_works_once, nobody_says_for_himself_who_he_is,
          a_stranger_may_only_ask, a_member_is_no_administrator, both_sides_know_the_same_number,
          a_lie_about_the_number_is_refused, nobody_chooses_a_number, oversized_headers_close,
          another_first_frame_closes, broken_greetings_close, broken_frames_close, what_is_unknown_is_skipped,
          what_is_no_tls_is_closed, tls_without_a_key_or_of_old_is_closed, everybody_else_is_still_there,
          the_broker_ends_as_it_should]


def main():
    folder = tempfile.mkdtemp(prefix="hawser-stranger-")
    world, failures = World(sys.argv[1], folder), 0
    try:
        for claim in CLAIMS:
            try:
                claim(world)
                print(f"ok {claim.__name__}", flush=True)
            except (x11.Failed, Closed, TimeoutError, AssertionError) as failed:
                failures += 1
                print(f"FAILED {claim.__name__}: {failed or type(failed).__name__}", flush=True)
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
