#!/usr/bin/env python3
"""What others say carries an image of a FIFO: it is shown letter by letter wherever the window shows it, nobody opens the FIFO.

proof_text.py BUILD
"""

import ctypes
import os
import re
import struct

from household import Household, check, main, wait_for, x11

IMG = "<img src='fifo'>"
IN_OPEN = 0x20

MACHINE = IMG + " in the cellar of the house by the sea"  # too long for its cell: the rest is in a tooltip

CONFIG = f"""\
name = "{MACHINE}"

[[command]]
name = "show"
description = "{IMG} described"
argv = ["/bin/echo", "{{word}}"]

[[command.parameter]]
name = "word"
description = "{IMG} explained"
default = "{IMG}"

[[command]]
name = "fail"
description = "{IMG} fails"
argv = ["/nowhere/{IMG}"]
"""


class Fifo:
    """A FIFO that tells whether anybody opened it."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.watch = self.libc.inotify_init1(os.O_NONBLOCK)
        check(self.libc.inotify_add_watch(self.watch, path.encode(), IN_OPEN) >= 0, "inotify does not watch the FIFO")

    def opened(self):
        """How often since the last question."""
        try:
            return len(os.read(self.watch, 65536)) // struct.calcsize("iIII")
        except BlockingIOError:
            return 0

    def sees(self):
        """The watch is not blind."""
        os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
        return self.opened() == 1


class Window:
    """The real desktop of whom it is said to."""

    def __init__(self, display, program):
        self.display, self.program = display, program
        self.seen = []

    def literal(self, where, condition=lambda answer: True):
        """What is shown there holds the text as it was sent."""
        self.program.wait(where, lambda answer: IMG in (answer.text or "") + (answer.accessible or "") and condition(answer),
                          f"{where} to show {IMG}")
        self.seen.append(where)

    def tip(self, where, text):
        """The tooltip there says it letter by letter: what a browser would make an image of is written as text."""
        x, y = x11.center(self.display.settled(self.program, where))
        self.display.move(x, y)
        self.display.move(x + 2, y + 1)
        tip = self.program.wait("qtooltip_label", lambda label: label.visible and text.split(">")[1] in label.text)
        check("&lt;img" in tip.text and "<img" not in tip.text, f"the tooltip is {tip.text}")
        self.seen.append(where + " (tooltip)")

    def click(self, name):
        self.display.click(self.program, name)


def contact(house, window, liar, bea):
    """The request, the list, the head of the conversation."""
    listener = bea.start("listen", "127.0.0.1:0", "--json")
    address = wait_for(lambda: re.search(r"127\.0\.0\.1:\d+", listener.output()), "bea to listen")[0]
    join = liar.start("join", address, env={"HAWSER_NAME": IMG})
    window.literal("approvalName")
    request = bea.well("requests", "--json").lines()[0]
    check(request["claim"] == IMG, f"the request claims {request['claim']}")
    window.click("pages/Requests")
    window.literal("requestList/" + IMG)
    bea.well("approve", request["id"], "--key", liar.key)
    check(join.process.wait(20) == 0, f"the request ended with {join.output()}")
    window.literal("decisionList")
    window.click("pages/Contacts")
    window.literal("contactList/" + IMG)
    window.click("contactList/" + IMG)
    window.literal("conversationName")


def conversation(house, window, liar, bea):
    """A message, a file, its offer and its note."""
    liar.well("message", bea.key, IMG + " said")
    window.literal(f"chatView/{IMG} said")
    path = house.path(IMG + ".txt")
    with open(path, "w", encoding="ascii") as file:
        file.write("nothing to see")
    liar.start("send", bea.key, path, "--wait", "--note", IMG + " noted")
    window.literal("offerAccept")
    window.click("pages/Transfers")
    window.literal("transferList/" + IMG)
    window.click("pages/Contacts")
    window.click("offerDecline")


def machine(window):
    """The table, the form, the titles, the error of a run."""
    window.click("pages/Machines")
    window.literal("machineTable/" + IMG)
    window.tip("machineTable/" + IMG, MACHINE)
    window.click("machineTable/" + IMG)
    window.click("runButton")
    window.literal("runDialog")
    choose(window, "fail")
    window.literal("runDescription")
    window.click("runDialog/Run")
    window.literal("runState")
    window.literal("runWindow")


def choose(window, command):
    window.program.wait("runCommand")
    if window.program.ask("runCommand").text != command:
        window.click("runCommand")
        window.click("runCommand/" + command)


def proof(build):
    with Household(build) as house, x11.Display(build) as display:
        os.chdir(house.folder)  # where a relative name would be looked for
        fifo = Fifo(house.path("fifo"))
        house.start_broker()
        house.node(CONFIG)
        bea, liar = house.person("bea"), house.person("liar", joins=False)
        program = display.start("bea", [house.program("hawser-desktop"), "--data", bea.data],
                                env={"XDG_RUNTIME_DIR": house.env["XDG_RUNTIME_DIR"]})
        program.wait("mainWindow")
        check(os.readlink(f"/proc/{program.pid}/cwd") == house.folder, "the window would look for the image elsewhere")
        liar.own(env={"HAWSER_NAME": IMG})
        window = Window(display, program)
        machine(window)
        contact(house, window, liar, bea)
        conversation(house, window, liar, bea)
        check(fifo.opened() == 0, "somebody opened the FIFO")
        check(fifo.sees(), "the watch would not have seen it")
        check(program.ask("mainWindow").visible, "the window lives")
        print(f"literal at {len(window.seen)} places: {', '.join(window.seen)}; the FIFO was never opened")


main(proof)
