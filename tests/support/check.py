#!/usr/bin/env python3
"""Checks the rules of check_rules.py on a source tree: one line a finding, exit status 1 if there is any.

    check.py [--root DIR] [--tidy]     check the tree
    check.py --plant DIR               write a tree that breaks each rule once, for check_selftest.sh
"""

import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import check_rules as rules

CODE = (".cpp", ".h")
SKIPPED = {".git", ".cache", "__pycache__", ".idea", ".vscode"}
ARGS = r"(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"  # what stands between balanced parentheses, 4 deep


class Tree:
    """The files of a source tree, as text, read once."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())
        self.code = {path: Source(self.read(path)) for path in self.paths
                     if path.endswith(CODE) and top(path) in {"core", "brokerd", "nodeagent", "chat", "desktop", "cli",
                                                              "tests"}}

    def _walk(self):
        for folder, folders, files in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            folders[:] = [f for f in folders if f not in SKIPPED and not (here == "." and f.startswith("build"))]
            for name in files:
                if name != ".git":
                    yield os.path.normpath(os.path.join(here, name))

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()


class Source:
    """A C++ file with its comments blanked, and once more with its strings blanked too. Lines keep their numbers."""

    TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\\ ]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
                       r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL)

    def __init__(self, text):
        self.lines = text.count("\n")
        self.strings = self.TOKEN.sub(lambda m: blank(m) if m[0].startswith("/") else m[0], text)
        self.bare = self.TOKEN.sub(blank, text)
        self.includes = [(self.strings.count("\n", 0, m.start()) + 1, m[1], m[2])
                         for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', self.strings, re.M)]


def blank(match):
    text = match[0]
    if text.startswith("/"):
        return re.sub(r"[^\n]", " ", text)
    return '"' + re.sub(r"[^\n]", " ", text[1:-1]) + '"'


def top(path):
    return path.split("/", 1)[0]


def folder_of(path):
    """The rule's folder that path lies in: the longest one that matches."""
    matches = [f for f in rules.FOLDERS if path.startswith(f + "/")]
    return max(matches, key=len, default=None)


def resolve(tree, path, mark, name):
    """The file of the tree that an #include of name in path means (mark is its " or <), or None."""
    beside = [os.path.normpath(os.path.join(os.path.dirname(path), name))] if mark == '"' else []
    for candidate in [*beside, os.path.normpath(name)]:
        if candidate in tree.code:
            return candidate
    return None


# ---- each check yields (rule, path, line, sentence)

def check_folders(tree):
    for path, source in tree.code.items():
        folder = folder_of(path)
        if not folder:
            continue
        for line, mark, name in source.includes:
            target = resolve(tree, path, mark, name)
            if target and folder_of(target) not in rules.FOLDERS[folder]:
                yield "layer", path, line, f"{folder} may not include {target}"
            elif not target and top(name) in {"tests", *rules.FOLDERS} and "/" in name:
                if top(name) != folder and top(name) not in rules.FOLDERS[folder]:
                    yield "layer", path, line, f"{folder} may not include {name}"


def qt_headers(module):
    folders = glob.glob(f"/usr/include/*/qt6/{module}")
    if not folders:
        sys.exit(f"check: the headers of {module} are not installed: ./dev check installs them")
    return {name for name in os.listdir(folders[0])} | {module}


def check_widgets(tree):
    banned = qt_headers("QtWidgets") | qt_headers("QtGui") | qt_headers("QtSvg")
    for path, source in tree.code.items():
        folder = folder_of(path)
        if not folder or folder in rules.WIDGET_FOLDERS:
            continue
        for line, _, name in source.includes:
            if name in banned or top(name) in ("QtWidgets", "QtGui", "QtSvg"):
                yield "no-widgets", path, line, f"{folder} knows no windows: {name}"


def core_name(path):
    """What the layers call a file of core: its folder, or its name without the ending."""
    return path.split("/")[1].rsplit(".", 1)[0].removesuffix("_impl")


def core_ranks():
    return {name: rank for rank, names in enumerate(rules.CORE_LAYERS) for name in names}


def check_core_layers(tree):
    listed = core_ranks()
    core = {path: source for path, source in tree.code.items() if path.startswith("core/")}
    derived = {}

    def rank(path, above=()):
        name = core_name(path)
        if name in listed:
            return listed[name]
        if path in above or path in derived:
            return derived.get(path, 0)
        highest = 0
        for _, mark, included in core[path].includes:
            target = resolve(tree, path, mark, included)
            if target in core:
                highest = max(highest, rank(target, above + (path,)))
            elif included in rules.IO_HEADERS:
                highest = max(highest, rules.IO_LAYER)
        derived[path] = highest
        return highest

    for path, source in core.items():
        name = core_name(path)
        if name not in listed:
            continue
        for line, mark, included in source.includes:
            target = resolve(tree, path, mark, included)
            if target in core and rank(target) > listed[name]:
                yield "core-layer", path, line, f"{name} stands below {target}"
            elif (included in rules.IO_HEADERS and listed[name] < rules.IO_LAYER
                  and included not in rules.IO_ALLOWED.get(path, set())):
                yield "sans-io", path, line, f"{name} is sans-I/O: {included}"


def check_cycles(tree):
    headers = {path: [t for _, mark, n in source.includes if (t := resolve(tree, path, mark, n))
                      and path != t.removesuffix(".h") + "_impl.h"]  # templates, which belong to the header they name
               for path, source in tree.code.items() if path.endswith(".h")}
    done = set()

    def visit(path, trail):
        if path in trail:
            return trail[trail.index(path):]
        if path in done or path not in headers:
            return None
        done.add(path)
        for target in headers[path]:
            found = visit(target, trail + [path])
            if found:
                return found
        return None

    for path in headers:
        found = visit(path, [])
        if found:
            yield "cycle", path, 1, "headers include each other: " + " ".join(found)


def check_main(tree):
    for path, source in tree.code.items():
        if path.endswith("/main.cpp") and path.count("/") == 1 and source.lines >= rules.MAIN_LINES:
            yield "main", path, source.lines, f"main.cpp wires and no more: under {rules.MAIN_LINES} lines"


def check_bans(tree):
    for ban in rules.BANS:
        pattern = re.compile(ban.pattern.replace("ARGS", ARGS), re.MULTILINE)
        needed = set()
        for path, source in tree.code.items():
            if not path.startswith(ban.where):
                continue
            text = source.strings if ban.strings else source.bare
            for match in pattern.finditer(text):
                needed.add(path)
                if path not in ban.wrappers:
                    yield ban.name, path, text.count("\n", 0, match.end()) + 1, f"{match[0].strip()}  → {ban.instead}"
        for path in sorted(ban.wrappers - needed):
            if path in tree.code:
                yield "idle-exception", path, 1, f"needs no exception from {ban.name}: take it out of check_rules.py"


def check_typed_bans(tree):
    for ban in rules.TYPED_BANS:
        types = "|".join(ban.where)
        declared = re.compile(rf"\b(?:(?:{types})\s*[*&]?|unique_ptr<(?:{types})>|QPointer<(?:{types})>)\s*(?:const\s+)?"
                              rf"(\w+)\s*(?=[;={{(,)])|auto\s*\*?\s*(\w+)\s*=\s*new\s+(?:{types})\b")
        for path, source in tree.code.items():
            if not path.startswith(rules.PRODUCT) or path in ban.wrappers:
                continue
            own = path.rsplit(".", 1)[0]
            text = "".join(tree.code[p].bare for p in (own + ".h", own + ".cpp") if p in tree.code)
            names = {m[1] or m[2] for m in declared.finditer(text)}
            if not names:
                continue
            calls = re.compile(rf"\b({'|'.join(names)})(?:->|\.)({ban.pattern})\(")
            for match in calls.finditer(source.bare):
                line = source.bare.count("\n", 0, match.start()) + 1
                yield ban.name, path, line, f"{match[0]})  → {ban.instead}"


def apt_hosts():
    """The package hosts of this machine, but Debian's own."""
    text = ""
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*"), *glob.glob("/etc/apt/apt.conf.d/*")]:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text += file.read()
        except OSError:
            continue
    hosts = {m[1] for m in re.finditer(r"https?://(?:[^/\s@]*@)?([\w.-]+)", text)}
    return {h for h in hosts if not h.endswith("debian.org") and h not in ("localhost", "127.0.0.1")}


def check_machine(tree):
    homes = [re.escape(home) + r"\b" for home in sorted(glob.glob("/home/*"))]
    parts = [rules.MACHINE_PATHS, *homes] + [re.escape(host) for host in sorted(apt_hosts())]
    pattern = re.compile("|".join(parts))
    for path in tree.paths:
        if path.endswith((".png", ".ico", ".pyc", ".bin", ".qm")):
            continue
        text = tree.read(path)
        for match in pattern.finditer(text):
            yield "machine", path, text.count("\n", 0, match.start()) + 1, f"a place of this machine: {match[0]}"


def check_format(tree):
    files = [os.path.join(tree.root, path) for path in tree.code]
    if not os.path.exists(os.path.join(tree.root, ".clang-format")):
        yield "format", ".clang-format", 1, "is missing"
        return

    def run(chunk):
        return subprocess.run(["clang-format", "--dry-run", "-Werror", *chunk], capture_output=True, text=True).stderr

    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        for output in pool.map(run, [files[i::workers] for i in range(workers) if files[i::workers]]):
            for match in re.finditer(r"^(.+?):(\d+):\d+: error: ", output, re.M):
                yield "format", os.path.relpath(match[1], tree.root), int(match[2]), "not formatted: ./dev format"
            if output and "error: " in output and not re.search(r":\d+:\d+: error: ", output):
                yield "format", ".", 1, output.strip()


def check_linked(tree):
    models = glob.glob(os.path.join(tree.root, "build/tests/tst_*model"))
    for name in rules.WITHOUT_GUI + [os.path.relpath(m, os.path.join(tree.root, "build")) for m in models]:
        path = os.path.join(tree.root, "build", name)
        if not os.path.exists(path):
            continue
        output = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        if "libQt6Core" not in output:
            yield "linked", "build/" + name, 1, "ldd shows no Qt6Core: cannot tell what it links"
        for match in re.finditer(r"libQt6(Gui|Widgets)\b", output):
            yield "linked", "build/" + name, 1, f"must run without {match[0]}"


CHECKS = [check_folders, check_widgets, check_core_layers, check_cycles, check_main, check_bans, check_typed_bans,
          check_machine, check_format, check_linked]


def tidy(root):
    return subprocess.run(["run-clang-tidy", "-quiet", "-p", os.path.join(root, "build"),
                           "(core|brokerd|nodeagent|chat|desktop|cli)/"], cwd=root).returncode


# ---- a tree that breaks each rule once

def plants():
    """(rule, the file it must be found in, that file's text, further files). Paths differ from row to row."""
    apt = "\n".join(sorted(apt_hosts()))
    yield "layer", "chat/layer.cpp", '#include "brokerd/layer.h"\n', {"brokerd/layer.h": "#pragma once\n"}
    yield "no-widgets", "desktop/models/widgets.cpp", "#include <QLabel>\n", {}
    yield "core-layer", "core/frame.h", '#include "core/aside.h"\n', {"core/aside.h": '#include "core/client.h"\n',
                                                                     "core/client.h": "#pragma once\n"}
    yield "sans-io", "core/link.cpp", "#include <QSslSocket>\n", {}
    yield "cycle", "core/about.h", '#include "core/round.h"\n', {"core/round.h": '#include "core/about.h"\n'}
    yield "main", "cli/main.cpp", "// wires\n" * rules.MAIN_LINES, {}
    yield "machine", "docs/machine.md", f"see /{'work'}/main {apt}\n", {}
    yield "format", "core/crooked.cpp", "int  f( );\n", {}
    for ban in rules.BANS:
        yield ban.name, f"{ban.where[0]}{ban.name}.cpp", ban.example + "\n", {}
    for ban in rules.TYPED_BANS:
        yield ban.name, f"desktop/{ban.name}.cpp", ban.example + "\n", {}
    wrappers = sorted(path for ban in rules.BANS for path in ban.wrappers)
    if wrappers:
        yield "idle-exception", wrappers[0], "int unneeded;\n", {}


def plant(root):
    """Writes that tree and prints what a check of it must find: PATH [RULE]."""
    for rule, path, text, others in plants():
        for name, content in {path: text, **others}.items():
            os.makedirs(os.path.join(root, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                file.write(content)
        print(f"{path} [{rule}]")
    os.makedirs(os.path.join(root, "build/bin"))
    shutil.copy(glob.glob("/usr/lib/*/libQt6Widgets.so.6")[0], os.path.join(root, "build/bin/hawser"))
    print("build/bin/hawser [linked]")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--tidy", action="store_true")
    parser.add_argument("--plant", metavar="DIR")
    options = parser.parse_args()
    if options.plant:
        plant(options.plant)
        return 0
    tree = Tree(options.root)
    if not tree.code:
        sys.exit(f"check: no code beneath {options.root}")
    found = list(dict.fromkeys(finding for check in CHECKS for finding in check(tree)))
    for rule, path, line, sentence in found:
        print(f"{path}:{line}: [{rule}] {sentence}")
    if options.tidy and tidy(options.root) != 0:
        found.append("tidy")
    if found:
        print(f"check: {len(found)} found; a rule's table and its named exceptions: tests/support/check_rules.py")
        return 1
    print(f"check: {len(tree.code)} files keep the rules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
