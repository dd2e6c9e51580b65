#!/usr/bin/env python3
"""Rule 8: Rights shows every grant and takes it back; what used it ends within a second; Activity says so. In two real
desktops. rule08.py BUILD"""

import os
import signal
import time

import x11
from people import Town, run
from stage import check

BIG = 400 * 1000 * 1000  # bytes, of a file without content: more than a second's worth


def ended_within_a_second(began, asker, question, condition, what):
    asker.wait(question, condition, what, seconds=5)
    took = time.monotonic() - began
    check(took < 1, f"{what} after {took:.2f} s")


def rights_of(desktop, name):
    """Contacts ▸ name ▸ Rights."""
    desktop.page("Contacts")
    desktop.click("contactList/" + name)
    desktop.click("contactsMenu")
    desktop.click("rightsAction")
    desktop.wait("rightsDialog")


def activity(desktop, *pieces):
    """One line of Activity holds all of that."""
    lines = desktop.ask("decisionList").text.splitlines()
    check(any(all(piece in line for piece in pieces) for line in lines), f"no line with {pieces} in {lines}")


def revoke_files(town, ana, bea):
    """While a file comes; the sender is held meanwhile, so that it cannot be over before."""
    path = os.path.join(town.display.folder, "shoot.raw")
    with open(path, "wb") as file:
        file.truncate(BIG)
    files = town.display.start("files", [os.path.join(town.suite.bin, "..", "tests", "dragsource"), path])
    town.display.arrange(files, "otherWindow", (640, 660, 320, 260))
    bea.click("contactList/Ana")
    town.display.drag(files.wait("files/shoot.raw"), bea.wait("contactList/Ana"),
                      lambda: bea.ask("contactList/Ana").dropTarget)
    bea.wait("sendDialog")
    bea.click("sendNow")
    ana.click("contactList/Bea")
    bea.page("Transfers")
    bea.wait("transferList/shoot.raw")
    elsewhere = os.path.join(town.display.folder, "elsewhere")
    ana.fill("offerSaveTo", elsewhere)
    ana.click("offerAccept")
    arriving = os.path.join(elsewhere, ".hawser-part")
    x11.wait_for(lambda: os.path.exists(arriving) and os.listdir(arriving), "the file to come")
    bea.program.process.send_signal(signal.SIGSTOP)
    rights_of(ana, "Bea")
    shown = [ana.ask("grant_messages").text, ana.ask("grant_files").text]
    check(shown == ["always allowed", "always allowed"], f"Rights shows {shown}")
    check("by comparing the number" in (ana.ask("rightsDialog/by comparing").text or ""), "how Bea was verified is not shown")
    button = x11.center(ana.display.settled(ana.program, "revoke_files"))
    began = time.monotonic()
    ana.display.click_at(button)
    bea.program.process.send_signal(signal.SIGCONT)
    ended_within_a_second(began, bea, "transferList/shoot.raw", lambda row: "does not take files" in row.accessible
                          or "does not take files" in row.text or "not taken" in row.accessible, "the transfer's end")
    ana.wait("grant_files", lambda label: label.text == "not allowed")
    check(not ana.ask("revoke_files").enabled and ana.ask("revoke_messages").enabled, "what can be revoked is enabled")
    known = {each["key"]: each for each in town.json("first", "contacts")}
    check([each["rights"] for each in known.values()] == [["messages"]], f"the first still knows {known}")


def revoke_all(town, ana, bea):
    """With the last right the link goes too, and Bea's window says so."""
    bea.page("Contacts")
    bea.wait("conversationRoute", lambda label: "direct" in label.text)
    button = x11.center(ana.display.settled(ana.program, "revokeAll"))
    began = time.monotonic()
    ana.display.click_at(button)
    ended_within_a_second(began, bea, "conversationRoute", lambda label: "direct" not in label.text, "Bea reads that")
    ana.wait("grant_messages", lambda label: label.text == "not allowed")
    check(not ana.ask("revokeAll").enabled, "nothing is left to revoke")
    town.display.key("Escape")
    ana.gone("rightsDialog")


def main(build):
    with Town(build) as town:
        ana, bea = town.person("first", "Ana"), town.person("second", "Bea")
        town.befriend(bea, ana, town.listen(ana))
        ana.page("Requests")
        activity(ana, "Bea", "allowed")
        ana.page("Contacts")
        revoke_files(town, ana, bea)
        revoke_all(town, ana, bea)
        ana.page("Requests")
        activity(ana, "Bea", "no longer offer you files")
        activity(ana, "Bea", "no longer send you messages")


run(main)
