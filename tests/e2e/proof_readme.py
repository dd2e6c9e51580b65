#!/usr/bin/env python3
"""Every command line of README.md is known here and does what the README says, with the real programs. proof_readme.py BUILD"""

import os
import re
import shlex
import subprocess

from household import Household, check, main, wait_for

ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
DEV = {"./dev run", "./dev test", "./dev check", "./dev bench", "./dev"}  # run elsewhere; here they must only exist


def commands():
    """What stands in the README to be typed: in blocks, and between `…`."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    blocks = re.findall(r"(?m)^ {4,}((?:\./dev|hawser)[^\n#]*?)\s*(?:#.*)?$", text)
    inline = re.findall(r"`((?:\./dev|hawser[\w-]*) ?[^`]*)`", text.replace("\n", " "))
    return {each.strip() for each in blocks + [one for one in inline if " " in one or one.startswith("./dev")]}


class Reader:
    """Somebody who types what the README says, in a home of their own; words in capitals are put in."""

    def __init__(self, house, name):
        self.house, self.name = house, name
        self.home = house.path("home-" + name)
        os.makedirs(os.path.join(self.home, "folder"))
        with open(os.path.join(self.home, "folder", "here it is"), "w", encoding="ascii") as file:
            file.write("it is here\n")
        self.env = dict(house.env, HOME=self.home, HAWSER_NAME=name)

    def words(self, line, instead):
        unknown.discard(line)
        return [instead.get(word, word) for word in shlex.split(line)]

    def type(self, line, instead=(), stdin="", where=None, more=()):
        words = self.words(line, dict(instead)) + list(more)
        done = subprocess.run([self.house.program(words[0]), *words[1:]], env=self.env, cwd=where or self.home, input=stdin,
                              capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == 0, f"{line}: {done}")
        return done.stdout

    def leave(self, line, instead=(), more=(), name=None):
        """Goes on in the background."""
        words = self.words(line, dict(instead)) + list(more)
        return self.house.start(f"{self.name}-{name or words[1]}", *words, env=self.env)


unknown = commands()


def stop(program):
    program.process.terminate()
    program.process.wait(30)


def check_dev():
    for line in DEV & unknown:
        unknown.discard(line)
        if " " in line:
            done = subprocess.run([os.path.join(ROOT, "dev"), "help"], capture_output=True, text=True, check=True)
            check(re.search(rf"(?m)^\{line}\b", done.stdout), f"“{line}” is no verb of ./dev")


def proof(build):
    check(len(unknown) > 12, f"the README holds commands: {unknown}")
    check_dev()
    with Household(build) as house:
        ana, bea, node = (Reader(house, name) for name in ("ana", "bea", "node"))
        data = {"/srv/broker": house.path("broker")}
        broker = ana.leave("hawser-brokerd run --data /srv/broker", data, ("--listen", "127.0.0.1:0"))
        address = wait_for(lambda: re.search(r"ready.*?\b(127\.0\.0\.1:\d+)", broker.output()), "the broker")[1]
        with open(house.path("broker", "first-administrator.link"), encoding="ascii") as file:
            ana.type("hawser join -", stdin=file.read())
        owner = ana.leave("hawser offers", more=("--follow", "--json"), name="owner")
        wait_for(lambda: house.broker("status")[0]["sessions"] == 1, "ana to be there")

        join = bea.leave("hawser join HOST:4780", {"HOST:4780": address})
        number = wait_for(lambda: re.search(r"Number: (\d{3} \d{3})", join.output()), "bea's number")[1]
        request = house.broker("pending")[0]["requests"][0]
        check(request["number"] == number.replace(" ", ""), "the administrator sees the number that bea sees")
        house.broker("approve", request["id"], "--number", number)
        check(join.process.wait(30) == 0, "bea is let in")

        link = ana.type("hawser-brokerd invite --kind node --data /srv/broker", data)
        node.type("hawser-nodeagent join -", stdin=link)
        agent = node.leave("hawser-nodeagent run --config resources/examples/nodeagent.toml", {
            "resources/examples/nodeagent.toml": os.path.join(ROOT, "resources/examples/nodeagent.toml")})
        wait_for(lambda: house.broker("status")[0]["nodes_online"] == 1, f"the machine: {agent.output()}")
        wait_for(lambda: '"count"' in owner.output(), "its offer")
        name = re.match(r"\S+", ana.type("hawser offers"))[0]
        check(ana.type("hawser run NODE count to=5", {"NODE": name}).split()[-1] == "5", "it counts")

        listener = bea.leave("hawser listen", more=("--json",))
        at = wait_for(lambda: re.search(r'"addresses":\["([^"]+)"', listener.output()), "bea to listen")[1]
        knock = ana.leave("hawser join HOST:4780", {"HOST:4780": "127.0.0.1:" + at.rsplit(":", 1)[1]}, name="knock")
        asked = wait_for(lambda: re.search(r'"number":"(\d{6})"', listener.output()), "ana's request")[1]
        approved = subprocess.run([house.program("hawser"), "approve", "ana", "--number", asked], env=bea.env, check=False)
        check(approved.returncode == 0 and knock.process.wait(30) == 0, f"they are contacts: {knock.output()}")
        ana.type('hawser message bea "here it is"')
        wait_for(lambda: "here it is" in listener.output(), "what ana said")
        bea.house.start("bea-receive", "hawser", "receive", "--accept", "ana", "--to", bea.home + "/..", env=bea.env)
        ana.type("hawser send bea folder/ --wait")
        check(os.path.exists(os.path.join(bea.home, "..", "folder", "here it is")), "the folder has come")

        stop(listener)
        ana.type("hawser send bea folder/ --no-wait")
        bea.leave("hawser listen", name="listen-again")
        taker = bea.house.start("bea-later", "hawser", "receive", "--accept", "ana", "--to", bea.home + "/..", env=bea.env)
        check(taker.process.wait(60) == 0, f"bea comes and takes it: {taker.output()}")
        check(os.path.exists(os.path.join(bea.home, "..", "folder (2)", "here it is")), f"what was sent while she was away: {os.listdir(bea.home + '/..')}")

        stop(agent)
        wait_for(lambda: house.broker("status")[0]["nodes_online"] == 0, "the machine to be away")
        ana.type("hawser run NODE count --durable", {"NODE": name}, more=("to=3",))
        check("done" not in ana.type("hawser results"), "it waits for the machine")
        node.house.start("node-again", "hawser-nodeagent", "run", "--config", os.path.join(ROOT, "resources/examples/nodeagent.toml"), env=node.env)
        wait_for(lambda: "done" in ana.type("hawser results"), "the machine to come and do it")
    check(not unknown, f"nobody tries these lines of the README: {sorted(unknown)}")
    print("README: every command line works", flush=True)


main(proof)
