"""durable_100: messages a second from publish to acknowledgement, on a real disk, with a million already there."""
import os
import shutil
import subprocess
import tempfile

from programs import BUILD, Broker, Nats, bench_binary, line_of, program

STORED = 1_000_000
COUNT = 1_000_000
WINDOW = 65_536  # unacknowledged at once, on both sides

LIMITS = """[mailbox]
items = 1000000000
bytes = 100000000000
sender_items = 1000000000
sender_bytes = 100000000000
"""


def disk_folder(name):
    """Not on tmpfs, where a sync costs nothing."""
    return tempfile.TemporaryDirectory(prefix=f'hawser-{name}-', dir=BUILD)


def durable():
    def ours(stage):
        mailer = BUILD / 'tests' / 'mailer'
        with disk_folder('durable') as folder:
            config = os.path.join(folder, 'brokerd.toml')
            with open(config, 'w') as out:
                out.write(LIMITS)
            for name in ('broker', 'ana', 'bea'):
                os.mkdir(os.path.join(folder, name), 0o700)
            data = os.path.join(folder, 'broker')
            subprocess.run([mailer, 'fill', os.path.join(data, 'mailbox.sqlite'), str(STORED)], check=True)
            broker = Broker(data, config=config)
            try:
                taker = program(mailer, 'take', os.path.join(folder, 'bea'), broker.invite())
                key = line_of(taker, 'key')
                line_of(taker, 'ready')
                taker.kill()
                os.environ['MAILER_QUIET'] = '1'
                poster = program(mailer, 'post', os.path.join(folder, 'ana'), broker.invite(), key, COUNT, 100, WINDOW)
                return float(line_of(poster, 'rate'))
            finally:
                broker.stop()

    def theirs(stage):
        with disk_folder('jetstream') as folder:
            store = os.path.join(folder, 'store')
            nats = Nats(stage.fresh('jetstream'), f'jetstream {{ store_dir: "{store}", max_file_store: 10000000000 }}\n')
            try:
                load = program(bench_binary('nats_load'), 'jetstream', nats.url, nats.ca, STORED, COUNT, 100, WINDOW)
                return float(line_of(load, 'rate'))
            finally:
                nats.stop()
                shutil.rmtree(store, ignore_errors=True)

    return dict(unit='messages/s', more_is_better=True, peer='JetStream on file, published asynchronously, TLS, no sync',
                ours=ours, theirs=theirs)
