#!/usr/bin/env python3
"""Rule 6: absence is no. The queue's clock runs fast here; its two minutes are the product's. rule06.py BUILD"""

import sys
import time

import x11
from approval import Host, check

SPEED = 10
ON_SCREEN = 120 / SPEED


def main():
    with x11.Display(sys.argv[1]) as display:
        host = Host(display, SPEED)
        host.ask()
        host.dialog()
        began = time.monotonic()
        check("Ends in 0:" in host.program.ask("approvalCountdown").text, "no countdown is seen")
        x11.wait_for(lambda: not host.program.ask("approvalDialog").visible, "it to leave the screen", ON_SCREEN + 5)
        stayed = time.monotonic() - began
        check(ON_SCREEN - 4 < stayed < ON_SCREEN + 4, f"it was on the screen for {stayed * SPEED:.0f} of its seconds")
        check(host.answers() == [], f"it was decided: {host.answers()}")
        check("off the screen, 1 listed" in host.program.output(), "it is not in the list")

        host.ask(key="carl", claim="Carl", address="192.0.2.9")
        host.dialog()
        host.activate()
        time.sleep(0.6)
        display.click(host.program, "approvalMoreTime")
        x11.wait_for(lambda: "more time" in host.answers(), "Give me more time")
        host.program.wait("approvalCountdown", lambda answer: "waits" in answer.text, "the countdown to stop")
        host.wait_armed()  # the other clock goes on
        time.sleep(ON_SCREEN)
        check(host.program.ask("approvalDialog").visible, "it left the screen although more time was wished for")


main()
