"""A random stream of steps, the same for the same seed: the forms of syntax.py filled with
the words of words.py, some of them spoilt."""

import itertools
import random
import re
from typing import NamedTuple

from syntax import SYNTAX
from words import DAY, Words

# The kinds of a Step. Plain steps are sent together with their neighbours.
PLAIN, LAPSE, ITERATE = "plain", "lapse", "iterate"

CLIENTS = 4
# These speak RESP3.
MODERN = (2, 3)

# These list the fields of a hash.
LISTINGS = (b"HGETALL", b"HKEYS", b"HVALS", b"HSCAN")

# A place in a string up to which it is filled up without harm.
MUCH = 50_000


class Step(NamedTuple):
    """Requests of one client that belong together.

    LAPSE: the last request comes when all times in the other requests have passed.

    ITERATE: the only request is repeated with each cursor that it returns.
    """

    client: int
    requests: tuple
    kind: str = PLAIN


class Form(NamedTuple):
    """A line of SYNTAX, as functions that append words to a list."""

    weight: float
    name: bytes
    words: list
    options: list


class Chance:
    """Makes steps.

    `only`: the names of commands to use, all if None.
    """

    def __init__(self, seed, only=None):
        self.random = random.Random(seed)
        self.chance = self.random.random
        self.words = Words(self.random)
        self.only = only
        lines = [line for line in SYNTAX.splitlines() if line]
        forms = [self.form(line) for line in lines]
        self.forms = [form for form in forms if self.has(form.name)]
        self.weights = list(itertools.accumulate(form.weight for form in self.forms))
        self.spoilers = [self.words.key, self.words.value, self.words.integer, self.words.field,
                         self.words.database]
        self.lapses = [name for name in (b"PEXPIRE", b"SET", b"PSETEX", b"GETEX")
                       if self.has(name) and self.has(b"EXISTS")]
        self.scans = [name for name in (b"SCAN", b"HSCAN") if self.has(name)]

    def has(self, name):
        return self.only is None or name in self.only

    # Forms

    def form(self, line):
        weight, name, text = re.fullmatch(r"\s*(\S+) (\w+)\s*(.*)", line).groups()
        words, *options = text.split("[")
        return Form(float(weight), name.encode(), self.makers(words),
                    [self.makers(option.strip(" ]")) for option in options])

    def makers(self, text):
        found = []
        for group, word in re.findall(r"\((.*?)\)\+|(\S+)", text):
            found.append(self.repeated(self.makers(group)) if group else self.maker(word))
        return found

    def maker(self, word):
        if word.islower():
            make = getattr(self.words, word)
            return lambda request: request.append(make())
        literals = [literal.encode() for literal in word.split("|")]
        return lambda request: request.append(self.cased(self.words.one(literals)))

    def repeated(self, makers):
        def make(request):
            for _ in range(1 + int(self.chance() * 4)):
                for maker in makers:
                    maker(request)
        return make

    def cased(self, word):
        if self.chance() < 0.93:
            return word
        return word.lower() if self.chance() < 0.5 else bytes(
            letter ^ 0x20 if self.chance() < 0.5 and 64 < letter < 91 else letter
            for letter in word)

    # Requests

    def request(self):
        while True:
            form = self.random.choices(self.forms, cum_weights=self.weights)[0]
            request = [self.cased(form.name)]
            for make in form.words:
                make(request)
            if form.options:
                for _ in range(int(self.chance() * 4)):
                    for make in self.words.one(form.options):
                        make(request)
            if self.chance() < 0.06:
                self.spoil(request)
            if is_harmless(form.name, request):
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
        steps = []
        while len(steps) < count:
            steps += self.transaction(client) if self.chance() < 0.02 else [self.step(client)]
        return steps

    def step(self, client):
        if self.chance() < 0.001 and self.has(b"HSET"):
            return Step(client, (self.wide(),))
        request = self.request()
        name = request[0].upper()
        if name == b"RANDOMKEY" and self.has(b"KEYS"):
            return Step(client, ([b"KEYS", b"*"], request))
        if name == b"HRANDFIELD" and len(request) > 1 and self.has(b"HGETALL"):
            return Step(client, ([b"HGETALL", request[1]], request))
        if name in LISTINGS and len(request) > 1 and self.has(b"OBJECT"):
            # Only the fields of a listpack have an order.
            return Step(client, ([b"OBJECT", b"ENCODING", request[1]], request))
        if name == b"SET" and any(word.upper() in (b"EXAT", b"PXAT") for word in request):
            # An expired key stays in memory until a command accesses it.
            return Step(client, (request, [b"EXISTS", request[1]]))
        return Step(client, (request,))

    def transaction(self, client):
        if not (self.has(b"MULTI") and self.has(b"EXEC")):
            return []
        steps = [self.step(client) for _ in range(int(self.chance() * 9))]
        steps.insert(0, Step(client, ([self.cased(b"MULTI")],)))
        if self.chance() < 0.3 and self.has(b"WATCH"):
            keys = [self.words.key() for _ in range(1 + int(self.chance() * 2))]
            steps.insert(0, Step(client, ([b"WATCH", *keys],)))
            if self.chance() < 0.4:
                steps.insert(1, self.step(client))
        last = b"EXEC" if self.chance() < 0.9 or not self.has(b"DISCARD") else b"DISCARD"
        return [*steps, Step(client, ([last],))]

    def wide(self):
        """Returns requests for a hash that is too long for a listpack."""
        count = self.random.choice([511, 512, 513, 600])
        return [b"HSET", self.words.hash(), *(b"%d" % (n // 2) for n in range(2 * count))]

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
        request = [name, b"0"] if name == b"SCAN" else [name, self.words.hash(), b"0"]
        if self.chance() < 0.4:
            request += [b"MATCH", self.words.pattern()]
        if self.chance() < 0.7:
            request += [b"COUNT", self.words.one([b"1", b"2", b"5", b"10", b"1000"])]
        if self.chance() < 0.3 and name == b"SCAN":
            request += [b"TYPE", self.words.type()]
        return request


def number(word):
    try:
        return int(word)
    except ValueError:
        return 0


def is_harmless(name, request):
    """Returns whether a request is safe to send. It must not take very much memory, or let a key
    expire during the run. Its time must not be so large that Redis 7.0 takes its overflow for an
    expired time."""
    if name in (b"SETRANGE", b"SETBIT", b"BITFIELD"):
        return not any(MUCH < number(word.lstrip(b"#")) < 2**32 for word in request[2:])
    if name == b"HRANDFIELD":
        return not any(-2**63 <= number(word) < -3000 for word in request[2:])
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


def is_soon(word, least):
    return 0 < number(word) < least
