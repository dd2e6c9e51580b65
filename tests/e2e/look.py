"""What can be seen from outside: files, hashes, and databases that are only read."""

import glob
import hashlib
import os
import sqlite3

HERE = os.path.dirname(os.path.realpath(__file__))


def key_words(key):
    """The six words of a whole key (64 hex digits), computed here and not by the programs."""
    with open(os.path.join(HERE, "..", "..", "resources", "words.txt"), encoding="ascii") as file:
        words = file.read().split()
    bits = int.from_bytes(hashlib.blake2b(bytes.fromhex(key), digest_size=32).digest()[:9], "big") >> 6
    return "-".join(words[bits >> (11 * place) & 2047] for place in range(5, -1, -1))


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def rows(database, query, *values):
    """What a program's database holds; nothing while it is not there."""
    if not os.path.exists(database):
        return []
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def established(pid):
    """The TCP connections a process' network sees as up, as ("10.0.0.1", 80) of the far end."""
    ends = []
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        for line in table.read().splitlines()[1:]:
            _, _, far, state = line.split()[:4]
            host, port = far.split(":")
            if state == "01":
                ends.append((".".join(str(byte) for byte in reversed(bytes.fromhex(host))), int(port, 16)))
    return ends


def pinned_brokers(folder):
    """The keys of the brokers a person's folder has pinned."""
    keys = []
    for path in sorted(glob.glob(os.path.join(folder, "locations", "*", "broker.pub"))):
        with open(path, encoding="ascii") as file:
            keys += file.read().split()[:1]
    return keys
