#!/usr/bin/env python3
"""The broker as a service: systemd's socket and watchdog, SIGHUP, a second SIGTERM, what the log says of decisions, rights that
end by themselves, blocks, and how often a session may ask for what writes to the disk. proof_service.py BUILD"""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from household import Household, check, main, wait_for
from stranger import ADMIN, CLOSE, END, TALK, Identity, Peer, Request

OK, EXHAUSTED = 0, 8
MANY = "[limits]\nrequests_per_address = 1000\n"
SLOW = '[[command]]\nname = "slow"\nargv = ["@sleep@", "60"]\n'.replace("@sleep@", shutil.which("sleep"))


def ended(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def under_systemd(house):
    """As a socket unit starts it: the socket is descriptor 3, and it was there before the broker."""
    notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.bind(house.path("notify"))
    notified.settimeout(20)
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        early = socket.create_connection(("127.0.0.1", port))  # waits for the broker, which is not there yet
        env = dict(house.env, LISTEN_FDS="1", NOTIFY_SOCKET=house.path("notify"), WATCHDOG_USEC="300000")
        shell = f'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@" 3<&{door.fileno()}'
        broker = subprocess.Popen(["sh", "-c", shell, "sh", house.program("hawser-brokerd"), "run", "--data",
                                   house.path("service"), "--json"], env=env, pass_fds=(door.fileno(),),
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        ready = broker.stdout.readline().decode()
        check(f'"ready":["127.0.0.1:{port}"]' in ready, f"it listens at the socket it was given and nowhere else: {ready}")
        check(notified.recv(4096).decode().startswith("READY=1"), "it says when it is ready")
        began, heard = time.monotonic(), 0
        while heard < 3:
            heard += notified.recv(4096) == b"WATCHDOG=1"
        took = time.monotonic() - began
        check(0.3 < took < 5, f"the watchdog hears three signs in {took:.2f} s")
        early.settimeout(20)
        early.sendall(b"no TLS\n")
        check(ended(early), "who came before the broker is served, and turned away like anybody")
        broker.send_signal(signal.SIGTERM)
        while b"STOPPING=1" not in notified.recv(4096):
            pass
        check(broker.wait(20) == 0, "SIGTERM ends it with 0")
    finally:
        broker.kill()
        broker.wait()
        notified.close()
    print(f"systemd: socket taken over, watchdog fed every {took / 3 * 1000:.0f} ms", flush=True)


def configured(house):
    """A broker with a configuration that can change."""
    with open(house.path("brokerd.toml"), "w", encoding="ascii") as file:
        file.write(MANY + "requests_waiting = 5\n")
    broker = house.start("broker", "hawser-brokerd", "run", "--data", house.path("broker"), "--listen", "127.0.0.1:0",
                         "--config", house.path("brokerd.toml"))
    house.address = wait_for(lambda: re.search(r"ready.*?\b(127\.0\.0\.1:\d+)", broker.output()), "the broker")[1]
    return broker


def reload(house, broker):
    limit = lambda: house.broker("status")[0]["limits"]["requests_waiting"]  # noqa: E731
    check(limit() == 5, "the configuration is read")
    for text, expected, said in (("requests_waiting = 7\n", 7, "config-read"),
                                 ("requests_waiting = 9\nnonsense = 1\n", 7, "config-kept")):
        with open(house.path("brokerd.toml"), "w", encoding="ascii") as file:
            file.write(MANY + text)
        os.kill(broker.pid, signal.SIGHUP)
        wait_for(lambda: said in broker.output(), said)
        check(limit() == expected, f"after SIGHUP {expected} may wait, not {limit()}")
    check("brokerd.toml:4" in broker.output(), f"the log says where: {broker.output()}")
    print("SIGHUP: a new configuration is taken, a wrong one is not", flush=True)


def asks(house, name):
    """A stranger at the command line, and its request as the broker shows it."""
    person = house.person(name, joins=False)
    join = person.start("join", house.address)
    request = wait_for(lambda: [each for each in house.broker("pending")[0]["requests"] if each["key"] == person.key],
                       f"the request of {name}")[0]
    return person, join, request


def state(person):
    return person.well("status", "--json").lines()[0]["brokers"][0]["state"]


def decisions(house, broker):
    """Each is in the log with who, whom and what, and no secret is."""
    cleo, join, request = asks(house, "cleo")
    house.broker("approve", request["id"], "--number", request["number"], "--for", "3s")
    check(join.process.wait(20) == 0, "cleo is let in")
    cleo.own()
    wait_for(lambda: state(cleo) == "ready", "cleo to be there")
    wait_for(lambda: state(cleo) == "stopped", "three seconds to be over")
    check(not [each for each in house.broker("pending")[0]["requests"] if each["key"] == cleo.key],
          "whose right has ended does not ask by itself")

    _, join, request = asks(house, "dora")
    house.broker("deny", request["id"])
    check(join.process.wait(20) == 77, "dora hears no")

    link = house.invite().strip()
    emil = house.person("emil")
    house.broker("revoke", emil.key)
    log = broker.output()
    for said in (r"let-in by=control-socket request=r1 claim=\S+ peer=\S+ seconds=3 once=0 administrator=0",
                 r"denied by=control-socket request=r2 ", r"invited by=control-socket machine=0 administrator=0 uses=1 ",
                 r"revoked by=control-socket "):
        check(re.search(said, log), f"“{said}” is not in the log:\n{log}")
    check(link.rsplit("/", 1)[1] not in log, "the log knows no secret of an invitation")
    print("decisions: who decided what is in the log; a right that ends says so and asks nobody", flush=True)

    again = emil.run("offers")
    check("not let in there" in again.err and house.address in again.err, f"a fresh program says how to ask again: {again}")
    check(not [each for each in house.broker("pending")[0]["requests"] if each["key"] == emil.key],
          "and asks nobody by itself")
    join = emil.start("join", house.address)
    wait_for(lambda: [each for each in house.broker("pending")[0]["requests"] if each["key"] == emil.key],
             "emil, who asks again")
    join.stop()
    print("revoked: a fresh program says so and how to ask again, and asks only then", flush=True)


def administrator(house):
    """Somebody who speaks the protocol by hand and may decide."""
    identity = Identity(house.folder, "admin")
    secret = house.invite("--administrator").strip().rsplit("/", 1)[1]
    peer = Peer(house.address, identity)
    peer.hello()
    check(Request(peer, base64.urlsafe_b64decode(secret + "==")).answer().code == OK, "the administrator is let in")
    peer.close()
    peer = Peer(house.address, identity)
    peer.hello()
    return peer


def knock(house, identity):
    peer = Peer(house.address, identity)
    peer.hello()
    return Request(peer)


def waiting(house, identity):
    return [each for each in house.broker("pending")[0]["requests"] if each["key"] == identity.key.hex()]


def blocks(house, admin, broker):
    """Not now, a key, an address: what is not told looks like waiting."""
    quiet, keyed, moved = (Identity(house.folder, name) for name in ("quiet", "keyed", "moved"))
    decide = lambda asked, **more: admin.call("request.decide", {"id": asked["id"], "allow": False, **more}, kind=ADMIN)  # noqa: E731

    knock(house, quiet).compare()
    asked = wait_for(lambda: waiting(house, quiet), "the quiet request")[0]
    check(decide(asked, quietly=True).code == OK and waiting(house, quiet), "“not now” leaves the request where it is")
    check(decide(asked).code == OK and not waiting(house, quiet), "until it is decided")

    request = knock(house, keyed)
    request.compare()
    asked = wait_for(lambda: waiting(house, keyed), "the request of a key")[0]
    check(decide(asked, block_ms=2000).code == OK, "a key is blocked for two seconds")
    began = time.monotonic()
    again = knock(house, keyed)
    check(len(again.compare()) == 6, "who is blocked sees no difference")
    blocked_for = 0
    while not waiting(house, keyed):
        check(time.monotonic() - began < 30, "the block ends")
        knock(house, keyed).compare()
        blocked_for = time.monotonic() - began
        time.sleep(0.1)
    check(blocked_for > 1.5, f"nobody was asked for two seconds, but after {blocked_for:.1f} s")
    check(decide(waiting(house, keyed)[0], block_ms=600000, block_address=True).code == OK, "an address is blocked")
    knock(house, moved).compare()
    time.sleep(0.3)  # nothing may come, and nothing tells that it does not
    check(not waiting(house, moved), "another key from there is not asked about either")
    for said in ("put-off by=", "blocked by=", "denied by="):
        check(said in broker.output(), f"“{said}” is in the log")
    print(f"blocks: not now, a key ({blocked_for:.1f} s), an address", flush=True)


def rates(admin):
    """40 at once, 20 a second: the rest is refused, and everything else goes on."""
    began = time.monotonic()
    streams = [admin.open("invitation.make", {}, kind=ADMIN, flags=END) for _ in range(200)]
    answers = {}
    while len(answers) < len(streams):
        came = admin.step()
        if came and came[0] == CLOSE and came[2] in streams:
            answers[came[2]] = came[3][0]
    refused = sum(code == EXHAUSTED for code in answers.values())
    most = 40 + 20 * (time.monotonic() - began) + 1
    check(set(answers.values()) == {OK, EXHAUSTED} and 40 <= 200 - refused <= most, f"{refused} of 200 are refused: {answers}")
    check(admin.call("broker.status").code == OK, "what writes nothing is not counted")
    time.sleep(0.5)
    check(admin.call("invitation.make", {}, kind=ADMIN).code == OK, "a little later it goes on")
    check(admin.call("me.name", {"name": "Anna"}, kind=TALK).code == OK, "a name is changed")
    print(f"rates: {refused} of 200 at once are refused", flush=True)


def node_status(house, state, sentences, ends=0):
    """What a node agent says about itself, for people and for programs."""
    status = lambda *more: house.run("hawser-nodeagent", "status", "--data", house.path("node"), *more)  # noqa: E731
    text = status()
    check(text.status == ends and all(each in text.out for each in (state, *sentences)), f"{state}, {sentences}: {text}")
    said = status("--json").lines()[0]
    check(said["brokers"][0]["state"] == state and said["running"] == (ends == 0), f"{state}: {said}")


def second_sigterm(house, broker):
    """The first one waits for what runs, the second does not."""
    fred = house.person("fred")
    node, _ = house.node(SLOW)
    name = wait_for(lambda: fred.well("offers", "--json").lines(), "the machine")[0]["name"]
    runs = fred.start("run", name, "slow", "--json")
    wait_for(lambda: '"started"' in runs.output(), "the command to run")
    node_status(house, "ready", ("run slow: pid", "offers 6 commands"))
    os.kill(broker.pid, signal.SIGTERM)
    time.sleep(1)  # it waits for 8 s
    check(broker.running(), "what runs is waited for")
    began = time.monotonic()
    os.kill(broker.pid, signal.SIGTERM)
    check(broker.process.wait(20) == 0, "it ends with 0")
    took = time.monotonic() - began
    check(took < 2, f"the second SIGTERM took {took:.1f} s")
    node.stop()
    node_status(house, "idle", ("does not run",), 69)
    print(f"SIGTERM twice: at once ({took * 1000:.0f} ms)", flush=True)


def proof(build):
    with Household(build) as house:
        under_systemd(house)
        broker = configured(house)
        reload(house, broker)
        decisions(house, broker)
        admin = administrator(house)
        rates(admin)
        blocks(house, admin, broker)
        second_sigterm(house, broker)


main(proof)
