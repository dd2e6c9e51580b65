"""A TCP proxy of ours: a bad line between two programs, worse or better while they talk.

    with Proxy(broker_address) as line:
        ...dial line.address...
        line.up.delay = 0.2            # seconds; up: to the target, down: from it
        line.down.rate = 50_000        # bytes a second
        line.up.drip = 1               # so many bytes at a time, a thousand times a second
        line.down.stalled = True       # is not read (but for a first piece): the other side's buffers fill
        line.swallow()                 # half-open: everything is taken and nothing arrives, nobody is told
        line.down.cut_after(1000)      # every connection ends when so many more bytes have passed this way
        line.down.held = True          # what comes back is taken and kept: released later, or lost in a cut
        line.cut()                     # all connections, now, as a power cord does (RST)
        line.refusing = True           # whoever dials is turned away

Order and content never change. Everything is in one thread; knobs are set from any other.
"""

import asyncio
import socket
import struct
import threading

PIECE = 64 * 1024
DROP = 0.001  # seconds between drops
LOOK = 0.01  # seconds between looks at a knob that stops everything


class Way:
    """One direction. The knobs hold for all connections, those there are and those to come."""

    def __init__(self):
        self.delay = 0.0
        self.rate = 0
        self.drip = 0
        self.stalled = False
        self.swallowed = False
        self.held = False
        self.passed = 0  # bytes, all connections together
        self.taken = 0  # bytes that came, whatever became of them
        self._cut_at = None

    def cut_after(self, count):
        """The connection on which byte number `count` from now passes ends behind that byte; None: no more."""
        self._cut_at = None if count is None else self.passed + count

    def room(self):
        """How many bytes may pass before the cut."""
        return None if self._cut_at is None else max(0, self._cut_at - self.passed)


class Proxy:
    def __init__(self, target, host="127.0.0.1"):
        self.target = target
        self.up, self.down = Way(), Way()
        self.refusing = False
        self.dialled = 0  # connections that came
        self.cuts = 0  # connections that were cut by us
        self._pairs = {}
        self._loop = asyncio.new_event_loop()
        self._server = socket.create_server((host, 0), backlog=1024)
        self._server.setblocking(False)
        self.address = "%s:%d" % self._server.getsockname()[:2]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._soon(self._end)
        self._thread.join()

    # ---- what a test does

    def cut(self, politely=False):
        """Ends all connections: with RST, or after everything that came was passed on. Waits until it is done."""
        done = threading.Event()
        self._soon(lambda: (self._cut_all(politely), done.set()))
        done.wait()

    def swallow(self, yes=True):
        """Half-open, as a cable that was pulled: both sides stay connected and hear nothing."""
        self.up.swallowed = self.down.swallowed = yes

    def heal(self):
        """A good line again, for connections that are still there too; what was held back follows."""
        for way in (self.up, self.down):
            way.delay, way.rate, way.drip = 0.0, 0, 0
            way.stalled = way.swallowed = way.held = False
            way.cut_after(None)
        self.refusing = False

    @property
    def connections(self):
        return len(self._pairs)

    # ---- how

    def _soon(self, work):
        self._loop.call_soon_threadsafe(work)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._accept())
        self._loop.run_forever()
        self._loop.run_until_complete(asyncio.sleep(0))  # what was cancelled says good-bye
        self._loop.close()

    def _end(self):
        self._cut_all(False)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._server.close()
        self._loop.call_soon(self._loop.stop)

    async def _accept(self):
        while True:
            here, _ = await self._loop.sock_accept(self._server)
            self.dialled += 1
            if self.refusing:
                _reset(here)
            else:
                self._loop.create_task(self._serve(here))

    async def _serve(self, here):
        host, port = self.target.rsplit(":", 1)
        there = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        for each in (here, there):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = self._pairs[here] = [here, there]
        try:
            await self._loop.sock_connect(there, (host.strip("[]"), int(port)))
            for source, sink, way in ((here, there, self.up), (there, here, self.down)):
                line = asyncio.Queue(16)
                pair += [asyncio.ensure_future(self._take(source, line, way)),
                         asyncio.ensure_future(self._pass(line, sink, way))]
            await asyncio.gather(*pair[2:])
            for each in (here, there):
                each.close()
        except Cut:
            self.cuts += 1
            self._drop(here)
        except OSError:
            self._drop(here)
        finally:
            self._pairs.pop(here, None)

    async def _take(self, source, line, way):
        """Puts what comes, and when it is due, on a line of its own: so a delay slows nothing."""
        while True:
            data = await self._heard(source)
            way.taken += len(data)
            while way.stalled or way.swallowed and not data:
                await asyncio.sleep(LOOK)  # who goes while all is swallowed is not told of either
            if not way.swallowed:
                await line.put((self._loop.time() + way.delay, data))
            if not data:
                return

    async def _heard(self, source):
        """What came; nothing at its end, however it ended."""
        try:
            return await self._loop.sock_recv(source, PIECE)
        except OSError:
            return b""

    async def _pass(self, line, sink, way):
        while True:
            due, data = await line.get()
            if due > self._loop.time():
                await asyncio.sleep(due - self._loop.time())
            while way.held:
                await asyncio.sleep(LOOK)
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            while data:
                piece = data[:way.drip or way.rate // 20 or PIECE]
                await self._write(sink, piece, way)
                data = data[len(piece):]
                await asyncio.sleep(len(piece) / way.rate if way.rate else DROP if way.drip else 0)

    async def _write(self, sink, data, way):
        room = way.room()
        if room is not None and room <= len(data):
            data = data[:room]
        if data:
            way.passed += len(data)
            await self._loop.sock_sendall(sink, data)
        if room is not None and way.room() == 0:
            way.cut_after(None)  # one connection is enough
            raise Cut

    def _cut_all(self, politely):
        for here in list(self._pairs):
            if politely:
                for each in self._pairs[here][:2]:
                    _quietly(lambda: each.shutdown(socket.SHUT_RD))
            else:
                self.cuts += 1
                self._drop(here)

    def _drop(self, here):
        pair = self._pairs.pop(here, None)
        if not pair:
            return
        for way in pair[2:]:
            way.cancel()
        for each in pair[:2]:
            self._loop.remove_reader(each)
            self._loop.remove_writer(each)
            _reset(each)


class Cut(Exception):
    """The number of bytes was reached."""


def _reset(one):
    _quietly(lambda: one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)))
    one.close()


def _quietly(work):
    try:
        work()
    except OSError:
        pass
