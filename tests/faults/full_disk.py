"""A full disk: a limit on the size of files and, if the user may mount one, a small tmpfs.

Bar: writers get Redis's error, readers are served, and no acknowledged write is lost, whether the
server is killed then or not. Writes succeed within a second of there being room again, also if a
rewrite of the file was due meanwhile.
"""

import os
import resource
import signal
import subprocess
import tempfile
import time

from settings import POLICIES, demand, restarted, wait_for
from writers import Sets, Writers

LIMIT_BYTES = 1 << 20
PREFIX = b"-MISCONF Errors writing to the AOF file: "
# Prevents automatic rewrites, which would shrink the file.
FIXED = ["--auto-aof-rewrite-percentage", "0"]


def cases(settings):
    disks = [Limit] + ([SmallDisk] if SmallDisk.can_be_had() else [])
    for disk in disks:
        for policy in POLICIES:
            for rewrite in settings.times((False, True), (disk is SmallDisk,)):
                yield (f"{disk.__doc__}, {policy}{', a rewrite meanwhile' if rewrite else ''}",
                       lambda disk=disk, policy=policy, rewrite=rewrite:
                       fill(settings, disk(), policy, rewrite))
    if SmallDisk not in disks:
        print("       full_disk: no tmpfs can be mounted here, so that is left out", flush=True)


class Limit:
    """a limit on files"""

    reason = b"File too large"

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="threadbare-check-")

    @staticmethod
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))

    def make_room(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self):
        pass


class SmallDisk:
    """a tmpfs"""

    reason = b"No space left on device"
    prepare = None

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="threadbare-check-")
        self.mount("size=2m")

    def mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.directory],
                       check=True, stderr=subprocess.DEVNULL)

    def make_room(self, _server):
        self.mount("remount,size=200m")

    def close(self):
        subprocess.run(["umount", self.directory], check=True)
        os.rmdir(self.directory)

    @staticmethod
    def can_be_had():
        try:
            SmallDisk().close()
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def fill(settings, disk, policy, rewrite):
    writers = Writers(8, Sets(most=4000), most_in_flight=1)
    options = dict(directory=disk.directory, prepare=disk.prepare)
    server = settings.start(policy, *FIXED, **options)
    try:
        writers.start(server.port)
        run_out_of_room(server, writers, disk)
        # A crash with the disk full.
        server.kill()
        writers.stop()
        server = restarted(settings, server, policy, *FIXED, prepare=disk.prepare)
        writers.check(server.port)
        writers.start(server.port)
        run_out_of_room(server, writers, disk)
        if rewrite:
            fail_to_rewrite(server)
        took = heal(server, writers, disk)
        time.sleep(0.3)
        server.kill()
        writers.stop()
        server = restarted(settings, server, policy, *FIXED)
        writers.check(server.port)
    finally:
        writers.stopped.set()
        server.stop()
        disk.close()
    return demand(took <= 1, f"{writers.acknowledged():,} acknowledged, 0 lost, "
                             f"written again {took:.2f} s after there was room")


def run_out_of_room(server, writers, disk):
    for writer in writers.all:
        writer.refusals.clear()
    wait_for("the disk to be full", writers.refusals)
    reply = writers.refusals()[0][1]
    demand(reply == PREFIX + disk.reason + b"\r\n", f"a write was told {reply!r}")
    with server.connect() as connection:
        reply = connection.ask(b"GET", b"client:0:1")
    demand(reply.startswith(b"$"), f"a read was told {reply!r}")


def fail_to_rewrite(server):
    with server.connect() as connection:
        connection.ask(b"BGREWRITEAOF")
    time.sleep(1)


def heal(server, writers, disk):
    """Makes room on the disk. Returns the seconds until the first write succeeds."""
    before = writers.acknowledged()
    begun = time.monotonic()
    disk.make_room(server)
    wait_for("writes to be taken", lambda: writers.acknowledged() > before, 10)
    return time.monotonic() - begun
