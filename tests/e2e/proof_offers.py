"""Files that are offered to somebody who is away come once, whole, whoever is killed in between; a no, a withdrawal and changed
files are said to both. The real programs, directly and through a broker.

    proof_offers.py BUILD
"""

import contextlib
import hashlib
import os
import re
import signal
import sqlite3

from household import Household, check, main, wait_for

EXIT_PENDING = 75


def make(house, name, size=3_000_000):
    path = house.path(name)
    block = os.urandom(min(size, 1_000_000))
    with open(path, "wb") as file:
        for number in range(max(1, size // len(block))):  # no two alike
            file.write(number.to_bytes(8, "big") + block[8:])
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def transfer(person, title, incoming):
    found = [each for each in person.well("transfers", "--json").lines()
             if each["title"] == title and each.get("incoming", False) == incoming]
    check(len(found) <= 1, f"{title} is in {person.name}'s list {len(found)} times")
    return found[0] if found else None


def until(person, title, incoming, is_so, what):
    """Its item once it is so. Each look is a program of its own, which may be the owner for that long."""
    return wait_for(lambda: (lambda item: item if item and is_so(item) else None)(transfer(person, title, incoming)),
                    f"{title} to be {what} at {person.name}'s", 60, 0.3)


def state(*names):
    return lambda item: item["state"] in names


def kill(program):
    os.kill(program.pid, signal.SIGKILL)
    program.process.wait()


def all_posted(person):
    """What it has to say is with the broker."""
    def waiting():
        with contextlib.closing(sqlite3.connect(f"file:{person.data}/chat.sqlite?mode=ro", uri=True)) as database:
            return database.execute("SELECT count(*) FROM outbox_sequences WHERE last > kept").fetchone()[0]
    wait_for(lambda: waiting() == 0, f"{person.name}'s words to be with the broker", 30)


def is_there(person, other):
    return next(each["online"] for each in person.well("contacts", "--json").lines() if each["key"] == other.key)


def own_and_away(person, other):
    """A program of `person`, once it knows that the other is away."""
    own = person.own()
    wait_for(lambda: person.well("status", "--json").lines()[0]["brokers"][0]["state"] == "ready", "the broker", 30)
    wait_for(lambda: not is_there(person, other), f"{other.name} to be away for {person.name}", 30)
    return own


def offer(person, to, path, *words):
    done = person.run("send", to.key, path, *words)
    check(done.status == (0 if "--no-wait" in words else EXIT_PENDING), f"send to somebody away: {done}")
    check("a hawser of yours runs" in done.err, f"it says when it goes: {done}")
    return done.out.split()[0]


def came_once(house, person, path, folder):
    there = os.path.join(folder, os.path.basename(path))
    check(digest(there) == digest(path), f"{there} is not what was sent")
    check(sorted(os.listdir(folder)) == [os.path.basename(path)], f"nothing else is in {os.listdir(folder)}")


def asked_while_away(ana, bea):
    """Nothing can be offered before she says yes, and she is away: Ana reads one true sentence."""
    asking = ana.start("chat", bea.key)
    wait_for(lambda: re.search(r"^.+ is away; asked as soon as they come\.$", asking.output(), re.M), f"it to say so: {asking.output()}", 30)
    check("cannot be reached" not in asking.output(), f"it says nothing else: {asking.output()}")
    asking.stop()


def through_the_broker(house, ana, bea):
    """Never both there before the data goes; both are killed between the steps."""
    path = make(house, "shoot.bin")
    folder = house.path("bea-gets")
    os.mkdir(folder)
    own_and_away(ana, bea).stop()
    number = offer(ana, bea, path)
    check(until(ana, "shoot.bin", False, state("offered"), "offered")["offer"] == "at-broker", "the broker has it")
    own = bea.own()
    until(bea, "shoot.bin", True, state("offered"), "offered")
    bea.well("transfers", number, "--accept", "--to", folder)
    kill(own)  # the yes was on disk when the verb ended
    own = bea.own()
    until(bea, "shoot.bin", True, state("waiting"), "accepted after a kill")
    all_posted(bea)
    kill(own)
    own = ana.own()
    until(ana, "shoot.bin", False, lambda item: item.get("offer") == "accepted", "accepted")
    kill(own)
    until(ana, "shoot.bin", False, state("waiting"), "accepted after a kill")
    senders, takers = ana.own(), bea.own()
    done = until(ana, "shoot.bin", False, state("done"), "done")
    check(len(done["receipt"]) == 64, f"it has a receipt: {done}")
    until(bea, "shoot.bin", True, state("done"), "done")
    came_once(house, bea, path, folder)
    kill(senders)
    takers.stop()  # a killed one would be missed only after a while
    check(transfer(ana, "shoot.bin", False)["state"] == "done", "the result is there after a restart")
    return "through a broker, both killed"


def killed_in_the_midst(house, ana, bea):
    """The stream is cut by killing first its receiver and then its sender; it begins anew by itself."""
    path = make(house, "film.bin", 250_000_000)
    folder = house.path("bea-gets-film")
    os.mkdir(folder)
    own_and_away(ana, bea).stop()
    number = offer(ana, bea, path)
    taker = bea.own()
    until(bea, "film.bin", True, state("offered"), "offered")
    bea.well("transfers", number, "--accept", "--to", folder)
    sender = ana.own()
    until(ana, "film.bin", False, lambda item: item["done"] > 0, "on its way")
    kill(taker)
    taker = bea.own()
    until(bea, "film.bin", True, lambda item: item["done"] > 0, "on its way again")
    kill(sender)
    sender = ana.own()
    until(ana, "film.bin", False, state("done"), "done")
    until(bea, "film.bin", True, state("done"), "done")
    came_once(house, bea, path, folder)
    for program in (sender, taker):
        program.stop()
    return "killed in the midst"


def no_and_withdrawn_and_changed(house, ana, bea):
    no, back, changed = (make(house, name, 1000) for name in ("no.bin", "back.bin", "changed.bin"))
    own = own_and_away(ana, bea)
    numbers = {path: offer(ana, bea, path, "--no-wait") for path in (no, back, changed)}
    own.stop()
    own = bea.own()
    for path in numbers:
        until(bea, os.path.basename(path), True, state("offered"), "offered")
    bea.well("transfers", numbers[no], "--decline")
    bea.well("transfers", numbers[changed], "--accept")
    all_posted(bea)
    own.stop()
    with open(changed, "ab") as file:
        file.write(b"more")
    ana.well("transfers", numbers[back], "--cancel")
    owns = [ana.own()]
    said = until(ana, "no.bin", False, state("cancelled"), "declined")["sentence"]
    check("declined" in said, f"a no is said: {said}")
    owns.append(bea.own())
    said = until(ana, "changed.bin", False, state("failed"), "not sent")["sentence"]
    check("changed" in said, f"what has changed is said: {said}")
    check(until(bea, "changed.bin", True, state("cancelled"), "withdrawn")["sentence"] == said, "to both")
    until(bea, "back.bin", True, state("cancelled"), "taken back")
    for own in owns:
        own.stop()
    downloads = os.path.join(bea.data, "Downloads")
    check(not os.path.exists(downloads) or not os.listdir(downloads), "nothing of them came")
    return "a no, a withdrawal, changed files"


def directly(house, cleo, dora):
    """No broker: the offer waits here until she listens again, and --wait waits for all of it."""
    listener = house.befriend(cleo, dora)
    address = re.search(r"127\.0\.0\.1:\d+", listener.output())[0]
    listener.stop()
    path = make(house, "direct.bin")
    folder = house.path("dora-gets")
    os.mkdir(folder)
    waiting = cleo.start("send", dora.key, path, "--wait", "--json")
    wait_for(lambda: re.search(r'"offer": ?"queued"', waiting.output()), "the offer to be queued")
    kill(waiting)
    check(transfer(cleo, "direct.bin", False)["offer"] == "queued", "it is kept")
    waiting = cleo.own()
    listener = dora.start("listen", address, "--json")
    until(dora, "direct.bin", True, state("offered"), "offered")
    done = dora.run("receive", "--accept", cleo.key, "--to", folder)
    check(done.status == 0, f"receive: {done}")
    until(cleo, "direct.bin", False, state("done"), "done")
    came_once(house, dora, path, folder)
    for program in (waiting, listener):
        program.stop()
    return "directly"


def proof(build):
    with Household(build) as house:
        house.start_broker(config="[limits]\naway_seconds = 60\n")  # who ends says so, and is away at once all the same
        ana, bea = house.person("ana"), house.person("bea")
        asked_while_away(ana, bea)
        house.befriend_at_broker(ana, bea)
        said = [step(house, ana, bea) for step in (through_the_broker, killed_in_the_midst, no_and_withdrawn_and_changed)]
        said.append(directly(house, house.person("cleo", joins=False), house.person("dora", joins=False)))
        print("came once and whole, or both were told: " + "; ".join(said))


if __name__ == "__main__":
    main(proof)
