"""fanout_1k: one publisher, many subscribers, deliveries per second; the same bare subscribers on both sides."""
import re

from programs import Broker, Nats, bench_binary, line_of, program, vm_peak


def fanout(count=1000, messages=10_000, size=100):
    def ours(stage):
        broker = Broker(stage.fresh('fanout-broker'))
        load = bench_binary('fanout_load')
        subscribers = program(load, 'hawser', broker.invite(uses=count // 50 + 1), count, messages)
        line_of(subscribers, 'ready')
        publisher = program(bench_binary('hawser_load'), 'topic', broker.invite(), messages, size)
        try:
            rate = float(line_of(subscribers, 'rate'))
            stage.note(f'ours {rate:,.0f}/s, broker VmHWM {vm_peak(broker.pid) / 1024:.0f} MiB')
            return rate
        finally:
            publisher.kill(), subscribers.kill(), broker.stop()

    def theirs(stage):
        nats = Nats(stage.fresh('fanout-nats'))
        host, port = re.fullmatch(r'tls://(.*):(\d+)', nats.url).groups()
        subscribers = program(bench_binary('fanout_load'), 'nats', host, port, count, messages)
        line_of(subscribers, 'ready')
        publisher = program(bench_binary('nats_load'), 'publish', nats.url, nats.ca, messages, size)
        try:
            rate = float(line_of(subscribers, 'rate'))
            stage.note(f'theirs {rate:,.0f}/s, nats-server VmHWM {vm_peak(nats.pid) / 1024:.0f} MiB')
            return rate
        finally:
            publisher.kill(), subscribers.kill(), nats.stop()

    return dict(unit='deliveries/s', more_is_better=True, peer='nats-server, TLS', ours=ours, theirs=theirs)
