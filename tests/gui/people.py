"""What the tests in the real desktop share: people at their hawser-desktops, who ask and are asked."""

import glob
import os
import re
import sqlite3
import sys

import x11
from own_host import OWN_HOST
from stage import Desktop, Screen, check
from suite import Suite

PLACES = [(3, 26, 790, 620), (806, 26, 790, 620), (806, 678, 790, 318)]


class Town:
    """A display on which people have their desktops; each with an empty folder."""

    def __init__(self, build):
        self.display = Screen(os.path.abspath(build), "1600x1000")
        self.suite = Suite(build, os.path.join(self.display.folder, "data"), self.display.env, self.display.start)
        self.people = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.display.close()

    def person(self, folder, called, *words):
        program = self.display.start(folder, [self.suite.program("hawser-desktop"), "--data", self.suite.folder(folder), *words],
                                     {"HAWSER_NAME": called})
        desktop = Desktop(self.display, program, PLACES[len(self.people) % len(PLACES)])
        self.people.append(desktop)
        return desktop

    def restarted(self, desktop, folder, called, *words):
        """The same person's desktop, which has ended, started again in its place."""
        place = PLACES[self.people.index(desktop)]
        program = self.display.start(folder, [self.suite.program("hawser-desktop"), "--data", self.suite.folder(folder), *words],
                                     {"HAWSER_NAME": called})
        self.people[self.people.index(desktop)] = anew = Desktop(self.display, program, place)
        return anew

    def listen(self, desktop):
        """Lets people reach this one directly; the address to tell."""
        if not desktop.ask("listenBox").visible:
            desktop.click("youButton")
        desktop.tick("listenBox")
        return "127.0.0.1:" + desktop.wait_text("myAddresses", r":(\d+)")[1]

    def listener(self, folder, called):
        """A person who can be reached directly, at an address that stays free for them while their desktop is restarted."""
        desktop = self.person(folder, called, "--listen", OWN_HOST + ":0")
        return desktop, desktop.wait_text("myAddresses", re.escape(OWN_HOST) + r":\d+")[0]

    def ask(self, asker, address):
        """Types an address and presses Connect."""
        asker.fill("joinField", address)
        asker.click("joinButton")

    def befriend(self, asker, decider, address):
        """`asker` asks at an address and `decider` allows messages and files, for ever."""
        self.ask(asker, address)
        decider.wait("approvalDialog")
        allow(decider)

    def database(self, folder):
        """What a person's desktop keeps, to look at or to move back in time."""
        return sqlite3.connect(os.path.join(self.suite.folder(folder), "person.db"), timeout=5)

    def locations(self, folder):
        """The keys of the brokers that a person has pinned."""
        keys = []
        for path in glob.glob(os.path.join(self.suite.folder(folder), "locations", "*", "broker.pub")):
            with open(path, encoding="ascii") as file:
                keys.append(file.read().split()[0])
        return keys

    def json(self, folder, *words):
        return self.suite.json("hawser", *words, "--data", self.suite.folder(folder))


def allow(decider, lasting="approvalAlways"):
    """Looks, compares, and presses Allow once it is armed."""
    decider.click("approvalName")
    decider.wait("approvalAccept", lambda button: button.armed, "the dialog to be looked at")
    decider.click("approvalMatches")
    decider.click(lasting)
    decider.wait("approvalAccept", lambda button: button.armed, "Allow to be armed")
    decider.click("approvalAccept")
    decider.gone("approvalDialog")


def digits(text):
    return re.sub(r"\D", "", text or "")


def seconds(text):
    """The minutes and seconds in a sentence; None: it has none."""
    found = re.search(r"(\d+):(\d\d)", text or "")
    return int(found[1]) * 60 + int(found[2]) if found else None


def run(test):
    try:
        test(*sys.argv[1:])
    except x11.Failed as failed:
        sys.exit(f"FAILED: {failed}")
