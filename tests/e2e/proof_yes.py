#!/usr/bin/env python3
"""`yes` run by a caller that stops reading stops writing, nobody's memory grows, and its end takes the whole group.

proof_yes.py BUILD
"""

import os
import signal
import subprocess
import time

from household import MEBI, Household, Peaks, check, main, wait_for, x11

MOST = 16 * MEBI
STILL = 1.0  # seconds without a byte
CONFIG = """\
[[command]]
name = "yes"
argv = ["/bin/sh", "-c", "sleep 1000 & yes 'a line that never ends'"]
"""


def children(pid):
    """All descendants of a process, by name."""
    found = {}
    waiting = [pid]
    while waiting:
        with open(f"/proc/{waiting[0]}/task/{waiting[0]}/children", encoding="ascii") as file:
            waiting += map(int, file.read().split())
        parent = waiting.pop(0)
        if parent != pid:
            with open(f"/proc/{parent}/comm", encoding="ascii") as file:
                found[file.read().strip()] = parent
    return found


def written(pid):
    """The bytes a process has written so far."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return int(dict(line.split(": ") for line in file.read().splitlines())["wchar"])


def wait_still(pid):
    """Waits until nothing was written for STILL seconds; the count."""
    last, since = written(pid), time.monotonic()

    def still():
        nonlocal last, since
        now = written(pid)
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= STILL

    wait_for(still, "yes to stop writing", 30)
    return last


def wait_gone(pids):
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), f"{pids} to end", 15)


class Reader:
    """`hawser run` whose output goes into a pipe that is read only while `take` is called."""

    def __init__(self, person, node):
        argv = [person.house.program("hawser"), "run", node, "yes", "--data", person.data]
        self.process = subprocess.Popen(argv, env=person.house.env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                        preexec_fn=x11._die_with_parent)
        self.pid = self.process.pid

    def take(self, size):
        return self.process.stdout.read(size)


def stops_and_goes_on(house, programs, agent, caller, stop, go_on):
    """The caller stops reading; yes stops; the caller goes on; so does yes."""
    tree = wait_for(lambda: "yes" in children(agent.pid) and "sleep" in children(agent.pid) and children(agent.pid), "yes")
    caller.take(4 * MEBI)
    peaks = Peaks(caller=caller, **programs)
    stop()
    before = wait_still(tree["yes"])
    kept = peaks.stay_below(MOST)
    go_on()
    wait_for(lambda: written(tree["yes"]) > before + 8 * MEBI, "yes to go on", 30)
    return tree, kept, before


def stopped_by_signal(house, programs, agent, person, node):
    """SIGSTOP of the caller; the end is Ctrl-C."""
    caller = Reader(person, node)
    reading = []

    def stop():
        os.kill(caller.pid, signal.SIGSTOP)

    def go_on():
        os.kill(caller.pid, signal.SIGCONT)
        drain = subprocess.Popen(["cat"], stdin=caller.process.stdout, stdout=subprocess.DEVNULL,
                                 preexec_fn=x11._die_with_parent)
        reading.append(drain)

    tree, kept, before = stops_and_goes_on(house, programs, agent, caller, stop, go_on)
    os.kill(caller.pid, signal.SIGINT)
    wait_gone(tree.values())
    status = caller.process.wait(15)
    check(status == 130, f"a stopped run ends with 130, not {status}")
    reading[0].wait(15)
    print(f"SIGSTOP: yes stood still after {before} bytes; peaks grew by {kept}; its group is gone", flush=True)


def nobody_reads(house, programs, agent, person, node):
    """A full pipe that nobody reads; the end is the caller's death."""
    caller = Reader(person, node)
    tree, kept, before = stops_and_goes_on(house, programs, agent, caller, lambda: None, lambda: caller.take(16 * MEBI))
    caller.process.kill()
    caller.process.wait(15)
    wait_gone(tree.values())
    print(f"full pipe: yes stood still after {before} bytes; peaks grew by {kept}; its group is gone", flush=True)


def proof(build):
    with Household(build) as house:
        broker = house.start_broker(config="[limits]\nresume_seconds = 3\n")  # a killed caller's run ends soon
        agent, node = house.node(CONFIG)
        ana = house.person("ana")
        programs = {"node": agent, "broker": broker}
        stopped_by_signal(house, programs, agent, ana, node)
        nobody_reads(house, programs, agent, ana, node)


main(proof)
