"""What can be seen from outside: files, hashes, and databases that are only read."""

import glob
import hashlib
import ipaddress
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
    """The TCP connections of a process that are up, as ("10.0.0.1", 80) of the far end. Its network may have others."""
    own = {os.readlink(file) for file in glob.glob(f"/proc/{pid}/fd/*") if os.path.islink(file)}
    ends = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}", encoding="ascii") as lines:
            for _, _, far, state, *rest in (line.split() for line in lines.read().splitlines()[1:]):
                host, port = far.split(":")
                if state == "01" and f"socket:[{rest[5]}]" in own:
                    words = [int(host[at:at + 8], 16).to_bytes(4, "little") for at in range(0, len(host), 8)]
                    ends.append((str(ipaddress.ip_address(b"".join(words))), int(port, 16)))
    return ends


def pinned_brokers(folder):
    """The keys of the brokers a person's folder has pinned."""
    keys = []
    for path in sorted(glob.glob(os.path.join(folder, "locations", "*", "broker.pub"))):
        with open(path, encoding="ascii") as file:
            keys += file.read().split()[:1]
    return keys
