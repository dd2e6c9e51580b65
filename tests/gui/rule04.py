#!/usr/bin/env python3
"""Rule 4: nothing is allowed by accident. Real pointer and keys under a real window manager. rule04.py BUILD"""

import sys
import time

import x11
from approval import ACCEPT, Host, check, steps


def first_clicks_do_nothing(display, host):
    """The window manager activates, then the click arrives; and another, as somebody double-clicking does."""
    host.focus_main()
    x, y = x11.center(host.dialog())
    check(not host.armed(), "armed while another window is active")
    steps(display, "mousemove", x, y, "click", 1, "sleep", 0.15, "click", 1, "sleep", 0.55, "click", 1)
    host.nothing_decided(0.3, "a click right after activation allowed")
    host.program.wait("approvalHint", lambda answer: answer.text, "a word about what is missing")
    check(host.program.ask(ACCEPT).enabled, "Allow is disabled")
    check(host.program.ask(ACCEPT).focus, "Allow has lost its focus")


def other_presses_wait(display, host):
    """Not now, Esc and a mnemonic within half a second after activation are swallowed too."""
    host.focus_main()
    x, y = x11.center(host.program.ask("approvalLater"))
    steps(display, "mousemove", x, y, "click", 1)
    host.nothing_decided(0.6, "the click that activated the window pressed Not now")
    host.focus_main()
    steps(display, "key", "ctrl+r", "sleep", 0.1, "key", "Escape", "key", "alt+n", "key", "space")
    host.nothing_decided(0.4, "keys right after activation decided")


def enter_and_held_keys_do_nothing(display, host):
    host.focus_main()
    host.activate()
    display.click(host.program, "approvalHeading")
    time.sleep(0.6)
    focus(display, host)
    host.wait_armed()
    display.key("Return", "KP_Enter")
    host.nothing_decided(0.3, "Enter pressed Allow")
    host.focus_main()
    # Held from before it is armed until long after: it repeats all the time and is let go when it would count.
    steps(display, "key", "ctrl+r", "sleep", 0.6, "keydown", "space", "sleep", 2.5, "keyup", "space")
    host.nothing_decided(0.3, "a held space bar pressed Allow")


def focus(display, host):
    for _ in range(30):
        if host.program.ask(ACCEPT).focus:
            return
        display.key("Tab")
    raise x11.Failed("Tab does not come to Allow")


def input_elsewhere_disarms(display, host):
    host.wait_armed()
    display.key("shift")
    steps(display, "key", "Tab", "key", "shift+Tab")
    check(not host.armed(), "still armed right after other keys")
    host.wait_armed()


def moving_disarms(display, host):
    host.wait_armed()
    window = display.run(["xdotool", "search", "--name", "^Connection request$"]).split()[-1]
    place = host.program.ask("approvalDialog")
    steps(display, "windowmove", window, place.x + 60, place.y - 60)
    host.program.wait("approvalDialog", lambda answer: answer.x != place.x, "the window to move")
    check(not host.armed(), "armed right after the window moved")
    host.wait_armed()


def meant_presses_count(display, host):
    focus(display, host)
    host.wait_armed()
    display.key("space")
    x11.wait_for(host.answers, "Space to press Allow when it is armed")
    check(host.answers()[0].startswith("allow 1 [messages,files] once not compared"), str(host.answers()))

    host.ask(key="carl", claim="Carl")
    host.dialog()
    host.activate()
    host.wait_armed()
    display.click(host.program, ACCEPT)
    x11.wait_for(lambda: len(host.answers()) == 2, "a click to press Allow when it is armed")

    host.ask(key="dora", claim="Dora")
    host.dialog()
    host.activate()
    host.wait_armed()
    display.key("Escape")
    x11.wait_for(lambda: len(host.answers()) >= 3, "Esc to mean Not now")
    check(host.answers()[2].startswith("not now"), str(host.answers()))


def main():
    with x11.Display(sys.argv[1], keys_repeat=True) as display:
        host = Host(display)
        host.focus_main()
        host.ask()
        for step in (first_clicks_do_nothing, other_presses_wait, enter_and_held_keys_do_nothing, input_elsewhere_disarms,
                     moving_disarms, meant_presses_count):
            print(step.__name__, flush=True)
            step(display, host)


main()
