#!/usr/bin/env python3
"""Rule 10: a changed key is another dialog, and nothing is sent before it is decided: at a broker, and at the address of
a contact. In real desktops. rule10.py BUILD"""

import os
import shutil

import x11
from people import Town, allow, run
from stage import check


def new_identity(town, folder):
    """As a machine that was set up anew at the same address."""
    for name in ("identity", "identity.pub"):
        os.remove(os.path.join(town.suite.folder(folder), name))


def key(town, folder):
    with open(os.path.join(town.suite.folder(folder), "identity.pub"), encoding="ascii") as file:
        return file.read().split()[0]


def say(desktop, text):
    desktop.click("chatInput")
    desktop.display.type(text)
    desktop.display.key("Return")


def waits(desktop, name, text, why=""):
    """The message stands there, perhaps with a reason, and nowhere else."""
    desktop.page("Contacts")
    desktop.click("contactList/" + name)
    say(desktop, text)
    desktop.wait("chatView/" + text, lambda row: "queued" in row.accessible and why in row.accessible, f"“{text}” to wait: {why}")


def replace(desktop, words):
    """The button wants the first word of the new key; another one does nothing."""
    desktop.click("changedKeyReplace")
    desktop.fill("changedKeyWord", "zebra" if not words.startswith("zebra") else "apple")
    check(not desktop.ask("changedKeyReplace").enabled, "any word replaces the key")
    desktop.fill("changedKeyWord", words.split("-")[0])
    desktop.click("changedKeyReplace")
    desktop.gone("changedKeyDialog")


def at_a_broker(town, ana, bea):
    """The broker's key is another one after a restart: her people there are not written to."""
    broker = town.broker
    broker.stop()
    old = key(town, "broker")
    new_identity(town, "broker")
    town.broker, _ = town.suite.broker()
    x11.wait_for(lambda: os.path.exists(os.path.join(town.suite.folder("broker"), "identity.pub")), "the broker's new key")
    check(key(town, "broker") != old, "the broker has a new key")
    heading = ana.wait("changedKeyHeading", seconds=40)
    check("has a different key than before" in heading.text, heading.text)
    check(not ana.ask("changedKeyDialog").active, "it takes the keyboard")
    words = ana.ask("changedKeyNow").text
    check(ana.ask("changedKeyKnown").text != words, "both keys are shown, and differ")
    waits(ana, "Bea", "are you there")
    check(not town.locations("first")[0] == key(town, "broker"), "the new key was taken without asking")
    replace(ana, words)
    x11.wait_for(lambda: town.locations("first") == [key(town, "broker")], "the new key to be pinned")
    ana.wait("startPage/connected")


def at_a_contact(town, ana):
    """Carl's desktop answers at the address that was Bea's."""
    carl, address = town.listener("third", "Carl")
    town.befriend(ana, carl, address)
    ana.wait("contactList/Carl")
    carl.program.stop()
    shutil.rmtree(town.suite.folder("third"))  # set up anew, or somebody else
    carl = town.restarted(carl, "third", "Carl", "--listen", address)
    ana.wait("changedKeyDialog", seconds=40)
    words = ana.ask("changedKeyNow").text
    now = carl.ask("myKeyWords").text
    check(words == now, f"the dialog shows {words}, at the address is {now}")
    waits(ana, "Carl", "my secret", "a different key answers")
    replace(ana, words)
    carl.wait("approvalDialog")  # she asks who is there now to be let in, with a number to compare
    check("my secret" not in str(carl.ask("chatView").rows), "it was sent before")
    known = {each["key"]: each for each in town.json("first", "contacts")}
    check(known[key(town, "third")]["rights"] == [], f"the new key has rights before anybody compared: {known}")
    allow(carl)
    ana.wait("contactList/Carl", lambda row: "online" in row.accessible)


def main(build):
    with Town(build) as town:
        town.broker, address = town.suite.broker()
        ana, bea = town.person("first", "Ana"), town.person("second", "Bea")
        ana.fill("joinField", town.suite.first_link())
        ana.click("joinButton")
        ana.wait("inviteButton")
        town.befriend(bea, ana, address)
        bea.wait("startPage/connected")
        bea.click("addContact")
        bea.click("addMenu/People at")
        bea.click("peopleMenu/Ana")
        ana.wait("approvalDialog")
        allow(ana)
        ana.page("Contacts")
        ana.wait("contactList/Bea")
        at_a_broker(town, ana, bea)
        ana.click("youButton")
        at_a_contact(town, ana)


run(main)
