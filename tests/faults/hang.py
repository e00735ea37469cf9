"""A sync that does not return, while clients write as fast as they can, also without waiting for
answers.

Bar: the server's memory grows only by the data that it must hold, and readers are served. When
the sync returns, the server continues and nothing is lost.
"""

import socket
import threading
import time

from disk import Disk
from latency import Probe
from resp import encode
from settings import POLICIES, demand, memory_kb, restarted, wait_for
from writers import Sets, Writers

# The server holds at most 32 MB on the way to the file, plus buffers.
MOST_MB = 96
READ_MS = 50
FLOODS = 4
FLOOD = encode([b"SET", b"flood", b"x" * 100_000]) * 10


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: hang(settings, policy, settings.times(10, 2))


def hang(settings, policy, seconds):
    disk, writers = Disk(), Writers(16, Sets(most=100_000), most_in_flight=16)
    server = settings.start(policy, disk=disk)
    try:
        writers.start(server.port)
        time.sleep(1)
        before = memory_kb(server)
        disk.hang = 1
        flooded = [Flood(server) for _ in range(FLOODS)]
        reads = Probe(server.port, seconds, "GET", "client:0:0").result()
        grown = (memory_kb(server) - before) / 1024
        for flood in flooded:
            flood.stop()
        disk.hang = 0
        acknowledged = writers.acknowledged()
        wait_for("writes to be taken", lambda: writers.acknowledged() > acknowledged)
        server.kill()
        writers.stop()
        server = restarted(settings, server, policy)
        writers.check(server.port)
    finally:
        disk.hang = 0
        server.stop()
    return demand(grown <= MOST_MB and reads["p99"] <= READ_MS,
                  f"{before // 1024} MB, {grown:.0f} MB more after {seconds} s; reads p99 "
                  f"{reads['p99']} ms, at most {reads['most']} ms; {writers.acknowledged():,} "
                  "acknowledged, 0 lost")


class Flood:
    """A client that sends without waiting for answers."""

    def __init__(self, server):
        self.connection = server.connect()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while True:
                self.connection.socket.sendall(FLOOD)
        except OSError:
            pass

    def stop(self):
        self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.connection.close()
