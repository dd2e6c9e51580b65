#!/usr/bin/env python3
"""The checker of histories finds what is missing, doubled, turned round or never sent, and nothing where all is well."""

import sys

sys.dont_write_bytecode = True

from history import History  # noqa: E402


def told(sent=(), acked=(), seen=(), **how):
    """The verdict on what one sender said."""
    history = History()
    for what, numbers in (("sent", sent), ("acked", acked), ("seen", seen)):
        for number in numbers:
            getattr(history, what)("ana", number)
    return " ".join(history.verdict(**how))


def two_senders():
    history = History()
    for sender, number in (("ana", 1), ("bea", 1), ("bea", 2), ("ana", 2)):
        history.sent(sender, number)
        history.acked(sender, number)
        history.seen(sender, number)
    history.sent("bea", 3)
    history.acked("bea", 3)
    return " ".join(history.verdict())


CASES = [  # name, what is said, words that must be in the verdict ("" for none)
    ("all is well", told([1, 2, 3], [1, 2, 3], [1, 2, 3]), ""),
    ("what was not acknowledged may come", told([1, 2, 3], [1], [1, 2]), ""),
    ("what was not acknowledged may be lost", told([1, 2, 3], [1, 2], [1, 2]), ""),
    ("gaps in the middle that nobody promised", told([1, 2, 3], [1, 3], [1, 3]), ""),
    ("missing at the end", told([1, 2, 3], [1, 2, 3], [1, 2]), "1 acknowledged and lost: 3"),
    ("missing in the middle", told([1, 2, 3], [1, 2, 3], [1, 3]), "lost: 2"),
    ("missing, all of them", told([1, 2], [1, 2], []), "2 acknowledged and lost: 1, 2"),
    ("doubled at once", told([1, 2], [1, 2], [1, 2, 2]), "1 came more than once: 2"),
    ("doubled later", told([1, 2], [1, 2], [1, 2, 1]), "came more than once: 1"),
    ("doubled without an acknowledgement", told([1], [], [1, 1]), "came more than once: 1"),
    ("reordered", told([1, 2, 3], [1, 2, 3], [1, 3, 2]), "1 times out of order: (3, 2)"),
    ("never sent", told([1], [1], [1, 7]), "never sent: 7"),
    ("a gap that was told", told([1, 2, 3], [1, 2, 3], [1, 3], gaps_allowed=True), ""),
    ("a gap that was told, and turned round", told([1, 2, 3], [], [3, 1], gaps_allowed=True), "out of order"),
    ("a gap that was told, and doubled", told([1, 2, 3], [], [1, 3, 3], gaps_allowed=True), "more than once"),
    ("two senders have no order between them, and each its own loss", two_senders(), "bea: 1 acknowledged and lost: 3"),
]


def main():
    wrong = [f"{name}: {said!r}" for name, said, words in CASES if (words not in said) or (said and not words)]
    for sentence in wrong:
        print("FAILED", sentence)
    print(f"history_selftest: {len(CASES)} histories")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
