"""A broker, two people and a machine come up, each from an empty folder."""

import os
import signal
import stat

import look
import x11
from stage import Desktop, check

LEFT = (3, 26, 790, 620)
RIGHT = (806, 26, 790, 620)
NODE = "render-2"

# What the demo's machine offers besides what is built in. {lines} and {code} are one argument each, to no shell.
NODE_CONFIG = """\
name = "render-2"

[[command]]
name = "render"
description = "renders one frame after the other"
argv = ["/bin/sh", "-c", '''
    echo "scene: $1"
    for n in $(seq "$2"); do sleep 0.4; echo "frame $n/$2"; done
    sleep 0.2
    echo "done" >&2
    exit "$3"''', "render", "{scene}", "{frames}", "{code}"]

[[command.parameter]]
name = "scene"
description = "Scene file"
required = true

[[command.parameter]]
name = "frames"
type = "int"
description = "Frames"
default = 8
least = 1
most = 50

[[command.parameter]]
name = "code"
type = "int"
description = "Exit status"
default = 0
least = 0
most = 100
"""


def _person(stage, folder, name, place):
    """Opens a desktop on an empty folder and types the person's name."""
    desktop = Desktop(stage.display, stage.suite.desktop(folder), place)
    stage.act(f"type {name}", lambda: desktop.fill("myName", name))
    stage.display.key("Return")
    return desktop


def _check_person(stage, desktop, folder, name):
    path = os.path.join(stage.suite.folder(folder), "identity")
    check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, f"{path} must be for its owner only")
    shown = desktop.ask("myKeyWords").text
    words = look.key_words(stage.act("whose key", lambda: stage.key(folder)))
    check(shown == words, f"the window says '{shown}', its key says '{words}'")
    x11.wait_for(lambda: stage.suite.json("hawser", "id", "--data", stage.suite.folder(folder))[0]["name"] == name,
                 f"{folder} to call itself {name}")


def first_start(stage):
    stage.broker, stage.address = stage.suite.broker()
    stage.first = _person(stage, "first", "Ana", LEFT)
    stage.second = _person(stage, "second", "Bea", RIGHT)
    _check_person(stage, stage.first, "first", "Ana")
    _check_person(stage, stage.second, "second", "Bea")
    check(stage.key("first") != stage.key("second"), "two people have two keys")
    stage.picture("01-first-start")


def broker_status(stage):
    return stage.suite.json("hawser-brokerd", "status", "--data", stage.suite.folder("broker"))[0]


def administrator(stage):
    check(broker_status(stage)["users"] == 0, "nobody belongs to a new broker")
    stage.first.fill("joinField", stage.suite.first_link())
    stage.first.wait_text("joinRecognised", "(?i)link")
    stage.picture("02-administrator-link")
    stage.act("press Connect", lambda: stage.first.click("joinButton"))
    x11.wait_for(lambda: broker_status(stage)["users"] == 1, "the broker to have its first user")
    pinned = look.pinned_brokers(stage.suite.folder("first"))
    check(pinned == [stage.key("broker")], f"the first person's desktop has pinned {pinned}")
    stage.first.wait_text("startPage/connected", "administrator")
    stage.first.wait("inviteButton", what="what only an administrator is shown")
    stage.picture("02-administrator")


def machine(stage):
    """The page is open before the machine is there; nobody touches it while the row comes."""
    stage.first.page("Machines")
    check(not stage.first.ask("machineTable/" + NODE), "no machine yet")
    config = os.path.join(stage.suite.data, "nodeagent.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(NODE_CONFIG)
    stage.suite.join_node(config=config)
    stage.node = stage.act("start the node", lambda: stage.suite.node(config=config))
    row = stage.first.wait("machineTable/" + NODE, lambda row: "online" in row.text and "render" in row.text,
                           "the machine's row")
    check(broker_status(stage)["nodes_online"] == 1, "the broker counts one machine")
    offers = stage.suite.json("hawser", "offers", "--data", stage.suite.folder("first"))
    keys = [offer["key"] for offer in offers]
    check(keys == [stage.key("node")], f"offers come from {keys}: {row.text}")
    stage.picture("03-machine")


def end(stage):
    """Windows that are closed end their programs, and a broker that is told to goes: all with exit status 0."""
    for desktop in filter(None, (stage.third, stage.second, stage.first)):
        stage.act("close the windows", lambda: desktop.display.close_window(desktop.program, "mainWindow"))
        status = x11.wait_for(lambda: (desktop.program.process.poll(),) if not desktop.program.running() else None,
                              f"{desktop.program.name} to end with its window")[0]
        check(status == 0, f"{desktop.program.name} ended with {status}:\n{desktop.program.output()[-1000:]}")
    stage.broker.process.send_signal(signal.SIGTERM)
    status = stage.broker.process.wait(15)
    check(status == 0, f"the broker ended with {status}")
