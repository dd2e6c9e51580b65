#!/usr/bin/env python3
"""Installs the library, builds the examples as a stranger would, runs them and compares what they print.

usage: run.py BUILD [EXAMPLE …]
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 30  # seconds for any one line


class Program:
    """A running example whose lines are waited for, never slept for."""

    running = []

    def __init__(self, path, *arguments):
        self.name = path.name
        self.process = subprocess.Popen(
            [path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
        self.lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._read, daemon=True).start()
        Program.running.append(self)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, pattern=".*"):
        """The match of the next line that fits; other lines before it are skipped."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"{self.name} did not say {pattern!r}; it said {self.said}")
            if line is None:
                raise SystemExit(f"{self.name} ended without saying {pattern!r}; it said {self.said}")
            self.said.append(line)
            if match := re.fullmatch(pattern, line):
                return match

    def forget(self):
        """Drops what was said until now, and returns it."""
        said = []
        while not self.lines.empty():
            said.append(self.lines.get() or "")
        return said

    def rest(self):
        """Everything it says until it ends, which must be by itself and well."""
        lines = list(iter(lambda: self.lines.get(timeout=PATIENCE), None))
        code = self.process.wait(PATIENCE)
        if code:
            raise SystemExit(f"{self.name} ended with {code}: {lines}")
        return lines

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def compare(name, expected, lines):
    if expected != lines:
        raise SystemExit(f"{name}: expected\n  " + "\n  ".join(expected) + "\nbut it said\n  " + "\n  ".join(lines))


def expected(name):
    return (HERE / name / "expected.txt").read_text(encoding="utf-8").splitlines()


def build(tree):
    """Installs and builds; incremental, so a second run is quick."""
    prefix, output = tree / "examples" / "prefix", tree / "examples" / "build"
    shutil.rmtree(prefix, ignore_errors=True)

    def run(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")

    run("cmake", "--install", tree, "--component", "core", "--prefix", prefix)
    run("cmake", "-S", HERE, "-B", output, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", *launcher(tree))
    run("cmake", "--build", output)
    return output


def launcher(tree):
    for line in (tree / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("CMAKE_CXX_COMPILER_LAUNCHER:") and not line.endswith("="):
            return ["-DCMAKE_CXX_COMPILER_LAUNCHER=" + line.split("=", 1)[1]]
    return []


def messidge(programs, data):
    account = lambda name: Program(programs / "messidge-account", data / name).rest()[0]
    keys = {name: account(name) for name in ("broker", "node", "user", "nobody")}
    broker = Program(programs / "messidge-broker", data / "broker", keys["node"], keys["user"])
    address = broker.line(r"127\.0\.0\.1:\d+").group()
    Program(programs / "messidge-node", data / "node", address, keys["broker"]).line("connected")

    lines = Program(programs / "messidge-client", data / "user", address, keys["broker"]).rest()
    note = lines[0].removeprefix("Here are the notes: ")
    if not re.search(r"\d\d:\d\d:\d\d", note):
        raise SystemExit(f"messidge: no note with a time in {lines}")
    compare("messidge", [line.replace("NOW", note) for line in expected("messidge")], lines)

    stranger = Program(programs / "messidge-client", data / "nobody", address, keys["broker"])
    stranger.line("no account with this key")


def pseud(programs, data):
    server = Program(programs / "pseud-server")
    address, key = server.line(r"(127\.0\.0\.1:\d+) ([0-9a-f]{64})").groups()
    compare("pseud", expected("pseud"), Program(programs / "pseud-client", address, key).rest())
    server.line("2 \\+ 4 = 6, says client")


def hello(programs, data):
    """What the article lets its reader notice, one after the other."""
    server_program, client_program = programs / "hello-server", programs / "hello-client"
    first = Program(server_program, data / "server")
    address, key = first.line(r"(127\.0\.0\.1:\d+) ([0-9a-f]{64})").groups()
    port = address.split(":")[1]

    # 1. It does not matter who starts first: the client goes on without a server that is not there yet.
    first.kill()
    client = Program(client_program, address, key)
    me = client.line("I am (.*)").group(1)
    client.line("no server yet: .*")
    for _ in range(5):
        client.line("nobody hears me")
    began = time.monotonic()
    server = Program(server_program, data / "server", port)
    client.line("the server is there")
    server.line(f"HELLO from {me}")
    client.line("HELLO from the server")

    # 2. What could not be said while nobody was there does not come late, all at once: one a beat, from now on.
    server.line(f"HELLO from {me}")
    heard = 2 + sum("HELLO" in line for line in server.forget())
    beats = (time.monotonic() - began) / 0.19
    if heard > beats + 1:
        raise SystemExit(f"hello: {heard} were heard in {beats:.1f} beats")

    # 3. A server that starts again needs nothing from its clients.
    server.kill()
    client.line("the server is gone: .*")
    server = Program(server_program, data / "server", port)
    client.line("the server is there")
    server.line(f"HELLO from {me}")

    # 4. One server has many clients, each of them by name.
    others = [Program(client_program, address, key) for _ in range(2)]
    names = [other.line("I am (.*)").group(1) for other in others]
    for name in names:
        server.line(f"HELLO from {name}")
    for one in (client, *others):
        one.forget()
        one.line("HELLO from the server")

    # 5. Who has gone is known, and not spoken to any more.
    others[0].kill()
    server.line("clients: 2")
    server.line(f"HELLO from {names[1]}")


class Joined:
    """A real broker, and folders of people who have joined it."""

    def __init__(self, programs, data):
        self.binaries, self.data = programs.parent.parent / "bin", data
        self.broker = Program(self.binaries / "hawser-brokerd", "run", "--data", data / "broker", "--listen", "127.0.0.1:0")
        self.broker.line(".*ready.*")

    def folder(self, name):
        """Somebody new."""
        link = self._run("hawser-brokerd", "invite", "--data", self.data / "broker")
        self._run("hawser", "join", "-", "--data", self.data / name, input=link)
        return self.data / name

    def _run(self, program, *words, **more):
        done = subprocess.run([self.binaries / program, *words], capture_output=True, text=True, timeout=PATIENCE,
                              **more)
        if done.returncode:
            raise SystemExit(f"{program} {words[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout


def aioconnectors(programs, data):
    """A publisher, subscribers by exact name and by pattern, and one that misses nothing while it is away."""
    house = Joined(programs, data)
    publish, subscribe = programs / "aioconnectors-publisher", programs / "aioconnectors-subscriber"
    ana, bea, cara = (house.folder(name) for name in ("ana", "bea", "cara"))
    exact = Program(subscribe, bea, "weather.berlin")
    lasting = Program(subscribe, cara, "weather.*", "diary")
    for one in (exact, lasting):
        one.line("subscribed")
    lines = Program(publish, ana, "weather.berlin", "rain", "sun").rest()
    if lines[-1:] != ["2 taken"]:
        raise SystemExit(f"aioconnectors: the publisher said {lines}")
    for one in (exact, lasting):
        one.line("weather.berlin: rain")
        one.line("weather.berlin: sun")
    lasting.kill()
    Program(publish, ana, "weather.paris", "fog", "wind").rest()
    Program(publish, ana, "weather.berlin", "snow").rest()
    lasting = Program(subscribe, cara, "weather.*", "diary")
    for line in ("weather.paris: fog", "weather.paris: wind", "weather.berlin: snow"):
        lasting.line(re.escape(line))
    exact.line("weather.berlin: snow")
    if any("paris" in line for line in exact.said):
        raise SystemExit(f"aioconnectors: a subscriber heard what it did not want: {exact.said}")


def metrics(programs, data):
    """Agents, a collector and several viewers; the late viewer has what was kept, a silent machine is told."""
    house = Joined(programs, data)
    agent, collector, viewer = (programs / f"metrics-{name}" for name in ("agent", "collector", "viewer"))
    Program(collector, house.folder("collector")).line("collecting")
    first = Program(viewer, house.folder("viewer"))
    anchor = Program(agent, house.folder("anchor"), "anchor")
    Program(agent, house.folder("buoy"), "buoy").line("connected")
    for line in (r"anchor has \d+ processors", "anchor is alive", r"anchor #\d+"):
        first.line(line)
    late = Program(viewer, house.folder("late"))
    late.line(r"anchor has \d+ processors")
    late.line(r"buoy #\d+")
    anchor.kill()
    for one in (first, late):
        one.line("anchor is silent")
        one.line(r"buoy #\d+")


def main():
    examples = {"messidge": messidge, "pseud": pseud, "hello": hello, "aioconnectors": aioconnectors, "metrics": metrics}
    programs = build(Path(sys.argv[1]).resolve())
    for name in sys.argv[2:] or examples:
        with tempfile.TemporaryDirectory(prefix="hawser-examples-") as data:
            os.chmod(data, 0o700)
            try:
                examples[name](programs, Path(data))
            finally:
                for program in Program.running:
                    program.kill()
                Program.running.clear()
        print(f"{name}: as expected")


main()
