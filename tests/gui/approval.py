"""What the tests of the approval dialog share: a program with the real dialog, and requests that come in."""

import json
import os
import re
import time

import x11

ACCEPT = "approvalAccept"
CONTROLS = ["approvalFullKey", "approvalRight_messages", "approvalRight_files", "approvalMatches", "approvalNotCompared",
            "approvalOnce", "approvalDays", "approvalAlways", "approvalBlock", "approvalRejectAll", "approvalLater", ACCEPT,
            "approvalMoreTime"]


def check(condition, sentence):
    if not condition:
        raise x11.Failed(sentence)


class Host:
    """A running approvalhost on a display."""

    def __init__(self, display, speed=1):
        self.display = display
        self.folder = os.path.join(display.folder, "host")
        os.mkdir(self.folder)
        self.program = display.start("host", [display.build + "/tests/approvalhost", self.folder, str(speed)])
        self.program.wait("chatInput", lambda answer: answer.visible)

    def ask(self, **request):
        """Somebody knocks."""
        with open(os.path.join(self.folder, "ask"), "a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": "direct", "claim": "Bea K.", "key": "bea", **request}) + "\n")

    def focus_main(self):
        """The main window has the keyboard; it is not raised, so the dialog stays in front of it."""
        window = self.display.run(["xdotool", "search", "--name", "^Hawser host$"]).split()[-1]
        steps(self.display, "windowfocus", window)
        x11.wait_for(lambda: self.display.active_window() == "Hawser host", "the main window to be active")

    def dialog(self):
        """The dialog is up and lies still."""
        return self.display.settled(self.program, ACCEPT)

    def activate(self):
        """As Review request in the menu does."""
        self.display.key("ctrl+r")
        self.program.wait("approvalDialog", lambda answer: answer.active, "the dialog to be active")

    def armed(self):
        return bool(self.program.ask(ACCEPT).armed)

    def wait_armed(self):
        self.program.wait(ACCEPT, lambda answer: answer.armed, "Allow to be armed")

    def answers(self):
        """What was decided so far, a line each."""
        return re.findall(r"^(?:allow|not now|all rejected|more time|block).*$", self.program.output(), re.M)

    def nothing_decided(self, after, sentence):
        """Gives it that many seconds to go wrong."""
        deadline = time.monotonic() + after
        while time.monotonic() < deadline:
            check(not self.answers(), f"{sentence}: {self.answers()}")
            time.sleep(x11.STEP)
        check(self.program.ask(ACCEPT).visible, f"{sentence}: the dialog is gone")

    def pointer(self):
        said = self.display.run(["xdotool", "getmouselocation"], check=True)
        return tuple(int(n) for n in re.match(r"x:(\d+) y:(\d+)", said).groups())

    def under_pointer(self):
        """The control that a click would press now, or None."""
        x, y = self.pointer()
        for name in CONTROLS:
            answer = self.program.ask(name)
            if answer.visible:
                left, top, width, height = answer.rect
                if left <= x < left + width and top <= y < top + height:
                    return name
        return None


def steps(display, *words):
    """Pointer and keys with exact times between them: one xdotool."""
    display.run(["xdotool", *map(str, words)], check=True, seconds=60)
