"""The servers under comparison: how each is started, and the figures of its process in /proc.

Linux only, because of /proc.
"""

import contextlib
import dataclasses
import glob
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

MODELS = ["tokio", "tokio-current", "smol", "mio"]
PEERS_ROOT = "target/peers"


@dataclasses.dataclass(frozen=True)
class Spec:
    """A server's command line, in which {port}, {dir} and {log} stand for the port, a
    directory of its own, where it also runs, and whether it writes an append-only file, `yes`
    or `no`. A command line without {log} takes no part in measurements without a log."""

    name: str
    command: str
    most_clients: int = 1_000_000
    # How many SETs it is sent at a time when it is filled.
    fill_pipeline: int = 100
    # Measurements, or groups of them, that it does not take part in.
    lacks: tuple = ()

    def program(self):
        """Returns the program's path, or None if it does not exist."""
        return shutil.which(shlex.split(self.command)[0])

    def build(self):
        """Returns a short name for the program's current build. A rebuild changes the name."""
        digest = hashlib.sha256(self.command.encode())
        with open(self.program(), "rb") as program:
            digest.update(program.read())
        return digest.hexdigest()[:12]

    def can(self, measurement, load):
        """Returns whether the server can take part in a load of a measurement."""
        return (not any(map(measurement.is_of, self.lacks))
                and load.clients <= self.most_clients
                and (load.log == "yes" or "{log}" in self.command))


# A rewrite that falls into one round and not into another would distort the speed.
NO_REWRITE = " --auto-aof-rewrite-percentage 0"


def known():
    """Returns all servers by name, including those of $PEERS. The others are compared with
    `redis`."""
    specs = [
        Spec("threadbare", "target/release/threadbare --port {port} --dir {dir} "
                           "--appendonly {log}" + NO_REWRITE),
        Spec("redis", "redis-server --port {port} --dir {dir} --appendonly {log} "
                      "--appendfsync everysec --save ''" + NO_REWRITE),
        # Its limit of clients is a constant in the program: those beyond it wait for ever. A
        # pipeline of one client takes it 40 ms, whatever its length. It has GET and SET only.
        Spec("mini-redis", PEERS_ROOT + "/bin/mini-redis-server --port {port}", most_clients=250,
             fill_pipeline=1,
             lacks=("connections", "always", "commands", "publish", "shapes", "objects",
                    "types")),
    ]
    for model in MODELS:
        command = "target/models/release/models " + model + " --port {port} --dir {dir}"
        specs.append(Spec(model, command + NO_REWRITE, lacks=("publish", "types")))
    found = {spec.name: spec for spec in specs}
    for spec in peers():
        if spec.name in found:
            raise MalformedPeers(f"{spec.name} is the name of another server")
        found[spec.name] = spec
    return found


class MalformedPeers(ValueError):
    """Describes the mistake in $PEERS."""


def peers():
    """Returns the servers of PEERS='name=command; ...'."""
    return [peer(text) for text in os.environ.get("PEERS", "").split(";") if text.strip()]


def peer(text):
    name, equals, command = map(str.strip, text.partition("="))
    if not equals or not re.fullmatch(r"[\w.-]+", name):
        raise MalformedPeers(f"'{text.strip()}' does not begin with a name and an equals sign")
    braces = re.findall(r"\{[^}]*\}?|\}", command)
    if unknown := set(braces) - {"{port}", "{dir}", "{log}"}:
        raise MalformedPeers(f"{' '.join(sorted(unknown))} in the command of {name}: there are "
                             "{port}, {dir} and {log}")
    if "{port}" not in braces:
        raise MalformedPeers(f"the command of {name} does not say where {{port}} belongs")
    try:
        shlex.split(command)
    except ValueError as error:
        raise MalformedPeers(f"the command of {name}: {error}") from None
    return Spec(name, command)


def install_mini_redis(say):
    """Takes a minute, once."""
    if os.path.exists(PEERS_ROOT + "/bin/mini-redis-server"):
        return
    say("installing mini-redis")
    subprocess.run(["cargo", "install", "--quiet", "mini-redis", "--root", PEERS_ROOT],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class NoAnswer(RuntimeError):
    """A started server does not answer a PING."""


class Server:
    """A running server, to be used with `with`: at the block's end it is stopped and its
    directory removed."""

    def __init__(self, spec, log="yes", pin="both"):
        self.spec = spec
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix=f"compare-{spec.name}-")
        values = {"port": self.port, "dir": self.directory, "log": log}
        words = shlex.split(spec.command.format(**values))
        self.command = [os.path.abspath(spec.program()), *words[1:]]
        if pin == "one":
            self.command = ["taskset", "-c", "0", *self.command]
        self.output = os.path.join(self.directory, "output-of-the-server")
        self.process = None

    def __enter__(self):
        try:
            self.start()
            return self
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts the server and waits until it answers."""
        with open(self.output, "w") as output:
            # A session of its own, so that Ctrl-C is ours to handle.
            self.process = subprocess.Popen(
                self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True)
        deadline = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise NoAnswer(f"does not answer; its last words: {self.last_words()}")
            time.sleep(0.01)

    def last_words(self):
        with open(self.output, errors="replace") as output:
            return output.read()[-200:].strip() or "none"

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as stream:
                stream.sendall(b"*1\r\n$4\r\nPING\r\n")
                return stream.recv(64).startswith((b"+PONG", b"-ERR unknown command"))
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def cpu_seconds(self):
        """Returns the user and system time of all its threads, including ended ones."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def run_ns(self):
        """Returns the time that its threads have run, in nanoseconds, without ended ones."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(path) as stat:
                total += int(stat.read().split()[0])
        return total

    def footprint_kb(self):
        """Returns resident memory, page tables and kernel stacks."""
        return self.status("VmRSS"), self.status("VmPTE"), kernel_stack_kb()

    def status(self, name):
        """Returns a number from /proc/PID/status: `VmRSS` and `VmPTE` are KB, `Threads` a
        count."""
        return number_in(f"/proc/{self.process.pid}/status", name)


def kernel_stack_kb():
    """Returns the kernel stacks of all threads of this machine: the kernel does not report them
    per process."""
    return number_in("/proc/meminfo", "KernelStack")


def number_in(path, name):
    with open(path) as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))
