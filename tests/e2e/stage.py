"""What the demo plays on: one display, the suite in build/demo/data, and what people do with their desktops.

A step does what a person does through act(): --sabotage replaces one such act by a fault, and the step's check must fail.
"""

import os
import re
import shutil
import subprocess

import x11
from suite import Suite

SIZE = "1600x1000"


def check(condition, sentence):
    if not condition:
        raise x11.Failed(sentence)


class Desktop:
    """A person at a hawser-desktop: looks for names, clicks, types."""

    def __init__(self, display, program, place):
        self.display = display
        self.program = program
        display.arrange(program, "mainWindow", place)

    def ask(self, question):
        return self.program.ask(question)

    def wait(self, question, condition=lambda answer: answer.visible, what=None, seconds=x11.SECONDS):
        return self.program.wait(question, condition, what, seconds)

    def wait_text(self, question, pattern, seconds=x11.SECONDS):
        """Waits until the text of something matches; returns the match."""
        found = self.wait(question, lambda answer: re.search(pattern, answer.text or ""), f"{question}: {pattern}",
                          seconds)
        return re.search(pattern, found.text)

    def click(self, name, times=1):
        return self.display.click(self.program, name, times=times)

    def tick(self, name):
        """Clicks a check box where its box is: beside its text there may be much empty room."""
        box = self.display.settled(self.program, name)
        self.display.click_at((box.rect[0] + 9, x11.center(box)[1]))
        self.wait(name, lambda box: box.checked, f"{name} to be ticked")

    def fill(self, name, text):
        """Replaces what stands in a field."""
        self.click(name)
        self.display.key("ctrl+a")
        self.display.type(text)
        self.wait(name, lambda field: field.text == text, f"'{text}' in {name}")

    def page(self, title):
        """Turns to a page of the main window."""
        self.click("pages/" + title)
        self.wait("pages/" + title, lambda tab: tab.checked)

    def gone(self, name):
        x11.wait_for(lambda: not self.ask(name).visible, f"{name} to go in {self.program.name}")


class Stage:
    """Everything that is up; steps add to it. Nothing of an earlier demo is left."""

    def __init__(self, build, fault=None):
        self.build = os.path.abspath(build)
        self.folder = os.path.join(self.build, "demo")
        self.fault = fault
        self.faulted = False
        self.step = ""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.display = Screen(self.build, SIZE)
        self.suite = Suite(self.build, os.path.join(self.folder, "data"), self.display.env, self.display.start)
        self.namespace = None
        self.first = self.second = self.third = self.files = None  # set by the steps
        self.broker = self.node = self.address = None

    def act(self, name, do):
        """What a person does here and what the step's check rests on."""
        if self.fault and self.fault.act == name and self.fault.step == self.step:
            self.faulted = True
            return self.fault.instead(self, do)
        return do()

    def picture(self, name):
        self.display.screenshot(os.path.join(self.folder, name + ".png"))

    def key(self, who):
        """The whole key of a person, node or broker, from its folder."""
        with open(os.path.join(self.suite.folder(who), "identity.pub"), encoding="ascii") as file:
            return file.read().split()[0]

    def file_manager(self, paths, place):
        """Another program's window: a list to drag from and a line to type in."""
        if self.files:
            self.files.stop()
        self.files = self.display.start("files", [os.path.join(self.build, "tests", "dragsource"), *paths])
        self.display.arrange(self.files, "otherWindow", place)
        return self.files

    def close(self):
        self.display.close()
        if self.namespace:
            self.namespace.close()


class Screen(x11.Display):
    """The display, and the stage hand who puts windows where the pictures show them."""

    def arrange(self, program, name, place):
        """Puts a window at (x, y, width, height), as a person would with the window manager."""
        x, y, width, height = place
        title = program.wait(name).text
        window = x11.wait_for(lambda: self.run(["xdotool", "search", "--all", "--onlyvisible", "--pid", str(program.pid),
                                                "--name", f"^{re.escape(title)}$"]).strip(), f"'{title}' on the screen")
        check("\n" not in window, f"one window of {program.name} is called '{title}', not more")
        self.run(["xdotool", "windowsize", "--sync", window, str(width), str(height), "windowmove", "--sync", window,
                  str(x), str(y)], check=True)
        program.wait(name, lambda window: abs(window.x - x) < 40 and abs(window.y - y) < 60, f"{name} at {x}, {y}")

    def type_slowly(self, text, delay=40):
        """Types as a person does, and goes on while other things happen: returns the process."""
        typing = subprocess.Popen(["xdotool", "type", "--delay", str(delay), "--", text], env=self.env)
        self.programs.append(typing)
        return typing
