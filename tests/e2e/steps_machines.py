"""A command on a machine, from a window and from a terminal; and the machine goes."""

import os
import re
import signal

import x11
from stage import check
from steps_start import NODE, broker_status

FRAMES = 8
SCENE = "shoot-42.blend"


def _expected(frames):
    """What the command prints, by its text in steps_start.NODE_CONFIG."""
    return [f"scene: {SCENE}", *(f"frame {n}/{frames}" for n in range(1, frames + 1)), "done"]


def _lines(output):
    """What the output view shows, without its marks."""
    return [re.sub(r"^(out │|err ┃) ", "", line) for line in output.splitlines() if line.strip()]


def run(stage):
    first = stage.first
    first.page("Machines")
    first.click("machineTable/" + NODE)
    first.click("runButton")
    first.wait("runDialog")
    stage.act("choose the command", lambda: _choose(first, "render"))
    first.fill("runField_scene", SCENE)
    stage.picture("10-run-form")
    first.click("runDialog/Run")
    first.wait_text("runOutput", "frame 2/")
    stage.picture("10-run-running")
    check("running" in first.ask("runState").text, f"it is running, not '{first.ask('runState').text}'")
    stage.act("let it end", lambda: None)
    first.wait_text("runState", r"finished.*exit 0", 30)
    first.wait("runOutput", lambda view: _lines(view.text) == _expected(FRAMES), f"the output {_expected(FRAMES)}", 3)
    stage.picture("10-run")
    stage.display.close_window(first.program, "runWindow")


def _choose(desktop, command):
    """Picks a command in the form's list, with the keys."""
    box = desktop.wait("runCommand")
    if box.text != command:
        desktop.click("runCommand")
        desktop.click("runCommand/" + command)
    desktop.wait("runCommand", lambda box: box.text == command, f"'{command}' in the form")


def terminal(stage):
    """Typed into a terminal by Bea, whose desktop is running: `hawser` is a caller of that."""
    log = os.path.join(stage.folder, "terminal.log")
    data = os.path.join(stage.display.home("terminal"), "data")
    os.mkdir(data)
    os.symlink(stage.suite.folder("second"), os.path.join(data, "hawser"))
    settings = os.path.join(data, "bashrc")
    with open(settings, "w", encoding="ascii") as file:
        file.write("PS1='bea$ '\n")
    program = stage.display.start("terminal", [
        "xterm", "-T", "Terminal", "-fa", "DejaVu Sans Mono", "-fs", "10", "-geometry", "88x17+830+670", "-e", "script", "-q",
        "-f", "-c", f"bash --rcfile {settings}", log],
        env={"PATH": stage.suite.bin + ":" + os.environ["PATH"], "XDG_DATA_HOME": data})
    x11.wait_for(lambda: os.path.exists(log) and "bea$" in _read(log), "the terminal")
    x11.wait_for(lambda: stage.display.active_window() == "Terminal", "the terminal to be what is typed into")
    command = f"hawser run {NODE} render scene={SCENE} frames=2 code=3"
    stage.display.type(command)
    stage.act("press Return", lambda: stage.display.key("Return"))
    x11.wait_for(lambda: _read(log).count("bea$") == 2, "the command to end", 30)
    stage.display.type('echo "exit status $?"\n')
    x11.wait_for(lambda: re.search(r"exit status \d", _read(log)), "its exit status")
    stage.picture("11-terminal")
    said = _read(log).split(command, 1)[1].split("bea$")[0].split("\n")
    shown = [line.strip("\r") for line in said if line.strip()]
    check(shown == _expected(2), f"the terminal shows {shown}")
    status = re.search(r"exit status (\d+)", _read(log))[1]
    check(status == "3", f"its exit status is the command's, not {status}")
    check(_owner(stage) == "hawser-desktop", f"the folder belongs to {_owner(stage)}")
    stage.display.type("exit\n")
    x11.wait_for(lambda: not program.running(), "the terminal to close")


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.read())


def _owner(stage):
    return stage.suite.json("hawser", "id", "--data", stage.suite.folder("second"))[0]["program"].split()[0]


def gone(stage):
    stage.first.page("Machines")
    stage.second.page("Machines")
    stage.first.wait("machineTable/" + NODE, lambda row: "online" in row.text)
    stage.act("kill -9", lambda: os.killpg(stage.node.pid, signal.SIGKILL))
    for desktop in (stage.first, stage.second):
        desktop.wait("machineTable/" + NODE, lambda row: "gone" in row.text and "online" not in row.text,
                     "the row to say that it is gone", 60)
    check(broker_status(stage)["nodes_online"] == 0, "the broker counts no machine")
    check(stage.first.ask("runButton").enabled, "what can wait for it can be run")
    stage.picture("13-gone")
