"""A display of its own for a test of real windows: real programs, real pointer and keys (xdotool), nothing injected.

    with x11.Display(build) as display:
        desktop = display.start("first", [build + "/bin/hawser-desktop", "--data", folder])
        display.click(desktop, "joinField")
        display.type(link)
        display.click(desktop, "joinButton")
        wait_for(lambda: desktop.ask("waitingNumber").visible, "the number to compare")

Where a thing is, the probe (tests/support/probe) tells; the driver only moves the pointer there. Everything that was
started ends with the display. Python's standard library only.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

STEP = 0.02  # seconds between moves of a drag: without it Qt's drags are lost
SECONDS = 15  # how long anything may take to be seen


class Failed(Exception):
    """What was waited for did not come; the sentence says what."""


def wait_for(condition, what, seconds=SECONDS, every=STEP):
    """Asks until condition() is true and returns that value; a Failed says `what` was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(every)


class Answer:
    """What the probe said (tests/support/probe/answer.h): .found .visible .text … ; what it did not say is None."""

    def __init__(self, said):
        self.said = said

    def __getattr__(self, name):
        return self.said.get(name)

    def __bool__(self):
        return bool(self.said.get("found"))

    def __repr__(self):
        return f"Answer({json.dumps(self.said, ensure_ascii=False)})"

    @property
    def rect(self):
        """[x, y, w, h] of the part that is not cut away, else of all of it."""
        shown = self.shown or [0, 0, 0, 0]
        return shown if shown[2] > 0 and shown[3] > 0 else [self.x, self.y, self.w, self.h]


def center(rect):
    """Rectangles are [x, y, w, h]; an Answer has one."""
    x, y, w, h = rect.rect if isinstance(rect, Answer) else rect
    return x + w // 2, y + h // 2


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed driver leaves nothing behind


def finished(argv, env, stdin="", seconds=60):
    """Runs a command to its end: (exit status, what it printed, what it complained of)."""
    done = subprocess.run(argv, env=env, input=stdin, capture_output=True, text=True, timeout=seconds)
    return done.returncode, done.stdout, done.stderr


class Program:
    """A real program in its own process group; with a window it answers the probe's questions."""

    def __init__(self, name, argv, env, folder, probe=None, stdin=None):
        self.name = name
        self.probe = probe
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                                            preexec_fn=_die_with_parent,
                                            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
        if stdin is not None:
            with self.process.stdin as pipe:
                pipe.write(stdin.encode())

    @property
    def pid(self):
        return self.process.pid

    def output(self):
        """All it has printed so far."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def running(self):
        return self.process.poll() is None

    def ask(self, question):
        """One question to the probe: NAME, NAME/TEXT or *. Nothing found while the program starts."""
        if not self.running():
            raise Failed(f"{self.name} has ended ({self.process.returncode}):\n{self.output()[-2000:]}")
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(SECONDS)
                connection.connect(self.probe)
                connection.sendall(question.encode() + b"\n")
                with connection.makefile(encoding="utf-8") as lines:
                    return Answer(json.loads(lines.readline() or '{"found": false}'))
        except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
            return Answer({"found": False})
        except socket.timeout:
            raise Failed(f"{self.name} froze: no answer to '{question}' within {SECONDS} s") from None

    def wait(self, question, condition=lambda answer: answer.visible, what=None, seconds=SECONDS):
        """Asks until the thing is there (and condition holds) and returns the answer."""
        last = Answer({})

        def asked():
            nonlocal last
            last = self.ask(question)
            return last if last and condition(last) else None

        try:
            return wait_for(asked, what or question, seconds)
        except Failed as failed:
            raise Failed(f"{failed} in {self.name}; last: {last}") from None

    def stop(self, how=signal.SIGTERM, seconds=5):
        """Ends the process group; returns the exit status. KILL follows when TERM does not help."""
        for sign in (how, signal.SIGKILL):
            try:
                os.killpg(self.pid, sign)
            except ProcessLookupError:
                pass
            try:
                return self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        raise Failed(f"{self.name} does not die")


class Display:
    """Xvfb and openbox with a private runtime folder, home folders, and (on request) a private D-Bus.

    Keys repeat on request only: a busy machine may keep who presses one from letting it go in time.
    """

    def __init__(self, build, size="1280x800", bus=False, keys_repeat=False):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="hawser-x-")  # short: socket paths are limited
        self.programs = []
        self.env = {key: value for key, value in os.environ.items()
                    if not re.match(r"(WAYLAND|DBUS|XDG|QT|HAWSER|SSH|DESKTOP)_|DISPLAY|XAUTHORITY|HOME$", key)}
        try:
            self._make_folders()
            self._start_server(size, keys_repeat)
            if bus:
                self._start_bus()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _make_folders(self):
        runtime = os.path.join(self.folder, "run")
        os.mkdir(runtime, 0o700)
        self.env.update(HOME=self.home("driver"), XDG_RUNTIME_DIR=runtime, LC_ALL="C.UTF-8", QT_QPA_PLATFORM="xcb",
                        QT_PLUGIN_PATH=os.path.join(self.build, "plugins"), XDG_SESSION_TYPE="x11",
                        DBUS_SESSION_BUS_ADDRESS="unix:path=" + os.path.join(runtime, "no-bus"))

    def home(self, name):
        """The home folder of that name; made when new."""
        path = os.path.join(self.folder, "home-" + name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def _start_server(self, size, keys_repeat):
        reader, writer = os.pipe()
        self._spawn("Xvfb", ["Xvfb", "-displayfd", str(writer), "-screen", "0", size + "x24", "-nolisten", "tcp",
                             "-noreset", "r" if keys_repeat else "-r"], pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise Failed("Xvfb did not start:\n" + self._log("Xvfb"))
        self.env["DISPLAY"] = ":" + number
        self._spawn("openbox", ["openbox", "--sm-disable"])
        wait_for(lambda: "0x" in self.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]), "openbox")

    def _start_bus(self):
        reader, writer = os.pipe()
        self._spawn("dbus", ["dbus-daemon", "--session", "--nofork", f"--print-address={writer}"], pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as pipe:
            self.env["DBUS_SESSION_BUS_ADDRESS"] = pipe.readline().strip()

    def _log(self, name):
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def _spawn(self, name, argv, pass_fds=()):
        with open(os.path.join(self.folder, name + ".log"), "ab") as log:
            process = subprocess.Popen(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=_die_with_parent, pass_fds=pass_fds)
        self.programs.append(process)

    def start(self, name, argv, env=None, stdin=None, cwd_home=None):
        """Starts a program of that name with its own home folder and probe; `env` adds to its environment."""
        probe = os.path.join(self.folder, name + ".probe")
        own = dict(self.env, HOME=self.home(cwd_home or name), QT_QPA_GENERIC_PLUGINS="hawserprobe:" + probe,
                   **(env or {}))
        program = Program(name, argv, own, self.folder, probe, stdin)
        self.programs.append(program)
        return program

    def run(self, argv, env=None, seconds=SECONDS, check=False):
        """Runs a command to its end on this display and returns what it printed."""
        done = subprocess.run(argv, env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=seconds)
        if check and done.returncode != 0:
            raise Failed(f"{argv[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def close(self):
        """Ends everything that was started, newest first, and removes the folder."""
        for program in reversed(self.programs):
            if isinstance(program, Program):
                program.stop()
            else:
                program.kill()
                program.wait()
        self.programs = []
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the person: pointer and keys

    def _xdotool(self, *words):
        self.run(["xdotool", *map(str, words)], check=True, seconds=60)

    def move(self, x, y):
        self._xdotool("mousemove", x, y)

    def click(self, program, name, button=1, times=1, seconds=SECONDS):
        """Clicks the middle of what the probe calls `name`, once it is visible, enabled and lies still."""
        answer = self.settled(program, name, seconds)
        self.click_at(center(answer), button, times)
        return answer

    def click_at(self, point, button=1, times=1):
        self._xdotool("mousemove", *point, "sleep", STEP, "click", "--repeat", times, "--delay", 60, button)

    def settled(self, program, name, seconds=SECONDS):
        """The answer for `name` once it is visible, enabled and in the same place twice."""
        before = None

        def still(answer):
            nonlocal before
            same, before = before == answer.rect, answer.rect
            return same and answer.visible and answer.enabled

        return program.wait(name, still, f"{name} to be visible, enabled and still", seconds)

    def type(self, text):
        """Types into whatever has the keyboard. ASCII; a newline is Return."""
        self._xdotool("type", "--delay", 5, "--", text)

    def key(self, *keys):
        """Presses keys by their X names: Return, Tab, ctrl+a, space …"""
        self._xdotool("key", "--delay", STEP * 1000, *keys)

    def drag(self, source, target, taken, what="the drop target to be highlighted", seconds=SECONDS):
        """Drags from one rectangle (or Answer) onto another, across programs, and lets go there.

        Holds over the target until taken() is true (ask the probe whether it is highlighted): a window that is still busy
        when the button is released loses the drop.
        """
        x, y = center(source)
        to_x, to_y = center(target)
        # A first move past the start distance, then one that carries the drag: a single jump only begins it.
        self._xdotool("mousemove", x, y, "sleep", STEP, "mousedown", 1, "sleep", STEP,
                      "mousemove_relative", 20, 5, "sleep", STEP)
        steps = 8
        words = []
        for step in range(1, steps + 1):
            words += ["mousemove", x + 20 + (to_x - x - 20) * step // steps, y + 5 + (to_y - y - 5) * step // steps,
                      "sleep", STEP]
        self._xdotool(*words)
        self._hover(taken, what, seconds)
        self._xdotool("mouseup", 1)

    def _hover(self, taken, what, seconds):
        offset = 1

        def held():
            nonlocal offset
            self._xdotool("mousemove_relative", "--", offset, 0, "sleep", STEP * 2)
            offset = -offset
            return taken()

        try:
            wait_for(held, what, seconds)
        except Failed:
            self._xdotool("key", "Escape", "mouseup", 1)
            raise

    # ---- what is seen

    def screenshot(self, path):
        """A picture of the whole screen."""
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        self.run(["import", "-silent", "-window", "root", path], check=True, seconds=60)

    def active_window(self):
        """The title of the window that has the keyboard, as the window manager tells; '' when there is none."""
        shown = self.run(["xprop", "-root", "_NET_ACTIVE_WINDOW"])
        match = re.search(r"# (0x[0-9a-f]+)", shown)
        return self._title(match[1]) if match and int(match[1], 16) else ""

    def _title(self, window):
        shown = self.run(["xprop", "-id", window, "-f", "_NET_WM_NAME", "8u", "_NET_WM_NAME", "WM_NAME"])  # xterm: the old one
        match = re.search(r'^(?:_NET_)?WM_NAME\(\w+\) = "(.*)"$', shown, re.M)
        return match[1] if match else ""

    def window_states(self, title):
        """The _NET_WM_STATE words of the window with that title, as DEMANDS_ATTENTION."""
        shown = self.run(["xprop", "-root", "_NET_CLIENT_LIST"])
        for window in re.findall(r"0x[0-9a-f]+", shown):
            if self._title(window) == title:
                return re.findall(r"_NET_WM_STATE_(\w+)", self.run(["xprop", "-id", window, "_NET_WM_STATE"]))
        raise Failed(f"no window is called '{title}'")

    def close_window(self, program, name):
        """Closes a window as its title bar's button would: the window manager asks it to."""
        program.wait(name)
        self.click_at(center(program.ask(name)))
        self.key("alt+F4")
