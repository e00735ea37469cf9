"""The lives of one server: successive processes on one directory, and the promise about the data
of each."""

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
    """A server refuses to start, with a good reason."""


class Promise:
    """Whether a write answered now must survive a crash. Data is void once the file is damaged
    from outside: then any data after a crash is allowed."""

    def __init__(self):
        self.holds = True
        self.is_void = False
        # How often the switch-off of the file began or ended.
        self.offs = 0

    def suspend(self):
        self.holds = False

    def spoil(self):
        self.holds, self.is_void = False, True

    def restore(self):
        self.holds, self.is_void = True, False


class Process(Server):
    """A started server that is not waited for. It has an address of its own, because another
    server may soon take over a port it leaves."""

    def __init__(self, host, program, *options, **more):
        self.host = host
        super().__init__(program, "--bind", host, *options, **more)

    def wait_until_it_answers(self):
        pass

    def answers(self):
        """Returns whether the server has loaded its data."""
        try:
            with Connection(self.port, host=self.host) as connection:
                return is_ready(ask(connection, [b"PING"])[0])
        except OSError:
            return False


def is_ready(reply):
    """Returns whether PING is answered by a server with its data loaded. The disk may be full."""
    return reply == b"PONG" or (reply or b"").startswith(b"MISCONF")


class Lives:
    """The processes of one server. `generation` counts them. Notes record events with their
    times."""

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
        """Returns whether a later life began with a file that was damaged from outside."""
        return any(void > generation for void in self.void_generations)

    def start(self, *options):
        """Starts another process on the directory, without waiting for it."""
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
        """Returns the current server's generation and port."""
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
        """Starts a server on a directory that has none. Waits until it answers."""
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
        """Returns the exception for a refused start. `Refused` is for disk errors and a file
        damaged from outside, `Wrong` for any other reason."""
        is_excused = (self.disk.full or self.disk.fail_syncs or self.disk.failed
                      or self.generation in self.void_generations)
        if self.generation in self.void_generations:
            self.promise.spoil()
        return Refused if is_excused else Wrong

    def is_lock_held(self):
        return "another server" in self.server.log()[-400:].lower()

    def save_files(self):
        """Copies the files that the next server will load, for later inspection."""
        target = os.path.join(self.directory, f"before-{self.generation + 1}")
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(self.directory):
            path = os.path.join(self.directory, name)
            if ".aof" in name:
                try:
                    shutil.copy(path, target)
                except FileNotFoundError:
                    pass  # The file has just been moved.

    def check_file(self):
        """Checks that the file is intact to its end."""
        done = subprocess.run([self.program, "--check-aof", os.path.join(self.directory, AOF)],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Wrong(f"--check-aof: {done.stdout[-300:]}{done.stderr[-300:]}")

    def connect(self):
        return self.connect_to(self.server_now()[1])

    def ask(self, *request):
        """Sends one request through a client of its own. Returns None without an answer."""
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
    """Describes the state of a process's threads."""
    try:
        return subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"],
                              capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no stacks: {error}"
