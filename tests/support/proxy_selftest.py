#!/usr/bin/env python3
"""The proxy does what its knobs say, and each claim is seen to fail when the knobs do nothing. proxy_selftest.py"""

import hashlib
import random
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True

from proxy import Proxy  # noqa: E402


class Inert(Proxy):
    """Passes everything on, whatever its knobs say."""

    def __init__(self, target):
        super().__init__(target)
        self.real = self.up, self.down
        self.up, self.down = Knobs(self.up), Knobs(self.down)

    def cut(self, politely=False):
        pass

    def __setattr__(self, name, value):
        if name != "refusing":
            super().__setattr__(name, value)

    refusing = False


class Knobs:
    """Looks like a Way and keeps none of the wishes."""

    def __init__(self, way):
        self.__dict__["way"] = way

    def __getattr__(self, name):
        return (lambda *_: None) if name == "cut_after" else getattr(self.way, name)

    def __setattr__(self, name, value):
        if name in ("passed", "taken"):
            setattr(self.way, name, value)


class Echo:
    """Says back what it hears; .heard is how much that was."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.heard = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                one, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def hang_up(self):
        self.last.shutdown(socket.SHUT_RDWR)

    def _serve(self, one):
        self.last = one
        try:
            while data := one.recv(65536):
                self.heard += len(data)
                one.sendall(data)
            one.close()
        except OSError:
            pass


def dial(line, seconds=5):
    host, port = line.address.split(":")
    one = socket.create_connection((host, int(port)), seconds)
    one.sendall(b"hello")
    assert exactly(one, 5) == b"hello"
    return one


def exactly(one, count):
    data = b""
    while len(data) < count:
        more = one.recv(count - len(data))
        if not more:
            break
        data += more
    return data


def silent(one, seconds=0.3):
    """Nothing comes, and nobody says that it is over."""
    one.settimeout(seconds)
    try:
        one.recv(1)
        return False
    except TimeoutError:
        return True


def ended(one, seconds=0.5):
    """How much still came before the connection ended; None when it did not end."""
    one.settimeout(seconds)
    count = 0
    try:
        while data := one.recv(65536):
            count += len(data)
        return count
    except TimeoutError:
        return None
    except OSError:
        return count


def took(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


# ---- claims: (proxy, echo) -> truth

def passes_everything_on_unchanged(line, _echo):
    data = random.Random(1).randbytes(3_000_000)
    one, came = dial(line), hashlib.sha256()
    threading.Thread(target=lambda: (one.sendall(data), one.shutdown(socket.SHUT_WR)), daemon=True).start()
    while more := one.recv(65536):
        came.update(more)
    return came.digest() == hashlib.sha256(data).digest()


def delays(line, _echo):
    one = dial(line)
    line.up.delay = line.down.delay = 0.1
    return took(lambda: (one.sendall(b"x"), exactly(one, 1))) >= 0.2


def is_slow(line, _echo):
    one = dial(line)
    line.up.rate = 100_000
    return took(lambda: (one.sendall(bytes(30_000)), exactly(one, 30_000))) >= 0.25


def drips(line, _echo):
    one = dial(line)
    line.down.drip = 1
    one.sendall(bytes(200))
    return len(one.recv(200)) < 100


def stalls_and_goes_on(line, _echo):
    one = dial(line)
    line.down.stalled = True
    one.sendall(b"later")
    quiet = silent(one)
    line.down.stalled = False
    one.settimeout(2)
    return quiet and exactly(one, 5) == b"later"


def swallows_silently(line, echo):
    one = dial(line)
    line.swallow()
    before = echo.heard
    one.sendall(b"anybody?")
    return silent(one) and echo.heard == before and line.connections == 1


def swallows_the_end_too(line, echo):
    one = dial(line)
    line.swallow()
    echo.hang_up()
    quiet = silent(one)
    line.heal()
    return quiet and ended(one) == 0


def cuts_at_the_byte_on_the_way_there(line, echo):
    one = dial(line)
    before = echo.heard
    line.up.cut_after(1000)
    one.sendall(bytes(5000))
    cut = ended(one) is not None and line.cuts == 1
    time.sleep(0.1)  # for more to come, if it did
    return cut and echo.heard - before == 1000


def cuts_at_the_byte_on_the_way_back(line, _echo):
    one = dial(line)
    line.down.cut_after(700)
    one.sendall(bytes(5000))
    line_ended = ended(one)
    return line_ended is not None and line_ended <= 700 and line.down.passed == 5 + 700


def takes_the_word_and_loses_the_answer(line, echo):
    """After the commit and before the answer."""
    one = dial(line)
    line.down.held = True
    before = echo.heard
    one.sendall(b"commit")
    quiet = silent(one)
    heard = echo.heard - before
    line.cut()
    return quiet and heard == 6 and ended(one) == 0


def holds_back_and_lets_go(line, _echo):
    one = dial(line)
    line.down.held = True
    one.sendall(b"answer me")
    quiet = silent(one)
    line.heal()
    one.settimeout(2)
    return quiet and exactly(one, 9) == b"answer me"


def cuts_at_once(line, _echo):
    one = dial(line)
    line.cut()
    return ended(one) == 0 and line.connections == 0


def turns_away(line, _echo):
    line.refusing = True
    try:
        dial(line)
        return False
    except (OSError, AssertionError):
        return True


CLAIMS = [passes_everything_on_unchanged, delays, is_slow, drips, stalls_and_goes_on, swallows_silently,
          swallows_the_end_too, cuts_at_the_byte_on_the_way_there, cuts_at_the_byte_on_the_way_back, takes_the_word_and_loses_the_answer,
          holds_back_and_lets_go, cuts_at_once, turns_away]


def holds(claim, kind):
    echo = Echo()
    with kind(echo.address) as line:
        return claim(line, echo)


def main():
    wrong = [f"{claim.__name__}: it does not" for claim in CLAIMS if not holds(claim, Proxy)]
    wrong += [f"{claim.__name__}: also holds for a proxy that does nothing" for claim in CLAIMS[1:] if holds(claim, Inert)]
    for sentence in wrong:
        print("FAILED", sentence)
    print(f"proxy_selftest: {len(CLAIMS)} claims, each of {len(CLAIMS) - 1} knobs seen to fail")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
