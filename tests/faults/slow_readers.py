"""Clients that ask for much and read late, while another client writes.

Bar: they cost the other client 30 ms in the middle and 150 ms at the 99th percentile. Much of
that is the work itself: 40 clients that write 6 MB each send 240 MB to the file in a round.

With QUICK the bars are three times as wide: a few seconds on a machine that others use as well.
"""

import threading
import time

from latency import Probe
from resp import encode
from settings import demand_speed

CLIENTS = 40
VALUE = b"x" * 6_000_000
LATE_S = 0.15
P50_MS = 30
P99_MS = 150


def cases(settings):
    for first in (b"SET", b"GET"):
        yield (f"{first.decode()} and GET of 6 MB",
               lambda first=first: slow_readers(settings, first, settings.times(10, 4)))


def slow_readers(settings, first, seconds):
    server = settings.start("everysec", "--auto-aof-rewrite-percentage", "0")
    readers = [SlowReader(server, number, first) for number in range(CLIENTS)]
    try:
        for reader in readers:
            reader.thread.start()
        time.sleep(1)
        found = Probe(server.port, seconds, "SET", "other", "1", pause=0.002).result()
    finally:
        for reader in readers:
            reader.is_over = True
        for reader in readers:
            reader.thread.join()
        server.stop()
    rounds = sum(reader.rounds for reader in readers)
    width = settings.times(1, 3)
    is_met = found["p50"] <= P50_MS * width and found["p99"] <= P99_MS * width
    return demand_speed(rounds > CLIENTS and is_met,
                  f"another client's SET p50 {found['p50']} ms, p99 {found['p99']} ms, at most "
                  f"{found['most']} ms; {rounds} slow rounds")


class SlowReader:
    """A client that sends two requests, waits, and then reads both answers."""

    def __init__(self, server, number, first):
        self.connection = server.connect()
        self.connection.socket.settimeout(60)
        key = b"big:%d" % number
        write, read = encode([b"SET", key, VALUE]), encode([b"GET", key])
        self.connection.socket.sendall(write)
        self.connection.reply()
        self.requests = (write if first == b"SET" else read) + read
        answer = len(b"$%d\r\n" % len(VALUE)) + len(VALUE) + 2
        self.answer = answer + (len(b"+OK\r\n") if first == b"SET" else answer)
        self.rounds = 0
        self.is_over = False
        self.thread = threading.Thread(target=self.run)

    def run(self):
        buffer = bytearray(1 << 20)
        while not self.is_over:
            self.connection.socket.sendall(self.requests)
            time.sleep(LATE_S)
            left = self.answer
            while left:
                left -= self.connection.socket.recv_into(buffer, min(left, len(buffer)))
            self.rounds += 1
