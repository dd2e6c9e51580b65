"""What can be done wrong on purpose: each is one act of a step, replaced. The step's check must see it."""

import os
from dataclasses import dataclass
from typing import Callable


@dataclass
class Fault:
    name: str  # the step, or STEP/what
    act: str  # which act() of that step
    sentence: str
    instead: Callable  # instead(stage, do): done in its place

    @property
    def step(self):
        return self.name.split("/")[0]


def nothing(_stage, _do):
    return None


def _click_dialog(stage, _do):
    dialog = stage.first.ask("approvalDialog")
    stage.display.click_at((dialog.x + 10, dialog.y + 10))


def _press_when_armed(stage, _do):
    stage.first.click("approvalName")
    stage.first.wait("approvalAccept", lambda button: button.armed)
    stage.first.click("approvalAccept")


def _change_a_byte(_stage, do):
    there = do()
    with open(os.path.join(there, "raw", "two\nlines.txt"), "r+b") as file:
        file.seek(1_000_000)
        file.write(b"x")


def _stop_the_run(stage, do):
    do()
    stage.first.click("runStop")


FAULTS = [
    Fault("01-first-start", "whose key", "the words of another person's key", lambda stage, do: stage.key("broker")),
    Fault("01-first-start/name", "type Bea", "the second person's name is not typed", nothing),
    Fault("02-administrator", "press Connect", "the link is typed and nobody presses Connect", nothing),
    Fault("03-machine", "start the node", "the node has joined and does not run", nothing),
    Fault("04-request", "ask", "nobody asks", nothing),
    Fault("04-request/focus", "leave the dialog alone", "the dialog is clicked while somebody types elsewhere", _click_dialog),
    Fault("05-let-in", "press Allow", "nobody presses Allow", nothing),
    Fault("05-let-in/number", "read the asker's number", "one digit is another one",
          lambda stage, do: do()[:5] + str((int(do()[5]) + 1) % 10)),
    Fault("05-let-in/early", "press too early", "the early press waits until it is armed", _press_when_armed),
    Fault("06-contact", "press Allow", "the first person does not allow it", nothing),
    Fault("06-contact/ask", "choose Ana", "the second person asks nobody", nothing),
    Fault("07-chat", "answer", "the answer is typed and not sent", nothing),
    Fault("07-chat/hello", "say hello", "hello is typed and not sent", nothing),
    Fault("08-file", "which file", "another file's hash", lambda stage, do: os.path.realpath(__file__)),
    Fault("08-file/decline", "press Accept", "Decline instead of Accept",
          lambda stage, do: stage.second.click("offerDecline")),
    Fault("08-file/drop", "drop", "nothing is dropped", nothing),
    Fault("09-folder", "leave the folder alone", "one byte of one file is changed", _change_a_byte),
    Fault("10-run", "let it end", "the run is stopped", _stop_the_run),
    Fault("10-run/command", "choose the command", "another command", nothing),
    Fault("11-terminal", "press Return", "the command is typed and not started", nothing),
    Fault("12-direct", "say it", "the message is typed and not sent", nothing),
    Fault("13-gone", "kill -9", "the node lives on", nothing),
    Fault("14-end", "close the windows", "the windows stay open", nothing),
]
