"""A broker, machines and people for a proof without windows: the real programs, each with a folder of its own.

    with Household(build) as house:
        house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend(ana, bea)
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]
sys.dont_write_bytecode = True

import x11  # noqa: E402
from own_host import OWN_HOST  # noqa: E402
from x11 import Failed, wait_for  # noqa: E402,F401

MEBI = 1 << 20


def check(condition, sentence):
    if not condition:
        raise Failed(sentence)


def peak(pid):
    """The most memory a process ever had at once (VmHWM), in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status.read(), re.M)[1]) * 1024


class Stopwatch:
    """Seconds since it was made, without those that this program and the named ones spent ready to run on a machine that was busy."""

    def __init__(self, *programs):
        self.pids = [os.getpid(), *(program.pid for program in programs)]
        self.began, self.before = time.monotonic(), self._held_up()

    def seconds(self):
        return time.monotonic() - self.began - (self._held_up() - self.before)

    def _held_up(self):
        spent = 0
        for pid in self.pids:
            for thread in os.listdir(f"/proc/{pid}/task"):
                try:
                    with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as numbers:
                        spent += int(numbers.read().split()[1])
                except (FileNotFoundError, ProcessLookupError):
                    pass  # ended meanwhile
        return spent / 1e9


class Peaks:
    """What the named programs' peaks were; grown() tells by how much since."""

    def __init__(self, **programs):
        self.programs = programs
        self.before = {name: peak(program.pid) for name, program in programs.items()}

    def grown(self):
        return {name: peak(program.pid) - self.before[name] for name, program in self.programs.items()}

    def stay_below(self, most):
        grown = self.grown()
        check(all(bytes < most for bytes in grown.values()), f"peaks grew by {in_mebi(grown)}, {most // MEBI} MiB is the most")
        return in_mebi(grown)


def in_mebi(sizes):
    return ", ".join(f"{name} {size / MEBI:.1f} MiB" for name, size in sizes.items())


class Done:
    """How a program ended and what it said."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def lines(self):
        """The objects of its --json."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    def __repr__(self):
        return f"exit {self.status}; out: {self.out.strip()[-600:]}; err: {self.err.strip()[-600:]}"


class Household:
    def __init__(self, build, folder=None):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.folder = tempfile.mkdtemp(prefix="hawser-e-", dir=folder)
        self.programs = []
        self.env = {key: value for key, value in os.environ.items()
                    if not re.match(r"(DBUS|XDG|QT|HAWSER)_|DISPLAY|WAYLAND_DISPLAY|HOME$", key)}
        self.env.update(HOME=self.folder, XDG_RUNTIME_DIR=self.folder, LC_ALL="C.UTF-8")
        self.address = None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and not issubclass(kind, Skipped):
            for program in self.programs:
                state = "running" if program.running() else f"ended with {program.process.returncode}"
                print(f"---- {program.name}, {state}; said last:\n{program.output()[-1500:]}", flush=True)
        for program in reversed(self.programs):
            program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- programs

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def program(self, name):
        return os.path.join(self.bin, name)

    def start(self, name, program, *words, env=None, inside=None):
        """A program that goes on, perhaps inside another network (namespace.py) or watched (proof_order.py); what it prints is its .output()."""
        argv = [self.program(program), *map(str, words)]
        started = x11.Program(name, inside.command(argv) if inside else argv, dict(self.env, **(env or {})), self.folder)
        self.programs.append(started)
        return started

    def run(self, program, *words, stdin="", seconds=60, env=None):
        """A program to its end."""
        try:
            done = subprocess.run([self.program(program), *map(str, words)], env=dict(self.env, **(env or {})), input=stdin,
                                  capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{program} {words[0]} did not end in {seconds} s; it said {late.stdout} {late.stderr}") from None
        return Done(done.returncode, done.stdout, done.stderr)

    def well(self, program, *words, **more):
        """The same, and it must end well."""
        done = self.run(program, *words, **more)
        check(done.status == 0, f"{program} {words[0]}: {done}")
        return done

    # ---- the suite

    def start_broker(self, name="broker", listen=OWN_HOST + ":0", env=None, config=None, inside=None):
        """Starts a broker; its address is house.address. Again, on the folder it had: with listen=house.address.

        config: lines of TOML
        """
        words = []
        if config:
            words = ["--config", self.path(name + ".toml")]
            with open(words[1], "w", encoding="utf-8") as file:
                file.write(config)
        before = sum(program.name.split(".")[0] == name for program in self.programs)
        broker = self.start(f"{name}.{before}" if before else name, "hawser-brokerd", "run", "--data", self.path(name),
                            "--listen", listen, *words, env=env, inside=inside)

        def ready():
            check(broker.running(), f"the broker did not start:\n{broker.output()}")
            return re.search(rf"ready.*?\b({re.escape(listen.rpartition(':')[0])}:\d+)", broker.output())

        self.address = wait_for(ready, "the broker to be ready")[1]
        return broker

    def broker(self, verb, *words):
        """What the broker's owner asks it."""
        return self.well("hawser-brokerd", verb, *words, "--json", "--data", self.path("broker")).lines()

    def invite(self, *words):
        return self.well("hawser-brokerd", "invite", *words, "--data", self.path("broker")).out

    def person(self, name, joins=True, by=None, env=None):
        """Somebody with a folder, let in at the broker by an invitation; always dials the address `by`, if there is one."""
        person = Person(self, name)
        if joins:
            link = self.invite()
            link = link.replace(self.address, by) if by else link
            done = self.run("hawser", "join", "-", "--data", person.data, stdin=link, env=env)
            check(done.status == 0, f"{name} could not join: {done}")
        person.key = person.well("id", "--json").lines()[0]["key"]
        return person

    def node(self, config="", name="node", by=None, env=None):
        """A machine that offers what the TOML says and dials `by`, if there is one; returns (its program, its key) once people can see it."""
        path = self.path(name + ".toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        words = ("--data", self.path(name), "--config", path)
        link = self.invite("--kind", "node")
        done = self.run("hawser-nodeagent", "join", "-", *words, stdin=link.replace(self.address, by) if by else link)
        check(done.status == 0, f"the node could not join: {done}")
        agent = self.start(name, "hawser-nodeagent", "run", *words, env=env)
        wait_for(lambda: self.broker("status")[0]["nodes_online"] > 0, "the node to be online")
        with open(self.path(name, "identity.pub"), encoding="ascii") as file:
            return agent, file.read().split()[0]

    def befriend(self, one, other, env=None):
        """They become contacts, over a direct link; `other` was asked and goes on listening: returns its program."""
        listener = other.start("listen", "127.0.0.1:0", "--json", "--accept", one.key, env=env)
        address = wait_for(lambda: re.search(r"127\.0\.0\.1:\d+", listener.output()), f"{other.name} to listen")[0]
        one.well("join", address, env=env)
        return listener

    def befriend_at_broker(self, one, other):
        """They become contacts through the broker: only so its word counts for them."""
        listener = other.start("listen", "127.0.0.1:0", "--json", "--accept", one.key)
        wait_for(lambda: re.search(r"127\.0\.0\.1:\d+", listener.output()), f"{other.name} to listen")
        owner = one.own()
        wait_for(lambda: one.well("status", "--json").lines()[0]["brokers"][0]["state"] == "ready", "the broker", 30)
        asking = one.start("chat", other.key)
        wait_for(
            lambda: any(each["key"] == other.key for each in one.well("contacts", "--json").lines()),
            f"{one.name} to be let in by {other.name}", 30)
        for program in (asking, owner, listener):
            program.stop()


class Person:
    """Somebody at the command line: what `hawser` says to --data."""

    def __init__(self, house, name):
        self.house, self.name, self.key = house, name, ""
        self.data = house.path(name)

    def run(self, verb, *words, **more):
        return self.house.run("hawser", verb, *words, "--data", self.data, **more)

    def well(self, verb, *words, **more):
        return self.house.well("hawser", verb, *words, "--data", self.data, **more)

    def start(self, verb, *words, **more):
        """A verb that goes on, the owner of the folder when it is the first."""
        return self.house.start(f"{self.name}-{verb}", "hawser", verb, *words, "--data", self.data, **more)

    def own(self, **more):
        """A program that owns the folder for the rest of the proof; the verbs after it only ask it."""
        owner = self.start("messages", "--follow", "--json", **more)
        wait_for(lambda: any(path.startswith(self.data + "/") for path in opened(owner.pid)), f"{self.name}'s program")
        return owner


def opened(pid):
    """What files a process has open."""
    paths = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            paths.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return paths


def main(proof):
    """Runs proof(BUILD, words…) of the command line; a Failed is told and ends with 1, Skipped with 77."""
    try:
        proof(*sys.argv[1:])
    except Skipped as skipped:
        print(f"skipped: {skipped}")
        sys.exit(77)
    except Failed as failed:
        print(f"FAILED: {failed}")
        sys.exit(1)


class Skipped(Exception):
    """It cannot be shown on this machine; the sentence says why."""
