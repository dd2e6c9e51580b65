"""Many light peers in one Python thread, written from docs/protocol.md as stranger.py is: they dial, serve, call and come again.

    async with Light(address, identity) as ana:
        ana.serve("tick", lambda caller, parameters: {"n": parameters["n"]})
        answer = await ana.call("tick", {"n": 1}, to=bea_key, kind=TALK)

No call is made again by itself: a proof must see what was lost.
"""

import asyncio
import base64
import collections
import logging
import random
import secrets
import ssl
import struct
import time

from stranger import (ACK, CLOSE, COMMAND, CREDIT, DATA, END, GOAWAY, HELLO, MORE, NOBODY, ONE_WAY, OPEN, OPENS, PING, PONG,
                      TALK, WELCOME, Answer, Closed, blake, key_of, pack, unpack)

logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # lines that are cut are its daily bread

UNIMPLEMENTED = 12
DRAINING, LEAVING = 1, 2
FIRST_CREDIT, FRAME_COST, MOST_PAYLOAD = 65536, 16, 65536
WINDOW = 120  # seconds, as docs/protocol.md §12


def context_of(identity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(identity.pem, identity.secret)
    return context


def frame_of(kind, payload=b"", stream=0, flags=0):
    return struct.pack(">IBBHI", len(payload), kind, flags, 0, stream) + payload


class Stream:
    """One we opened: messages as they come, then the answer."""

    def __init__(self, number, light):
        self.number, self.light = number, light
        self.allowed, self.said = FIRST_CREDIT, 0
        self.messages = asyncio.Queue()
        self.answer = asyncio.get_running_loop().create_future()
        self.part, self.used = b"", 0

    async def message(self, seconds=10):
        """The next one, or the Closed of a link that is over."""
        came = asyncio.ensure_future(self.messages.get())
        await asyncio.wait({came, self.light.closed, self.answer}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if came.done():
            return unpack(came.result())
        came.cancel()
        if self.light.closed.done():
            raise self.light.closed.result()
        if self.answer.done():
            raise Closed(sentence=f"the stream ended: {self.answer.result()}")
        raise TimeoutError("no message")

    async def say(self, message):
        """Sends one as far as the other side lets, and waits for it to let more."""
        data = pack(message)
        while data:
            room = min(self.allowed - self.said - FRAME_COST, MOST_PAYLOAD)
            if room <= 0:
                await asyncio.sleep(0.001)
                if self.light.closed.done():
                    raise self.light.closed.result()
                continue
            part, data = data[:room], data[room:]
            self.said += len(part) + FRAME_COST
            self.light.send(DATA, part, self.number, MORE if data else 0)
        await self.light.drain()


class Light:
    """A program of one person with one link: on one connection or, if it resumes (§5.7), on one after the other."""

    def __init__(self, address, identity, context=None, pinned=None, resumes=False, device=None):
        self.address, self.identity, self.pinned, self.resumes = address, identity, pinned, resumes
        self.context = context or context_of(identity)
        self.session, self.device = secrets.token_bytes(8), device or secrets.token_bytes(8)  # a device has one link
        self.handlers, self.streams = {}, {}
        self.link, self.connection = secrets.token_bytes(16), 0
        self.next, self.taken, self.acked = 1, 0, 0
        self.kept, self.acknowledged = collections.deque(), 0  # counted frames that the other side may not have
        self.standing, self.closed, self.reading, self.writer, self.resumed = 0, None, None, None, 0
        self.may_open = 0
        self.draining = None  # ms to stay away, once the other side has said that it stops
        self.dropped = 0  # frames of streams that are not open

    async def __aenter__(self):
        await self.dial()
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def dial(self, seconds=10):
        self.closed = asyncio.get_running_loop().create_future()
        await self._connect(seconds)
        self.reading = asyncio.create_task(self._live())

    async def _connect(self, seconds, **changed):
        """One connection and its greeting; what was kept is written again if the link goes on."""
        host, port = self.address.rsplit(":", 1)
        opening = asyncio.open_connection(host, int(port), ssl=self.context, ssl_shutdown_timeout=1)
        self.reader, writer = await asyncio.wait_for(opening, seconds)
        self.other = key_of(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        if self.pinned and self.other != self.pinned:
            raise Closed(sentence="another key lives there")
        self.connection += 1
        said = {"protocol": 1, "role": 1, "name": self.identity.name, "program": "light 1", "device": self.device,
                "session": self.session, "link": self.link, "connection": self.connection, "taken": self.taken,
                "opens": 1 << 40, "features": ["resume"] if self.resumes else [], **changed}
        writer.write(frame_of(HELLO, pack(said)))
        kind, _, _, payload = await asyncio.wait_for(self.frame(), seconds)
        if kind != WELCOME:
            raise Closed(sentence=f"type {kind} instead of WELCOME")
        self.welcome = unpack(payload)
        self.standing = self.welcome["standing"]
        self.may_open = max(self.may_open, self.welcome.get("opens", 1024))
        self.writer = writer
        if self.welcome.get("resumed"):
            self.resumed += 1
            self._acknowledged(self.welcome["taken"])
            writer.write(b"".join(self.kept))
        elif self.connection > 1:
            raise Closed(sentence="the link is not known any more")

    def _acknowledged(self, count):
        assert self.acknowledged <= count <= self.acknowledged + len(self.kept), "counts that cannot be true"
        for _ in range(count - self.acknowledged):
            self.kept.popleft()
        self.acknowledged = count

    async def close(self):
        """As a program that is gone."""
        if self.reading:
            self.reading.cancel()
        if self.writer:
            self.writer.close()
            try:
                await self.writer.wait_closed()
            except (OSError, ssl.SSLError):
                pass

    # ---- calling and serving

    def serve(self, name, handler):
        """handler(caller's key, parameters) -> result, at once; or an awaitable of it."""
        self.handlers[name] = handler

    def open(self, name, parameters=None, to=NOBODY, kind=COMMAND, flags=0):
        stream = Stream(self.next, self)
        self.next += 2  # numbers are not used again: no proof opens 65 536
        if not flags & ONE_WAY:
            self.streams[stream.number] = stream
        body = pack(parameters or {})
        self.send(OPEN, to + bytes(16) + struct.pack(">BIB", kind, 0, len(name)) + name.encode() +
                  struct.pack(">I", len(body)) + body + bytes(8), stream.number, flags)
        return stream

    async def call(self, name, parameters=None, to=NOBODY, kind=COMMAND, seconds=10):
        """Waits until the other side takes one more OPEN, then for the answer."""
        while self.next // 2 >= self.may_open and not self.closed.done():
            await asyncio.sleep(0.001)
        return await asyncio.wait_for(self.open(name, parameters, to, kind, END).answer, seconds)

    def send(self, kind, payload=b"", stream=0, flags=0):
        frame = frame_of(kind, payload, stream, flags)
        if stream and self.resumes:
            self.kept.append(frame)
        if self.writer:
            self.writer.write(frame)

    async def drain(self):
        """Waits until not too much lies in the socket."""
        try:
            if self.writer:
                await self.writer.drain()
        except (OSError, ssl.SSLError):
            pass  # the reader hears of it

    # ---- frames

    async def frame(self):
        try:
            length, kind, flags, _, stream = struct.unpack(">IBBHI", await self.reader.readexactly(12))
            payload = await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError, ssl.SSLError) as error:
            raise Closed(sentence=str(error)) from None
        if kind == GOAWAY and payload[0] != DRAINING:
            closed = Closed(payload[0], payload[5:].decode())
            closed.retry = int.from_bytes(payload[1:5], "big")
            raise closed
        return kind, flags, stream, payload

    async def _live(self):
        """Reads until the link is over; a connection that is gone is replaced by the next one."""
        why = None
        while why is None or self.resumes and why.reason is None:
            try:
                if why:
                    await self._again()
                while True:
                    self._take(*await self.frame())
            except Closed as closed:
                why = closed
                if "not known any more" in str(closed):
                    break
        self._over(why)

    async def _again(self):
        self.writer.transport.abort()
        self.writer = None
        until = time.monotonic() + WINDOW
        while True:
            await asyncio.sleep(random.uniform(0, 0.2))
            try:
                return await self._connect(10)
            except (OSError, ssl.SSLError, TimeoutError) as error:
                if time.monotonic() > until:
                    raise Closed(LEAVING, f"not resumed in time: {error}") from None

    def _over(self, why):
        self.closed.set_result(why)
        for stream in self.streams.values():
            if not stream.answer.done():
                stream.answer.set_exception(why)
                stream.answer.exception()  # whoever waits hears it, nobody else must

    def _take(self, kind, flags, stream, payload):
        if stream:
            self.taken += 1
            if self.taken - self.acked >= 64 or kind in (OPEN, CLOSE):
                self.acked = self.taken
                self.send(ACK, struct.pack(">Q", self.taken))
        if kind == PING:
            self.send(PONG, payload)
        elif kind == GOAWAY:
            self.draining = int.from_bytes(payload[1:5], "big")
        elif kind == OPENS:
            self.may_open = int.from_bytes(payload, "big")
        elif kind == ACK and self.resumes:
            self._acknowledged(int.from_bytes(payload, "big"))
        elif kind == CREDIT and stream in self.streams:
            self.streams[stream].allowed = max(self.streams[stream].allowed, int.from_bytes(payload, "big"))
        elif kind == OPEN:
            asyncio.ensure_future(self._serve(stream, flags, payload))
        elif kind in (DATA, CLOSE):
            self._answered(kind, flags, self.streams.get(stream), payload)

    def _answered(self, kind, flags, stream, payload):
        if not stream:
            self.dropped += 1
        elif kind == CLOSE:
            del self.streams[stream.number]
            if not stream.answer.done():
                stream.answer.set_result(Answer(payload))
        else:
            stream.used += len(payload) + 16
            self.send(CREDIT, struct.pack(">Q", stream.used + 65536), stream.number)
            stream.part += payload
            if not flags & MORE:
                stream.messages.put_nowait(stream.part)
                stream.part = b""

    async def _serve(self, stream, flags, payload):
        caller, length = payload[:32], payload[53]
        name, body = payload[54:54 + length].decode(), payload[54 + length:]
        parameters = unpack(body[4:4 + int.from_bytes(body[:4], "big")]) if body else {}
        handler = self.handlers.get(name)
        result = handler(caller, parameters) if handler else None
        if asyncio.iscoroutine(result):
            result = await result
        if flags & ONE_WAY:
            return
        code = 0 if handler else UNIMPLEMENTED
        body = pack(result or {})
        head = struct.pack(">BBBBH", code, 0, 1, 0, 0)
        self.send(CLOSE, head + struct.pack(">I", len(body)) + body + bytes(8), stream)


def secret_of(link):
    """What an invitation's link proves (§10.2)."""
    return base64.urlsafe_b64decode(link.strip().rsplit("/", 1)[1] + "==")


async def let_in(address, identity, secret):
    """A stranger comes in by an invitation's secret; whether it did."""
    light = Light(address, identity)
    await light.dial()
    nonce = secrets.token_bytes(32)
    said = {"kind": 1, "id": secrets.token_bytes(16), "claim": light.identity.name, "rights": ["member"],
            "commitment": blake(b"hawser commit/1", light.identity.key, light.other, nonce), "invitation": secret}
    stream = light.open("request/1", said, kind=TALK)
    try:
        return (await asyncio.wait_for(stream.answer, 10)).code == 0
    except Closed as closed:
        return closed.reason == LEAVING  # let in: come again (§7.9)
    finally:
        await light.close()
