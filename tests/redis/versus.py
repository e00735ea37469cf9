#!/usr/bin/env python3
"""Compares this server with Debian's redis-server: same machine, same load, in turn.

    tests/redis/versus.py SERVER [--rounds N] [--requests N] [--memory]

SERVER is the program to be tested. Each round visits both servers with the same
redis-benchmark, one after the other, so that a machine which grows slower does so for
both; what counts is the ratio of the medians. Prints a Markdown table.
"""

import argparse
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

# Name, clients, requests per pipeline, part of the requests that is worth making.
LOADS = [
    ("50 clients", 50, 1, 0.1),
    ("50 clients, pipeline 16", 50, 16, 0.5),
    ("8 clients, pipeline 100", 8, 100, 1.0),
]
COMMANDS = ["SET", "GET"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server on a free port with its append-only file in a directory of its own."""

    def __init__(self, name, program):
        self.name = name
        self.port = free_port()
        self.directory = tempfile.mkdtemp(prefix=f"versus-{name}-")
        options = ["--port", str(self.port), "--dir", self.directory, "--appendonly", "yes"]
        if name == "redis":
            options += ["--save", ""]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while self.command("PING") != b"+PONG":
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{program} does not answer")
            time.sleep(0.02)

    def command(self, *words, timeout=60):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout) as stream:
                stream.sendall((" ".join(words) + "\r\n").encode())
                return stream.makefile("rb").readline().strip()
        except OSError:
            return None

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.directory)


def requests_per_second(server, command, clients, pipeline, requests):
    output = subprocess.run(
        ["redis-benchmark", "-p", str(server.port), "-c", str(clients), "-P", str(pipeline),
         "-n", str(requests), "-r", "100000", "-d", "16", "-t", command.lower(), "--csv"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    return float(output.splitlines()[-1].split(",")[1].strip('"'))


def compare_speed(servers, rounds, requests):
    rows = []
    for load, clients, pipeline, part in LOADS:
        for command in COMMANDS:
            count = max(int(requests * part), 1000)
            found = {server.name: [] for server in servers}
            for _ in range(rounds):
                for server in servers:
                    found[server.name].append(
                        requests_per_second(server, command, clients, pipeline, count))
            ours, theirs = (statistics.median(found[server.name]) for server in servers)
            pairs = [a / b for a, b in zip(*(found[server.name] for server in servers))]
            rows.append((command, load, ours, theirs, ours / theirs, min(pairs), max(pairs)))
            print(f"  {command}, {load}: {ours / theirs:.2f}", file=sys.stderr)
    print("| command | load | threadbare/s | redis/s | ratio | least | most |")
    print("|---|---|---|---|---|---|---|")
    for command, load, ours, theirs, ratio, least, most in rows:
        print(f"| {command} | {load} | {ours:,.0f} | {theirs:,.0f} | {ratio:.2f} "
              f"| {least:.2f} | {most:.2f} |")


def compare_memory(servers, keys=1_000_000):
    """Resident bytes for each of a million keys of 16 bytes with values of 16. The
    slowest pipeline is one that had to wait for a sync of the file."""
    print("\n| server | bytes a key | slowest pipeline of 100 SETs, ms |")
    print("|---|---|---|")
    for server in servers:
        before = server.resident_kb()
        slowest = fill(server, keys)
        each = (server.resident_kb() - before) * 1024 / keys
        print(f"| {server.name} | {each:.1f} | {slowest * 1000:.2f} |")


def fill(server, keys):
    """Sets `keys` keys in pipelines of 100; the time that the slowest pipeline took."""
    slowest = 0.0
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = stream.makefile("rb")
        for start in range(0, keys, 100):
            stream.sendall(b"".join(
                b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$16\r\n%016d\r\n" % (key, key)
                for key in range(start, start + 100)))
            begin = time.perf_counter()
            for _ in range(100):
                reader.readline()
            slowest = max(slowest, time.perf_counter() - begin)
    return slowest


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("server")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--requests", type=int, default=2_000_000)
    arguments.add_argument("--memory", action="store_true")
    options = arguments.parse_args()
    version = subprocess.run(["redis-server", "--version"], stdout=subprocess.PIPE, text=True).stdout
    print(f"{platform.machine()}, {os.cpu_count()} cores; {version.split(' sha')[0]}; "
          f"medians of {options.rounds} rounds\n")
    servers = [Server("threadbare", options.server), Server("redis", "redis-server")]
    try:
        compare_speed(servers, options.rounds, options.requests)
    finally:
        for server in servers:
            server.stop()
    if options.memory:
        servers = [Server("threadbare", options.server), Server("redis", "redis-server")]
        try:
            compare_memory(servers)
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
