#!/usr/bin/env python3
"""Measures what the page costs: rate and processor time of GETs while nobody watches, one browser watches, and ten
browsers watch that have stopped reading.

    benches/compare/viewers.py [--rounds N] [--seconds S] [--before PROGRAM]

All servers run from the beginning to the end, and a round visits each once, so that a machine that
grows slower does so for all. The first server has no page; the others' figures are divided by its
figures of the same round. Processor time is that of the server for a GET. `--before` is another build of the server, which takes part without a page.

Linux only, like all of this directory. To be run at the top of the repository, by `make viewers`.
"""

import argparse
import contextlib
import os
import socket
import statistics
import sys
import threading

sys.dont_write_bytecode = True  # Writes no bytecode files among the sources.

from compare import build_models
from loads import Tools, sized
from servers import NO_REWRITE, Server, Spec, free_port

PROGRAM = "target/release/threadbare"
LOADS = (("8 clients, pipeline 100", 8, 100), ("50 clients", 50, 1))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2, help="of each load in each round")
    parser.add_argument("--before", help="another build of the server, to take part without a page")
    return parser.parse_args()


class Watched:
    """A server, and the number of browsers that watch it. They connect at the beginning of each load and
    leave at its end."""

    def __init__(self, name, program=PROGRAM, has_page=True, viewers=0, reads=True):
        self.name = name
        self.viewers = viewers
        self.reads = reads
        self.page = free_port() if has_page else 0
        command = f"{program} --port {{port}} --dir {{dir}} --appendonly {{log}}" + NO_REWRITE
        if has_page:
            command += f" --view-port {self.page}"
        self.server = Server(Spec("viewers", command))
        self.tools = Tools(self.server)
        # Of each round: rate and processor time, both to those without the page.
        self.ratios = []

    def figures(self, clients, pipeline, seconds):
        """Returns GETs a second, and the seconds of processor time of a GET."""
        with contextlib.ExitStack() as stack:
            for _ in range(self.viewers):
                stack.enter_context(viewer(self.page, self.reads))

            def run(requests):
                before = self.server.cpu_seconds()
                found = self.tools.load(get=100, connections=clients, pipeline=pipeline,
                                        requests=requests)
                return found["per_second"], (self.server.cpu_seconds() - before) / requests
            return sized(seconds, clients * pipeline, 100_000_000, run)


@contextlib.contextmanager
def viewer(port, reads):
    """A browser that asks for the events. Without `reads` it takes the first of them only."""
    stream = socket.socket()
    stream.settimeout(10)
    # Small, so that the server soon has to wait for a browser that does not read.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stream.connect(("127.0.0.1", port))
    stream.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    first = stream.recv(1 << 16)
    if not first.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the page says {first[:100]!r}")
    thread = threading.Thread(target=read_all, args=(stream,), daemon=True)
    if reads:
        thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()


def read_all(stream):
    with contextlib.suppress(OSError):
        while stream.recv(1 << 16):
            pass


def servers(before):
    found = [Watched("without the page", has_page=False)]
    if before:
        found.append(Watched("build before, without the page", before, has_page=False))
    return found + [
        Watched("the page, nobody watches"),
        Watched("one browser watches", viewers=1),
        Watched("ten browsers watch and have stopped reading", viewers=10, reads=False),
    ]


def main():
    options = arguments()
    build_models()
    watched = servers(os.path.abspath(options.before) if options.before else None)
    with contextlib.ExitStack() as stack:
        for one in watched:
            stack.enter_context(one.server)
            one.tools.fill()
        for name, clients, pipeline in LOADS:
            measure(watched, clients, pipeline, options)
            print(f"\nGET, {name}: to the server without the page, median (least; most) of "
                  f"{options.rounds} rounds\n\n| | rate | processor time |\n|---|---:|---:|")
            for one in watched[1:]:
                rates, times = map(spread, zip(*one.ratios))
                print(f"| {one.name} | {rates} | {times} |", flush=True)


def measure(watched, clients, pipeline, options):
    for one in watched:
        one.ratios = []
    for number in range(options.rounds):
        first = number % len(watched)
        found = {one: one.figures(clients, pipeline, options.seconds)
                 for one in watched[first:] + watched[:first]}
        for one in watched:
            pairs = zip(found[one], found[watched[0]])
            one.ratios.append([ours / plain for ours, plain in pairs])


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}; {max(values):.3f})"


if __name__ == "__main__":
    main()
