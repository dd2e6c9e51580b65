#!/usr/bin/env python3
"""A wrong address, a broker that is down, a key that is not taken or has changed: one sentence that names the step, at the
terminal, as JSON and in the window. proof_steps.py BUILD
"""

import os
import socket

from household import OWN_HOST, Household, check, main, wait_for, x11

SOON = ("--timeout", "3")


def nobody_there():
    """An address at which nobody listens."""
    with socket.socket() as one:
        one.bind((OWN_HOST, 0))
        return "{}:{}".format(*one.getsockname())


def told(house, where, sentence, status):
    """join says the sentence and how it ended, for people and for programs."""
    eve = house.person("eve-" + str(len(os.listdir(house.folder))), joins=False)
    text = eve.run("join", where, *SOON)
    check(text.status == status and sentence in text.err, f"join {where}: {text}, not {status} and “{sentence}”")
    said = eve.run("join", where, *SOON, "--json")
    sentences = [each.get("error", each).get("sentence", "") for each in said.lines()]
    check(said.status == status and any(sentence in each for each in sentences), f"join {where} --json: {said}")
    print(f"join {where}: {status}, {sentence}", flush=True)


def addresses(house):
    address = nobody_there()
    told(house, address, f"nobody listens at {address}", 75)
    told(house, "nobody.invalid", "there is no host of that name", 75)
    told(house, "no address", "is not a host name", 64)
    told(house, "hawser://nonsense", "not an invitation to join", 64)


def refused(house):
    """The broker's owner says no."""
    eve = house.person("eve", joins=False)
    join = eve.start("join", house.address, "--json")
    request = wait_for(lambda: house.broker("pending")[0]["requests"], "the request")[0]
    house.broker("deny", request["id"])
    check(join.process.wait(20) == 77, f"a refused request ends with 77: {join.output()}")
    last = join.output().splitlines()[-1]
    check('"error"' in join.output() and "permission_denied" in join.output(), f"it says so: {join.output()}")
    print(f"refused: 77, {last}", flush=True)


def broker_of(person):
    return person.well("status", "--json").lines()[0]["brokers"][0]


def waits_for(person, desktop, state, sentence, shown):
    """status in both forms, and the window."""
    wait_for(lambda: broker_of(person)["state"] == state and sentence in broker_of(person)["sentence"],
             f"{state} and “{sentence}”, not {broker_of(person)}", 30, 0.2)
    check(sentence in person.well("status").out, f"status says it in words: {person.well('status').out}")
    card = desktop.wait("startPage/" + shown, lambda label: sentence in label.text)
    print(f"{state}: {sentence}; window: {card.text!r}", flush=True)


def proof(build):
    with Household(build) as house, x11.Display(build) as display:
        addresses(house)
        broker = house.start_broker()
        refused(house)
        ana = house.person("ana")
        desktop = display.start("ana", [house.program("hawser-desktop"), "--data", ana.data],
                                env={"XDG_RUNTIME_DIR": house.env["XDG_RUNTIME_DIR"]})
        desktop.wait("startPage/connected", seconds=30)
        broker.stop()
        waits_for(ana, desktop, "offline", "nobody listens at", "not connected")

        for name in ("identity", "identity.pub"):
            os.remove(house.path("broker", name))
        house.start_broker("broker", house.address)
        waits_for(ana, desktop, "changed-key", "key", "has a different key")
        desktop.wait("changedKeyDialog")
        check(broker_of(ana).get("new_key") not in (None, broker_of(ana)["key"]), f"both keys are told: {broker_of(ana)}")


main(proof)
