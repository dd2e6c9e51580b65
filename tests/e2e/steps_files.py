"""A file and a folder are dragged from another program onto a person."""

import os
import re
import shutil
import subprocess

import look
import x11
from stage import check

FILES = 300
FILE_BYTES = 3_000_000  # most of it holes on the sender's disk: what is sent is sent whole
FILE_MANAGER = (20, 700, 320, 240)


def _offered(stage, path, send_now=False):
    """Makes the other program show `path` and drags it onto Bea in Ana's list; much of it is asked about."""
    name = os.path.basename(path)
    files = stage.file_manager([path], FILE_MANAGER)
    source = files.wait("files/" + name)
    target = stage.first.wait("contactList/Bea")

    stage.act("drop", lambda: stage.display.drag(source, target, lambda: stage.first.ask("contactList/Bea").dropTarget))
    if send_now:
        stage.first.wait_text("sendCounted", str(FILES))
        x11.wait_for(lambda: stage.display.active_window().startswith("Send to"), "the window that asks")
        stage.display.settled(stage.first.program, "sendNow")
        stage.picture(stage.step + "-counted")
        stage.first.click("sendNow")
    stage.second.wait("offerAccept", lambda button: button.visible and name in button.accessible, f"the offer of {name}")


def _downloads(stage):
    return os.path.join(stage.suite.folder("second"), "Downloads")


def _arrived(stage):
    """What is in the other person's folder, hidden or not."""
    return sorted(os.listdir(_downloads(stage))) if os.path.exists(_downloads(stage)) else []


def _transfers(stage, who):
    return stage.suite.json("hawser", "transfers", "--data", stage.suite.folder(who))


def _ended(stage, who, title, seconds=60):
    """The transfer of that title once it is over."""
    return x11.wait_for(lambda: next((each for each in _transfers(stage, who) if each["title"] == title and
                                      each["state"] in ("done", "cancelled", "failed")), None),
                        f"the end of {title} at {who}", seconds, 0.2)


def file(stage):
    path = os.path.join(stage.folder, "IMG_6108.dng")
    with open(path, "wb") as made:
        made.write(os.urandom(20_000_000))
    _offered(stage, path)
    there = os.path.join(_downloads(stage), os.path.basename(path))
    check(not os.path.exists(there) and not _arrived(stage), "before Accept nothing is written")
    stage.picture("08-file-offered")
    stage.act("press Accept", lambda: stage.second.click("offerAccept"))
    x11.wait_for(lambda: os.path.exists(there), "the file at the other person's")
    sent = look.sha256(stage.act("which file", lambda: path))
    check(look.sha256(there) == sent, "the file that came is not the file that was sent")
    for who in ("first", "second"):
        check(_ended(stage, who, os.path.basename(path))["state"] == "done", f"{who}'s transfer is done")
    for desktop in (stage.first, stage.second):
        desktop.wait("chatView/" + os.path.basename(path), lambda row: "verified" in row.text, "its end in the conversation")
    stage.picture("08-file")


def make_folder(path):
    """300 files in 12 folders, an empty folder, a name that is not ASCII, a name of two lines."""
    names = [f"raw/day {n % 12 + 1}/IMG_{n:04}.dng" for n in range(FILES - 2)]
    names += ["raw/Brücke im Frühling ü.dng", "raw/two\nlines.txt"]
    for number, name in enumerate(names):
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "wb") as made:
            made.write(os.urandom(512) + name.encode())
            made.truncate(FILE_BYTES + number)
    os.makedirs(os.path.join(path, "for later"))


def _half_way(stage, name):
    """A picture of both sides between 20 and 80 %, with Cancel there to be pressed before and after it was taken."""

    def part(desktop):
        row = desktop.ask("transferList/" + name)
        match = re.search(r"\b(\d+) %", row.text or "")
        return int(match[1]) if match else -1

    for desktop in (stage.first, stage.second):
        desktop.page("Transfers")
    x11.wait_for(lambda: 20 <= part(stage.first) <= 80, "a transfer that is half-way", every=0.02)
    before = part(stage.first)
    cancel = [desktop.ask("transferCancel") for desktop in (stage.first, stage.second)]
    stage.picture("09-folder-half-way")
    after = part(stage.first)
    check(before >= 0 and after >= 0, f"it was on its way before and after the picture ({before} %, {after} %)")
    check(all(button.visible and button.enabled for button in cancel), "Cancel is there on both sides")


def folder(stage):
    name = "shoot-42"
    path = os.path.join(stage.folder, name)
    make_folder(path)
    _offered(stage, path, send_now=True)
    stage.picture("09-folder-offered")
    stage.act("press Accept", lambda: stage.second.click("offerAccept"))
    _half_way(stage, name)
    there = os.path.join(_downloads(stage), name)
    x11.wait_for(lambda: os.path.exists(there), "the folder at the other person's", 90, 0.1)
    for who in ("first", "second"):
        ended = _ended(stage, who, name)
        check(ended["state"] == "done" and ended["files_done"] == FILES, f"{who}'s transfer ended as {ended}")
    stage.act("leave the folder alone", lambda: there)
    compared = subprocess.run(["diff", "-r", path, there], capture_output=True, text=True, check=False)
    check(compared.returncode == 0, f"diff -r: {compared.stdout[:500]}{compared.stderr[:500]}")
    check(os.listdir(os.path.join(there, "for later")) == [], "the empty folder came too")
    check(_arrived(stage) == ["IMG_6108.dng", name], f"nothing else is in Downloads, not {_arrived(stage)}")
    stage.picture("09-folder")
    for each in (path, there):
        shutil.rmtree(each)
    for desktop in (stage.first, stage.second):
        desktop.page("Contacts")
