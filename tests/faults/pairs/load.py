"""What a client asks for next: strings, counters, hashes, lists, sets, sorted sets, keys and
fields that expire, in several databases, one by one and in transactions.

A name's first letter says what is under it: `s` strings, `n` and `d` numbers, `h` and `b` hashes,
`l` lists, `m` sets, `z` sorted sets, `L`, `M` and `Z` big ones, `x` extremes; `t` strings that expire soon and `e` hashes
whose fields do; `w` lists that `queues` uses. Nobody else uses a client's names.

What depends on whether something has expired is only asked when that is certain: of keys and
fields that expire soon, before their time everything is overwritten, after it anything goes.
"""

import time

import changes
import kinds
from data import OWN, SHARED
from request import Request

HOUR_MS = 3_600_000


def now_ms():
    return time.time_ns() // 1_000_000


class Load:
    """The load of one client. `swept` is the time at which many keys expire, and the number of
    this client's keys among them. Their names begin with `f`."""

    databases = SHARED

    def __init__(self, number, random, swept):
        self.number, self.random, self.swept = number, random, swept
        self.sequence = 0
        self.database = 0
        self.last_expiry = {}
        of = [(kinds.string, 6), (kinds.counter, 5), (kinds.small_hash, 6), (kinds.big_hash, 2),
              (kinds.small_list, 6), (kinds.big_list, 1), (kinds.small_set, 6), (kinds.big_set, 1),
              (kinds.small_sorted_set, 6), (kinds.big_sorted_set, 1),
              (kinds.key, 5), (Load.expiring_string, 4), (Load.expiring_hash, 4)]
        if swept:
            of.append((Load.swept_key, 6))
        self.kinds = [kind for kind, weight in of for _ in range(weight)]

    def patterns(self):
        """Returns patterns of the client's keys. Leaves out the keys to be swept while they still
        exist."""
        own = [b"%c%d:*" % (kind, self.number) for kind in b"sndhblLmMzZtex"]
        return own + ([b"f%d:*" % self.number] if self.swept and now_ms() > self.swept[0] else [])

    def batch(self):
        """Returns how many requests are sent at once."""
        return self.random.choice([1, 1, 2, 8])

    def next(self):
        if self.random.random() < 0.15:
            return self.transaction(self.random.randint(2, 6))
        return self.single()

    def single(self):
        return self.random.choice(self.kinds)(self)

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
        if self.random.random() < 0.2:
            lines.insert(0, [b"WATCH", self.name(b"s"), self.name(b"t", 6)])
        return Request(lines, changes.all_of(effects))

    def name(self, kind, count=3):
        return b"%s%d:%d" % (kind, self.number, self.random.randrange(count))

    def at(self, name, database=None):
        return (self.database if database is None else database, name)

    def value(self):
        """Returns a unique value that names its sender and time."""
        self.sequence += 1
        size = self.random.choice([0, 0, 5, 50, 500, 500, 60_000 if self.sequence % 40 == 0 else 0])
        return b"%d.%d%s" % (self.number, self.sequence, b"." * size)

    @staticmethod
    def now_ms():
        return now_ms()

    def far(self):
        return now_ms() + HOUR_MS + self.random.randrange(HOUR_MS)

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
        return Request([[b"SET", name, value, b"PXAT", kinds.number(at)]],
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
             [b"HPEXPIREAT", name, kinds.number(at), b"FIELDS", b"%d" % len(names), *names], [b"EXEC"]],
            changes.all_of([changes.hash_set(place, fields),
                            changes.hash_expire(place, names, (at, at))]))

    def swept_key(self):
        at, count = self.swept
        if now_ms() <= at:
            return kinds.counter(self)
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
    """The load of a client that swaps its own two databases, in which many keys expire."""

    databases = OWN

    def __init__(self, number, random, swept):
        super().__init__(number, random, swept)
        self.database = OWN[0]
        self.kinds = [Load.swept_key] * 5 + [SwapLoad.swap]

    def is_sweep_on(self):
        return -20 < now_ms() - self.swept[0] < 300

    def batch(self):
        # Each swap should come between other steps of the sweep.
        return 1 if self.is_sweep_on() else super().batch()

    def next(self):
        if self.is_sweep_on() and self.random.random() < 0.9:
            return self.swap()
        return super().next()

    def swap(self):
        return Request([[b"SWAPDB", *(kinds.number(database) for database in OWN)]],
                       changes.swap(*OWN))
