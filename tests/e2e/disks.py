"""File systems of a proof's own, on which what is wrong with disks can be done on purpose. Only root can mount one: without, the
proof is skipped.

    with Household(build) as house, SmallDisk(house, house.path("broker"), 8 * MEBI) as disk:
        disk.fill()
        disk.make_room()
"""

import errno
import os
import subprocess

from household import MEBI, Skipped, check

BALLAST = "ballast"


class _Disk:
    """Ends the household's programs before it goes: they have files open there."""

    def __init__(self, house, path):
        os.mkdir(path, 0o700)
        self.house, self.path = house, path

    def __exit__(self, *_):
        for program in self.house.programs:
            program.stop()
        subprocess.run(["umount", "-l", self.path], check=True)

    def mount(self, *words):
        done = subprocess.run(["mount", *words, self.path], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"no file system of its own can be mounted here: {done.stderr.strip()}")


class SmallDisk(_Disk):
    """One of so many bytes."""

    def __init__(self, house, path, size):
        super().__init__(house, path)
        self.size = size

    def __enter__(self):
        self.mount("-t", "tmpfs", "-o", f"size={self.size},mode=700", "small")
        return self

    def used(self):
        stat = os.statvfs(self.path)
        return (stat.f_blocks - stat.f_bfree) * stat.f_frsize

    def fill(self):
        """Nothing goes in any more; also again, when there was some room."""
        ballast = os.open(os.path.join(self.path, BALLAST), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for piece in (65536, 4096, 512):
            try:
                while True:
                    os.write(ballast, bytes(piece))
            except OSError as error:
                check(error.errno == errno.ENOSPC, f"the disk is full: {error}")
        os.close(ballast)

    def leave(self, room):
        """Only so many bytes go in any more."""
        self.mount("-t", "tmpfs", "-o", f"remount,size={self.used() + room}", "small")

    def make_room(self):
        try:
            os.remove(os.path.join(self.path, BALLAST))
        except FileNotFoundError:
            self.mount("-t", "tmpfs", "-o", f"remount,size={self.size}", "small")


class LoopDisk(_Disk):
    """ext4 in a file, as most disks are set up: after an error nothing can be written to it (errors=remount-ro)."""

    def __init__(self, house, path, size=32 * MEBI):
        super().__init__(house, path)
        self.image, self.size = path + ".ext4", size

    def __enter__(self):
        with open(self.image, "wb") as image:
            image.truncate(self.size)
        self._run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        self._attach()
        os.chmod(self.path, 0o700)
        return self

    def _attach(self):
        self.mount("-t", "ext4", "-o", "loop,errors=remount-ro", self.image)

    def read_only(self):
        """With files open for writing, as it happens to a running program: what the kernel does when it finds an error."""
        with open("/proc/mounts", encoding="utf-8") as mounts:
            device = next(line.split()[0] for line in mounts if line.split()[1] == self.path)
        try:
            with open(f"/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error", "w", encoding="ascii") as trigger:
                trigger.write("proof\n")
        except OSError as error:
            raise Skipped(f"no error of a file system can be made on purpose here: {error}") from None
        try:
            with open(os.path.join(self.path, BALLAST), "wb"):
                pass
        except OSError as error:
            check(error.errno == errno.EROFS, f"it is read-only: {error}")
            return
        check(False, "it can still be written to")

    def repair(self):
        """Nobody has files open there."""
        self._run("umount", self.path)
        done = subprocess.run(["e2fsck", "-p", "-f", self.image], capture_output=True, text=True, check=False)
        check(done.returncode in (0, 1), f"it is mended: {done}")
        self._attach()

    @staticmethod
    def _run(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"no file system of its own can be made here: {done.stderr.strip()}")
