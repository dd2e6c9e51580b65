"""The whole suite in one folder, for ./dev run on a display and for the demo: broker, node and people, each with its own data.

Whoever uses it says how a program is started: start(name, argv, env) -> x11.Program; env is added to the environment.
"""

import glob
import json
import os
import re

import x11


class Suite:
    """Starts the real programs of BUILD/bin; everything they keep is in DATA/{broker,node,first,second,…}."""

    def __init__(self, build, data, env, start):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.data = os.path.abspath(data)
        self.env = env
        self._start = start
        os.makedirs(self.data, mode=0o700, exist_ok=True)

    def program(self, name):
        return os.path.join(self.bin, name)

    def folder(self, name):
        """Where that one keeps everything."""
        return os.path.join(self.data, name)

    def has_joined(self, name):
        return bool(glob.glob(os.path.join(self.folder(name), "locations", "*", "broker.pub")))

    # ---- the programs

    def broker(self):
        """Starts the broker and returns (its program, "127.0.0.1:PORT").

        The port is the kernel's choice the first time and the same one afterwards: the others have written it down.
        """
        remembered = os.path.join(self.data, "port")
        listen = ["127.0.0.1:" + (read(remembered).strip() or "0")]
        if os.path.exists("/proc/net/if_inet6"):
            listen.append("[::1]:0")
        broker = self._start("broker", [self.program("hawser-brokerd"), "run", "--data", self.folder("broker"),
                                        *[word for address in listen for word in ("--listen", address)]], {})

        def ready():
            if not broker.running():
                raise x11.Failed(f"the broker did not start:\n{broker.output()}")
            return re.search(r"ready.*?\b(127\.0\.0\.1:\d+)", broker.output())

        address = x11.wait_for(ready, "the broker to be ready")[1]
        with open(remembered, "w", encoding="ascii") as file:
            file.write(address.rsplit(":", 1)[1])
        return broker, address

    def first_link(self):
        """The link by which the first administrator comes in."""
        return read(os.path.join(self.folder("broker"), "first-administrator.link")).strip()

    def join_node(self, name="node", config=None):
        """Lets a node join by an invitation of the broker; nothing when it has."""
        if self.has_joined(name):
            return
        link = self.run("hawser-brokerd", "invite", "--kind", "node", "--data", self.folder("broker"))
        self.run("hawser-nodeagent", "join", "-", "--data", self.folder(name),
                 *(["--config", config] if config else []), stdin=link)

    def node(self, name="node", config=None):
        return self._start(name, [self.program("hawser-nodeagent"), "run", "--data", self.folder(name),
                                  *(["--config", config] if config else [])], {})

    def desktop(self, name, called=None):
        return self._start(name, [self.program("hawser-desktop"), "--data", self.folder(name)], _calling(called))

    def join_by_link(self, name, link, called):
        """A person comes in by a link; nothing when it was so before."""
        if not self.has_joined(name):
            self.run("hawser", "join", "-", "--data", self.folder(name), stdin=link, env=_calling(called))

    def knock(self, name, address, called):
        """A person asks at an address and does not wait: the request does. Nothing when it was so before."""
        if os.path.exists(self.folder(name)):
            return
        knock = self._start(name + "-asks", [self.program("hawser"), "join", address, "--data", self.folder(name)],
                            _calling(called))
        try:
            x11.wait_for(lambda: re.search(r"\d{3} \d{3}", knock.output()), f"the number of {called}'s request")
        finally:
            knock.stop()

    # ---- what they say

    def run(self, program, *words, stdin="", env=None):
        """Runs one of the programs to its end; what it printed, or a Failed with what it complained of."""
        status, out, err = x11.finished([self.program(program), *words], dict(self.env, **(env or {})), stdin)
        if status != 0:
            raise x11.Failed(f"{program} {words[0]} ended with {status}: {err.strip() or out.strip()}")
        return out

    def json(self, program, *words):
        """What one of the programs says with --json: a list of its lines."""
        return [json.loads(line) for line in self.run(program, *words, "--json").splitlines() if line.strip()]


def _calling(called):
    """What makes a person who has not chosen a name take this one."""
    return {"HAWSER_NAME": called} if called else {}


def read(path):
    """The text of a file; '' when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
