"""The programs that the measures start: ours, and the peers', on loopback with folders of their own."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get('HAWSER_BENCH_ROUNDS', 3))  # of each side, in turns: machines are noisy
BUILD = pathlib.Path(os.environ.get('HAWSER_BUILD', ROOT / 'build'))


def build():
    subprocess.run(['cmake', '-S', ROOT, '-B', BUILD, '-G', 'Ninja', '-DHAWSER_BENCH=ON'], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', BUILD, 'hawser-brokerd', 'hawser_load', 'bare_load', 'fanout_load', 'nats_load', 'mailer'], check=True,
                   stdout=subprocess.DEVNULL)


def bench_binary(name):
    return BUILD / 'bench' / name


def program(*command, **options):
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, **options)


def line_of(process, word):
    """The rest of the next line that begins with a word; the program's end before it is an error."""
    for line in process.stdout:
        if line.split()[:1] == [word]:
            return line[len(word):].strip()
    raise RuntimeError(f'{process.args} ended without saying "{word}"')


def vm_rss(pid):
    """KiB"""
    return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{pid}/status').read_text())[1])


def vm_peak(pid):
    """KiB"""
    return int(re.search(r'VmHWM:\s+(\d+)', pathlib.Path(f'/proc/{pid}/status').read_text())[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f'nothing listens on port {port}')


class Server:
    def __init__(self, process):
        self.process = process
        self.pid = process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Broker(Server):
    def __init__(self, folder, port=0, config=None):
        self.folder = folder
        self.binary = BUILD / 'bin' / 'hawser-brokerd'
        process = program(self.binary, 'run', '--data', folder, '--listen', f'127.0.0.1:{port}',
                          *(['--config', config] if config else []))
        super().__init__(process)
        for line in process.stdout:
            if 'ready' in line:
                self.port = int(re.search(r'127\.0\.0\.1:(\d+)', line)[1])
                return
        raise RuntimeError('the broker did not start')

    def invite(self, kind='user', uses=1):
        out = subprocess.run([self.binary, 'invite', '--data', self.folder, '--kind', kind, '--uses', str(uses)],
                             check=True, capture_output=True, text=True).stdout
        return re.search(r'hawser:join/\S+', out)[0]


class Nats(Server):
    def __init__(self, folder, more=''):
        self.ca = folder / 'cert.pem'
        key = folder / 'key.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                        '-subj', '/CN=localhost', '-keyout', key, '-out', self.ca], check=True, capture_output=True)
        port = free_port()
        config = folder / 'nats.conf'
        config.write_text(f'listen: 127.0.0.1:{port}\ntls {{ cert_file: "{self.ca}", key_file: "{key}" }}\n'
                          'write_deadline: "60s"\nmax_pending: 2147483647\n' + more)
        self.url = f'tls://127.0.0.1:{port}'
        super().__init__(subprocess.Popen(['nats-server', '-c', config], stderr=subprocess.DEVNULL))
        wait_for_port(port)


class Sshd(Server):
    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o700)
        for name in ('host', 'user'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', folder / name], check=True)
        (folder / 'authorized').write_text((folder / 'user.pub').read_text())
        (folder / 'authorized').chmod(0o600)
        self.port = free_port()
        (folder / 'config').write_text(
            f'Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n'
            'StrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n')
        pathlib.Path('/run/sshd').mkdir(exist_ok=True)
        super().__init__(subprocess.Popen(['/usr/sbin/sshd', '-D', '-f', folder / 'config'], stderr=subprocess.DEVNULL))
        wait_for_port(self.port)

    def options(self):
        return ['-i', str(self.folder / 'user'), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
                '-o', 'LogLevel=ERROR', '-c', 'aes128-gcm@openssh.com']

    def scp(self, source, target):
        return ['scp', '-q', '-P', str(self.port), *self.options(), str(source), f'127.0.0.1:{target}/']

    def rsync(self, source, target):
        shell = ' '.join(['ssh', '-p', str(self.port), *self.options()])
        return ['rsync', '-a', '-e', shell, str(source), f'127.0.0.1:{target}/']


def our_rate(broker, size, count):
    """messages/s, from one program through the broker to another"""
    link = broker.invite(uses=2)
    subscriber = program(bench_binary('hawser_load'), 'subscribe', link, count)
    key = line_of(subscriber, 'key')
    publisher = program(bench_binary('hawser_load'), 'publish', link, key, count, size)
    try:
        return float(line_of(subscriber, 'rate'))
    finally:
        publisher.kill(), subscriber.kill()


def our_round_trip(broker, count):
    """p50 and p99 in us of a call to a node and back"""
    node = program(bench_binary('hawser_load'), 'serve', broker.invite(kind='node'))
    key = line_of(node, 'key')
    caller = program(bench_binary('hawser_load'), 'call', broker.invite(), key, count)
    try:
        return float(line_of(caller, 'p50')), float(line_of(caller, 'p99'))
    finally:
        node.kill(), caller.kill()
