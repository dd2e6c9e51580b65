"""A client of Hawser in a few lines, written from docs/protocol.md alone: it shares nothing with the programs it talks to."""

import hashlib
import os
import secrets
import socket
import ssl
import struct
import subprocess
import time

HELLO, WELCOME, ACK, PING, PONG, GOAWAY, LANE, OPENS = range(1, 9)
OPEN, DATA, CREDIT, CLOSE = range(16, 20)
MORE, END, ONE_WAY = 1, 2, 4
TALK, FILE, COMMAND, TOPIC, ADMIN = range(1, 6)
NOBODY = bytes(32)
SECONDS = 10


class Closed(Exception):
    """The other side ended the connection; .reason is that of its GOAWAY, None when it gave none."""

    def __init__(self, reason=None, sentence=""):
        super().__init__(f"closed ({reason}: {sentence})")
        self.reason = reason


# ---- values (§4): only what this client writes, and everything msgpack that it may be sent

def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        for limit, code in ((128, None), (1 << 8, ">BB"), (1 << 16, ">BH"), (1 << 32, ">BI"), (1 << 64, ">BQ")):
            if 0 <= value < limit:
                return struct.pack(code, 0xCC + (">BB", ">BH", ">BI", ">BQ").index(code), value) if code else bytes([value])
        return struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0xA0 | len(text)]) if len(text) < 32 else struct.pack(">BH", 0xDA, len(text))) + text
    if isinstance(value, bytes):
        return struct.pack(">BH", 0xC5, len(value)) + value
    if isinstance(value, list):
        return struct.pack(">BH", 0xDC, len(value)) + b"".join(map(pack, value))
    return struct.pack(">BH", 0xDE, len(value)) + b"".join(pack(key) + pack(each) for key, each in value.items())


def unpack(data):
    value, at = _unpack(data, 0)
    assert at == len(data), "bytes after the value"
    return value


def _unpack(data, at):
    code, at = data[at], at + 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 256, at
    if code < 0x90:
        return _map(data, at, code & 15)
    if code < 0xA0:
        return _list(data, at, code & 15)
    if code < 0xC0:
        return data[at:at + (code & 31)].decode(), at + (code & 31)
    if code in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[code], at
    numbers = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
    if code in numbers:
        size = struct.calcsize(numbers[code])
        return struct.unpack(numbers[code], data[at:at + size])[0], at + size
    sizes = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
    count, at = int.from_bytes(data[at:at + sizes[code]], "big"), at + sizes[code]
    if code >= 0xDE:
        return _map(data, at, count)
    if code >= 0xDC:
        return _list(data, at, count)
    part = data[at:at + count]
    return (part.decode() if code >= 0xD9 else part), at + count


def _list(data, at, count):
    items = []
    for _ in range(count):
        item, at = _unpack(data, at)
        items.append(item)
    return items, at


def _map(data, at, count):
    members = {}
    for _ in range(count):
        key, at = _unpack(data, at)
        members[key], at = _unpack(data, at)
    return members, at


# ---- who one is (§1, §2)

ED25519_HEAD = bytes.fromhex("302e020100300506032b657004220420")  # of a PKCS #8 key; its 32-byte seed follows


def key_of(certificate):
    """The raw Ed25519 key in a certificate's DER: what follows its algorithm and the head of the bit string."""
    head = bytes.fromhex("300506032b6570032100")
    at = certificate.index(head) + len(head)
    return certificate[at:at + 32]


class Identity:
    """A key, a new one unless its seed is said, with a certificate that begins today, as PEM files in a folder."""

    def __init__(self, folder, name, days=36500, seed=None):
        self.name = name
        self.pem = os.path.join(folder, name + ".pem")
        self.secret = os.path.join(folder, name + ".key")
        with open(self.secret, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(ssl.DER_cert_to_PEM_cert(ED25519_HEAD + (seed or secrets.token_bytes(32))).replace("CERTIFICATE", "PRIVATE KEY"))
        subprocess.run(["openssl", "req", "-x509", "-key", self.secret, "-days", str(days), "-subj", "/CN=somebody", "-out", self.pem],
                       check=True, capture_output=True)
        with open(self.pem, encoding="ascii") as file:
            self.key = key_of(ssl.PEM_cert_to_DER_cert(file.read()))
        self.device, self.session = secrets.token_bytes(8), secrets.token_bytes(8)


def blake(*parts):
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


# ---- a connection (§3, §5, §6, §8, §9)

class Peer:
    """One connection and the one link it carries."""

    def __init__(self, address, identity, pinned=None, version=ssl.TLSVersion.TLSv1_3):
        host, port = address.rsplit(":", 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = version
        if identity:
            context.load_cert_chain(identity.pem, identity.secret)
        self.identity = identity
        self.socket = context.wrap_socket(socket.create_connection((host, int(port)), SECONDS))
        self.other = key_of(self.socket.getpeercert(binary_form=True))
        if pinned and self.other != pinned:
            raise Closed(sentence="another key lives there")
        self.next, self.taken, self.waiting, self.streams = 1, 0, b"", {}

    def send(self, kind, payload=b"", stream=0, flags=0):
        self.raw(struct.pack(">IBBHI", len(payload), kind, flags, 0, stream) + payload)

    def raw(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Closed(sentence=str(error)) from None

    def frame(self):
        """The next frame as it came: (type, flags, stream, payload)."""
        while len(self.waiting) < 12 or len(self.waiting) < 12 + struct.unpack(">I", self.waiting[:4])[0]:
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(sentence=str(error)) from None
            if not more:
                raise Closed
            self.waiting += more
        length, kind, flags, _, stream = struct.unpack(">IBBHI", self.waiting[:12])
        payload, self.waiting = self.waiting[12:12 + length], self.waiting[12 + length:]
        if kind == GOAWAY:
            raise Closed(payload[0], payload[5:].decode())
        return kind, flags, stream, payload

    def hello(self, **changed):
        said = {"protocol": 1, "role": 1, "name": self.identity.name, "program": "stranger 1", "device": self.identity.device,
                "session": self.identity.session, "link": secrets.token_bytes(16), "connection": 1, **changed}
        self.send(HELLO, pack(said))
        kind, _, _, payload = self.frame()
        assert kind == WELCOME, kind
        return unpack(payload)

    def step(self):
        """Takes one frame and does what keeps a link alive; the frame, if it belongs to a stream."""
        kind, flags, stream, payload = self.frame()
        if kind == PING:
            self.send(PONG, payload)
        if stream == 0:
            return None
        self.taken += 1
        self.send(ACK, struct.pack(">Q", self.taken))
        if kind == DATA:
            used = self.streams[stream] = self.streams.get(stream, 0) + len(payload) + 16
            self.send(CREDIT, struct.pack(">Q", used + 65536), stream)
        return kind, flags, stream, payload

    def open(self, name, parameters=None, to=NOBODY, kind=COMMAND, flags=0, stream=None, block=bytes(16)):
        if stream is None:
            stream, self.next = self.next, self.next + 2
        body = pack(parameters or {})
        self.send(OPEN, to + block + struct.pack(">BIB", kind, 0, len(name)) + name.encode() + struct.pack(">I", len(body)) +
                  body + bytes(8), stream, flags)
        return stream

    def answer(self, stream, each=lambda data: None, seconds=SECONDS):
        """Waits for the CLOSE of a stream: Answer. Hands out its messages; None when each(message) says that it is enough."""
        deadline, message = time.monotonic() + seconds, b""
        while time.monotonic() < deadline:
            came = self.step()
            if not came or came[2] != stream:
                continue
            kind, flags, _, payload = came
            if kind == DATA:
                message += payload
                if not flags & MORE and each(message):
                    return None
                message = message if flags & MORE else b""
            if kind == CLOSE:
                return Answer(payload)
        raise TimeoutError(f"no answer on stream {stream}")

    def call(self, name, parameters=None, to=NOBODY, kind=COMMAND):
        return self.answer(self.open(name, parameters, to, kind, END))

    def close(self):
        self.socket.close()


class Answer:
    """A CLOSE (§9): code, who says so, sentence, result."""

    def __init__(self, payload):
        self.code, self.begun, self.who, _, length = struct.unpack(">BBBBH", payload[:6])
        self.sentence = payload[6:6 + length].decode()
        body = payload[6 + length:]
        self.result = unpack(body[4:4 + int.from_bytes(body[:4], "big")]) if body else {}

    def __repr__(self):
        return f"Answer({self.code}, {self.sentence!r}, {self.result})"


class Request:
    """request/1 as a person (§7): asks at once."""

    def __init__(self, peer, secret=None, request=None, reveal=None):
        self.peer, self.nonce, self.reveal = peer, secrets.token_bytes(32), reveal
        self.number, self.theirs = "", b""
        said = {"kind": 1, "id": request or secrets.token_bytes(16), "claim": peer.identity.name, "rights": ["member"],
                "commitment": blake(b"hawser commit/1", peer.identity.key, peer.other, self.nonce)}
        if secret:
            said["invitation"] = secret
        self.stream = peer.open("request/1", said, kind=TALK)

    def _told(self, message):
        if not self.number:
            self.theirs = unpack(message)["nonce"]
            digest = blake(b"hawser number/1", self.peer.identity.key, self.peer.other, self.nonce, self.theirs)
            self.number = f"{int.from_bytes(digest[:8], 'big') % 1000000:06}"
            self.peer.send(DATA, pack({"nonce": self.reveal or self.nonce}), self.stream)
        return True

    def compare(self):
        """Waits for the six digits that both sides know."""
        self.peer.answer(self.stream, self._told)
        return self.number

    def answer(self, seconds=SECONDS):
        """Waits for yes or no."""
        return self.peer.answer(self.stream, lambda message: self._told(message) and False, seconds)
