"""The implementations that are compared: how to find, build and talk to them."""

import dataclasses
import pathlib
import shutil
import struct
import subprocess
import threading
import time


class CompareError(Exception):
    """Something that ends the run; the message says what, where and what to do."""


class Unavailable(Exception):
    """This implementation cannot take part; the message says why."""


@dataclasses.dataclass(frozen=True)
class Implementation:
    name: str       # As its program calls itself.
    program: str    # In the build's folder bin.
    needs: str      # What to install where it is missing.
    target: str = ''        # A build target of its own, which may fail.
    tool: str = ''          # The command that this target needs.
    option: str = ''        # Goes on its command line.


SETUP = 'install %s, or run tools/setup --with-peers'
IMPLEMENTATIONS = (
    Implementation('muster', 'peer_muster', ''),
    Implementation('openssl', 'peer_openssl', 'libssl-dev'),
    Implementation('botan', 'peer_botan', ''),
    Implementation('boringssl', 'peer_boringssl', 'android-libboringssl-dev'),
    Implementation('gnutls', 'peer_gnutls', 'libgnutls28-dev'),
    Implementation('mbedtls', 'peer_mbedtls', 'libmbedtls-dev'),
    Implementation('wolfssl', 'peer_wolfssl', 'libwolfssl-dev'),
    Implementation('go', 'peer_go', 'golang-go', target='peer_go', tool='go'),
    Implementation('webpki-ring', 'peer_webpki', 'cargo', target='peer_webpki', tool='cargo',
                   option='ring'),
    Implementation('webpki-aws-lc', 'peer_webpki', 'cargo', target='peer_webpki', tool='cargo',
                   option='aws-lc'),
)
REQUIRED = ('muster', 'openssl')


def build(build_dir, source_dir):
    """Builds what is needed; returns {name: reason} of what could not be built."""
    run(['cmake', '--preset', 'release', '-B', str(build_dir)], source_dir)
    run(['cmake', '--build', str(build_dir), '--target', 'comparison'], source_dir)
    absent = {}
    for target in sorted({i.target for i in IMPLEMENTATIONS if i.target}):
        users = [i for i in IMPLEMENTATIONS if i.target == target]
        if not shutil.which(users[0].tool):
            reason = f'there is no command {users[0].tool}; {SETUP % users[0].needs}'
        else:
            try:
                run(['cmake', '--build', str(build_dir), '--target', target], source_dir)
                continue
            except CompareError as error:
                reason = str(error)
        absent.update({i.name: reason for i in users})
    return absent


def run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise CompareError(f'there is no command {command[0]}; run tools/setup') from None
    if done.returncode != 0:
        end = '\n'.join('  ' + line for line in done.stdout.strip().splitlines()[-15:])
        raise CompareError(f'failed: {" ".join(command)}\n{end}')


def planted_faults(fleet):
    """The fault of each question in a fleet (bench/peers/fleet_file.h); 'none' is a good one."""
    with open(fleet, 'rb') as file:
        def number():
            return struct.unpack('<I', file.read(4))[0]

        def blob():
            return file.read(number())

        file.seek(8 + 4 + 8)
        faults = []
        for _ in range(number()):
            for _ in range(number()):
                blob()
            faults.append(blob().decode())
        return faults


class Program:
    """A running program, one implementation in one mode (bench/peers/peer.h)."""

    TIMEOUT_S = 600

    def __init__(self, implementation, bin_dir, mode=''):
        self.implementation = implementation
        self.mode = mode
        self.rates = []
        self.seconds = 0    # Spent on rounds, by the clock on the wall.
        path = pathlib.Path(bin_dir) / implementation.program
        if not path.exists():
            needs = f'; {SETUP % implementation.needs}' if implementation.needs else ''
            raise Unavailable(f'{implementation.program} was not built{needs}')
        command = [str(path)] + ([implementation.option] if implementation.option else [])
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, bufsize=1)

    def __str__(self):
        return f'{self.implementation.name} {self.mode}'.strip()

    def ask(self, request):
        """The fields of the answer. Raises Unavailable where it is an error."""
        watchdog = threading.Timer(self.TIMEOUT_S, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(request + '\n')
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ''
        finally:
            watchdog.cancel()
        status, *fields = answer.rstrip('\n').split('\t')
        if status == 'ok':
            return fields
        if status == 'error':
            raise Unavailable('\t'.join(fields))
        raise CompareError(f"{self} gave no answer to '{request}': it crashed, or took more than "
                           f'{self.TIMEOUT_S} s; run {self._process.args[0]} by hand')

    def about(self):
        return dict(fact.split('=', 1) for fact in self.ask('about'))

    def check(self, faults):
        """Compares its answers with what was planted."""
        answers = self.ask('check')[0]
        if len(answers) != len(faults):
            raise CompareError(f'{self} answered {len(answers)} of {len(faults)} questions')
        for index, (answer, fault) in enumerate(zip(answers, faults)):
            if (answer == '1') != (fault == 'none'):
                said = 'accepts' if answer == '1' else 'rejects'
                raise CompareError(f'{self} {said} question {index}, whose planted fault is '
                                   f"'{fault}'; all must agree before anything is timed")

    def round(self, milliseconds, keep=True):
        start = time.monotonic()
        devices, seconds, rejected = self.ask(f'round {milliseconds}')
        self.seconds += time.monotonic() - start
        if int(rejected) != 0:
            raise CompareError(f'{self} rejects {rejected} of {devices} good devices')
        if keep:
            self.rates.append(int(devices) / float(seconds))

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
