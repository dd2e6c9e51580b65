#!/usr/bin/env python3
"""Topics with the real programs: what one publishes others read, also what came while they were away; output is plain text.
usage: topics.py BUILD"""

import json

from databases import locked
from household import Household, check, main, wait_for

ESCAPE = "\x1b[31mred\u202e"


def objects(program):
    return [json.loads(line) for line in program.output().splitlines() if line.startswith("{")]


def live_and_kept(ana, bea):
    ana.well("publish", "metrics.anchor.load", "0.25", "--retain")
    reader = bea.start("subscribe", "metrics.>", "--last", "--json")
    wait_for(lambda: any(item.get("kept") for item in objects(reader)), "the last value to come first")
    done = ana.well("publish", "metrics.anchor.load", "-", "--json", stdin=ESCAPE)
    check(done.lines()[0]["messages"] == 1, f"publish says {done}")
    wait_for(lambda: len(objects(reader)) == 2, "the message to come")
    first, second = objects(reader)
    check(first["text"] == "0.25" and first["publisher"] == ana.key, f"the last value is {first}")
    check(second["text"] == ESCAPE and not second["kept"], f"the message is {second}")
    check("\x1b" not in reader.output() and "\u202e" not in reader.output(), "an escape reached the terminal")
    reader.stop()


def last_after_a_kill(house, broker, ana, bea):
    """What the broker said it had is there after kill -9, at the last value of each topic."""
    for number in range(1, 6):
        ana.well("publish", f"state.door{number % 2}", str(number), "--retain")
    broker.process.kill()
    broker.process.wait()
    broker = house.start_broker(listen=house.address)
    seen = bea.well("subscribe", "state.*", "--last", "--count", "2", "--json", seconds=60).lines()
    seen = [(item["topic"], item["text"], item["publisher"], item["kept"]) for item in seen]
    check(seen == [("state.door0", "4", ana.key, True), ("state.door1", "5", ana.key, True)], f"{seen} came")
    return broker


def durable(house, broker, ana, bea):
    first = bea.start("subscribe", "orders.*", "--durable", "till")
    wait_for(lambda: house.broker("status")[0]["counters"]["durable_subscriptions_now"] == 1, "the broker to know it")
    first.stop()
    lines = "".join(f"order {number}\n" for number in range(1, 301))
    check(ana.well("publish", "orders.a", "--lines", "--json", stdin=lines).lines()[0]["messages"] == 300, "300 lines")
    broker.process.kill()  # acknowledged is on disk
    broker.process.wait()
    house.start_broker(listen=house.address)
    seen = []
    for _ in range(3):  # each goes on where the one before ended
        seen += bea.well("subscribe", "orders.*", "--durable", "till", "--count", "100", "--json", seconds=60).lines()
    check([item.get("text") for item in seen] == [f"order {number}" for number in range(1, 301)], f"{len(seen)} came: {seen[:3]} …")
    bea.well("subscribe", "--forget", "till")
    check(bea.run("subscribe", "--forget", "till").status == 66, "it was forgotten twice")


def held(house, ana, bea):
    """Another program holds the broker's topics: the subscriber reads why nothing comes, and then it comes by itself."""
    with locked(house.path("broker", "topics.sqlite")):
        till = bea.start("subscribe", "held.*", "--durable", "held")
        wait_for(lambda: "nothing comes now" in till.output(), "her to be told")
    wait_for(lambda: "it goes on" in till.output().splitlines(), "it to go on")
    ana.well("publish", "held.a", "here")
    wait_for(lambda: till.output().endswith("  here\n"), f"the message to come: {till.output()}")
    check("cannot be kept there at the moment" in till.output(), f"she reads why: {till.output()}")
    till.stop()
    bea.well("subscribe", "--forget", "held")


def outage(house, broker, ana, bea):
    """No broker for a while: the subscriber reads it while it lasts, once, and then that it goes on."""
    reader = bea.start("subscribe", "outage.*")
    before = len(reader.output())  # of her subscriptions that were

    def said():
        return reader.output()[before:]

    def heard():
        ana.well("publish", "outage.a", "x")
        return "outage.a" in said()

    wait_for(heard, "the subscription to stand")
    broker.process.kill()
    broker.process.wait()
    wait_for(lambda: "nothing comes now" in said(), "her to be told while it lasts", 30)
    broker = house.start_broker(listen=house.address)
    wait_for(lambda: "it goes on" in said().splitlines(), f"it to go on: {said()}", 60)
    check(said().count("nothing comes now") == 1, f"she is told once: {said()}")
    reader.stop()
    return broker


def rights(ana, bea):
    reader = bea.start("subscribe", "secret.a", "--json")
    check(ana.run("publish", "a b", "x").status == 64, "a space is no topic")
    check(ana.run("publish", "hawser.presence", "x").status == 77, "the broker's own topics were open")
    check(bea.run("subscribe", "hawser.>").status == 77, "the broker's own topics could be read")

    def heard():
        ana.well("publish", "secret.a", "x")
        return any(item.get("topic") == "secret.a" for item in objects(reader))

    wait_for(heard, "the subscription to stand")
    reader.stop()


def granted(house, ana):
    """What an administrator gives is said, and taken away again."""
    given = house.broker("topics", ana.key, "--publish", "a.*", "--subscribe", "b")[0]
    check("a.*" in given["publish"] and "b" in given["subscribe"], f"granted: {given}")
    taken = house.broker("topics", ana.key, "--publish", "a.*", "--remove")[0]
    check("a.*" not in taken["publish"] and "b" in taken["subscribe"], f"after taking it away: {taken}")


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        live_and_kept(ana, bea)
        rights(ana, bea)
        granted(house, ana)
        held(house, ana, bea)
        broker = outage(house, broker, ana, bea)
        broker = last_after_a_kill(house, broker, ana, bea)
        durable(house, broker, ana, bea)
        print("topics: what was published arrived: live, kept and durable; and nothing else")


main(proof)
