"""One sync of the file fails. The disk may have lost all data not synced before.

Bar: the server replaces the file by a fresh one without help, also if clients send only writes.
No acknowledged write is lost after the error, nor if the power goes between the error and the
fresh file. In that case `everysec` may lose writes younger than a second. The same holds if the
error happens during a rewrite.
"""

import random
import time

from disk import KILL, Disk
from power import SLACK_SECONDS
from settings import POLICIES, demand, info, restarted, wait_for
from writers import Lost, Sets, Writers


def cases(settings):
    for policy in POLICIES:
        yield policy, lambda policy=policy: heal_often(settings, policy)
        yield f"{policy}, then a power cut", lambda policy=policy: cut_often(settings, policy)
        yield (f"{policy}, during a rewrite",
               lambda policy=policy: rewrite_often(settings, policy))


def heal_often(settings, policy):
    times = settings.times(10, 2)
    longest = max(heal(settings, policy) for _ in range(times))
    return demand(longest <= 2, f"{times} errors, 0 lost, at most {longest:.2f} s until writes are "
                                f"taken again")


def start(settings, policy):
    disk, writers = Disk(), Writers(8, Sets(), most_in_flight=1)
    server = settings.start(policy, disk=disk)
    writers.start(server.port)
    time.sleep(random.uniform(0.2, 1))
    return disk, writers, server


def heal(settings, policy):
    disk, writers, server = start(settings, policy)
    disk.fail_syncs = 1
    wait_for("the error", lambda: disk.failed)
    begun = time.monotonic()
    wait_for("a fresh file", lambda: info(server, "aof_rewrites") == "1")
    before = writers.acknowledged()
    wait_for("writes to be taken", lambda: writers.acknowledged() > before)
    took = time.monotonic() - begun
    time.sleep(0.2)
    check_after_kill(settings, server, writers, policy)
    return took


def check_after_kill(settings, server, writers, policy):
    server.kill()
    writers.stop()
    server = restarted(settings, server, policy)
    try:
        writers.check(server.port)
    finally:
        server.stop()


def cut_often(settings, policy):
    times = settings.times(10, 2)
    oldest = max(cut(settings, policy) for _ in range(times))
    return f"{times} errors, the oldest acknowledged write that was lost was {oldest:.2f} s old"


def cut(settings, policy):
    """Returns the age, at the error, of the oldest acknowledged write that is lost."""
    disk, writers, server = start(settings, policy)
    # Long before the fresh file is safe.
    disk.at_step, disk.action = 2, KILL
    disk.fail_syncs = 1
    wait_for("the error", lambda: disk.failed)
    failed = time.monotonic()
    wait_for("the end", lambda: server.process.poll() is not None)
    disk.behave()
    writers.stop()
    disk.cut_power(server.directory)
    server = restarted(settings, server, policy)
    try:
        found = writers.found(server.port)
    finally:
        server.stop()
    lost = [at for writer, steps in zip(writers.all, found)
            for at, number in writer.acks if number > steps]
    age = failed - min(lost) if lost else 0.0
    allowed = 1 + SLACK_SECONDS
    if lost and (policy == "always" or age > allowed):
        raise Lost(f"{len(lost)} acknowledged writes are lost, the oldest {age:.3f} s old")
    return age


def rewrite_often(settings, policy):
    times = settings.times(10, 1)
    for _ in range(times):
        fail_during_rewrite(settings, policy)
    return f"{times} errors, 0 lost"


def fail_during_rewrite(settings, policy):
    disk, writers, server = start(settings, policy)
    # The fresh file's syncs are slow, so that the old one's are due meanwhile.
    disk.slow_ms = random.randint(100, 700)
    with server.connect() as connection:
        connection.ask(b"BGREWRITEAOF")
    disk.fail_syncs = 1
    wait_for("the error", lambda: disk.failed)
    time.sleep(0.3)
    disk.slow_ms = 0
    before = writers.acknowledged()
    wait_for("writes to be taken", lambda: writers.acknowledged() > before + 100)
    wait_for("the rewrite", lambda: info(server, "aof_rewrite_in_progress") == "0")
    check_after_kill(settings, server, writers, policy)
