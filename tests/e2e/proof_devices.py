#!/usr/bin/env python3
"""Two devices of one person show the same conversation: what she wrote on either, once and in order, with its state, though one
was off meanwhile and either was killed. What a broker let go before a device came is told there. What was not shown is not read.
proof_devices.py BUILD"""

import shutil
import signal

from household import Household, Person, check, main, wait_for

EACH = 12  # messages from each device


def another_device(house, person, name):
    """The same identity, contacts and broker in a folder of its own."""
    other = Person(house, name)
    shutil.copytree(person.data, other.data, ignore=shutil.ignore_patterns("device", "chat.sqlite*", "*lock*", "control*"))
    other.key = person.key
    return other


def own(device):
    """The program of a device, connected to the broker."""
    program = device.own()
    wait_for(lambda: device.well("status", "--json").lines()[0]["brokers"][0]["state"] == "ready", f"{device.name}'s broker")
    return program


def kill(program):
    program.process.send_signal(signal.SIGKILL)
    program.process.wait()


def lines(device, *words):
    return device.well("messages", "--json", "--limit", 500, *words).lines()


def said(device):
    return [(line["mine"], line["text"]) for line in lines(device)]


def known_device(house, person, friend):
    """A phone that the broker knows from now on."""
    phone = another_device(house, person, "phone")
    program = own(phone)
    friend.well("message", person.key, "hello", "--wait")
    wait_for(lambda: (False, "hello") in said(phone), "the phone to hear something")
    program.stop()
    return phone


def everybody_shows_the_same(house):
    ana, bea = house.person("ana"), house.person("bea")
    house.befriend_at_broker(ana, bea)
    beas, laptop = own(bea), own(ana)
    phone = known_device(house, ana, bea)

    for n in range(EACH):
        ana.run("message", bea.key, f"laptop {n}")
        if n == EACH // 2:
            kill(laptop)
            laptop = own(ana)
        if n % 4 == 0:
            bea.well("message", ana.key, f"bea {n}", "--wait")
            wait_for(lambda: (False, f"bea {n}") in said(ana), "what bea says")  # so that there is one order
    wait_for(lambda: len(said(bea)) == len(said(ana)), "all to come to bea")
    wait_for(lambda: all(line["state"] == "read" for line in lines(ana) if line["mine"]), "all to be read")

    mobile = phone.own()  # for the first time since
    wait_for(lambda: len(said(phone)) > 3, "the phone to fetch something")
    kill(mobile)
    mobile = own(phone)
    wait_for(lambda: len(said(phone)) == len(said(ana)), "the phone to have it all")
    check(said(phone) == said(ana), f"the phone shows\n{said(phone)}\nand the laptop\n{said(ana)}")
    wait_for(lambda: all(line["state"] == "read" for line in lines(phone) if line["mine"]), "the phone to know that it was read")
    check([line["text"] for line in lines(phone, "--search", "laptop 3")] == ["laptop 3"], "it is found there")

    for n in range(EACH):  # and the other way round, both being there
        phone.well("message", bea.key, f"phone {n}")
    wait_for(lambda: len(said(ana)) == len(said(phone)), "the laptop to show what the phone says")
    check(said(ana) == said(phone), f"the laptop shows\n{said(ana)}\nand the phone\n{said(phone)}")
    check(said(bea) == [(not mine, text) for mine, text in said(ana)], "bea got each of them once, in order")
    print(f"{len(said(ana))} messages stand on both devices, once and in the same order", flush=True)
    for program in (mobile, laptop, beas):
        program.stop()


def only_what_was_shown_is_read(house):
    ana, bea = house.person("ana"), house.person("bea")
    house.befriend_at_broker(ana, bea)
    programs = own(ana), own(bea)
    for text in ("one", "two", "three"):
        bea.well("message", ana.key, text, "--wait")

    def states():
        """How far Bea knows that what she said came."""
        ana.well("message", bea.key, "what I read was told before this", "--wait")
        return [line["state"] for line in lines(bea, ana.key) if line["mine"]]

    found = ana.well("messages", bea.key, "--json", "--search", "three").lines()
    check([line["text"] for line in found] == ["three"], f"one line is found: {found}")
    check(states() == ["delivered"] * 3, "what was looked for is not all that was said")
    check("three" in ana.well("messages", bea.key, "--limit", 2).out, "the newest lines are shown")
    check(states() == ["delivered"] * 3, "what stands above them was not shown")
    ana.well("messages", bea.key, "--before", found[0]["id"])
    check(states() == ["read", "read", "delivered"], "what stands above is read when it was shown")
    lines(ana)
    check(states() == ["read"] * 3, "all is read")
    print("what was shown was read, and nothing else", flush=True)
    for program in programs:
        program.stop()


def what_went_is_told(house):
    """A phone that was off for so long that the broker, which keeps ten for it, let the oldest go."""
    ana, bea = house.person("ana"), house.person("bea")
    house.befriend_at_broker(ana, bea)
    beas, laptop = own(bea), own(ana)
    phone = known_device(house, ana, bea)
    for n in range(20):
        bea.well("message", ana.key, f"bea {n}", "--wait")
    mobile = own(phone)
    missed = wait_for(lambda: [line for line in lines(phone) if line["kind"] == "missed"], "the phone to say what went")
    check(len(missed) == 1 and missed[0]["name"], f"one line of the broker's: {missed}")
    went = int(missed[0]["text"].split()[2])
    have = [line["text"] for line in lines(phone, bea.key)]
    check(have.pop(0) == "hello", "and what it had fetched before")
    check(0 < 20 - len(have) <= went, f"{went} are said to have gone, and there are {have}")
    check(have == [f"bea {n}" for n in range(20 - len(have), 20)], f"the newest are there: {have}")
    mobile.stop()
    mobile = own(phone)  # told again by the broker, shown once
    check(len([line for line in lines(phone) if line["kind"] == "missed"]) == 1, "it is said once")
    check(missed[0]["text"] in phone.well("messages").out, "and in words")
    print(missed[0]["text"], flush=True)
    for program in (mobile, laptop, beas):
        program.stop()


def proof(build):
    with Household(build) as house:
        house.start_broker()
        everybody_shows_the_same(house)
    with Household(build) as house:
        house.start_broker()
        only_what_was_shown_is_read(house)
    with Household(build) as house:
        house.start_broker(config="[mailbox]\nitems = 10\n")
        what_went_is_told(house)


main(proof)
