#!/usr/bin/env python3
"""Rule 9: what a screen reader hears of the approval dialog, and the way through it by keyboard. rule09.py BUILD"""

import sys
import time

import x11
from approval import ACCEPT, CONTROLS, Host, check


def heard(display):
    """Alerts and names, as Qt hands them to a screen reader (the test plays its bus)."""
    said = display.run([display.build + "/tests/tst_approvaldialog", "rule09_alertsOnceAndReadsDigits",
                        "rule09_readsTimeAtThirtyAndTen"], env={"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}, seconds=60)
    check("Totals: 4 passed, 0 failed, 0 skipped" in said, said)


def reached_by_keys(display):
    host = Host(display)
    host.focus_main()
    host.ask()
    host.dialog()
    host.activate()
    time.sleep(0.6)
    missed = {name for name in CONTROLS if host.program.ask(name).visible and host.program.ask(name).enabled}
    groups = {"approvalNotCompared", "approvalDays"}  # reached by arrow keys within their group
    for _ in range(30):
        missed = {name for name in missed if not host.program.ask(name).focus}
        display.key("Tab")
    check(missed <= groups, f"Tab does not come to {missed - groups}")
    for keys, name in (("alt+m", "approvalMatches"), ("alt+c", "approvalNotCompared"), ("alt+d", "approvalDays")):
        display.key(keys)
        host.program.wait(name, lambda answer: answer.checked, f"{keys} to choose {name}")
    host.wait_armed()
    check(host.program.ask(ACCEPT).text == "Allow messages and files", "Allow does not say what it allows")
    check(host.answers() == [], f"walking about has decided: {host.answers()}")


def main():
    with x11.Display(sys.argv[1], bus=True) as display:
        heard(display)
        reached_by_keys(display)


main()
