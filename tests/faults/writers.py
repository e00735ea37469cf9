"""Clients that write, and know which data must exist afterwards.

Each client takes its own steps, numbered from 1, over a few keys of its own. After a crash its
data must result from a prefix of its steps. The prefix contains at least the acknowledged steps
and at most the sent ones.
"""

import random
import threading
import time

from resp import decode
from servers import Connection

KEYS = 16
OK = b"+OK\r\n"


class Lost(Exception):
    """Required data is missing, or forbidden data exists."""


class Sets:
    """SETs of increasing numbers, with up to `most` bytes behind, so that a record can be torn."""

    reads = [[b"GET"]] * KEYS

    def __init__(self, most=400):
        self.most = most

    def request(self, client, step):
        return [b"SET", key(client, step), self.value(step)]

    def is_done(self, reply, _step):
        return reply == OK

    def value(self, step):
        return b"%d:%s" % (step, b"x" * (step * 7919 % self.most))

    def steps(self, values):
        return max((int(value.split(b":")[0]) for value in values if value), default=0)

    def state(self, steps):
        """Returns the keys' values after a number of steps."""
        return [self.value(last) if (last := last_step(steps, place)) > 0 else None
                for place in range(KEYS)]


class Increments:
    """INCRs, none of which may take effect twice."""

    reads = [[b"GET"]] * KEYS

    def request(self, client, step):
        return [b"INCR", key(client, step)]

    def is_done(self, reply, step):
        return reply == b":%d\r\n" % ((step - 1) // KEYS + 1)

    def steps(self, values):
        return sum(int(value or 0) for value in values)

    def state(self, steps):
        return [b"%d" % ((last - 1) // KEYS + 1) if (last := last_step(steps, place)) > 0 else None
                for place in range(KEYS)]


class Collections:
    """Two elements are added to a list or a set, and one is taken, over and over again. Each key's
    steps are numbered from 1, and the elements as well."""

    reads = [[b"LRANGE", b"0", b"-1"], [b"SMEMBERS"]] * (KEYS // 2)

    def request(self, client, step):
        number = self.number(step)
        name, element = key(client, step), b"%d" % (number - number // 3)
        if step % 2:
            return [b"SREM", name, b"%d" % (number // 3)] if number % 3 == 0 else [
                b"SADD", name, element]
        return [b"LPOP", name] if number % 3 == 0 else [b"RPUSH", name, element]

    @staticmethod
    def number(step):
        """Returns the number of a step among those of its key."""
        return (step - 1) // KEYS + 1

    def is_done(self, reply, step):
        number = self.number(step)
        if step % 2:
            return reply == b":1\r\n"
        if number % 3:
            return reply == b":%d\r\n" % (number - 2 * (number // 3))
        popped = b"%d" % (number // 3)
        return reply == b"$%d\r\n%s\r\n" % (len(popped), popped)

    def steps(self, values):
        return sum(2 * max(map(int, elements)) - len(elements) for elements in values if elements)

    def state(self, steps):
        return [self.elements(steps, place) for place in range(KEYS)]

    def elements(self, steps, place):
        """Returns the elements of a list in order, or of a set in any order."""
        number = max(self.number(last_step(steps, place)), 0)
        elements = [b"%d" % n for n in range(number // 3 + 1, number - number // 3 + 1)]
        return Unordered(elements) if place % 2 else elements


class SortedSets:
    """Two members are added to a sorted set with ever higher scores, and the least is popped, over and
    over again. Every second key is one member, whose score counts the steps: each takes effect once."""

    reads = [[b"ZRANGE", b"0", b"-1", b"WITHSCORES"]] * KEYS

    def request(self, client, step):
        number, name = Collections.number(step), key(client, step)
        if step % 2:
            return [b"ZINCRBY", name, b"1", b"count"]
        if number % 3 == 0:
            return [b"ZPOPMIN", name]
        return [b"ZADD", name, *self.member(number - number // 3)]

    @staticmethod
    def member(number):
        return [b"%d" % number, b"member %d" % number]

    def is_done(self, reply, step):
        number = Collections.number(step)
        if step % 2:
            return decode(reply) == b"%d" % number
        if number % 3:
            return reply == b":1\r\n"
        return decode(reply) == self.member(number // 3)[::-1]

    def steps(self, values):
        counts = sum(int(flat[1]) for flat in values[1::2] if flat)
        return counts + sum(2 * int(flat[-1]) - len(flat) // 2 for flat in values[::2] if flat)

    def state(self, steps):
        return [self.members(steps, place) for place in range(KEYS)]

    def members(self, steps, place):
        number = max(Collections.number(last_step(steps, place)), 0)
        if place % 2:
            return [b"count", b"%d" % number] if number else []
        return [word for n in range(number // 3 + 1, number - number // 3 + 1)
                for word in reversed(self.member(n))]


class Unordered(list):
    """The members of a set, which come in any order."""

    def __eq__(self, other):
        return sorted(self) == sorted(other)


def key(client, step):
    return b"client:%d:%d" % (client, step % KEYS)


def last_step(steps, place):
    """Returns the last of the steps 1 to `steps` that changes the key at `place`."""
    return steps - (steps - place) % KEYS


class Writer:
    """One client. `acks` has the time of each answer, and the acknowledged step at that time."""

    def __init__(self, number, kind, most_in_flight, pause):
        self.number = number
        self.kind = kind
        self.most_in_flight = most_in_flight
        self.pause = pause
        self.sent = self.acknowledged = 0
        self.acks = []
        self.refusals = []
        self.random = random.Random(number)

    def run(self, port, stopped):
        """Until the server is gone, or for ever if `stopped` says when to stop."""
        while not stopped.is_set():
            try:
                with Connection(port, timeout=30) as connection:
                    while not stopped.is_set():
                        self.write(connection)
                        time.sleep(self.pause)
            except (ConnectionError, TimeoutError):
                if stopped.wait(0.01):
                    return

    def write(self, connection):
        """Sends a few steps at once. If steps are sent one at a time, a refused step is tried
        again."""
        first = self.acknowledged + 1
        last = first + self.random.randrange(self.most_in_flight)
        self.sent = max(self.sent, last)
        connection.send(*(self.kind.request(self.number, step) for step in range(first, last + 1)))
        for step in range(first, last + 1):
            reply = connection.replies.next()
            if not reply.endswith(b"\r\n"):
                raise ConnectionError
            if self.kind.is_done(reply, step):
                self.acknowledged = step
            elif reply.startswith(b"-MISCONF") and self.most_in_flight == 1:
                self.refusals.append((time.monotonic(), reply))
                time.sleep(0.01)
            else:
                raise Lost(f"client {self.number} was told {reply!r} at step {step}")
        self.acks.append((time.monotonic(), self.acknowledged))

    def found(self, values):
        """Returns the number of steps that lead to `values`."""
        heads = [value and value[:8] for value in values]
        try:
            found = self.kind.steps(values)
        except ValueError:
            raise Lost(f"client {self.number}: {heads} are not all numbers") from None
        if values != self.kind.state(found):
            raise Lost(f"client {self.number}: {heads} are not the result of {found} steps")
        if found > self.sent:
            raise Lost(f"client {self.number}: {found} steps found, {self.sent} sent")
        return found


class Writers:
    """Some clients, each in a thread of its own between `start` and `stop`."""

    def __init__(self, count, kind=None, most_in_flight=16, pause=0):
        kind = kind or Sets()
        self.all = [Writer(number, kind, most_in_flight, pause) for number in range(count)]
        self.threads = []
        self.errors = []

    def start(self, port, count=None):
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(writer, port), daemon=True)
                        for writer in self.all[:count]]
        for thread in self.threads:
            thread.start()

    def run(self, writer, port):
        try:
            writer.run(port, self.stopped)
        except Lost as error:
            self.errors.append(error)

    def stop(self):
        """Ends the clients after their last answer, or when the server is gone."""
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def acknowledged(self):
        return sum(writer.acknowledged for writer in self.all)

    def refusals(self):
        if self.errors:
            raise self.errors[0]
        return [refusal for writer in self.all for refusal in writer.refusals]

    def found(self, port):
        """Returns how many steps of each client took effect in a server."""
        with Connection(port, timeout=30) as connection:
            for writer in self.all:
                connection.send(*([name, key(writer.number, place), *rest] for place, (name, *rest)
                                  in enumerate(writer.kind.reads)))
            return [writer.found([decode(connection.replies.next()) for _ in range(KEYS)])
                    for writer in self.all]

    def check(self, port):
        """Raises `Lost` unless every acknowledged step took effect. The clients continue from the
        data found."""
        for writer, found in zip(self.all, self.found(port)):
            if found < writer.acknowledged:
                raise Lost(f"client {writer.number}: {writer.acknowledged} acknowledged, "
                           f"{found} found")
            writer.sent = writer.acknowledged = found
