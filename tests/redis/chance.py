"""A random stream of steps, the same for the same seed: the forms of syntax.py filled with
the words of words.py, some of them spoilt."""

import random
from typing import NamedTuple

from forms import Forms
from syntax import SYNTAX
from words import DAY, Words

# The kinds of a Step. Plain steps are sent together with their neighbours.
PLAIN, LAPSE, ITERATE, POP = "plain", "lapse", "iterate", "pop"

CLIENTS = 4
# These speak RESP3.
MODERN = (2, 3)

# These list the fields of a hash or the members of a set or a sorted set, in the order of a table.
LISTINGS = (b"HGETALL", b"HKEYS", b"HVALS", b"HSCAN", b"SMEMBERS", b"SSCAN", b"ZSCAN")
# Random fields or members, and the request that shows from which they were drawn.
DRAWS = {b"HRANDFIELD": (b"HGETALL",), b"SRANDMEMBER": (b"SMEMBERS",),
         b"ZRANDMEMBER": (b"ZRANGE", b"0", b"-1", b"WITHSCORES")}
WAITING = (b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BLMPOP", b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP")
BY_MEMBER = (b"ZLEXCOUNT", b"ZRANGEBYLEX", b"ZREVRANGEBYLEX", b"ZREMRANGEBYLEX")
MOST_SECONDS = 0.011

# A place in a string up to which it is filled up without harm.
MUCH = 50_000


class Step(NamedTuple):
    """Requests of one client that belong together.

    LAPSE: the last request comes when all times in the other requests have passed.

    ITERATE: the only request is repeated with each cursor that it returns.

    POP: the last request takes random members of the set that the one before shows. Both servers
    then lose the members that either has taken.
    """

    client: int
    requests: tuple
    kind: str = PLAIN


class Chance:
    """Makes steps.

    `only`: the names of commands to use, all if None.
    """

    def __init__(self, seed, only=None):
        self.random = random.Random(seed)
        self.chance = self.random.random
        self.words = Words(self.random)
        self.only = only
        self.forms = Forms(SYNTAX, self.words, self.has)
        self.spoilers = [self.words.key, self.words.value, self.words.integer, self.words.field,
                         self.words.database]
        self.lapses = [name for name in (b"PEXPIRE", b"SET", b"PSETEX", b"GETEX")
                       if self.has(name) and self.has(b"EXISTS")]
        self.scans = [name for name in (b"SCAN", b"HSCAN", b"SSCAN", b"ZSCAN") if self.has(name)]
        self.has_pops = self.has(b"SPOP") and self.has(b"SMEMBERS") and self.has(b"SREM")

    def has(self, name):
        return self.only is None or name in self.only

    # Requests

    def request(self):
        while True:
            request = self.forms.request()
            name = request[0].upper()
            if self.chance() < 0.06:
                self.spoil(request)
            if is_harmless(name, request) and not (is_by_member(request) and not self.has(b"ZUNIONSTORE")):
                return request

    def spoil(self, request):
        """Makes a request wrong, or a little odd."""
        dice, place = self.chance(), 1 + int(self.chance() * (len(request) - 1))
        word = self.words.one(self.spoilers)()
        if dice < 0.3:
            del request[place:]
        elif dice < 0.5:
            request.append(word)
        elif dice < 0.65:
            request.insert(place, word)
        elif dice < 0.9:
            request[place:place + 1] = [word]
        elif dice < 0.93:
            request[0] = self.words.one([b"NOSUCH", b"", b"\x00", b"GE", b"GETX", b"no such\r\n"])
        else:
            request += request[place:]

    # Steps

    def batch(self, count):
        """Returns about `count` requests of one client. No transaction is open at the end."""
        client = int(self.chance() * CLIENTS)
        dice = self.chance()
        if dice < 0.01 and self.lapses:
            return [self.lapse(client)]
        if dice < 0.06 and self.scans:
            return [Step(client, (self.scan(),), ITERATE)]
        if dice < 0.12 and self.has_pops:
            return [self.pop(client)]
        steps = []
        while len(steps) < count:
            steps += self.transaction(client) if self.chance() < 0.02 else [self.step(client)]
        return steps

    def step(self, client):
        if self.chance() < 0.002:
            return Step(client, (self.wide(),))
        request = self.request()
        name = request[0].upper()
        if is_by_member(request) and len(request) > 3:
            return Step(client, (self.before_a_range_by_member(name, request), request))
        if name == b"RANDOMKEY" and self.has(b"KEYS"):
            return Step(client, ([b"KEYS", b"*"], request))
        if name in DRAWS and len(request) > 1 and self.has(DRAWS[name][0]):
            return Step(client, (all_of(name, request[1]), request))
        if name in LISTINGS and len(request) > 1 and self.has(b"OBJECT"):
            # Only a listpack and an intset have an order.
            return Step(client, ([b"OBJECT", b"ENCODING", request[1]], request))
        if name in (b"SORT", b"SORT_RO") and self.has(b"HSCAN"):
            # After a number out of range Redis 7.0 takes a later number for one, too, until a
            # request such as this one forgets it. A sorted set alone has an order that BY without a
            # star keeps. Redis's SORT makes it a skiplist; the last request makes it small again.
            key = request[1:2]
            again = [[b"ZRANGESTORE", *key, *key, b"0", b"-1"]] if key and self.has(b"ZRANGESTORE") else []
            return Step(client, ([b"HSCAN", b"none", b"0"], [b"TYPE", *key], request, *again))
        if name == b"SET" and any(word.upper() in (b"EXAT", b"PXAT") for word in request):
            # An expired key stays in memory until a command accesses it.
            return Step(client, (request, [b"EXISTS", request[1]]))
        return Step(client, (request,))

    def before_a_range_by_member(self, name, request):
        """In a skiplist of unequal scores a range by member has an end that is a matter of chance. So a
        request that removes or stores such a range comes after one that makes all scores 0."""
        if name in (b"ZRANGESTORE", b"ZREMRANGEBYLEX"):
            source = request[2 if name == b"ZRANGESTORE" else 1]
            return [b"ZUNIONSTORE", source, b"1", source, b"WEIGHTS", b"0"]
        return all_scores(request[1])

    def transaction(self, client):
        if not (self.has(b"MULTI") and self.has(b"EXEC")):
            return []
        steps = [self.step(client) for _ in range(int(self.chance() * 9))]
        steps.insert(0, Step(client, ([self.words.cased(b"MULTI")],)))
        if self.chance() < 0.3 and self.has(b"WATCH"):
            keys = [self.words.key() for _ in range(1 + int(self.chance() * 2))]
            steps.insert(0, Step(client, ([b"WATCH", *keys],)))
            if self.chance() < 0.4:
                steps.insert(1, self.step(client))
        last = b"EXEC" if self.chance() < 0.9 or not self.has(b"DISCARD") else b"DISCARD"
        return [*steps, Step(client, ([last],))]

    def wide(self):
        """Returns a request that makes a collection too long for its small encoding."""
        count = self.random.choice([511, 512, 513, 600])
        wide = [name for name in (b"HSET", b"SADD", b"RPUSH", b"ZADD", b"GEOADD") if self.has(name)]
        if not wide:
            return [b"PING"]
        name = self.words.one(wide)
        if name == b"HSET":
            return [name, self.words.hash(), *(b"%d" % (n // 2) for n in range(2 * count))]
        if name in (b"ZADD", b"GEOADD"):
            return self.wide_sorted(name, self.random.choice([127, 128, 129, 600]))
        key = self.words.set() if name == b"SADD" else self.words.list()
        first = self.random.randrange(-300, 300)
        return [name, key, *(b"%d" % n for n in range(first, first + count))]

    def wide_sorted(self, name, count):
        words = self.words
        if name == b"ZADD":
            scores = self.random.choice([[b"1"], [b"%d" % n for n in range(50)], [b"%g" % (n / 8) for n in range(999)]])
            return [name, words.zset(), *(word for n in range(count) for word in (words.one(scores), b"%d" % n))]
        return [name, words.geo(), *(word for n in range(count) for word in (
            b"%.9f" % (self.chance() * 360 - 180), b"%.9f" % (self.chance() * 160 - 80), b"%d" % n))]

    def pop(self, client):
        key = self.words.set()
        count = [] if self.chance() < 0.5 else [b"%d" % self.random.choice([1, 2, 3, 5, 20, 300])]
        return Step(client, ([b"SMEMBERS", key], [self.words.cased(b"SPOP"), key, *count]), POP)

    def lapse(self, client):
        keys = [self.words.key() for _ in range(1 + int(self.chance() * 4))]
        return Step(client, (*(self.short(key) for key in keys), [b"EXISTS", *keys]), LAPSE)

    def short(self, key):
        name, time = self.words.one(self.lapses), b"%d" % (1 + int(self.chance() * 10))
        if name == b"SET":
            return [name, key, self.words.value(), b"PX", time]
        if name == b"PSETEX":
            return [name, key, time, self.words.value()]
        return [name, key, b"PX", time] if name == b"GETEX" else [name, key, time]

    def scan(self):
        name = self.words.one(self.scans)
        key = {b"SSCAN": self.words.set, b"ZSCAN": self.words.zset}.get(name, self.words.hash)()
        request = [name, b"0"] if name == b"SCAN" else [name, key, b"0"]
        if self.chance() < 0.4:
            request += [b"MATCH", self.words.pattern()]
        if self.chance() < 0.7:
            request += [b"COUNT", self.words.one([b"1", b"2", b"5", b"10", b"1000"])]
        if self.chance() < 0.3 and name == b"SCAN":
            request += [b"TYPE", self.words.type()]
        return request


def all_of(name, key):
    """Returns the request for all fields or members from which a command draws some."""
    command, *rest = DRAWS[name]
    return [command, key, *rest]


def is_by_member(request):
    """Returns whether a request is for a range of members in the order of their bytes."""
    name = request[0].upper()
    return name in BY_MEMBER or (name in (b"ZRANGE", b"ZRANGESTORE") and b"BYLEX" in words_of(request))


def all_scores(key):
    return [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]


def number(word):
    try:
        return int(word)
    except ValueError:
        return 0


def is_harmless(name, request):
    """Returns whether a request is safe to send. It must not take very much memory, wait for long,
    or let a key expire during the run. Its effect must not be a matter of chance. It must have no
    time, and no rank of LPOS, that overflows in Redis 7.0. It must not have options newer than that."""
    if name in (b"SETRANGE", b"SETBIT", b"BITFIELD"):
        return not any(MUCH < number(word.lstrip(b"#")) < 2**32 for word in request[2:])
    if name in DRAWS:
        return not any(-2**63 < number(word) < -3000 for word in request[2:])
    if name == b"LPOS":
        return not any(number(word) == -2**63 for word in request[3:])
    if name == b"SPOP":
        return len(request) > 2 and not 0 < number(request[2]) < 5000
    if name == b"SORT":
        return not (b"STORE" in words_of(request) and has_open_order(request))
    if name in WAITING:
        times = request[1:2] if name in (b"BLMPOP", b"BZMPOP") else request[-1:]
        return not any(waits_long(word) for word in times)
    if name in (b"ZRANK", b"ZREVRANK"):
        return len(request) < 4
    if name in (b"EXPIRE", b"SETEX"):
        return not any(is_soon(word, DAY) for word in request[2:3])
    if name == b"RESTORE" and any(2**63 - 2**42 < number(word) for word in request[2:3]):
        return False
    if name in (b"PEXPIRE", b"PSETEX", b"RESTORE"):
        return not any(is_soon(word, 1000 * DAY) for word in request[2:3])
    if name in (b"SET", b"GETEX"):
        units = {b"EX": DAY, b"PX": 1000 * DAY}
        return not any(is_soon(time, units.get(unit.upper(), 0))
                       for unit, time in zip(request[2:], request[3:]))
    return True


def words_of(request):
    return [word.upper() for word in request]


def has_open_order(request):
    """Returns whether SORT with these arguments may leave the order of some elements open: texts
    can be equal for it, and without a star BY means not to sort."""
    words = words_of(request)
    patterns = [pattern for word, pattern in zip(words, words[1:]) if word == b"BY"]
    return b"ALPHA" in words or any(b"*" not in pattern for pattern in patterns)


def waits_long(word):
    """Returns whether a timeout is longer than a run has time for. 0 is for ever."""
    try:
        seconds = float.fromhex(word.decode()) if b"x" in word.lower() else float(word)
    except ValueError:
        return False
    return seconds == 0 or MOST_SECONDS < seconds < 1e15


def is_soon(word, least):
    return 0 < number(word) < least
