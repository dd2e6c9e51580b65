#!/usr/bin/env python3
"""Rule 3: the approval dialog steals no focus. rule03.py BUILD"""

import subprocess
import sys

import x11
from approval import Host, check


def main():
    with x11.Display(sys.argv[1]) as display:
        host = Host(display)
        host.focus_main()
        text = "the quick brown fox jumps over the lazy dog and goes on typing for a while"
        typing = subprocess.Popen(["xdotool", "type", "--delay", "40", text], env=display.env)
        host.program.wait("chatInput", lambda answer: len(answer.text) > 5, "the first letters")
        host.ask()
        host.dialog()
        early = len(host.program.ask("chatInput").text)
        check(early < len(text), "the dialog came only after all was typed: this proves nothing")
        typing.wait(30)
        host.program.wait("chatInput", lambda answer: answer.text == text, "every letter in the field below")

        check(display.active_window() == "Hawser host", f"the active window is '{display.active_window()}'")
        check(not host.program.ask("approvalDialog").active, "the dialog is active")
        states = display.window_states("Connection request")
        check("DEMANDS_ATTENTION" in states, f"it does not ask for attention: {states}")
        check("ABOVE" not in states and "MODAL" not in states, f"it is on top of everything, or modal: {states}")
        check(host.under_pointer() is None, f"{host.under_pointer()} lies under the pointer")
        check(host.answers() == [], f"typing has decided: {host.answers()}")

        host.activate()
        check(display.active_window() == "Connection request", "Review request does not bring it to the front")


main()
