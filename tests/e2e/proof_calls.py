#!/usr/bin/env python3
"""P2 for commands: called durably while the machine is away, while broker, machine and caller are killed and lines are cut between
commit and answer, each call takes effect once, and its result arrives once. P20 for them: who is revoked runs nothing 2 s later, also
when the machine could not hear of it.
proof_calls.py BUILD CALLS FAULTS
"""

import collections
import os
import random
import signal
import time

from household import Household, check, main, opened, wait_for
from proxy import Proxy

ORDER = r"""
[[command]]
name = "order"
idempotent = true
at_once = 16
working_folder = "FOLDER"
argv = ["/bin/sh", "-c", '''
echo "$1" >> ran
echo $$ > "pid.$1"
mkdir "key.$HAWSER_IDEMPOTENCY_KEY" 2>/dev/null && echo "$1" >> applied
sleep "$2"
echo "order $1"
''', "sh", "{n}", "{seconds}"]
[[command.parameter]]
name = "n"
type = "int"
required = true
[[command.parameter]]
name = "seconds"
type = "float"
default = 0.0

[[command]]
name = "careless"
argv = ["/bin/true"]
"""
SECONDS = 120
SOON = 2.0  # seconds


class Calls:
    """Ana calls a machine; all three programs may die at any moment."""

    def __init__(self, house, faults):
        self.house, self.faults = house, faults
        self.shop = house.path("shop")
        os.mkdir(self.shop)
        self.broker = house.start_broker()
        self.line, self.wire = Proxy(house.address), Proxy(house.address)
        self.asked, self.kept = 0, {}  # how many orders; what id each has that was acknowledged
        self.did = collections.Counter()

    def begin(self):
        self.node, _ = self.house.node(ORDER.replace("FOLDER", self.shop), by=self.wire.address)
        self.ana = self.house.person("ana", by=self.line.address)
        self.owner = self.ana.own()
        wait_for(lambda: any(each["commands"] for each in self.ana.well("offers", "--json").lines()), "the offer")
        self.name = self.ana.well("offers", "--json").lines()[0]["key"]

    # ---- faults

    @staticmethod
    def kill(program):
        os.kill(program.pid, signal.SIGKILL)
        program.process.wait()

    def node_status(self):
        """Nothing when it is just beginning."""
        done = self.house.run("hawser-nodeagent", "status", "--json", "--data", self.house.path("node"))
        return done.lines()[0] if done.status == 0 else {}

    def kill_node(self):
        """An order that its machine died of five times is given up: after three deaths it may finish what it has begun."""
        if self.did["kill_node"] % 3 == 0:
            wait_for(lambda: self.node_status().get("durable_waiting") == 0, "the machine to finish what it has begun", 30)
        self.kill(self.node)
        self.start_node()

    def start_node(self):
        self.node = self.house.start("node", "hawser-nodeagent", "run", "--data", self.house.path("node"), "--config", self.house.path("node.toml"))

    def kill_broker(self):
        self.kill(self.broker)
        self.broker = self.house.start_broker("broker", self.house.address)

    def kill_owner(self):
        self.kill(self.owner)
        self.owner = self.ana.start("messages", "--follow", "--json")

    def cut(self, line):
        line.down.held = True  # what the broker commits is not acknowledged, and what it gives does not arrive …
        time.sleep(random.uniform(0.02, 0.2))
        line.cut()  # … and is lost
        line.down.held = False

    def fault(self):
        fault = random.choice(["kill_node", "kill_node", "kill_broker", "kill_owner", "cut_line", "cut_wire"])
        self.did[fault] += 1
        if fault.startswith("cut"):
            return self.cut(self.line if fault == "cut_line" else self.wire)
        return getattr(self, fault)()

    # ---- calls

    def order(self, seconds=0.0):
        """Whether it was kept is only known when it says so."""
        self.asked += 1
        done = self.ana.run("run", self.name, "order", f"n={self.asked}", f"seconds={seconds}", "--durable", "--json")
        if done.status == 0:
            self.kept[self.asked] = done.lines()[0]["id"]
        return done

    def results(self):
        done = self.ana.run("results", "--json")
        return done.lines() if done.status == 0 else None

    def count(self, file):
        with open(os.path.join(self.shop, file), encoding="ascii") as lines:
            return collections.Counter(int(line) for line in lines)

    def all_done(self):
        results = self.results()
        return results is not None and all(each["state"] == "done" for each in results) and results

    def judge(self, what):
        results = wait_for(self.all_done, f"all results {what}; last: {[(each['id'], each['state'], each['sentence']) for each in self.results() or []]}", SECONDS)
        of = {each["parameters"]["n"]: each for each in results}
        check(len(of) == len(results), f"{what}: an order is there twice")
        for number, known in self.kept.items():
            check(number in of and of[number]["id"] == known, f"{what}: order {number} was kept as {known} and is not there")
        wrong = [(n, each["code"], each["sentence"]) for n, each in of.items() if (each["code"], each["sentence"]) != ("ok", "exit 0")]
        check(not wrong, f"{what}: these ended otherwise: {wrong}")
        ran, applied = self.count("ran"), self.count("applied")
        check(set(applied) == set(of), f"{what}: applied {sorted(applied)}, answered {sorted(of)}")
        twice = {n: times for n, times in applied.items() if times != 1}
        check(not twice, f"{what}: took effect otherwise than once: {twice}")
        order = random.choice(list(of.values()))
        shown = self.ana.well("results", order["id"], "--json").lines()[0]
        check(shown["output"] == [{"stream": "out", "text": f"order {order['parameters']['n']}\n"}], f"{what}: the output is {shown}")
        again = sum(times - 1 for times in ran.values())
        print(f"{what}: {len(of)} calls answered, each took effect once; {again} were begun again", flush=True)


def away(calls):
    """The machine is away; everybody dies once; then it comes."""
    calls.kill(calls.node)
    wait_for(lambda: not calls.ana.well("offers", "--json").lines()[0]["online"], "the machine to be missed", 30)
    refused = calls.ana.run("run", calls.name, "careless", "--durable")
    check(refused.status == 125 and "idempotency key" in refused.err, f"a command that takes no key: {refused}")
    for number in range(3):
        check(calls.order().status == 0, "an order for a machine that is away is kept")
        if number == 1:
            calls.kill_broker()  # it remembers what the machine offers
            calls.kill(calls.owner)
    check({each["state"] for each in calls.results()} <= {"queued", "at-broker"}, f"nothing is told to be done: {calls.results()}")
    calls.start_node()
    calls.owner = calls.ana.own()
    calls.judge("away")
    shown = calls.ana.run("results", calls.kept[1])
    check(shown.status == 0 and shown.out == "order 1\n", f"its output is shown as run shows it: {shown}")


def storm(calls, count):
    """Calls go on while everything dies."""
    faults = calls.faults
    while len(calls.kept) < count or faults > 0:
        calls.order(random.choice([0.0, 0.05, 0.3]))
        if faults > 0:
            calls.fault()
            faults -= 1
    wait_for(lambda: any(path.startswith(calls.ana.data + "/") for path in opened(calls.owner.pid)) if calls.owner.running() else True, "the caller")
    calls.judge(f"storm of {dict(calls.did)}")


def not_known(calls):
    """The broker dies in the middle of a live call: nobody says that it was done, nor that it was not."""
    calls.asked += 1
    live = calls.ana.start("run", calls.name, "order", f"n={calls.asked}", "seconds=60", "--json")
    wait_for(lambda: '"started"' in live.output(), "it to begin")
    calls.kill_broker()
    wait_for(lambda: not live.running(), "it to end", 30)
    check('"begun":"maybe"' in live.output() and "whether it was done is not known" in live.output(),
          f"it is not known whether it was done: {live.output()}")
    print("a live call whose broker died: not known whether it was done", flush=True)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def revoked(calls, name, hears):
    """What runs for somebody ends with her right, and what waits of her never begins. `hears`: the machine has its line meanwhile."""
    who = calls.house.person(name)
    owner = who.own()
    wait_for(lambda: any(each["commands"] for each in who.well("offers", "--json").lines()), f"{name} to see the offer")
    running, waiting = calls.asked + 1, calls.asked + 2
    calls.asked += 2
    for number in (running, waiting):
        who.well("run", calls.name, "order", f"n={number}", "seconds=600", "--durable")
    file = os.path.join(calls.shop, f"pid.{running}")
    wait_for(lambda: os.path.exists(file) and open(file, encoding="ascii").read().strip(), f"{name}'s order to run", 30)
    with open(file, encoding="ascii") as lines:
        pid = int(lines.read())
    wait_for(lambda: all(each["state"] == "taken" for each in who.well("results", "--json").lines()), f"{name}'s orders to be taken", 30)
    calls.wire.refusing = not hears
    if not hears:
        calls.wire.cut()
    began = time.monotonic()
    calls.house.broker("revoke", who.key)
    if not hears:
        check(alive(pid), "nobody told the machine yet")
        calls.wire.refusing = False
        wait_for(lambda: calls.node_status()["brokers"][0]["state"] == "ready", "the machine to be back", 90, 0.005)
        began = time.monotonic()
    wait_for(lambda: not alive(pid), f"{name}'s order to end", 10, 0.005)
    took = time.monotonic() - began
    check(took < SOON, f"{name}: her order ended {took:.2f} s after her right")
    wait_for(lambda: calls.node_status().get("durable_waiting") == 0, "nothing to wait at the machine")
    check(waiting not in calls.count("ran"), f"{name}: what waited began")
    owner.stop()
    print(f"{name} was revoked: her order ended {took * 1000:.0f} ms later{'' if hears else ' than the machine was back'}, the next never began", flush=True)


def proof(build, count, faults):
    with Household(build) as house:
        calls = Calls(house, int(faults))
        with calls.line, calls.wire:
            calls.begin()
            away(calls)
            storm(calls, int(count))
            not_known(calls)
            revoked(calls, "bea", hears=True)
            revoked(calls, "cleo", hears=False)


main(proof)
