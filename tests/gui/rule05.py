#!/usr/bin/env python3
"""Rule 5: no flood. One dialog, eight behind it, the rest in the list; Reject all. rule05.py BUILD"""

import sys
import time

import x11
from approval import Host, check


def main():
    with x11.Display(sys.argv[1]) as display:
        host = Host(display)
        for n in range(3):
            host.ask(key="one", claim="One", address="192.0.2.1")
        host.dialog()
        time.sleep(0.3)
        check(host.program.ask("approvalPlace").text == "", "the same key thrice is more than one request")
        for n in range(5):
            host.ask(key=f"crowd {n}", claim=f"Crowd {n}", address="192.0.2.2")
        host.program.wait("approvalPlace", lambda answer: answer.text == "1 of 4", "three of five from one address")
        for n in range(1000):
            host.ask(key=f"many {n}", claim=f"Many {n}", address=f"198.51.{100 + n // 250}.{n % 250}")
        host.program.wait("approvalPlace", lambda answer: answer.text == "1 of 9", "eight behind the first")
        check(host.program.ask("approvalName").text == "\u201c\u2068One\u2069\u201d", "another one is shown than at first")
        dialogs = [w for w in host.program.ask("*").windows if w["name"] == "approvalDialog"]
        check(len(dialogs) == 1, f"{len(dialogs)} dialogs")

        host.activate()
        time.sleep(0.6)
        display.click(host.program, "approvalRejectAll")
        x11.wait_for(lambda: "all rejected" in host.answers(), "Reject all")
        x11.wait_for(lambda: not host.program.ask("approvalDialog").visible, "the dialog to go")


main()
