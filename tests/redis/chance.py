"""A random stream of requests, the same for the same seed."""

import random


class Chance:
    """Makes requests on few keys, so that they meet."""

    KEYS = [b"k%d" % i for i in range(12)] + [b"", b"\x00", b"\r\n", b"\xff\xfe", b"key " * 8]
    FIELDS = [b"f%d" % i for i in range(8)] + [b"", b"\xff\x00", b"a long field " * 3]
    VALUES = [b"", b"0", b"-1", b"v", b"\x00\r\n\xff", b"x" * 22, b"x" * 23, b"y" * 100]
    NAMES = [b"SET", b"GET", b"DEL", b"EXISTS", b"TYPE", b"HSET", b"HGET", b"HGETALL", b"DBSIZE",
             b"FLUSHDB", b"SELECT", b"ECHO", b"PING"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def key(self):
        return self.random.choice(self.KEYS)

    def field(self):
        return self.random.choice(self.FIELDS)

    def value(self):
        if self.random.random() < 0.7:
            return self.random.choice(self.VALUES)
        return self.random.randbytes(self.random.choice([1, 5, 30, 200, 5000]))

    def some(self, make):
        return [make() for _ in range(self.random.randint(1, 5))]

    def request(self):
        if self.random.random() < 0.04:
            return self.invalid()
        kinds = [self.set, self.get, self.hset, self.hget, self.hgetall, self.delete, self.other]
        return self.random.choices(kinds, [20, 15, 20, 15, 8, 8, 14])[0]()

    def set(self):
        return [b"SET", self.key(), self.value()]

    def get(self):
        return [b"GET", self.key()]

    def hset(self):
        pairs_of = self.some(lambda: [self.field(), self.value()])
        return [b"HSET", self.key(), *sum(pairs_of, [])]

    def hget(self):
        return [b"HGET", self.key(), self.field()]

    def hgetall(self):
        return [b"HGETALL", self.key()]

    def delete(self):
        return [b"DEL", *self.some(self.key)]

    def other(self):
        flush = [b"FLUSHDB"] if self.random.random() < 0.02 else [b"DBSIZE"]
        database = b"%d" % self.random.randint(0, 3)
        return self.random.choice([
            [b"EXISTS", *self.some(self.key)], [b"TYPE", self.key()], [b"DBSIZE"], flush,
            [b"SELECT", database], [b"ECHO", self.value()], [b"PING", self.value()], [b"PING"]])

    def invalid(self):
        """Any name with any number of arguments: mostly of wrong arity or type. The first
        one is always one of KEYS, so that all keys are known."""
        name = self.random.choice(self.NAMES + [b"NOSUCH", b"", b"get"])
        if name == b"FLUSHDB":
            return [name, self.value()]
        count = self.random.randint(0, 4)
        if name == b"SET":
            # Options that only one of them knows would differ.
            count = min(count, 1)
        more = [self.random.choice([self.key, self.value])() for _ in range(count - 1)]
        return [name, *([self.key()] if count else []), *more]
