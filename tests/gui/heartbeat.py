#!/usr/bin/env python3
"""A window stays awake (its event loop is never away for 50 ms) while 10 000 files are dropped, counted, sent and received,
in two real desktops. heartbeat.py BUILD

What counts is what a window's own thread did: the probe takes off how long the kernel let it wait for a processor. An idle
program with the same probe runs beside; what that one misses too is the machine's.
"""

import os
import time

import x11
from people import Town, run
from stage import check

FILES = 10_000
BOUND = 50  # ms, design.md §5


def make_tree(root):
    for folder in range(100):
        path = os.path.join(root, f"day {folder:02}")
        os.makedirs(path)
        for number in range(FILES // 100):
            with open(os.path.join(path, f"IMG_{number:04}.dng"), "wb") as file:
                file.write(b"%d" % number * 20)


class Hearts:
    """The heartbeats of several programs since they were asked last."""

    def __init__(self, idle, **windows):
        self.idle, self.windows = idle, windows
        self.failed = []
        self.ask()

    def ask(self):
        said = {name: program.ask("heartbeat") for name, program in {**self.windows, "idle": self.idle}.items()}
        return said

    def phase(self, what):
        said = self.ask()
        idle = said.pop("idle")
        line = ", ".join(f"{name} {heart.own:.0f} ms ({heart.worked:.0f} at work, by the clock {heart.longest:.0f})"
                         for name, heart in said.items())
        print(f"{what}: {line}; idle {idle.own:.0f} ms (by the clock {idle.longest:.0f})", flush=True)
        self.failed += [f"{name} was away for {heart.own:.0f} ms while {what}" for name, heart in said.items()
                        if heart.own - idle.own >= BOUND]


def main(build):
    with Town(build) as town:
        root = os.path.join(town.display.folder, "shoot-42")
        make_tree(root)
        ana, bea = town.person("first", "Ana"), town.person("second", "Bea")
        town.befriend(bea, ana, town.listen(ana))
        files = town.display.start("files", [os.path.join(town.suite.bin, "..", "tests", "dragsource"), root])
        town.display.arrange(files, "otherWindow", (640, 660, 320, 260))
        ana.page("Contacts")
        ana.click("contactList/Bea")
        idle = town.display.start("idle", [os.path.join(town.suite.bin, "..", "tests", "dragsource")])
        idle.wait("otherWindow")
        hearts = Hearts(idle, Ana=ana.program, Bea=bea.program)
        town.display.drag(files.wait("files/shoot-42"), bea.wait("contactList/Ana"),
                          lambda: bea.ask("contactList/Ana").dropTarget)
        hearts.phase("dragged")
        bea.wait("sendDialog")
        hearts.phase("dropped")
        bea.wait_text("sendCounted", r"10.?000 files")
        hearts.phase("counted")
        bea.click("sendNow")
        ana.wait("offerAccept", seconds=30)
        hearts.phase("offered")
        ana.click("offerAccept")
        began = time.monotonic()
        ana.page("Transfers")
        ana.wait("transferList/shoot-42", lambda row: "eceived and verified" in row.text or "ailed" in row.text,
                 "all to be there", 90)
        bea.page("Transfers")
        bea.wait("transferList/shoot-42", lambda row: "verified" in row.text)
        print(f"sent and received in {time.monotonic() - began:.1f} s", flush=True)
        hearts.phase("sent and received")
        there = sum(len(names) for _, _, names in os.walk(os.path.join(town.suite.folder("first"), "Downloads", "shoot-42")))
        check(there == FILES, f"{there} files arrived")
        check(not hearts.failed, "; ".join(hearts.failed))


run(main)
