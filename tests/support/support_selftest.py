#!/usr/bin/env python3
"""The tests' own tools work: keys typed arrive, the probe tells the truth, a drag crosses programs, pictures show.

    support_selftest.py BUILD
"""

import os
import subprocess
import sys

import x11


def check(condition, sentence):
    if not condition:
        raise x11.Failed(sentence)


def main():
    build = sys.argv[1]
    with x11.Display(build) as display:
        paths = [os.path.join(display.folder, name) for name in ("a note.txt", "bee.txt")]
        for path in paths:
            with open(path, "w", encoding="utf-8") as file:
                file.write("hi")
        source = display.start("source", [build + "/tests/dragsource", *paths])
        target = display.start("target", [build + "/tests/dragsource"])
        source.wait("files/bee")
        target.wait("otherEdit")

        display.click(target, "otherEdit")
        display.type("Every letter, 0-9 & /signs!")
        target.wait("otherEdit", lambda edit: edit.text == "Every letter, 0-9 & /signs!", "what was typed")
        check(target.ask("otherEdit").focus, "the line that is typed in has the focus")
        check(target.ask("otherWindow").active and not source.ask("otherWindow").active, "one window is active")
        check(display.active_window() == "Files", "the window manager names the active window")
        check(source.ask("files").rows == ["a note.txt", "bee.txt"], "the rows of a list")
        check(not source.ask("files/nobody") and not source.ask("nobody"), "what is not there is not found")
        display.key("ctrl+a", "BackSpace")
        target.wait("otherEdit", lambda edit: edit.text == "", "an empty line")

        display.click(source, "files/bee")
        source.wait("files/bee", lambda row: row.highlighted, "the chosen row")
        check(not source.ask("files/a note").highlighted, "only the chosen row is highlighted")
        display.drag(source.ask("files/a note"), target.ask("otherEdit"), lambda: target.ask("otherEdit").highlighted)
        target.wait("otherEdit", lambda edit: edit.text.endswith("a note.txt"), "the dropped file")

        picture = os.path.join(display.folder, "picture.png")
        display.screenshot(picture)
        colours = display.run(["identify", "-format", "%w %h %k", picture], check=True).split()
        check(colours[:2] == ["1280", "800"] and int(colours[2]) > 20, f"a picture of windows, not {colours}")
        pids = [source.pid, target.pid]
        folder = display.folder
    for pid in pids:
        check(subprocess.run(["kill", "-0", str(pid)], stderr=subprocess.DEVNULL).returncode, "all programs ended")
    check(not os.path.exists(folder), "nothing stays behind")
    print("support_selftest: keys, probe, drag and pictures work")


if __name__ == "__main__":
    try:
        main()
    except x11.Failed as failed:
        sys.exit(f"support_selftest: {failed}")
