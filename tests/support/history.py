"""What was promised and what came: every proof about loss, doubling and order is judged here, by the same rules.

    history = History()
    history.sent("ana", 1); history.acked("ana", 1); history.seen("ana", 1)
    history.verdict()          # [] or sentences

Numbers of one sender grow; what different senders say has no order among them. Any hashable thing may be a sender.
"""

import threading
from collections import defaultdict


class History:
    def __init__(self):
        self._sent, self._acked, self._seen = defaultdict(set), defaultdict(set), defaultdict(list)
        self._lock = threading.Lock()

    def sent(self, sender, number):
        """It was tried; whether it must come is not known."""
        with self._lock:
            self._sent[sender].add(number)

    def acked(self, sender, number):
        """Its sender was told that it is safe."""
        with self._lock:
            self._acked[sender].add(number)

    def seen(self, sender, number):
        """It took effect at the receiver. Every time counts."""
        with self._lock:
            self._seen[sender].append(number)

    def count(self, what):
        """How many were "sent", "acked" or "seen", all senders together."""
        with self._lock:
            return sum(map(len, getattr(self, "_" + what).values()))

    def missing(self):
        """What was acknowledged and has not been seen, for each sender that has such."""
        with self._lock:
            gaps = {sender: sorted(acked - set(self._seen[sender])) for sender, acked in self._acked.items()}
        return {sender: numbers for sender, numbers in gaps.items() if numbers}

    def verdict(self, gaps_allowed=False):
        """What is wrong, a sentence each.

        gaps_allowed: the acknowledged may be missing (a live subscription that was told of its gap); never doubled or reordered.
        """
        wrong = []
        if not gaps_allowed:
            wrong += [f"{sender}: {len(numbers)} acknowledged and lost: {_some(numbers)}"
                      for sender, numbers in self.missing().items()]
        for sender, seen in self._seen.items():
            doubled = sorted({number for number in seen if seen.count(number) > 1}) if len(set(seen)) < len(seen) else []
            foreign = sorted(set(seen) - self._sent[sender])
            turned = [(one, other) for one, other in zip(seen, seen[1:]) if other < one]
            wrong += [f"{sender}: {len(doubled)} came more than once: {_some(doubled)}"] if doubled else []
            wrong += [f"{sender}: {len(foreign)} were never sent: {_some(foreign)}"] if foreign else []
            wrong += [f"{sender}: {len(turned)} times out of order: {_some(turned)}"] if turned else []
        return wrong


def _some(things, most=8):
    return ", ".join(map(str, things[:most])) + (" …" if len(things) > most else "")
