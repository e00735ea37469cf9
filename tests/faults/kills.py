"""kill -9 while 8 to 50 clients write, also while each sync takes 3 seconds.

Bar: no acknowledged write is lost. The data found results from a prefix of each client's
requests. Slow syncs do not delay readers.
"""

import random
import time

from disk import Disk
from latency import Probe
from settings import POLICIES, demand_speed, restarted
from writers import Collections, SortedSets, Writers

# In every second life of a server, rewrites of the file run all the time.
REWRITING = ["--auto-aof-rewrite-min-size", "64kb", "--auto-aof-rewrite-percentage", "1"]
SLOW_MS = 3000


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: kill_often(settings, policy, settings.times(100, 10))
    for policy in POLICIES:
        yield f"{policy}, lists and sets", lambda policy=policy: kill_often(
            settings, policy, settings.times(100, 5), Collections())
    for policy in POLICIES:
        yield f"{policy}, sorted sets", lambda policy=policy: kill_often(
            settings, policy, settings.times(100, 5), SortedSets())
    for policy in POLICIES:
        yield (f"{policy}, syncs of 3 s",
               lambda policy=policy: kill_slowed(settings, policy, settings.times(6, 1)))
    yield "reads beside syncs of 3 s", lambda: reads(settings)


def kill_often(settings, policy, kills, kind=None):
    writers = Writers(50, kind)
    acknowledged = 0
    server = settings.start(policy)
    for number in range(kills):
        before = writers.acknowledged()
        writers.start(server.port, random.randint(8, 50))
        time.sleep(random.uniform(0.05, 0.5))
        server.kill()
        writers.stop()
        acknowledged += writers.acknowledged() - before
        server = restarted(settings, server, policy, *(REWRITING if number % 2 else []))
        writers.check(server.port)
    server.stop()
    return f"{kills} kills, {acknowledged:,} acknowledged, 0 lost"


def kill_slowed(settings, policy, kills):
    disk, writers = Disk(), Writers(50)
    acknowledged = 0
    server = settings.start(policy, disk=disk)
    for _ in range(kills):
        before = writers.acknowledged()
        disk.slow_ms = SLOW_MS
        writers.start(server.port, random.randint(8, 50))
        time.sleep(random.uniform(3, 6))
        server.kill()
        disk.behave()
        writers.stop()
        acknowledged += writers.acknowledged() - before
        server = restarted(settings, server, policy, *REWRITING, disk=disk)
        writers.check(server.port)
    server.stop()
    return f"{kills} kills, {acknowledged:,} acknowledged, 0 lost"


def reads(settings):
    """Returns the 99th percentile of a reader beside eight writers, with fast syncs and with slow
    ones."""
    seconds = settings.times(12, 4)
    disk, found = Disk(), {}
    with settings.start("everysec", disk=disk) as server:
        for slow_ms in (0, SLOW_MS):
            disk.slow_ms = slow_ms
            writers = Writers(8)
            writers.start(server.port)
            found[slow_ms] = Probe(server.port, seconds, "GET", "client:0:0").result()
            disk.slow_ms = 0
            writers.stop()
    usual, slowed = found[0]["p99"], found[SLOW_MS]["p99"]
    return demand_speed(slowed <= usual + 1, f"p99 {usual} ms, with slow syncs {slowed} ms "
                                       f"(at most {found[SLOW_MS]['most']} ms)")
