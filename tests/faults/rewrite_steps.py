"""A rewrite of the file that is interrupted, or fails, at each of its steps in turn.

A step is a system call of the rewrite, before it and after it. After a crash the server starts on
the remaining files. In every second round the power goes too, and each file keeps only its synced
data. If a step fails, the server continues. To save time, only every third step is tested.

Bar: the data is exact, both the data from before and the clients' writes meanwhile.
"""

import random
import time

from disk import FAIL, KILL, NEVER, Disk
from resp import decode
from settings import POLICIES, demand, info, restarted, wait_for
from writers import Collections, Increments, Lost, Sets, Writers

STILL = 2000
# The number of steps varies with the data that a rewrite has to copy.
ENOUGH_WITHOUT = 4


def cases(settings):
    rounds = settings.times(3, 1)
    for policy in POLICIES:
        yield (f"{policy}, crashes", lambda policy=policy: each_step(
            settings, policy, rounds, KILL))
        yield (f"{policy}, errors", lambda policy=policy: each_step(
            settings, policy, rounds, FAIL))


def each_step(settings, policy, rounds, action):
    steps, acknowledged, calls = 0, 0, set()
    for number in range(rounds):
        step, without = 1, 0
        while without < ENOUGH_WITHOUT:
            reached, call, more = Rewrite(settings, policy, action, number).run(step)
            acknowledged += more
            calls.add(call)
            steps += reached
            without = 0 if reached else without + 1
            # Only a call that has not begun can fail, so that is every other step.
            step += settings.times(1, 3) if action == KILL else settings.times(2, 6)
    calls.discard("")
    return demand(steps > 0, f"{steps} at {', '.join(sorted(calls))}; {acknowledged:,} "
                             "acknowledged, exact")


class Rewrite:
    """One rewrite, while clients write."""

    def __init__(self, settings, policy, action, number):
        self.settings, self.policy, self.action = settings, policy, action
        self.with_power_cut = action == KILL and number % 2 == 1
        self.disk = Disk()
        self.server = settings.start(policy, disk=self.disk)

    def kind(self, step):
        """Returns the kind of writes. A repeated INCR or RPUSH would be detected, but one with
        unknown outcome could not be tried again."""
        if self.action == FAIL:
            return Sets()
        return Collections() if step % 2 else Increments()

    def run(self, step):
        """Returns whether the rewrite has this many steps, the call of this step, and the
        acknowledged steps."""
        self.writers = Writers(4, self.kind(step), 1 if self.action == FAIL else 8)
        with self.server.connect() as connection:
            write_still(connection)
        self.writers.start(self.server.port)
        time.sleep(random.uniform(0.02, 0.1))
        self.disk.step, self.disk.action, self.disk.at_step = 0, self.action, step
        with self.server.connect() as connection:
            connection.ask(b"BGREWRITEAOF")
        wait_for("the rewrite", self.is_over, 20)
        reached = self.disk.step >= step
        call = self.disk.call_at_step()
        self.disk.at_step = NEVER
        if self.action == FAIL:
            self.go_on()
        self.server.kill()
        self.writers.stop()
        self.check(step)
        return reached, call, self.writers.acknowledged()

    def is_over(self):
        if self.server.process.poll() is not None:
            return True
        try:
            return self.action == FAIL and self.disk.failed or info(
                self.server, "aof_rewrites") != "0"
        except (OSError, RuntimeError, ValueError):
            return False

    def go_on(self):
        before = self.writers.acknowledged()
        wait_for("writes to be taken", lambda: self.writers.acknowledged() > before + 40)
        wait_for("the rewrite", lambda: info(self.server, "aof_rewrite_in_progress") == "0")
        before = self.writers.acknowledged()
        wait_for("writes to be taken", lambda: self.writers.acknowledged() > before + 40)

    def check(self, step):
        self.disk.behave()
        if self.with_power_cut and self.policy == "always":
            self.disk.cut_power(self.server.directory)
        self.server = restarted(self.settings, self.server, self.policy)
        try:
            self.writers.check(self.server.port)
            with self.server.connect() as connection:
                check_still(connection)
        except Lost as error:
            raise Lost(f"step {step}: {error}") from error
        finally:
            self.server.stop()


def write_still(connection):
    """Writes data that no client changes."""
    for start in range(0, STILL, 100):
        connection.send(*([b"SET", b"still:%d" % number, b"%d" % number]
                          for number in range(start, start + 100)),
                        [b"HSET", b"hash", b"%d" % start, b"x" * start],
                        [b"RPUSH", b"list", *(b"%d" % n for n in range(start, start + 100))],
                        [b"SADD", b"intset", b"%d" % start],
                        [b"SADD", b"set", *(b"%d" % n for n in range(start, start + 100))])
        for _ in range(104):
            connection.reply()


def check_still(connection):
    connection.send(*([b"GET", b"still:%d" % number] for number in range(STILL)))
    for number in range(STILL):
        if decode(connection.reply()) != b"%d" % number:
            raise Lost(f"still:{number} is not what it was")
    fields = decode(connection.ask(b"HGETALL", b"hash"))
    if sorted(map(len, fields[1::2])) != list(range(0, STILL, 100)):
        raise Lost("the hash is not what it was")
    numbers = [b"%d" % number for number in range(STILL)]
    if decode(connection.ask(b"LRANGE", b"list", b"0", b"-1")) != numbers:
        raise Lost("the list is not what it was")
    for name, expected in ((b"set", numbers), (b"intset", numbers[::100])):
        if set(decode(connection.ask(b"SMEMBERS", name))) != set(expected):
            raise Lost(f"the {name.decode()} is not what it was")
