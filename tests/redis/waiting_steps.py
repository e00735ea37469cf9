"""A random stream of steps for several clients, some of which wait for elements of lists or members of sorted
sets.

The effects of a step must not depend on the order in which clients wake up. So a client that waits
may only be sent requests that no other client notices. One client alone uses database 1, and waits
for one key at a time: SWAPDB makes keys ready in no defined order. SORT and the stores of sorted sets
store only where there is no key: in Redis 7.0 they wake nobody when they replace a key of
another type.
"""

import itertools
import random
from typing import NamedTuple

import payloads
from forms import Forms
from words import Words

CLIENTS = 8
# These speak RESP3.
MODERN = (5, 6, 7)
# This client uses database 1, the others use database 0.
ABROAD = 0
# As many clients at least do not wait.
LEAST_FREE = 2

SEND, LATER, TIMEOUT, LEAVE = "send", "later", "timeout", "leave"

WAIT = """
 6 BLPOP (queue)+ never
 5 BRPOP (queue)+ never
 5 BLMOVE queue queue LEFT|RIGHT LEFT|RIGHT never
 2 BRPOPLPUSH queue queue never
 3 BLMPOP never 1 queue LEFT|RIGHT
 3 BLMPOP never 1 queue LEFT|RIGHT COUNT few
 3 BLMPOP never 2 queue queue LEFT|RIGHT
 3 BLMPOP never 2 queue queue LEFT|RIGHT COUNT few
 1 BLMPOP never 3 queue queue queue LEFT|RIGHT
 1 BLMPOP never 3 queue queue queue LEFT|RIGHT COUNT few
 6 BZPOPMIN (queue)+ never
 5 BZPOPMAX (queue)+ never
 3 BZMPOP never 1 queue MIN|MAX
 3 BZMPOP never 2 queue queue MIN|MAX
 3 BZMPOP never 2 queue queue MIN|MAX COUNT few
 1 BZMPOP never 3 queue queue queue MIN|MAX COUNT few
"""
WAIT_ABROAD = """
 2 BLPOP queue never
 1 BRPOP queue never
 1 BLMPOP never 1 queue LEFT|RIGHT
 1 BLMPOP never 1 queue LEFT|RIGHT COUNT few
 2 BZPOPMIN queue never
 1 BZPOPMAX queue never
 1 BZMPOP never 1 queue MIN|MAX COUNT few
"""
ACT = """
12 LPUSH queue (fresh)+
12 RPUSH queue (fresh)+
 1 LPUSHX queue (fresh)+
 1 RPUSHX queue (fresh)+
 2 LPOP queue
 2 RPOP queue few
 2 LLEN queue
 4 LRANGE queue 0 -1
 3 LMOVE queue queue LEFT|RIGHT LEFT|RIGHT
 2 RPOPLPUSH queue queue
 2 LMPOP 2 queue queue LEFT|RIGHT
 2 LMPOP 2 queue queue LEFT|RIGHT COUNT few
 1 LINSERT queue BEFORE|AFTER fresh fresh
 1 LSET queue 0 fresh
 1 LTRIM queue few -1
 3 DEL (queue)+
 1 UNLINK queue
 4 RENAME queue queue
 1 RENAMENX queue queue
 4 COPY queue queue [REPLACE]
 4 RESTORE queue 0 payload [REPLACE]
 2 SET queue fresh
 2 SADD queue fresh
 1 HSET queue fresh fresh
 1 SUNIONSTORE queue queue queue
 1 TYPE queue
 1 EXPIRE queue 1000000
 1 PEXPIREAT queue 1
 1 PERSIST queue
 2 WATCH queue
 1 EXISTS (queue)+
 1 ECHO fresh
12 ZADD queue (score fresh)+
 3 ZADD queue XX|NX|GT|LT (score fresh)+
 5 ZINCRBY queue score fresh
 2 ZADD queue INCR score fresh
 2 ZPOPMIN queue
 2 ZPOPMAX queue few
 2 ZMPOP 2 queue queue MIN|MAX COUNT few
 2 ZREM queue (fresh)+
 1 ZREMRANGEBYRANK queue 0 0
 4 ZRANGE queue 0 -1 WITHSCORES
 3 ZRANGESTORE queue queue 0 few
 3 ZUNIONSTORE queue 2 queue queue
 2 ZINTERSTORE queue 2 queue queue
 1 ZDIFFSTORE queue 2 queue queue
 3 GEOADD queue 13.36 38.11 fresh
 1 GEOSEARCHSTORE queue queue FROMLONLAT 13.36 38.11 BYRADIUS few KM
 1 GEORADIUS queue 13.36 38.11 few KM STORE queue
.4 FLUSHDB
.4 FLUSHALL
"""


# Commands that store, and where they name the key.
QUIET_STORES = {
    b"ZRANGESTORE": 1, b"ZUNIONSTORE": 1, b"ZINTERSTORE": 1, b"ZDIFFSTORE": 1,
    b"GEOSEARCHSTORE": 1, b"GEORADIUS": -1,
}


class Id(NamedTuple):
    """The id of a client, which each server numbers in its own way."""

    client: int


class Step(NamedTuple):
    """Requests of one client, sent at once.

    SEND: by a client that does not wait.

    LATER: by a client that waits. They are answered afterwards.

    TIMEOUT: by a client that does not wait. No other client sends anything until it is answered.

    LEAVE: the client disconnects, and another one takes its place.
    """

    client: int
    requests: tuple
    kind: str = SEND


class QueueWords(Words):
    """The kinds of words in WAIT and ACT."""

    timeout = b"0"

    def __init__(self, random):
        super().__init__(random)
        self.values = 0

    def queue(self):
        return self.one([b"q0", b"q1", b"q2", b"q3"])

    def fresh(self):
        self.values += 1
        return b"%d" % self.values

    def score(self):
        return self.one([b"1", b"2", b"3", b"-1", b"1.5", b"inf"])

    def few(self):
        return self.one([b"1", b"2", b"3"])

    def never(self):
        return self.timeout

    def payload(self):
        return self.one(payloads.LISTS + payloads.ZSETS)


class Steps:
    """Makes steps."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.words = QueueWords(self.random)
        self.waits = Forms(WAIT, self.words)
        self.waits_abroad = Forms(WAIT_ABROAD, self.words)
        self.acts = Forms(ACT, self.words)

    def next(self, waiting):
        """Returns a step. `waiting` has the clients that wait now."""
        client = self.random.choice([client for client in range(CLIENTS) if client not in waiting])
        dice = self.random.random()
        if waiting and dice < 0.15:
            return self.disturb(client, self.random.choice(sorted(waiting)))
        if dice < 0.18:
            return Step(self.random.randrange(CLIENTS), (), LEAVE)
        if dice < 0.25:
            return Step(client, self.from_elsewhere())
        if dice < 0.33:
            return Step(client, self.transaction(client))
        if dice < 0.34:
            return self.timed_out(client)
        if dice < 0.345:
            return Step(client, ([b"DEBUG", b"RELOAD"],))
        if dice < 0.65 and len(waiting) < CLIENTS - LEAST_FREE:
            return Step(client, (self.wait(client),))
        acts = [self.act() for _ in range(self.random.choice([1, 1, 3]))]
        return Step(client, tuple(itertools.chain(*acts)))

    def act(self):
        """Returns one request, or two."""
        if self.random.random() > 0.04:
            request = self.acts.request()
            place = QUIET_STORES.get(request[0].upper())
            return [[b"DEL", request[place]], request] if place else [request]
        key, to = self.words.queue(), self.words.queue()
        how = self.random.choice([[b"ALPHA"], [b"ALPHA", b"DESC"], [b"BY", b"nosort"], []])
        return [[b"DEL", to], [b"SORT", key, b"STORE", to, *how]]

    def wait(self, client):
        return (self.waits_abroad if client == ABROAD else self.waits).request()

    def disturb(self, client, other):
        """Does something to a client that waits."""
        dice = self.random.random()
        if dice < 0.3:
            how = self.random.choice([[], [b"TIMEOUT"], [b"ERROR"], [b"nosuch"]])
            return Step(client, ([b"CLIENT", b"UNBLOCK", Id(other), *how],))
        if dice < 0.4:
            return Step(client, ([b"CLIENT", b"KILL", b"ID", Id(other)],))
        if dice < 0.7:
            return Step(other, (), LEAVE)
        own, value = b"own:%d" % other, self.words.fresh()
        later = [[b"ECHO", value], [b"RPUSH", own, value], [b"RPOP", own],
                 [b"LRANGE", own, b"0", b"-1"], [b"CLIENT", b"UNBLOCK", b"0"]]
        return Step(other, tuple(self.random.choices(later, k=self.random.randint(1, 3))), LATER)

    def timed_out(self, client):
        self.words.timeout = self.words.one([b"0.001", b"0.01", b"1e-3"])
        request = self.wait(client)
        self.words.timeout = b"0"
        return Step(client, (request,), TIMEOUT)

    def transaction(self, client):
        requests = itertools.chain(*(
            [self.wait(client)] if self.random.random() < 0.2 else self.act()
            for _ in range(self.random.randint(1, 6))))
        # WATCH is an error in a transaction, and would end it.
        requests = [request for request in requests if request[0].upper() != b"WATCH"]
        return ([b"MULTI"], *requests, [b"EXEC"])

    def from_elsewhere(self):
        """Returns requests that make one key of database 0 ready from database 1."""
        key, to = self.words.queue(), self.words.queue()
        how = self.random.choice([
            [[b"DEL", key], self.push(key), [b"MOVE", key, b"0"]],
            [[b"DEL", key], self.push(key), [b"COPY", key, to, b"DB", b"0", b"REPLACE"]],
            [[b"FLUSHDB"], self.push(key), [b"SWAPDB", b"0", b"1"]],
        ])
        requests = [[b"SELECT", b"1"], *how, [b"SELECT", b"0"]]
        if self.random.random() < 0.5:
            requests = [[b"MULTI"], *requests, [b"EXEC"]]
        return tuple(requests)

    def push(self, key):
        if self.random.random() < 0.5:
            return [b"ZADD", key, *(word for _ in range(self.random.randint(1, 3))
                                    for word in (self.words.score(), self.words.fresh()))]
        return [b"RPUSH", key, *(self.words.fresh() for _ in range(self.random.randint(1, 3)))]
