"""A second machine on this one: a network namespace with a cable to here. Only root can make it."""

import os
import re
import socket
import subprocess

HERE = "203.0.113.1"  # TEST-NET-3: an address nobody has
THERE = "203.0.113.2"


class Namespace:
    """address: where programs inside reach this machine; command(argv): how to start one inside."""

    address = HERE

    def __init__(self):
        self.name = f"hawser-demo-{os.getpid()}"
        self.cable = f"hw{os.getpid() % 1000000}"
        self._sweep()
        self._ip("netns", "add", self.name)
        try:
            self._ip("link", "add", self.cable, "type", "veth", "peer", "name", "inside", "netns", self.name)
            self._ip("address", "add", HERE + "/30", "dev", self.cable)
            self._ip("link", "set", self.cable, "up")
            self._ip("-n", self.name, "address", "add", THERE + "/30", "dev", "inside")
            self._ip("-n", self.name, "link", "set", "inside", "up")
            self._ip("-n", self.name, "link", "set", "lo", "up")
            self._try()
        except (OSError, subprocess.SubprocessError):
            self.close()
            raise

    @staticmethod
    def _sweep():
        """What a driver left that was killed keeps our addresses."""
        said = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        for name, pid in re.findall(r"^(hawser-demo-(\d+))", said, re.M):
            if not os.path.exists(f"/proc/{pid}"):
                subprocess.run(["ip", "link", "delete", f"hw{int(pid) % 1000000}"], stderr=subprocess.DEVNULL, check=False)
                subprocess.run(["ip", "netns", "delete", name], check=False)

    def _try(self):
        """The cable carries: a firewall may be in the way."""
        with socket.create_server((HERE, 0)) as server:
            knock = f"exec 3<>/dev/tcp/{HERE}/{server.getsockname()[1]}"
            subprocess.run(self.command(["bash", "-c", knock]), check=True, capture_output=True, timeout=5)

    def command(self, argv):
        return ["ip", "netns", "exec", self.name, *argv]

    def close(self):
        subprocess.run(["ip", "link", "delete", self.cable], stderr=subprocess.DEVNULL, check=False)
        subprocess.run(["ip", "netns", "delete", self.name], stderr=subprocess.DEVNULL, check=False)

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)


class Loopback:
    """Where no namespace can be made: another loopback address."""

    address = "127.0.0.2"
    name = "loopback"

    def command(self, argv):
        return argv

    def close(self):
        pass


def another_machine():
    try:
        return Namespace()
    except (OSError, subprocess.SubprocessError):
        return Loopback()
