#!/usr/bin/env python3
"""Every test that tests/ancestors.md names is there. ancestors.py BUILD"""

import os
import re
import subprocess
import sys

TESTS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..")


def functions(unit):
    path = os.path.join(TESTS, unit + ".cpp")
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as file:
        return set(re.findall(r"^    void (\w+)\(\) *(?:;|$|//)", file.read(), re.M))


def main():
    with open(os.path.join(TESTS, "ancestors.md"), encoding="utf-8") as file:
        rows = [line for line in file if re.match(r"\| [A-Z]D-\d\d", line)]
    listing = subprocess.run(["ctest", "--test-dir", sys.argv[1], "-N"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"Test +#\d+: (\S+)", listing))
    wrong = []
    for row in rows:
        name, shown = row.split("|")[1].strip(), re.findall(r"`([\w.]+)`", row.split("|")[4])
        for test in shown:
            unit, _, function = test.partition(".")
            if unit not in known or function and function not in functions(unit):
                wrong.append(f"{name}: there is no test {test}")
        if not shown:
            wrong.append(f"{name}: no test shows it")
    for sentence in wrong or [f"ancestors: {len(rows)} rows, each has its tests"]:
        print(sentence)
    sys.exit(1 if wrong or not rows else 0)


main()
