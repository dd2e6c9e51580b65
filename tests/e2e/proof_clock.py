#!/usr/bin/env python3
"""P10: the calendar of broker, node and persons jumps ten days ahead, ten days back and fifty years ahead, and the broker starts
anew there. Nobody is cut off, timers go on, and no time that a program tells is below zero or longer than this took. What waits for
somebody who is away, in the mailbox and of a topic, comes once and in order; what was said before and is said again counts once;
whoever comes is let in whatever the dates of a certificate are. What was really kept for too long is told to its sender.
proof_clock.py BUILD
"""

import asyncio
import base64
import contextlib
import glob
import json
import os
import re
import socket
import ssl
import time

from household import Failed, Household, Skipped, check, main, wait_for
from light import Light
from mail import CONVERSATION, items_of, packed
from own_host import OWN_HOST
from stranger import HELLO, TALK, Closed, Identity, Peer, blake, pack, unpack

DAY = 86_400
JUMPS = ((10 * DAY, "ten days ahead"), (-10 * DAY, "ten days back"), (50 * 365 * DAY, "fifty years ahead"))
LOOKS = 10  # seconds between a broker's looks at what has expired
SLEEPS = 1.5  # seconds
UNTIL = 1 << 42  # ms since 1970, when a call is too late: after 2100
COUNT = r"""
[[command]]
name = "count"
idempotent = true
working_folder = "FOLDER"
argv = ["/bin/sh", "-c", 'echo "$1" >> ran; echo "this is $1"', "sh", "{n}"]
[[command.parameter]]
name = "n"
type = "int"
required = true

[[command]]
name = "sleep"
argv = ["/bin/sleep", "{seconds}"]
[[command.parameter]]
name = "seconds"
type = "float"
required = true
"""
DURATION = re.compile(r'\b((?:\w+_)?(?:ms|us|seconds))"?[=:] ?"?(-?\d+)')
IN_MS = {"ms": 1, "us": 0.001, "seconds": 1000}


class Calendar:
    """What the programs started with .env take for the date; time that passes is the machine's."""

    def __init__(self, folder):
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not found:
            raise Skipped("faketime is not installed")
        self.file = os.path.join(folder, "calendar")
        self.set(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, seconds):
        fresh = self.file + ".new"
        with open(fresh, "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.rename(fresh, self.file)


def durations(who, said, longest):
    """Judges each time, in ms, that a text tells, or the objects of a status but for its limits; how many there were."""
    if isinstance(said, list):
        said = json.dumps([{name: value for name, value in each.items() if name not in ("limits", "used", "hits")} for each in said])
    found = 0
    for line in said.splitlines():
        if "clock-jumped" in line or "invited" in line:
            continue  # how far the calendar was set, and how long somebody may come: no time that passed
        check(not re.search(r"[=: ]-\d+ ?(ms|s)\b", line), f"{who} tells of a time below zero: {line}")
        for name, number in DURATION.findall(line):
            found += 1
            check(0 <= int(number) * IN_MS[name.rpartition("_")[2]] <= longest, f"{who} tells of a time that cannot be: {name} in {line}")
    return found


class Again:
    """Another device of Ana's, a peer by hand: at each visit it says all again that it ever said, to Bea, to Cleo and to the machine,
    and one thing more to each."""

    def __init__(self, house, ana, others, machine):
        with open(os.path.join(ana.data, "identity"), encoding="ascii") as file:
            seed = base64.b64decode(file.read().split()[-1])
        self.identity = Identity(house.folder, "again", seed=seed)
        check(self.identity.key.hex() == ana.key, "it has Ana's key")
        self.house, self.others, self.machine = house, [bytes.fromhex(other.key) for other in others], bytes.fromhex(machine)
        self.visits, self.serial, self.results = 0, 0, []

    def visit(self):
        asyncio.run(self._visit())

    async def _visit(self):
        async with Light(self.house.address, self.identity, device=self.identity.device) as light:
            for other in self.others:
                await self._say(light, other, CONVERSATION, b"chat/1", lambda n: {"text": f"again {n}"})
            await self._say(light, self.machine, blake(light.other)[:16], b"call/1",
                            lambda n: {"command": "count", "parameters": {"n": n}, "until": UNTIL})
            self.visits += 1
            taking = light.open("mail.take/1", kind=TALK)
            while len(self.results) < self.visits:
                await self._take(taking)

    async def _say(self, light, to, conversation, kind, body):
        stream = light.open("mail.post/1", kind=TALK)
        where = {"to": to, "conversation": conversation}
        await stream.say(where)
        told = await stream.message()
        check(told["highest"] == self.visits, f"the broker knows what this device said: {told}, not {self.visits}")
        numbers = range(1, self.visits + 2)
        await stream.say({**where, "first": 1, "items": packed([pack(body(n)) for n in numbers], kind)})
        while told.get("kept", 0) < self.visits + 1:
            told = await stream.message()
            check(not told.get("refused"), f"what was said before is kept already: {told}")

    async def _take(self, stream):
        told = await stream.message(20)
        check(not told.get("lost"), f"nothing went unseen: {told}")
        for serial, (kind, body) in enumerate(items_of(told["items"]), told["serial"]):
            said = unpack(body)
            if serial > self.serial and kind == b"result/1" and said["device"] == self.identity.device:
                self.results.append((said["number"], said["code"], said["output"]))
            self.serial = max(self.serial, serial)  # what it has; some of it may be given again, when that was not heard
        await stream.say({"upto": serial})

    def judge(self, what, ran):
        """What the machine did and answered, each once."""
        numbers = list(range(1, self.visits + 1))
        with open(ran, encoding="ascii") as lines:
            check([int(line) for line in lines] == numbers, f"{what}: a call that came again took effect again")
        check(self.results == [(n, 0, [b"\x01this is %d\n" % n]) for n in numbers], f"{what}: the results are {self.results}")


class Dated:
    """Somebody whose certificate is good for one day: too old or not good yet wherever the calendar jumps."""

    def __init__(self, house):
        self.house, self.identity = house, Identity(house.folder, "dated", days=1)

    def dials(self):
        try:
            peer = Peer(self.house.address, self.identity)
            peer.hello()
            peer.close()
        except Closed as closed:
            raise Failed(f"the broker welcomes whoever has a certificate of another date: {closed}") from None

    def is_dialled(self, person, env):
        """Whether a program says HELLO to them, which it does after it has judged the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.identity.pem, self.identity.secret)
        with socket.create_server((OWN_HOST, 0)) as server:
            server.settimeout(20)
            asks = person.start("join", f"{OWN_HOST}:{server.getsockname()[1]}", env=env)
            with contextlib.closing(server.accept()[0]) as plain:
                plain.settimeout(20)
                try:
                    with context.wrap_socket(plain, server_side=True) as secure:
                        head = secure.recv(12)
                except OSError as error:
                    head = str(error).encode()
            asks.stop()
        check(head[4:5] == bytes([HELLO]), f"it goes on although the certificate is of another date: {head}\n{asks.output()}")


class World:
    """All that takes part; .begun is when."""

    def __init__(self, house):
        self.house, self.calendar, self.begun = house, Calendar(house.folder), time.monotonic()
        self.env = self.calendar.env
        self.broker = house.start_broker(env=self.env)
        self.ana, self.bea, self.cleo = (house.person(name) for name in ("ana", "bea", "cleo"))
        self.node, self.machine = house.node(COUNT.replace("FOLDER", house.folder), env=self.env)
        self.published, self.to_cleo, self.talk = [], [], []

    def begin(self):
        house, ana, bea, cleo = self.house, self.ana, self.bea, self.cleo
        for other in (bea, cleo):
            house.befriend_at_broker(ana, other)
        follows = cleo.start("subscribe", "diary.*", "--durable", "diary")
        wait_for(lambda: house.broker("status")[0]["counters"]["durable_subscriptions_now"] == 1, "the broker to know Cleo's subscription")
        follows.stop()
        self.owner, self.bea_owner = ana.own(env=self.env), bea.own(env=self.env)
        wait_for(lambda: ana.run("ping", bea.key).status == 0, "the two to meet at the broker", 30)
        wait_for(lambda: any(each["commands"] for each in ana.well("offers", "--json").lines()), "the offer")
        self.again = Again(house, ana, (bea, cleo), self.machine)
        self.dated = Dated(house)
        self.knock("stranger")
        self.kept = house.invite("--uses", 20)
        self.say("before")

    def knock(self, name):
        """A stranger whose request waits seven days."""
        asks = self.house.start(name, "hawser", "join", self.house.address, "--data", self.house.path(name))
        wait_for(lambda: re.search(r"\d{3} \d{3}", asks.output()), "the number of a request")
        asks.stop()

    def longest(self):
        """No time that is told can be longer, but one until the next try, in ms."""
        return max(60, time.monotonic() - self.begun) * 1000

    # ---- what is said at each date

    def say(self, what):
        """Something new, and all again that Ana's other device ever said."""
        ana, bea, cleo = self.ana, self.bea, self.cleo
        for mine, one, other in ((True, ana, bea), (False, bea, ana)):
            one.well("message", other.key, what, "--wait")
            self.talk.append((mine, what))
        ana.run("message", cleo.key, what)
        lines = [f"{what} {n}" for n in range(3)]
        ana.well("publish", "diary.ana", "--lines", stdin="\n".join(lines) + "\n")
        self.published += lines
        self.again.visit()
        self.talk.append((True, f"again {self.again.visits}"))
        self.to_cleo += [what, f"again {self.again.visits}"]
        self.again.judge(what, self.house.path("ran"))
        self.judge_talk(what)
        wait_for(lambda: [line["state"] for line in ana.well("messages", cleo.key, "--json").lines()] == ["at-broker"] * (len(self.to_cleo) // 2),
                 f"{what}: what Cleo is told to be at the broker", 30)
        wait_for(lambda: self.house.broker("status")[0]["counters"]["mailbox_items"] == len(self.to_cleo),
                 f"{what}: {len(self.to_cleo)} messages for Cleo, and no more, to be what waits")

    def judge_talk(self, what):
        """It reads in the order in which it was said, by whatever calendar."""
        def shown():
            return [(not line["mine"], line["text"]) for line in self.bea.well("messages", self.ana.key, "--json").lines() if line["kind"] == "message"]
        wait_for(lambda: len(shown()) >= len(self.talk), f"{what}: all to come to Bea")
        check(shown() == self.talk, f"{what}: Bea reads {shown()}, said was {self.talk}")

    # ---- a jump

    def jump(self, seconds, what):
        ana, bea, before = self.ana, self.bea, self.house.broker("status")[0]
        run = ana.start("run", self.machine, "sleep", f"seconds={SLEEPS}", "--json")
        wait_for(lambda: '"started"' in run.output(), "it to begin")
        jumps = self.broker.output().count("clock-jumped")
        self.calendar.set(seconds)
        wait_for(lambda: self.broker.output().count("clock-jumped") > jumps, f"the broker to log {what}", LOOKS + 5)
        wait_for(lambda: not run.running(), f"{what}: a run to end as if nothing were")
        ran = re.search(r'"ran_ms":(-?\d+)', run.output())
        check(ran and SLEEPS * 1000 <= int(ran[1]) < SLEEPS * 1000 + 5000, f"{what}: a run of {SLEEPS} s says {run.output()}")
        began = time.monotonic()
        for one, other in ((ana, bea), (bea, ana)):
            one.well("message", other.key, what, "--wait")
            self.talk.append((one is ana, what))
            took = one.well("ping", other.key, "--json").lines()[0]["round_trip_us"]
            check(0 <= took < 5_000_000, f"{what}: a call says it took {took} µs")
        check(time.monotonic() - began < 10, f"{what}: it goes on at once")
        status = self.house.broker("status")[0]
        for name in ("sessions", "users", "requests"):
            check(status[name] == before[name], f"{what}: {name} {status[name]}, not {before[name]}")
        came, gone = (status["counters"].get(name, 0) - before["counters"].get(name, 0) for name in ("connections_arrived", "streams_cut"))
        check(came == 0 and gone == 0, f"{what}: nobody had to come again: {came} came, {gone} streams were cut")
        self.come(what)
        self.say(what + ", later")
        for who, said in (("the broker", self.house.broker("status")), ("Ana", ana.well("status", "--json").lines()), ("a run", run.output()),
                          ("the machine", self.house.well("hawser-nodeagent", "status", "--json", "--data", self.house.path("node")).lines())):
            check(durations(who, said, self.longest()) > 0, f"{who} tells of times")
        print(f"{what}: told, and all as before", flush=True)

    def come(self, what):
        """Somebody new joins the broker, two become contacts over a link of their own, and a certificate of another date is as good."""
        house, name = self.house, what.split()[-1] + what.split()[0]
        new, other = house.person(name + "1", env=self.env), house.person(name + "2", joins=False)
        house.befriend(new, other, env=self.env).stop()
        self.dated.dials()
        self.dated.is_dialled(other, self.env)

    def restart_bea(self):
        """Where the calendar went back: what is said now still follows what was said before."""
        self.bea_owner.stop()
        self.bea_owner = self.bea.own(env=self.env)
        self.say("begun anew")

    # ---- the end

    def restart_broker(self):
        """It starts where it cannot know whether it was away for fifty years."""
        requests = self.house.broker("status")[0]["requests"]
        self.broker.stop()
        self.broker = self.house.start_broker(listen=self.house.address, env=self.env)
        self.say("the broker began anew")
        kept = self.house.broker("status")[0]["requests"]
        check(kept == requests == 1, f"who asked to be let in waits on: {requests} before, {kept} now")

    def come_back(self):
        """Cleo hears everything, once and in order."""
        owner = self.cleo.own(env=self.env)

        def lines():
            return [line for line in self.cleo.well("messages", self.ana.key, "--json").lines() if line["kind"] == "message"]

        def heard():
            return [line["text"] for line in lines()]
        wait_for(lambda: len(lines()) >= len(self.to_cleo), "Cleo's messages", 30)
        check(heard() == self.to_cleo, f"Cleo heard {heard()}, said was {self.to_cleo}")
        dates = [line["said"] for line in lines()]
        check(any(later < one - 9 * DAY * 1000 for one, later in zip(dates, dates[1:])), f"although the dates went back: {dates}")
        self.ana.well("publish", "diary.ana", "the end")
        came = self.cleo.well("subscribe", "diary.*", "--durable", "diary", "--count", len(self.published) + 1, "--json").lines()
        check([each.get("text") for each in came] == self.published + ["the end"], f"of the topic came {came}")
        numbers = [each["number"] for each in came]
        check(numbers == list(range(numbers[0], numbers[0] + len(came))), f"with the numbers {numbers}")
        self.ana.well("message", self.cleo.key, "the end", "--wait")
        check(heard() == self.to_cleo + ["the end"], f"in the end Cleo has {heard()}")
        owner.stop()
        print(f"who was away heard {len(heard())} messages and {len(came)} of a topic; what was said {self.again.visits} times counted once", flush=True)

    def too_late(self):
        """What waits longer than the broker keeps it was not sent, and its sender reads that."""
        ana, bea = self.ana, self.bea

        def shown():
            return ana.well("messages", bea.key, "--json").lines()[-1]

        self.bea_owner.stop()
        ana.run("message", bea.key, "come at eight")
        wait_for(lambda: shown()["state"] == "at-broker", "the broker to have it", 30)
        self.broker.stop()
        os.remove(os.path.join(self.house.path("broker"), "calendar"))  # it does not know when it last looked: else it waits ten minutes
        self.calendar.set(31 * DAY)
        self.broker = self.house.start_broker(listen=self.house.address, env=self.env)
        wait_for(lambda: shown()["state"] == "not-sent", "the sender to hear that nobody fetched it", 75)
        check("in time" in shown()["sentence"], f"and why: {shown()}")
        self.calendar.set(0)

    def judge_logs(self):
        told = {program.name: durations(program.name, program.output(), self.longest()) for program in self.house.programs}
        check(told["node"] >= len(JUMPS), f"the machine's log tells how long its runs took: {told}")


def proof(build):
    with Household(build) as house:
        world = World(house)
        world.begin()
        for seconds, what in JUMPS:
            world.jump(seconds, what)
            if seconds < 0:
                world.restart_bea()
        world.restart_broker()
        world.calendar.set(0)
        world.come_back()
        done = house.run("hawser", "join", "-", "--data", house.path("late"), stdin=world.kept)
        check(done.status == 0, f"an invitation from before works after the clock was set right: {done}")
        world.too_late()
        world.judge_logs()


main(proof)
