"""The two load generators, redis-benchmark and the `load` of benches/models, and how many
requests to ask of them."""

import contextlib
import itertools
import json
import shlex
import socket
import subprocess
import threading

LOAD = "target/models/release/load"
KEYS = 100_000
VALUE_BYTES = 16
# A client that gets no answer from a server would wait for ever.
TIMEOUT_S = 300


class Tools:
    """The load generators, for one server. Remembers the commands that it ran, with PORT for
    the port, for the report."""

    def __init__(self, server):
        self.port = str(server.port)
        self.fill_pipeline = server.spec.fill_pipeline
        self.commands = []

    def remember(self, command):
        line = shlex.join("PORT" if word == self.port else word for word in command)
        self.commands.append(line)

    def run(self, command):
        self.remember(command)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=TIMEOUT_S)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-200:]
            raise RuntimeError(f"{command[0]} ends with {done.returncode}: {said}")
        return done.stdout

    def load(self, **options):
        """Runs `load`: `pipeline=16` is `--pipeline 16`, `fill=True` is `--fill`."""
        return json.loads(self.run(self.load_command(options)))

    def start_load(self, **options):
        """Starts `load` with pipes for its input and output."""
        command = self.load_command(options)
        self.remember(command)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @contextlib.contextmanager
    def idle(self, connections, seconds):
        """Yields the PING report of `load`, which holds idle connections until the end of the
        block."""
        process = self.start_load(idle=connections, seconds=seconds)
        deadline = threading.Timer(TIMEOUT_S, process.kill)
        deadline.start()
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("load --idle has found nothing")
            yield json.loads(line)
        finally:
            process.communicate("")  # The end of its input ends it.
            deadline.cancel()

    @contextlib.contextmanager
    def watch(self):
        """Sends a GET every millisecond until the end of the block. Yields a function that ends
        it before, and returns the report."""
        process = self.start_load(watch=True)
        if not process.stdout.readline():
            raise RuntimeError("load --watch has no answer")
        deadline = threading.Timer(TIMEOUT_S, process.kill)
        deadline.start()
        try:
            yield lambda: json.loads(process.communicate("")[0])
        finally:
            process.stdin.close()  # Ends it.
            process.wait()
            deadline.cancel()

    def load_command(self, options):
        command = [LOAD, "--port", self.port]
        for name, value in options.items():
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        return command

    def fill(self, keys=KEYS, value=VALUE_BYTES, connections=1, **options):
        """Sets every key once."""
        return self.load(fill=True, connections=connections, pipeline=self.fill_pipeline,
                         keys=keys, value=value, **options)

    def fill_with(self, command, count):
        """Sends a command `count` times, with `__rand_int__` in it counting from 0."""
        return self.load(fill=True, connections=1, pipeline=100, keys=count, command=command)

    def set(self, name, value):
        """Sets one of the server's settings."""
        self.run(["redis-cli", "-p", self.port, "-e", "CONFIG", "SET", name, value])

    def send(self, commands):
        """Sends one-line commands in pipelines of 100. None of them may fail."""
        with socket.create_connection(("127.0.0.1", int(self.port)), TIMEOUT_S) as stream:
            replies = stream.makefile("rb")
            commands = iter(commands)
            while batch := list(itertools.islice(commands, 100)):
                stream.sendall(b"".join(" ".join(words).encode() + b"\r\n" for words in batch))
                for _ in batch:
                    reply = replies.readline()
                    if not reply.startswith((b"+", b":")):
                        raise RuntimeError(f"the server says {reply!r}")

    def command(self, words, clients, pipeline, requests, range_):
        """Returns requests a second of any command. `__rand_int__` in it stands for a number
        below `range_`."""
        output = self.run([
            "redis-benchmark", "-p", self.port, "-c", str(clients), "-P", str(pipeline), "-n",
            str(requests), "-r", str(range_), "--csv", *words])
        # The last field of a row that begins with the command itself.
        row = [line for line in output.splitlines() if line.startswith('"') and "," in line][-1]
        return float(row.rsplit('","', 7)[1])

    def benchmark(self, test, clients, pipeline, requests, keys=KEYS, value=VALUE_BYTES):
        """Returns requests a second, measured by redis-benchmark."""
        output = self.run([
            "redis-benchmark", "-p", self.port, "-t", test.lower(), "-c", str(clients),
            "-P", str(pipeline), "-n", str(requests), "-r", str(keys), "-d", str(value), "--csv"])
        rows = [line for line in output.splitlines() if line.startswith(f'"{test}"')]
        if not rows:
            raise RuntimeError(f"redis-benchmark says: {output.strip()[-200:]}")
        return float(rows[-1].split(",")[1].strip('"'))


class Lister:
    """A client that requests lists of keys and hardly parses them. The time that Python would
    take to parse them is no time of the server's."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def keys(self, pattern):
        self.ask("KEYS", pattern)

    def scan(self, cursor, count):
        """Returns the next cursor."""
        head = self.ask("SCAN", cursor, "COUNT", count)
        return head.split(b"\r\n")[2]

    def info(self, section):
        """Returns a section of INFO."""
        self.stream.sendall(f"INFO {section}\r\n".encode())
        text = self.receive()
        head = text.partition(b"\r\n")[0]
        while len(text) < len(head) + 2 + int(head[1:]) + 2:
            text += self.receive()
        return text.decode()

    def ask(self, *words):
        """Returns the beginning of the reply once the whole reply has arrived. No key contains a
        line break."""
        self.stream.sendall(" ".join(words).encode() + b"\r\n")
        head = reply = self.receive()
        lines = reply.count(b"\n")
        while lines < wanted_lines(head):
            reply = self.receive()
            head = head if head.count(b"\n") > 4 else head + reply
            lines += reply.count(b"\n")
        return head

    def receive(self):
        received = self.stream.recv(1 << 20)
        if not received:
            raise RuntimeError("the server has closed the connection")
        return received


def wanted_lines(head):
    """Returns how many lines the reply has that begins with `head`. The reply is an array of
    keys, or a cursor and an array of keys, or a line."""
    lines = head.split(b"\r\n")
    if lines[0].startswith((b"+", b":")):
        return 1
    at = 3 if lines[0] == b"*2" and lines[1:] and lines[1].startswith(b"$") else 0
    if len(lines) <= at + 1:
        return 1 << 62
    return at + 1 + 2 * int(lines[at][1:])


def sized(seconds, batch, most, run, least=5000):
    """Calls `run(requests)` with as many requests as take about `seconds`, and returns its
    result. Shorter runs before find that number and warm the server up. Two may be needed, since
    at first many clients are slower. `batch` is the number of requests in flight; `least` and
    `most` bound the number of requests. The rate is the first value that `run` returns."""
    least = min(max(least, 20 * batch), most)
    requests = least
    while True:
        result = run(requests)
        wanted = int(result[0] * seconds) // batch * batch
        wanted = min(max(wanted, least), most)
        if requests >= 0.8 * wanted:
            return result
        requests = wanted
