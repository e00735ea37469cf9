"""What a client asks for next: strings, counters, hashes, keys and fields that expire, in several
databases, one by one and in transactions.

A name's first letter says what is under it: `s` strings, `n` counters, `h` hashes; `t` strings and
`e` hashes whose fields expire soon. Nobody else uses a client's names.

What depends on whether something has expired is only asked when that is certain: of keys and
fields that expire soon, before their time everything is overwritten, after it anything goes.
"""

import time
from typing import NamedTuple

import changes
from data import OWN, SHARED

HOUR_MS = 3_600_000
# A relative time counts from when the server runs the request, at most so long after.
DELAY_MS = 60_000
REFUSALS = (b"-MISCONF", b"-LOADING", b"-EXECABORT")


class Request(NamedTuple):
    """Some requests to be sent at once; the reply to the last says whether they took effect."""

    lines: list
    change: object
    may_fail: bool = False

    def text(self):
        return " ; ".join(" ".join(repr(part)[2:-1][:60] for part in line) for line in self.lines)


def is_refused(request, reply):
    """Whether a reply says that nothing was done."""
    return (reply.startswith(REFUSALS) or (request.may_fail and reply.startswith(b"-"))
            or (request.lines[-1][0] == b"EXEC" and reply == b"*-1\r\n"))


def now_ms():
    return time.time_ns() // 1_000_000


class Load:
    """One client's. `swept` is a time at which many keys expire, and how many are this client's;
    they are named `f`."""

    databases = SHARED

    def __init__(self, number, random, swept):
        self.number, self.random, self.swept = number, random, swept
        self.sequence = 0
        self.database = 0
        self.last_expiry = {}
        kinds = [(self.string, 6), (self.counter, 5), (self.hash, 6), (self.expiring_string, 4),
                 (self.expiring_hash, 4), (self.key, 5), (self.swept_key, 6 if swept else 0)]
        self.kinds = [kind for kind, weight in kinds for _ in range(weight)]

    def patterns(self):
        """Of its keys; while those that are to be swept are still there, without them."""
        own = [b"%s%d:*" % (kind, self.number) for kind in (b"s", b"n", b"h", b"t", b"e", b"x")]
        return own + ([b"f%d:*" % self.number] if self.swept and now_ms() > self.swept[0] else [])

    def batch(self):
        """How many requests are sent at once."""
        return self.random.choice([1, 1, 2, 8])

    def next(self):
        if self.random.random() < 0.15:
            return self.transaction(self.random.randint(2, 6))
        return self.single()

    def single(self):
        return self.random.choice(self.kinds)()

    def transaction(self, count):
        lines, effects = [[b"MULTI"]], []
        own = self.database
        for _ in range(count):
            self.database = self.random.choice([own, own, self.random.choice(self.databases)])
            request = self.single()
            lines.append([b"SELECT", b"%d" % self.database])
            lines += [line for line in request.lines if line[0] not in (b"MULTI", b"EXEC")]
            effects.append(request.change)
        self.database = own
        lines += [[b"SELECT", b"%d" % own], [b"EXEC"]]
        return Request(lines, changes.all_of(effects))

    def name(self, kind, count=3):
        return b"%s%d:%d" % (kind, self.number, self.random.randrange(count))

    def at(self, name, database=None):
        return (self.database if database is None else database, name)

    def value(self):
        """No two are the same, and each tells who sent it and when."""
        self.sequence += 1
        size = self.random.choice([0, 0, 5, 50, 500, 500, 60_000 if self.sequence % 40 == 0 else 0])
        return b"%d.%d%s" % (self.number, self.sequence, b"." * size)

    def text(self, number):
        return b"%d" % number

    def far(self):
        return now_ms() + HOUR_MS + self.random.randrange(HOUR_MS)

    def string(self):
        name, value = self.name(b"s"), self.value()
        place = self.at(name)
        kind = self.random.randrange(8)
        if kind == 0:
            return Request([[b"APPEND", name, value]], changes.append(place, value))
        if kind == 1:
            offset = self.random.randrange(40)
            return Request([[b"SETRANGE", name, self.text(offset), value]],
                           changes.set_range(place, offset, value))
        if kind == 2:
            other, more = self.name(b"s"), self.value()
            return Request([[b"MSET", name, value, other, more]],
                           changes.set_many([place, self.at(other)], [value, more]))
        if kind == 3:
            return Request([[b"SETNX", name, value]], changes.set_if_absent(place, value))
        if kind == 4:
            at = self.far()
            return Request([[b"SET", name, value, b"PXAT", self.text(at)]],
                           changes.set_to(place, value, (at, at)))
        return Request([[b"SET", name, value]], changes.set_to(place, value))

    def counter(self):
        name = self.name(b"n")
        by = self.random.choice([1, 1, -1, 10 ** 12])
        line = [b"INCR", name] if by == 1 else [b"INCRBY", name, self.text(by)]
        return Request([line], changes.increment(self.at(name), by))

    def hash(self):
        name, field, value = self.name(b"h"), self.field(), self.value()
        place = self.at(name)
        kind = self.random.randrange(7)
        if kind == 0:
            return Request([[b"HDEL", name, field, b"a"]], changes.hash_delete(place, field, b"a"))
        if kind == 1:
            return Request([[b"HINCRBY", name, b"count", b"1"]],
                           changes.hash_increment(place, b"count", 1))
        if kind == 2:
            return Request([[b"HSETNX", name, field, value]],
                           changes.hash_set_if_absent(place, field, value))
        if kind == 3:
            at = self.far()
            return Request([[b"HPEXPIREAT", name, self.text(at), b"FIELDS", b"1", field]],
                           changes.hash_expire(place, [field], (at, at)))
        if kind == 4:
            return Request([[b"HPERSIST", name, b"FIELDS", b"1", field]],
                           changes.hash_expire(place, [field], None))
        fields = {field: value, self.field(): self.value()}
        return Request([[b"HSET", name, *(part for pair in fields.items() for part in pair)]],
                       changes.hash_set(place, fields))

    def field(self):
        return self.random.choice([b"a", b"b", b"c", b"d" * 70])

    def key(self):
        """What keys of any type have in common."""
        kind = self.random.choice([b"s", b"n", b"h"])
        name, other = self.name(kind), self.name(kind)
        place, to = self.at(name), self.random.choice(SHARED)
        what = self.random.randrange(7)
        if what == 0:
            return Request([[b"DEL", name, other]], changes.delete(
                *{place, self.at(other)}) if name != other else changes.delete(place))
        if what == 1:
            return Request([[b"RENAMENX", name, other]], changes.move(place, self.at(other)),
                           may_fail=True)
        if what == 2 and to != self.database:
            return Request([[b"MOVE", name, self.text(to)]], changes.move(place, self.at(name, to)))
        if what == 3 and (to, other) != place:
            return Request([[b"COPY", name, other, b"DB", self.text(to), b"REPLACE"]],
                           changes.copy(place, self.at(other, to), True))
        if what == 4:
            sent, seconds = now_ms(), self.random.randint(3600, 7200)
            expiry = (sent + 1000 * seconds, sent + 1000 * seconds + DELAY_MS)
            return Request([[b"EXPIRE", name, self.text(seconds)]], changes.expire(place, expiry))
        if what == 5:
            return Request([[b"UNLINK", name]], changes.delete(place))
        at = self.far()
        return Request([[b"PEXPIREAT", name, self.text(at)]], changes.expire(place, (at, at)))

    def soon(self, name):
        at = now_ms() + self.random.choice([1, 20, 100, 400])
        self.last_expiry[name] = max(at, self.last_expiry.get(name, 0))
        return at

    def may_expire(self, name):
        return now_ms() <= self.last_expiry.get(name, 0)

    def expiring_string(self):
        name, value = self.name(b"t", 6), self.value()
        place = self.at(name)
        if not self.may_expire(name) and self.random.random() < 0.6:
            return self.write_to_expired(name, place, value)
        if self.random.random() < 0.2:
            return Request([[b"DEL", name]], changes.delete(place))
        at = self.soon(name)
        return Request([[b"SET", name, value, b"PXAT", self.text(at)]],
                       changes.set_to(place, value, (at, at)))

    def expiring_hash(self):
        name, value = self.name(b"e", 6), self.value()
        place = self.at(name)
        if not self.may_expire(name) and self.random.random() < 0.6:
            if self.random.random() < 0.5:
                return Request([[b"HSETNX", name, b"b", value]],
                               changes.hash_set_if_absent(place, b"b", value))
            return Request([[b"HINCRBY", name, b"count", b"1"]],
                           changes.hash_increment(place, b"count", 1))
        at = self.soon(name)
        fields = {b"a": value, b"b": value}
        names = self.random.choice([[b"a"], [b"a", b"b"]])
        return Request(
            [[b"MULTI"], [b"HSET", name, b"a", value, b"b", value],
             [b"HPEXPIREAT", name, self.text(at), b"FIELDS", b"%d" % len(names), *names], [b"EXEC"]],
            changes.all_of([changes.hash_set(place, fields),
                            changes.hash_expire(place, names, (at, at))]))

    def swept_key(self):
        at, count = self.swept
        if now_ms() <= at:
            return self.counter()
        index = self.random.randrange(count)
        name = b"f%d:%d" % (self.number, index)
        if index % 2:
            return Request([[b"HINCRBY", name, b"count", b"1"]],
                           changes.hash_increment(self.at(name), b"count", 1))
        return self.write_to_expired(name, self.at(name), self.value())

    def write_to_expired(self, name, place, value):
        if self.random.random() < 0.5:
            return Request([[b"SETNX", name, value]], changes.set_if_absent(place, value))
        return Request([[b"APPEND", name, value]], changes.append(place, value))


class SwapLoad(Load):
    """Of a client that has two databases for itself, in which many keys expire, and swaps them."""

    databases = OWN

    def __init__(self, number, random, swept):
        super().__init__(number, random, swept)
        self.database = OWN[0]
        self.kinds = [self.swept_key] * 5 + [self.swap]

    def is_sweep_on(self):
        return -20 < now_ms() - self.swept[0] < 300

    def batch(self):
        # Each swap shall come between other steps of the sweep.
        return 1 if self.is_sweep_on() else super().batch()

    def next(self):
        if self.is_sweep_on() and self.random.random() < 0.9:
            return self.swap()
        return super().next()

    def swap(self):
        return Request([[b"SWAPDB", *(self.text(database) for database in OWN)]],
                       changes.swap(*OWN))
