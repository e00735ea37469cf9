"""The two load generators, redis-benchmark and the `load` of benches/models, and how many
requests to ask of them."""

import json
import shlex
import subprocess

LOAD = "target/models/release/load"
KEYS = 100_000
VALUE_BYTES = 16
# redis-benchmark would wait for ever for a server that leaves a client without an answer.
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
            raise RuntimeError((done.stderr or done.stdout).strip())
        return done.stdout

    def load(self, **options):
        """Runs `load`: `pipeline=16` is `--pipeline 16`, `probe=True` is `--probe`."""
        return json.loads(self.run(self.load_command(options)))

    def start_load(self, **options):
        """Starts `load` with a pipe to each of its ends."""
        command = self.load_command(options)
        self.remember(command)
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def load_command(self, options):
        command = [LOAD, "--port", self.port]
        for name, value in options.items():
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        return command

    def fill(self, keys=KEYS, value=VALUE_BYTES, **options):
        """Sets every key once."""
        return self.load(fill=True, connections=1, pipeline=self.fill_pipeline, keys=keys,
                         value=value, **options)

    def benchmark(self, test, clients, pipeline, requests, keys=KEYS, value=VALUE_BYTES):
        """Requests a second, by redis-benchmark."""
        output = self.run([
            "redis-benchmark", "-p", self.port, "-t", test.lower(), "-c", str(clients),
            "-P", str(pipeline), "-n", str(requests), "-r", str(keys), "-d", str(value), "--csv"])
        rows = [line for line in output.splitlines() if line.startswith(f'"{test}"')]
        if not rows:
            raise RuntimeError(f"redis-benchmark says: {output.strip()[-200:]}")
        return float(rows[-1].split(",")[1].strip('"'))


def sized(seconds, batch, most, run):
    """What `run(requests)` returns, with as many requests as take some `seconds`: a short
    run, which also warms the server up, tells how many. `batch` is how many requests are on
    their way at a time, `most` how many there may be. `run` returns the rate first."""
    pilot = min(max(5000, 20 * batch), most)
    rate = run(pilot)[0]
    requests = int(rate * seconds) // batch * batch
    return run(min(max(requests, pilot), most))
