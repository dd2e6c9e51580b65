"""A power cut for one folder: what its programs had not synced is gone, names of files too.

    cut = PowerCut(build, folder)
    ...start programs with env=cut.env, kill them with SIGKILL...
    cut.fall()               # the folder is now what the disk had

What was in the folder before counts as synced. Whoever writes there without cut.env (opening a database does) breaks the
spell: look at a copy. tests/support/powercut.cpp does the watching.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile

SYNC = "import os, sys\nfor path in sys.argv[1:]:\n    os.fsync(os.open(path, os.O_RDONLY))"


class PowerCut:
    def __init__(self, build, folder):
        self.folder = os.path.realpath(folder)
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.shadow = tempfile.mkdtemp(prefix="shadow-", dir=os.path.dirname(self.folder))
        library = os.path.join(os.path.abspath(build), "tests", "libpowercut.so")
        if not os.path.exists(library):
            raise FileNotFoundError(library)
        self.env = {"LD_PRELOAD": library, "HAWSER_POWERCUT": f"{self.folder}:{self.shadow}"}
        self._settle()

    def _settle(self):
        """Takes all that is in the folder for synced."""
        paths = [path for path, _, _ in os.walk(self.folder)]
        paths += [os.path.join(path, name) for path, _, files in os.walk(self.folder) for name in files]
        regular = [path for path in paths if os.path.isdir(path) or stat.S_ISREG(os.lstat(path).st_mode)]
        subprocess.run([sys.executable, "-c", SYNC, *regular], env={**os.environ, **self.env}, check=True)

    def fall(self):
        """The programs are dead: makes the folder what a disk would have after the power came back."""
        remains = tempfile.mkdtemp(prefix="remains-", dir=os.path.dirname(self.folder))
        self._restore("root", remains)
        shutil.rmtree(self.folder)
        os.rename(remains, self.folder)
        shutil.rmtree(self.shadow)
        os.mkdir(self.shadow)
        self._settle()

    def _restore(self, key, folder):
        names = os.path.join(self.shadow, "names-" + key)
        if not os.path.exists(names):
            return  # a folder that was made and never synced is empty
        with open(names, "rb") as file:
            entries = file.read().split(b"\0")[:-1]
        for entry in entries:
            child, name = entry.split(b"/", 1)
            path = os.path.join(folder, os.fsdecode(name))
            if child.startswith(b"d"):
                os.mkdir(path, 0o700)
                self._restore(child.decode(), path)
                continue
            content = os.path.join(self.shadow, "content-" + child.decode())
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                if os.path.exists(content):  # else it was never synced: a name without content
                    with open(content, "rb") as kept:
                        shutil.copyfileobj(kept, file)
