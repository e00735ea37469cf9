"""Power cuts: only data written after the last sync can be damaged.

While clients write, the run records the file's length at each time, its syncs and the
acknowledged writes. So one run has many possible moments of a power cut. For each moment a copy
of the file gets the length of that time. Behind the last sync that had ended, the copy is cut,
zeroed or has a bit flipped. A server starts on each copy.

The clients write so slowly that a second of writes is less than a start repairs by itself
(`aof-load-corrupt-tail-max-size`).

Bar: under `always` no write acknowledged by then is lost. Under `everysec` only writes younger
than a second plus the sync's own time may be lost. No wrong data is found. The server starts,
except that it may refuse damage that is not at the end, if it reports the place.
"""

import collections
import concurrent.futures
import os
import random
import tempfile
import threading
import time
from typing import NamedTuple

from disk import Disk
from resp import encode
from settings import AOF, POLICIES, aof_path, demand, restarted, wait_for
from writers import Lost, Sets, Writers

SEEDS_PER_RUN = 100
# Delay that the threads of a busy machine may add to a second.
SLACK_SECONDS = 0.3


class Moment(NamedTuple):
    """The moment of a power cut: the file's length, and its safe length."""

    time: float
    length: int
    safe: int


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: cut_often(settings, policy)
    yield "what a crash left unsynced", lambda: synced_after_a_crash(settings)
    yield "a torn end put aside", lambda: kept_before_cut(settings)


def cut_often(settings, policy):
    seeds, outcomes = settings.times(1000, 100), []
    for _ in range(seeds // SEEDS_PER_RUN):
        run = Run(settings, policy)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            outcomes += pool.map(run.cut_power, range(SEEDS_PER_RUN))
    oldest = max(outcome.oldest_lost for outcome in outcomes)
    wrong = [outcome.wrong for outcome in outcomes if outcome.wrong]
    refused = collections.Counter(outcome.refused for outcome in outcomes if outcome.refused)
    text = (f"{seeds} power cuts, the oldest acknowledged write that was lost was {oldest:.2f} s "
            f"old, {len(wrong)} times wrong data; {refused.total()} starts refused"
            + "".join(f", {count} {kind}" for kind, count in refused.items()))
    too_old = any(outcome.oldest_lost > outcome.patience for outcome in outcomes)
    return demand(not (too_old or wrong or refused["cut"] or refused["zeroed to the end"]),
                  "\n       ".join([text, *wrong[:3]]))


class Outcome(NamedTuple):
    """The result of a server's start on a damaged file."""

    oldest_lost: float = 0.0
    patience: float = 0.0
    wrong: str = ""
    refused: str = ""


class Run:
    """The known state of a server's disk at each moment."""

    def __init__(self, settings, policy):
        self.settings, self.policy = settings, policy
        self.writers = Writers(8, Sets(most=200), most_in_flight=4, pause=0.003)
        self.lengths = []
        disk = Disk()
        with settings.start(policy, disk=disk) as server:
            self.watch(server, disk, 4 if policy == "everysec" else 1.5)
            with open(aof_path(server), "rb") as file:
                self.file = file.read()
        self.syncs = [sync for sync in disk.syncs() if sync.name == AOF]
        took = max((sync.ended - sync.begun for sync in self.syncs), default=0)
        # The file is first written back, then synced.
        self.patience = 0 if policy == "always" else 1 + 2 * took + SLACK_SECONDS

    def watch(self, server, disk, seconds):
        done = threading.Event()
        watcher = threading.Thread(target=self.note_lengths, args=(aof_path(server), done))
        watcher.start()
        self.writers.start(server.port)
        time.sleep(seconds)
        # The duration of a sync is known when it has ended.
        before = len(disk.syncs())
        wait_for("a sync", lambda: len(disk.syncs()) > before)
        server.kill()
        done.set()
        watcher.join()
        self.writers.stop()

    def note_lengths(self, path, done):
        while not done.wait(0.002):
            # In this order, every write acknowledged by then is in the file.
            self.lengths.append((time.monotonic(), os.path.getsize(path)))

    def moment(self, chance):
        """Returns a moment with unsynced data, if there is one."""
        for at, length in chance.sample(self.lengths, len(self.lengths)):
            safe = max((sync.bytes for sync in self.syncs if sync.ended <= at), default=0)
            if safe < length:
                return Moment(at, length, safe)
        raise Lost("there was always nothing to be lost")

    def cut_power(self, seed):
        chance = random.Random(f"{self.policy} {seed} {len(self.file)}")
        moment = self.moment(chance)
        kind, data = damaged(self.file[:moment.length], moment.safe, chance)
        directory = tempfile.mkdtemp(prefix="threadbare-check-")
        with open(os.path.join(directory, AOF), "wb") as file:
            file.write(data)
        try:
            server = self.settings.start(self.policy, directory=directory)
        except RuntimeError as error:
            return Outcome(refused=kind if "at offset" in str(error) else f"{kind}: {error}")
        try:
            found = self.writers.found(server.port)
            return Outcome(self.oldest_lost(found, moment), self.patience)
        except Lost as error:
            return Outcome(wrong=f"{kind}, {moment}: {error}")
        finally:
            server.kill()
            server.stop()

    def oldest_lost(self, found, moment):
        """Returns the age of the oldest acknowledged write that is missing."""
        lost = [at for writer, steps in zip(self.writers.all, found)
                for at, number in writer.acks if at <= moment.time and number > steps]
        return moment.time - min(lost, default=moment.time)


def damaged(data, safe, chance):
    """Returns possible results of a power cut: copies of `data`, of which `safe` bytes were
    synced."""
    kind = chance.choice(["cut", "zeroed to the end", "zeroed in the middle", "a bit flipped"])
    data, length = bytearray(data), len(data)
    start = chance.randrange(safe, length)
    if kind == "cut":
        del data[start:]
    elif kind == "zeroed to the end":
        data[start:] = bytes(length - start)
    elif kind == "zeroed in the middle":
        end = min(start + 4096, length)
        data[start:end] = bytes(end - start)
    else:
        data[start] ^= 1 << chance.randrange(8)
    return kind, data


def synced_after_a_crash(settings):
    """Checks that a new server syncs data that a killed server left unsynced. It must do so even
    without new writes."""
    disk, writers = Disk(), Writers(8)
    server = settings.start("everysec", disk=disk)
    writers.start(server.port)
    time.sleep(0.5)
    server.kill()
    writers.stop()
    server = restarted(settings, server, "everysec", disk=disk)
    try:
        path = aof_path(server)
        took = wait_for("a sync of what was loaded",
                        # More, if there was a torn end, which has been cut off.
                        lambda: disk.safe_bytes(path) >= os.path.getsize(path), 5)
    finally:
        server.stop()
    return f"on the disk {took:.2f} s after the start"


def kept_before_cut(settings):
    """Checks that a torn end is cut off only after its copy and the copy's name are on the
    disk."""
    disk = Disk()
    whole, torn = encode([b"SET", b"k", b"v"]), b"*3\r\n$3\r\nSET\r\n"
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, AOF), "wb") as file:
            file.write(whole + torn)
        inode = os.stat(directory).st_ino
        settings.start("everysec", directory=directory, disk=disk).kill()
    steps = [step_of(sync, inode, len(whole)) for sync in disk.syncs()]
    wanted = ["the copy", "its name", "the cut"]
    found = steps[steps.index("the copy"):][:len(wanted)] if "the copy" in steps else steps
    return demand(found == wanted, f"synced in this order: {', '.join(found)}")


def step_of(sync, directory, whole_bytes):
    if ".cut-at-" in sync.name:
        return "the copy"
    if sync.inode == directory:
        return "its name"
    return "the cut" if sync.bytes == whole_bytes else "the whole file"
