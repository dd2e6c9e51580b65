"""The measures of many sessions: connect, idle_memory, idle_cost, storm."""
import statistics
import subprocess
import time

from programs import ROUNDS, Broker, bench_binary, line_of, our_rate, our_round_trip, program, vm_rss


def connect():
    def ours(stage):
        caller = program(bench_binary('hawser_load'), 'connect', stage.broker.invite(), 200)
        return float(line_of(caller, 'p50'))

    def theirs(stage):
        server = program(bench_binary('bare_load'), 'serve')
        caller = program(bench_binary('bare_load'), 'connect', line_of(server, 'port'), 200)
        try:
            return float(line_of(caller, 'p50'))
        finally:
            server.kill(), caller.kill()

    return dict(unit='ms p50', more_is_better=False, peer='bare mutual-TLS QSslSocket, first byte', ours=ours, theirs=theirs)


def idle_memory(count=1000):
    def ours(stage):
        broker = Broker(stage.fresh('idle-broker'))
        caller = program(bench_binary('hawser_load'), 'idle', broker.invite(uses=count // 50 + 1), count)
        line_of(caller, 'first')
        before = vm_rss(broker.pid)
        line_of(caller, 'all')
        after = vm_rss(broker.pid)
        caller.kill(), broker.stop()
        return (after - before) / count

    def theirs(stage):
        server = program(bench_binary('bare_load'), 'serve')
        port = line_of(server, 'port')
        first = program(bench_binary('bare_load'), 'idle', port, 1)
        line_of(first, 'all')
        before = vm_rss(server.pid)
        caller = program(bench_binary('bare_load'), 'idle', port, count)
        line_of(caller, 'all')
        after = vm_rss(server.pid)
        first.kill(), caller.kill(), server.kill()
        return (after - before) / count

    return dict(unit='KiB a session', more_is_better=False, peer='bare QSslSocket server', ours=ours, theirs=theirs)


def idle_cost(count=5000, programs=2):
    """How many times worse a broker is with so many idle sessions than one with none: the worse of two measures."""

    def run(stage):
        crowded, empty = Broker(stage.fresh('crowded')), Broker(stage.fresh('empty'))
        uses = count // programs // 50 + 1
        crowd = [program(bench_binary('hawser_load'), 'idle', crowded.invite(uses=uses), count // programs)
                 for _ in range(programs)]
        for one in crowd:
            line_of(one, 'all')
        rates, trips = {crowded: [], empty: []}, {crowded: [], empty: []}
        for _ in range(ROUNDS):
            for broker in (crowded, empty):
                rates[broker].append(our_rate(broker, 100, 3_000_000))
                trips[broker].append(our_round_trip(broker, 10000)[0])
        assert all(one.poll() is None for one in crowd), 'the idle sessions did not last'
        for one in crowd:
            one.kill()
        crowded.stop(), empty.stop()
        median = {broker: (statistics.median(rates[broker]), statistics.median(trips[broker])) for broker in rates}
        stage.note(f'oneway_100 {median[crowded][0]:,.0f} with {count} idle sessions, {median[empty][0]:,.0f} without')
        stage.note(f'call_rtt p50 {median[crowded][1]} us with, {median[empty][1]} us without')
        return [max(median[empty][0] / median[crowded][0], median[crowded][1] / median[empty][1])], [1.0]

    return dict(unit='times', more_is_better=False, peer='the same broker with none', run=run)


def storm(count=2000):
    """Seconds from the kill of a broker until each of its clients has been answered again by the next."""

    def ours(stage):
        folder = stage.fresh('storm')
        broker = Broker(folder)
        link = broker.invite(uses=count // 50 + 2)
        clients = program(bench_binary('hawser_load'), 'storm', link, count)
        line_of(clients, 'all')
        probe = program(bench_binary('hawser_load'), 'probe', link, stdin=subprocess.PIPE)
        line_of(probe, 'ready')
        start = time.monotonic()
        broker.process.kill()
        broker.process.wait()
        again = Broker(folder, port=broker.port)
        tries = line_of(clients, 'tries')
        line_of(clients, 'served')
        took = time.monotonic() - start
        probe.stdin.close()
        probes = line_of(probe, 'probes')
        stage.note(f'at most {tries} tries in the first second; a session beside: p99 {line_of(probe, "p99")} ms of {probes}')
        clients.wait(), probe.wait(), again.stop()
        return took

    def theirs(stage):
        server = program(bench_binary('bare_load'), 'serve')
        caller = program(bench_binary('bare_load'), 'connect', line_of(server, 'port'), 200)
        try:
            return float(line_of(caller, 'p50')) * count / 1000
        finally:
            server.kill(), caller.kill()

    return dict(unit='s', more_is_better=False, peer='as many bare QSslSocket handshakes, one by one', ours=ours, theirs=theirs)
