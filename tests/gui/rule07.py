#!/usr/bin/env python3
"""Rule 7: what the other side sees, in two real desktops: the same number, the same time left, and of no, later, block and
absence nothing but waiting. rule07.py BUILD [--long: waits through the two real minutes]"""

import time

import x11
from people import Town, allow, digits, run, seconds
from stage import check


def card(asker):
    """What the asker is shown, but for the time."""
    parts = {name: asker.ask(name) for name in ("askTitle", "waitingNumber", "askDetail", "askTime", "askCancel")}
    return {name: (part.visible, "" if name == "askTime" else part.text) for name, part in parts.items()}


def same_on_both(asker, decider):
    """The number and the time left, read from both windows at once."""
    asker.wait("askTime")
    decider.wait("approvalCountdown", lambda label: seconds(label.text) is not None)
    theirs, mine = asker.ask("askTime").text, decider.ask("approvalCountdown").text
    check(abs(seconds(theirs) - seconds(mine)) <= 1, f"the time left differs: “{theirs}” and “{mine}”")
    number = digits(asker.ask("waitingNumber").text)
    check(len(number) == 6 and number == digits(decider.ask("approvalNumber").text), "the numbers differ")
    return number


def stays_the_same(asker, before, what):
    """Half a second is long for an answer on one machine: 20 ms is usual."""
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        after = card(asker)
        check(after == before, f"{what} is seen by who asked: {before}, then {after}")
        time.sleep(0.1)


def review(decider):
    decider.page("Requests")
    decider.click("requestList/Bea")
    decider.click("reviewButton")
    decider.wait("approvalAccept", lambda button: button.armed, "the dialog to be looked at")


def later(asker, decider, before):
    decider.click("approvalName")
    decider.wait("approvalAccept", lambda button: button.armed, "the dialog to be looked at")
    decider.click("approvalLater")
    decider.gone("approvalDialog")
    stays_the_same(asker, before, "Not now")


def block(asker, decider, before):
    review(decider)
    decider.click("approvalBlock")
    decider.click("approvalBlockKey")
    decider.gone("approvalDialog")
    decider.wait("requestList", lambda rows: not rows.rows)
    stays_the_same(asker, before, "Block")


def time_out(town, asker, number):
    """Two minutes are not waited for: the request was asked that long ago. Blocked, it ends like any other."""
    asker.program.stop()
    with town.database("first") as database:
        ago = int(time.time() * 1000) - 110_000
        check(database.execute("UPDATE knocks SET since = ?", (ago,)).rowcount == 1, "one request was asked")
    asker = town.restarted(asker, "second", "Bea")
    left = asker.wait("askTime", seconds=10).text
    check(seconds(left) <= 10, f"what is left is not what is left of the two minutes: “{left}”")
    check(digits(asker.ask("waitingNumber").text) == number, "another number after a restart")
    asker.wait("askTitle", lambda title: title.text.startswith("No answer from"), seconds=15)
    told = asker.ask("askDetail").text
    check(told == "No answer. \u2068Ana\u2069 can still accept later; you need not stay connected."
          or told == "No answer. Ana can still accept later; you need not stay connected.", f"it says “{told}”")
    check(not asker.ask("askTime").visible, "the time goes on after the end")


def two_minutes(asker, decider):
    """In both windows the time runs out within a second of each other; not sooner, not later."""
    began = time.monotonic()
    left = seconds(decider.ask("approvalCountdown").text)
    while decider.ask("approvalDialog").visible:
        check(time.monotonic() - began < left + 5, "it does not leave the screen")
        theirs, mine = asker.ask("askTime"), decider.ask("approvalCountdown")
        if theirs.visible and mine.visible and theirs.text and mine.text:
            check(abs(seconds(theirs.text) - seconds(mine.text)) <= 2, f"“{theirs.text}” and “{mine.text}”")
        time.sleep(0.5)
    gone = time.monotonic() - began
    check(abs(gone - left) < 3, f"it was said to leave in {left} s and left in {gone:.0f} s")
    asker.wait("askTitle", lambda title: title.text.startswith("No answer from"), seconds=4)
    decider.page("Requests")
    decider.wait("requestList/Bea")


def allowed(town, decider, address):
    carl = town.person("third", "Carl")
    town.ask(carl, address)
    decider.wait("approvalDialog")
    same_on_both(carl, decider)
    carl.click("waitingMatches")
    allow(decider)
    carl.wait("askTitle", lambda title: "accepted" in title.text)
    carl.wait("contactList/Ana")
    decider.page("Contacts")
    decider.wait("contactList/Carl")
    known = town.json("third", "contacts")[0]
    check(sorted(known["rights"]) == ["files", "messages"] and known["verified"] == "number", f"Carl knows {known}")


def main(build, long=""):
    with Town(build) as town:
        ana, bea = town.person("first", "Ana"), town.person("second", "Bea")
        address = town.listen(ana)
        town.ask(bea, address)
        ana.wait("approvalDialog")
        number = same_on_both(bea, ana)
        before = card(bea)
        check("Ana" in before["askTitle"][1] and "accept" in before["askTitle"][1], f"it says {before}")
        if long:
            return two_minutes(bea, ana)
        later(bea, ana, before)
        block(bea, ana, before)
        time_out(town, bea, number)
        allowed(town, ana, address)


run(main)
