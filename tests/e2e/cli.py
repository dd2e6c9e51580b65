"""hawser with its real processes over loopback: two people without a broker, one of them on a terminal (a pty); then a
broker, a machine and the exit codes. cli.py BUILD"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else 'build').resolve()
HAWSER = BUILD / 'bin' / 'hawser'
PATIENCE = int(os.environ.get("PATIENCE", "60"))  # seconds; the machine may be busy
HOSTILE = 'evil \x1b[31m \x1b]52;c;aGk=\x07 \x9b2J \x08\x08 \u202e end\nbea| forged'


class Folder:
    """One person's data folder; every `hawser` on it is started here."""

    def __init__(self, root, name):
        self.path = root / name
        self.path.mkdir(mode=0o700)
        self.runtime = root / 'runtime'
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(self.runtime), TERM='xterm', LC_ALL='C.UTF-8')
        self.started = []

    def command(self, *words):
        return [str(HAWSER), '--data', str(self.path), *map(str, words)]

    def run(self, *words, **options):
        return subprocess.run(self.command(*words), env=self.environment, capture_output=True, timeout=PATIENCE,
                              **{'stdin': subprocess.DEVNULL, **options})

    def json(self, *words):
        answer = self.run(*words, '--json')
        return answer.returncode, [json.loads(line) for line in answer.stdout.splitlines()]

    def start(self, *words):
        process = Started(self.command(*words), self.environment)
        self.started.append(process)
        return process

    def terminal(self, *words):
        process = OnTerminal(self.command(*words), self.environment)
        self.started.append(process)
        return process

    def close(self):
        for process in self.started:
            process.close()


class Watched:
    """Collects what a process says; waits for a pattern in it."""

    def __init__(self, descriptor):
        self.said = b''
        self.changed = threading.Condition()
        self.descriptor = descriptor
        self.collector = threading.Thread(target=self.collect, daemon=True)
        self.collector.start()

    def collect(self):
        while True:
            try:
                piece = os.read(self.descriptor, 65536)
            except OSError:
                piece = b''
            with self.changed:
                self.said += piece
                self.changed.notify_all()
            if not piece:
                return

    def wait(self, pattern):
        wanted = re.compile(pattern.encode(), re.S)
        with self.changed:
            if not self.changed.wait_for(lambda: wanted.search(self.said), PATIENCE):
                raise AssertionError(f'{pattern!r} never came in {self.said!r}')
            return wanted.search(self.said)

    def to_its_end(self):
        """How it ended and all that it said."""
        code = self.process.wait(PATIENCE)
        self.collector.join(PATIENCE)
        return code, self.said

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.collector.join(PATIENCE)
        os.close(self.descriptor)


class Started(Watched):
    def __init__(self, command, environment):
        out, into = os.pipe()
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=into,
                                        stderr=subprocess.STDOUT)
        os.close(into)
        super().__init__(out)


class OnTerminal(Watched):
    """A process on a pseudo-terminal of 80 columns."""

    def __init__(self, command, environment):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80)) if hasattr(termios, 'tcsetwinsize') else None
        self.process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)
        super().__init__(self.master)

    def type(self, text):
        os.write(self.master, text.encode())


def raw_controls(said):
    """Control bytes that are not our own redrawing of the input line."""
    ours = said.replace(b'\r\x1b[K', b'').replace(b'\r\n', b'\n')
    return re.findall(rb'[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]', ours)


class Direct(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='cli'))
        self.ana = Folder(self.root, 'ana')
        self.bea = Folder(self.root, 'bea')

    def tearDown(self):
        self.bea.close()
        self.ana.close()
        shutil.rmtree(self.root)

    def listening(self, start, *words, at='127.0.0.1:0'):
        listener = start('listen', at, *words)
        address = listener.wait(r'listening at (127\.0\.0\.1:\d+)').group(1).decode()
        return listener, address

    def befriended(self):
        """Ana listens on a terminal and has let Bea in by the number."""
        listener, address = self.listening(self.ana.terminal)
        knock = self.bea.start('join', address)
        number = knock.wait(r'Number: (\d{3} \d{3})').group(1).decode()
        shown = listener.wait(r'number\s+(\d{3} \d{3})').group(1).decode()
        self.assertEqual(number, shown)
        listener.type('000 000\r' if number != '000 000' else '111 111\r')
        listener.wait('That is not the number')
        listener.type(number + '\r')
        knock.wait('let in: ')
        self.assertEqual(knock.process.wait(PATIENCE), 0)
        return listener, address

    def test_a_number_lets_in_and_both_talk(self):
        listener, address = self.befriended()
        chat = self.bea.terminal('chat', address)
        chat.wait('to [^>]*> ')
        chat.type('hello ana\r')
        listener.wait(r'\| hello ana')
        listener.type('half a li')
        listener.wait('half a li')
        chat.type('second\r')
        listener.wait(r'\| second.*half a li$')  # what was being typed is still there
        listener.type('ne\r')
        chat.wait(r'\| half a line')

    def test_hostile_text_never_reaches_the_terminal(self):
        listener, address = self.befriended()
        sent = self.bea.run('message', address, '-', input=HOSTILE.encode(), stdin=None)
        self.assertEqual(sent.returncode, 0, sent)
        said = listener.wait(r'\| [^\n]*forged').string
        self.assertEqual(raw_controls(said), [])
        self.assertIn('⟨U+001B⟩'.encode(), said)
        self.assertNotRegex(said.decode(), r'(?m)^(\r\x1b\[K)*bea\| forged')  # each row begins with our words
        code, messages = self.ana.json('messages')
        self.assertEqual(code, 0)
        self.assertIn(HOSTILE, [message['text'] for message in messages])
        self.assertEqual(raw_controls(self.ana.run('messages', '--json').stdout), [])

    def test_who_is_a_contact_is_not_asked_again(self):
        listener, address = self.befriended()
        again = self.bea.run('join', address, '--timeout', '30')
        self.assertEqual(again.returncode, 0, again)
        self.assertIn('are contacts already', again.stderr.decode())
        code, said = self.bea.json('join', address, '--timeout', '30')
        self.assertEqual((code, said[-1]['state'], said[-1]['kind']), (0, 'accepted', 'person'), said)
        self.assertEqual(self.ana.json('requests'), (0, []))

    def test_a_request_is_taken_up_again(self):
        listener, address = self.listening(self.ana.start)
        first = self.bea.start('join', address)
        number = first.wait(r'Number: (\d{3} \d{3})').group(1)
        first.process.send_signal(signal.SIGINT)
        self.assertNotEqual(first.process.wait(PATIENCE), 0, first.said)
        wrong = self.bea.run('join', address, '--number', '000000' if number != b'000 000' else '111111')
        self.assertEqual(wrong.returncode, 69, wrong)
        self.assertIn('somebody may be between you', wrong.stderr.decode())
        again = self.bea.start('join', address, '--number', number.decode())
        self.assertEqual(again.wait(r'Number: (\d{3} \d{3})').group(1), number)
        (request,) = self.ana.json('requests')[1]
        self.assertEqual(self.ana.run('approve', request['id'], '--number', number.decode()).returncode, 0)
        again.wait('let in: ')
        self.assertEqual(again.process.wait(PATIENCE), 0)
        (ana,) = self.bea.json('contacts')[1]
        self.assertEqual(ana['verified'], 'number')

    def test_the_blocked_may_be_unblocked(self):
        key = self.bea.json('id')[1][0]['key']
        listener, address = self.listening(self.ana.start)
        knock = self.bea.start('join', address)
        listener.wait('hawser approve')
        (request,) = self.ana.json('requests')[1]
        self.assertEqual(self.ana.run('deny', request['id'], '--block').returncode, 0)
        (blocked,) = self.ana.json('contacts', '--blocked')[1]
        self.assertEqual((blocked['what'], blocked['key'], blocked['claim']), ('key', key, request['claim']))
        self.assertIn(blocked['words'], self.ana.run('contacts', '--blocked').stdout.decode())
        self.assertEqual(self.ana.run('contacts', 'nobody', '--unblock').returncode, 66)
        self.assertEqual(self.ana.run('contacts', key[:8], '--unblock').returncode, 0)
        self.assertEqual(self.ana.json('contacts', '--blocked'), (0, []))
        self.assertIsNone(knock.process.poll())  # neither was told

    def test_a_message_waits_here_and_goes_by_itself(self):
        listener, address = self.befriended()
        listener.type('/quit\r')
        self.assertEqual(listener.process.wait(PATIENCE), 0)
        key = self.ana.json('id')[1][0]['key']
        waits = self.bea.run('message', key, 'one')
        self.assertEqual(waits.returncode, 75, waits)
        # Said as soon as it is known; who only waited for its time to run out could not say why.
        self.assertRegex(waits.stderr, rb'queued: .* is away, and there is no broker where it could wait for them; it goes to')
        sending = self.bea.start('message', key, 'two', '--wait')
        again, _ = self.listening(self.ana.terminal, at=address)
        again.wait(r'\| one.*\| two')
        self.assertEqual(sending.process.wait(PATIENCE), 0, sending.said)
        said = self.bea.json('messages', key)[1]
        self.assertEqual([line['text'] for line in said], ['one', 'two'])
        self.assertLessEqual({line['state'] for line in said}, {'delivered', 'read'})  # they stand before her eyes

    def test_a_folder_arrives_whole(self):
        listener, address = self.befriended()
        folder = self.root / 'photos'
        (folder / 'empty').mkdir(parents=True)
        (folder / 'ü\nx').write_bytes(b'odd')
        (folder / 'big').write_bytes(os.urandom(3_000_000))
        target = self.root / 'target'
        target.mkdir()
        sending = self.bea.start('send', address, folder, '--wait')
        listener.wait('offers “photos”')
        listener.type(f'/accept 1 {target}\r')
        self.assertEqual(sending.process.wait(PATIENCE), 0, sending.said)
        listener.wait('done')
        self.assertEqual(subprocess.run(['diff', '-r', folder, target / 'photos']).returncode, 0)

    def test_the_terminal_chat_runs_shell_commands_here(self):
        listener, address = self.befriended()
        listener.type('!echo $((6*7)); exit 3\r')
        listener.wait(r'\$ 42')
        listener.wait(r'ended with 3')
        offered = self.root / 'offered.txt'
        offered.write_text('x')
        chat = self.bea.terminal('chat', address)
        chat.wait('to [^>]*> ')
        chat.type(f'!upload {offered}\r')
        listener.wait('offers “offered.txt”')
        listener.type('/decline\r')
        chat.wait('cancelled|declined')

    def test_a_key_named_before_is_let_in_and_no_other(self):
        key = self.bea.json('id')[1][0]['key']
        listener, address = self.listening(self.ana.start, '--accept', key)
        self.assertEqual(self.bea.run('message', address, 'hi').returncode, 0)
        listener.wait(r'\| hi')
        carl = Folder(self.root, 'carl')
        self.addCleanup(carl.close)
        carl.start('join', address)
        listener.wait('hawser approve')  # shown, never asked
        self.assertIn(carl.json('id')[1][0]['key'], [one['key'] for one in self.ana.json('requests')[1]])

    def test_one_owner_of_a_folder_serves_the_others(self):
        before = self.ana.json('id')[1][0]['key']
        listener, _ = self.listening(self.ana.start)
        code, (status,) = self.ana.json('status')
        self.assertEqual((code, status['key'], status['listening']), (0, before, True))

    def test_many_at_once_share_one_folder(self):
        for _ in range(3):
            started = [self.ana.start('id', '--json') for _ in range(6)]
            said = {process.to_its_end() for process in started}
            self.assertEqual(len(said), 1, said)
            self.assertEqual(said.pop()[0], 0)

    def test_the_owner_waits_for_whom_it_serves(self):
        carl = Folder(self.root, 'carl')
        self.addCleanup(carl.close)
        address_of = {folder: self.listening(folder.start)[1] for folder in (self.bea, carl)}
        owner = self.ana.start('join', address_of[self.bea], '--timeout', '3')  # owns the folder, and gives up soon
        owner.wait('Number: ')
        guest = self.ana.start('join', address_of[carl])
        guest.wait('Number: ')
        owner.wait('other hawser commands still use this folder')
        self.assertIsNone(owner.process.poll())
        request = carl.json('requests')[1][0]
        self.assertEqual(carl.run('approve', request['id'], '--number', request['number']).returncode, 0)
        self.assertEqual(guest.process.wait(PATIENCE), 0, guest.said)
        self.assertEqual(owner.process.wait(PATIENCE), 75, owner.said)

    def test_what_goes_on_takes_the_folder_over(self):
        listener, _ = self.listening(self.ana.start)
        follower = self.ana.start('listen', '127.0.0.1:0', '--json')
        follower.wait('"listening":true')
        listener.process.send_signal(signal.SIGINT)
        self.assertEqual(listener.process.wait(PATIENCE), 0, listener.said)
        follower.wait('beginning anew.*"listening":true')
        self.assertTrue(self.ana.json('status')[1][0]['listening'])
        self.assertIsNone(follower.process.poll())
        follower.process.send_signal(signal.SIGINT)
        self.assertEqual(follower.process.wait(PATIENCE), 0, follower.said)

    def test_exit_codes(self):
        file = self.root / 'file'
        file.write_text('x')
        for expected, words in [
                (0, ['--help']), (0, ['run', '--help']), (0, ['--version']), (0, ['id']),
                (64, []), (64, ['nonsense']), (64, ['id', '--nonsense']), (64, ['message', 'bea']),
                (64, ['approve', '1']), (64, ['approve', '1', '--number', '12']), (64, ['call', 'home', 'x', 'novalue']),
                (64, ['send', 'bea', '/no/such/file']), (64, ['listen', '--accept', 'bea']),
                (64, ['contacts', '--unblock']), (64, ['join', 'home', '--number', '12']), (64, ['contacts', '--blocked', '--follow']),
                (66, ['message', 'nobody', 'hi']), (66, ['send', 'nobody', file, '--wait']), (66, ['ping', 'nobody']),
                (66, ['approve', '9', '--number', '123456']), (66, ['deny', '9']),
                (127, ['run', 'nothing', 'echo']), (125, ['run', 'nothing']), (125, ['run', 'nothing', 'echo', 'x'])]:
            with self.subTest(words=words):
                answer = self.ana.run(*words)
                self.assertEqual(answer.returncode, expected, answer)
                self.assertEqual(bool(answer.stdout), expected == 0, answer)
                if expected == 64:
                    self.assertEqual(len(answer.stderr.splitlines()), 2, answer.stderr)

    def test_an_error_is_json_too(self):
        code, (answer,) = self.ana.json('message', 'nobody', 'hi')
        self.assertEqual((code, answer['error']['code']), (66, 'not_found'))

    def test_help_fits_a_terminal(self):
        verbs = re.findall(r'(?m)^  ([a-z]+)  ', self.ana.run('--help').stdout.decode().split('Subcommands:')[1])
        self.assertEqual(len(verbs), 21)
        for verb in verbs:
            text = self.ana.run(verb, '--help').stdout.decode()
            self.assertLessEqual(max(map(len, text.splitlines())), 100, text)
            self.assertLess(text.index('  hawser ' + verb), text.index('Usage:'), text)


class ThroughABroker(unittest.TestCase):
    """A broker, a machine that joined, a person; once for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix='cli'))
        cls.ana = Folder(cls.root, 'ana')
        cls.daemons = []
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.addClassCleanup(cls.stop)
        broker = cls.daemon('hawser-brokerd', 'run', '--data', cls.root / 'broker', '--listen', '127.0.0.1:0')
        broker.wait('ready')
        link = next((cls.root / 'broker').glob('first-administrator.link')).read_text()
        joined = subprocess.run(cls.ana.command('join', '-'), env=cls.ana.environment, input=link, text=True,
                                capture_output=True, timeout=PATIENCE)
        assert joined.returncode == 0, joined
        invitation = subprocess.run([BUILD / 'bin' / 'hawser-brokerd', 'invite', '--kind', 'node', '--data',
                                     cls.root / 'broker'], env=cls.ana.environment, capture_output=True, text=True)
        assert invitation.returncode == 0, invitation
        configuration = cls.root / 'node.toml'
        configuration.write_text(re.sub('@(\\w+)@', lambda name: shutil.which(name[1]), NODE))
        node = [BUILD / 'bin' / 'hawser-nodeagent']
        known = subprocess.run([*node, 'join', '-', '--data', cls.root / 'node'], env=cls.ana.environment,
                               input=invitation.stdout, capture_output=True, text=True, timeout=PATIENCE)
        assert known.returncode == 0, known
        cls.daemon('hawser-nodeagent', 'run', '--config', configuration, '--data', cls.root / 'node')
        cls.desk = cls.ana.start('messages', '--follow')  # owns the folder, so each `hawser` below is quick
        for _ in range(PATIENCE * 4):
            if any(offer.get('online') for offer in cls.ana.json('offers')[1]):
                return
            select.select([], [], [], 0.25)
        raise AssertionError('the machine never came')

    @classmethod
    def daemon(cls, name, *words):
        process = Started([str(BUILD / 'bin' / name), *map(str, words)], cls.ana.environment)
        cls.daemons.append(process)
        return process

    @classmethod
    def stop(cls):
        cls.ana.close()
        for process in reversed(cls.daemons):
            process.process.terminate()
            process.close()

    def test_who_belongs_to_the_broker_is_not_asked_about(self):
        (broker,) = self.ana.json('status')[1][0]['brokers']
        again = self.ana.run('join', broker['address'], '--timeout', '30')
        self.assertEqual(again.returncode, 0, again)
        self.assertIn('You belong to', again.stderr.decode())

    def test_offers_are_listed(self):
        code, offers = self.ana.json('offers')
        self.assertEqual(code, 0)
        names = {command['name'] for offer in offers for command in offer['commands']}
        self.assertLessEqual({'echo', 'divide', 'code', 'both', 'bytes'}, names)

    def test_output_and_exit_code_are_the_remote_ones(self):
        both = self.ana.run('run', 'worker', 'both')
        self.assertEqual((both.returncode, both.stdout, both.stderr), (0, b'out\n', b'err\n'))
        self.assertEqual(self.ana.run('run', 'worker', 'code', 'value=7').returncode, 7)

    def test_bytes_arrive_as_they_were_written(self):
        ran = self.ana.run('run', 'worker', 'bytes')
        self.assertEqual((ran.returncode, ran.stdout), (0, bytes(range(256)) * 1000))

    def test_output_is_harmless_on_a_terminal(self):
        ran = self.ana.terminal('run', 'worker', 'hostile')
        self.assertEqual(ran.process.wait(PATIENCE), 0)
        said = ran.wait('end').string
        self.assertEqual(raw_controls(said), [])
        self.assertIn('⟨U+001B⟩'.encode(), said)

    def test_output_comes_while_the_command_runs_and_control_c_stops_it(self):
        ran = self.ana.start('run', 'worker', 'forever')
        ran.wait('tick')
        ran.process.send_signal(signal.SIGINT)
        self.assertEqual(ran.process.wait(PATIENCE), 130, ran.said)

    def test_a_reader_that_goes_ends_it(self):
        piped = subprocess.Popen(self.ana.command('run', 'worker', 'forever'), env=self.ana.environment,
                                 stdout=subprocess.PIPE)
        piped.stdout.readline()
        piped.stdout.close()
        self.assertEqual(piped.wait(PATIENCE), 141)

    def test_own_failures_of_run(self):
        for expected, words in [(127, ['nobody', 'echo']), (127, ['worker', 'nothing']),
                                (125, ['worker', 'code', 'value=x']), (126, ['worker', 'missing'])]:
            with self.subTest(words=words):
                self.assertEqual(self.ana.run('run', *words).returncode, expected)

    def test_a_call_answers_json(self):
        answer = self.ana.run('call', 'worker', 'divide', 'a=6', 'b=4')
        self.assertEqual(answer.returncode, 0, answer)
        self.assertIn(1.5, json.loads(answer.stdout).values())
        code, (error,) = self.ana.json('call', 'worker', 'divide', 'a=6', 'b=0')
        self.assertEqual((code, error['error']['code']), (64, 'invalid_argument'))
        self.assertIn('Divisor cannot be zero', error['error']['sentence'])

    def test_ping_reaches_machine_and_broker(self):
        broker = self.ana.json('status')[1][0]['brokers'][0]['name']
        for who in ['worker', broker]:
            with self.subTest(who=who):
                code, (answer,) = self.ana.json('ping', who)
                self.assertEqual(code, 0, answer)
                self.assertGreater(answer['round_trip_us'], 0)


NODE = r"""
name = "worker"

[[command]]
name = "both"
argv = ["@sh@", "-c", "echo out; echo err >&2"]

[[command]]
name = "code"
argv = ["@sh@", "-c", "exit $0", "{value}"]
[[command.parameter]]
name = "value"
type = "int"
required = true

[[command]]
name = "bytes"
argv = ["@python3@", "-c", "import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000)"]

[[command]]
name = "hostile"
argv = ["@printf@", '\033]52;c;aGk=\007 \302\233 31m \015 \010 end\n']

[[command]]
name = "forever"
argv = ["@sh@", "-c", "while echo tick; do sleep 0.05; done"]

[[command]]
name = "missing"
argv = ["/no/such/program"]
"""

if __name__ == '__main__':
    unittest.main(verbosity=2)
