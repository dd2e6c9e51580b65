#!/usr/bin/env python3
"""A file that is dropped on somebody who is away waits, is there after a restart, can be taken back, and goes when they come and
accept: two real desktops. away.py BUILD [PICTURES]
"""

import filecmp
import os

import x11
from people import Town, run
from stage import check


def drop(town, ana, path, place):
    """Drags a file from another program onto Bea in Ana's list."""
    name = os.path.basename(path)
    with open(path, "wb") as file:
        file.write(os.urandom(200_000))
    files = town.display.start("files-" + name, [os.path.join(town.suite.bin, "..", "tests", "dragsource"), path])
    town.display.arrange(files, "otherWindow", place)
    town.display.drag(files.wait("files/" + name), ana.wait("contactList/Bea"),
                      lambda: ana.ask("contactList/Bea").dropTarget)
    ana.wait("chatView/" + name, lambda row: "Bea is away" in row.text, f"{name} to wait in the conversation")


def main(build, pictures=None):
    with Town(build) as town:
        def picture(name):
            if pictures:
                town.display.screenshot(os.path.join(pictures, name + ".png"))

        ana, address = town.listener("first", "Ana")
        bea = town.person("second", "Bea")
        town.befriend(bea, ana, address)
        ana.wait("contactList/Bea", lambda row: "online" in row.accessible)
        bea.program.stop()
        ana.wait("contactList/Bea", lambda row: "away" in row.accessible)
        ana.page("Contacts")
        sent, back = (os.path.join(town.display.folder, name) for name in ("shoot.bin", "wrong.bin"))
        drop(town, ana, sent, (640, 660, 320, 150))
        drop(town, ana, back, (640, 830, 320, 150))
        picture("waiting")
        ana.page("Transfers")
        ana.click("transferList/wrong.bin")
        ana.click("transferCancel")
        ana.wait("transferList/wrong.bin", lambda row: "stopped by me" in row.text)
        picture("transfers")
        ana.program.stop()
        ana = town.restarted(ana, "first", "Ana", "--listen", address)
        ana.page("Transfers")
        ana.wait("transferList/shoot.bin", lambda row: "Bea is away" in row.text, "the offer to be there after a restart")
        bea = town.restarted(bea, "second", "Bea")
        bea.page("Contacts")
        bea.click("contactList/Ana")
        bea.wait("offerAccept", lambda button: button.visible and "shoot.bin" in button.accessible, "the offer", 60)
        picture("offered")
        bea.click("offerAccept")
        ana.wait("transferList/shoot.bin", lambda row: "elivered and verified" in row.text, "the file to be there", 60)
        there = os.path.join(town.suite.folder("second"), "Downloads")
        x11.wait_for(lambda: os.path.exists(os.path.join(there, "shoot.bin")), "the file")
        check(filecmp.cmp(sent, os.path.join(there, "shoot.bin"), shallow=False), "what came is what was dropped")
        check(os.listdir(there) == ["shoot.bin"], f"nothing else came, not {os.listdir(there)}")
        picture("arrived")


run(main)
