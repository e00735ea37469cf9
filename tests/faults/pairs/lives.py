"""The lives of one server: processes that follow each other on one directory, and what is promised
about the data of each.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from clients import PATIENCE, Hung
from data import ask
from disk import Disk
from history import Wrong
from servers import Connection, Server
from settings import AOF


# Exit codes: stopped or killed, and what no event can lead to: aborted, a bad access, a panic.
ENDED_BY_AN_EVENT = (0, -signal.SIGTERM, -signal.SIGKILL)
CRASHED = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, 101)


class Refused(Wrong):
    """A server does not start, and has a good reason."""


class Promise:
    """Whether what is answered now must be there after a crash. Data is void once another hand
    has spoilt the file: then whatever a crash leaves is good enough."""

    def __init__(self):
        self.holds = True
        self.is_void = False
        # How often it was begun or ended to switch the file off.
        self.offs = 0

    def suspend(self):
        self.holds = False

    def spoil(self):
        self.holds, self.is_void = False, True

    def restore(self):
        self.holds, self.is_void = True, False


class Process(Server):
    """A server that is not waited for, with an address of its own: a port that one of them
    leaves may soon be another's."""

    def __init__(self, host, program, *options, **more):
        self.host = host
        super().__init__(program, "--bind", host, *options, **more)

    def wait_until_it_answers(self):
        pass

    def answers(self):
        """Whether it has loaded its data."""
        try:
            with Connection(self.port, host=self.host) as connection:
                return is_ready(ask(connection, [b"PING"])[0])
        except OSError:
            return False


def is_ready(reply):
    """Whether PING was answered by a server that has its data, and perhaps a full disk."""
    return reply == b"PONG" or (reply or b"").startswith(b"MISCONF")


class Lives:
    """`generation` counts them. Notes say what happened and when."""

    def __init__(self, program, policy):
        self.program, self.policy = program, policy
        self.promise = Promise()
        self.directory = tempfile.mkdtemp(prefix="threadbare-pairs-")
        self.disk = Disk()
        chance = random.SystemRandom()
        self.host = "127." + ".".join(str(chance.randint(1, 254)) for _ in range(3))
        self.begun = time.monotonic()
        self.notes = []
        self.void_generations = set()
        self.generation, self.server = 0, None
        self.starting = threading.RLock()

    def note(self, text):
        self.notes.append(f"{time.monotonic() - self.begun:7.3f} {text}")

    def is_void_since(self, generation):
        """Whether a life after that one began with a file that another hand had spoilt."""
        return any(void > generation for void in self.void_generations)

    def start(self, *options):
        """Another process on the directory, which is not waited for."""
        if self.server and self.server.process.returncode in CRASHED:
            raise Wrong(f"the server crashed:\n{self.server.log()[-2000:]}")
        self.generation += 1
        if self.promise.is_void:
            self.void_generations.add(self.generation)
        self.promise.holds, self.promise.is_void = "no" not in options, False
        self.server = Process(self.host, self.program, "--appendfsync", self.policy,
                              "--enable-debug-command", "yes", *options, directory=self.directory,
                              environment=self.disk.environment)
        self.note(f"started {self.server.process.pid} {' '.join(options)}")

    def server_now(self):
        """Its generation and its port."""
        with self.starting:
            return self.generation, self.server.port

    def connect_to(self, port):
        return Connection(port, timeout=PATIENCE, host=self.host)

    def is_alive(self):
        return self.server.process.poll() is None

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()
        self.note("killed")

    def restart(self, *options, patience=20):
        """A server again on a directory that has none, when it answers."""
        begun = time.monotonic()
        while True:
            with self.starting:
                if not self.is_alive():
                    self.save_files()
                    self.start(*options)
            while self.is_alive() and not self.server.answers():
                if time.monotonic() - begun > patience:
                    raise Hung("the server does not answer")
                time.sleep(0.003)
            if self.is_alive():
                return
            if self.server.process.returncode in ENDED_BY_AN_EVENT:
                continue
            if not self.is_lock_held():
                raise self.refusal()("the server does not start:\n" + self.server.log()[-400:])
            if time.monotonic() - begun > patience:
                raise Wrong("the file is still locked")
            time.sleep(0.01)

    def refusal(self):
        """A server may refuse to start if the disk makes trouble or another hand has spoilt the
        file."""
        is_excused = (self.disk.full or self.disk.fail_syncs or self.disk.failed
                      or self.generation in self.void_generations)
        if self.generation in self.void_generations:
            self.promise.spoil()
        return Refused if is_excused else Wrong

    def is_lock_held(self):
        return "another server" in self.server.log()[-400:].lower()

    def save_files(self):
        """What the next server finds is kept, to be looked at."""
        target = os.path.join(self.directory, f"before-{self.generation + 1}")
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(self.directory):
            path = os.path.join(self.directory, name)
            if ".aof" in name:
                try:
                    shutil.copy(path, target)
                except FileNotFoundError:
                    pass  # It is moved just now.

    def check_file(self):
        """The file is good to its end."""
        done = subprocess.run([self.program, "--check-aof", os.path.join(self.directory, AOF)],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Wrong(f"--check-aof: {done.stdout[-300:]}{done.stderr[-300:]}")

    def connect(self):
        return self.connect_to(self.server_now()[1])

    def ask(self, *request):
        """One request by a client of its own; None if there is no answer."""
        try:
            with self.connect() as connection:
                return ask(connection, request)[0]
        except TimeoutError:
            raise Hung(f"{request} is not answered") from None
        except (OSError, RuntimeError):
            return None

    def info(self):
        text = self.ask(b"INFO")
        lines = (text or b"").decode().split("\r\n")
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def close(self):
        self.disk.behave()
        if self.server:
            self.kill()
        shutil.rmtree(self.disk.directory, ignore_errors=True)


def threads_of(pid):
    """What the threads of a process are doing."""
    try:
        return subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"],
                              capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no stacks: {error}"
