"""The words that random requests are made of: few keys, so that commands meet, and every
odd spelling of a number.

Times need care. A key must not expire between the answers of two servers, so times to live
are a day or longer, or in the past; and only absolute times lead into ABSOLUTE_MS.
"""

import payloads

DAY = 86_400
# In the year 2100. No relative time leads there: it is compared to the millisecond.
ABSOLUTE = 4_102_444_800
ABSOLUTE_MS = range(4_000_000_000_000, 5_000_000_000_000)

STRINGS = [b"k%d" % i for i in range(8)] + [b"", b"\x00", b"\r\n", b"key " * 8]
HASHES = [b"h%d" % i for i in range(6)] + [b"\xff\xfe"]
# NUMBERS are lists of numbers only, unless elements are moved there.
NUMBERS = [b"n0", b"n1"]
LISTS = [b"l%d" % i for i in range(4)] + [b"a list"]
SETS = [b"s%d" % i for i in range(5)] + [b"\xfe\x00"]
ZSETS = [b"z%d" % i for i in range(5)] + [b"\xfd z"]
GEOS = [b"g%d" % i for i in range(3)]
SKETCHES = [b"p%d" % i for i in range(4)]
KEYS = STRINGS + HASHES + NUMBERS + LISTS + SETS + ZSETS + GEOS + SKETCHES
FIELDS = [b"f%d" % i for i in range(8)] + [b"", b"\xff\x00", b"a long field " * 6]
VALUES = [b"", b"v", b"\x00\r\n\xff", b"x" * 20, b"ab" * 11, b"y" * 44, b"z" * 45, b"y" * 64,
          b"y" * 65, b"abcabcabc" * 30, b"True", b"None", b"OK", b"*3\r\n"]

# Few, so that elements repeat and sets have members in common.
ELEMENTS = [b"a", b"b", b"c", b"", b"\x00", b"a\x00b", b"x" * 70, b"1", b"2", b"3", b"-1", b"10", b"01"]
MEMBERS = [b"%d" % n for n in [*range(12), -1, 127, 128, -32769, 2**31, -2**63, 2**63 - 1]]

# Few, so that scores are equal and members come in the order of their bytes. None is a denormal number: after
# one of those Redis 7.0 takes the numbers of a later SORT for being out of range.
SCORES = [b"0", b"1", b"2", b"3", b"-1", b"1.5", b"-0", b"0.1", b"0.2", b"3.2", b"1e3", b"10", b"100", b"inf",
          b"-inf", b"+inf", b"1e300", b"-1e300", b"1.7976931348623157e308", b"9007199254740993",
          b"123456789012345678", b"-4611686018427387904", b"1e17", b"1e-5", b"0.30000000000000004"]
BAD_SCORES = [b"nan", b"-nan", b"", b"abc", b"1x", b" 1", b"1 ", b"(1", b"1e400", b"-1e400", b"infinity", b"Inf", b"INF",
              b"0x10", b"0x1p3", b"1e", b".", b"5.", b".5", b"+5", b"--1", b"1,5", b"1\x00", b"1e-400"]
LEX_BOUNDS = [b"-", b"+", b"-", b"+", b"[a", b"(a", b"[b", b"(c", b"[", b"(", b"[1", b"(2", b"[\xff", b"(a\x00b", b"[x"]
BAD_LEX_BOUNDS = [b"a", b"", b"+a", b"-a", b"++", b"1", b"]a", b"inf"]
WEIGHTS = [b"1", b"2", b"0", b"-1", b"0.5", b"1e300", b"inf", b"-inf", b"3"]

# Around four places, two of them at an edge of the map.
CENTRES = [(13.36, 38.11), (13.36, 38.11), (-122.4, 37.8), (179.99, 0.01), (0.0, 84.9)]
ODD_DEGREES = [b"0", b"-0", b"180", b"-180", b"180.1", b"85.05112878", b"-85.05112878", b"85.06", b"-86", b"90", b"inf",
               b"nan", b"abc", b"", b"1e1", b"13.361389", b"38.115556", b"-179.999999", b"0x1", b" 1"]
LENGTHS = [b"0", b"1", b"10", b"100", b"1000", b"5000", b"20000", b"0.5", b"200.5", b"100000", b"1e7", b"12345678"]
BAD_LENGTHS = [b"-1", b"abc", b"", b"nan", b"inf", b"-0", b"1e400"]
BAD_UNITS = [b"", b"mm", b"meter", b"1"]

GOOD_INTEGERS = [b"%d" % n for n in [*range(-5, 12), 64, 99, 100, 255, -128, 10000, -99999]]
BOUNDS = [b"%d" % (n + d) for n in [2**31, -2**31, 2**32, 2**63, -2**63, 2**62, -2**62, 2**64]
          for d in (-1, 0, 1)]
BAD_INTEGERS = [b"007", b"+5", b" 5", b"5 ", b"-0", b"", b"1.0", b"1e3", b"0x10", b"abc", b"--1",
                b"1\x00", b"\x001", b"-", b"+", b"1" * 30, b"-" + b"9" * 19, b"\xff", b"-01"]
FLOATS = [b"1e5", b".5", b"5.", b"-.5", b"0.1", b"0.2", b"-0.0", b"3.0e3", b"1.5e+2", b"1E-3",
          b"1e17", b"1e18", b"1e-17", b"1e-18", b"123456789.123456789", b"99999999999999999.99",
          b"3.14159265358979323846264338327950288", b"1234567890" * 3, b"0." + b"1234567890" * 4,
          b"-17.000000", b"10.50", b"1e300", b"1e308", b"-1e308", b"5e-324", b"0.30000000000000004"]
BAD_FLOATS = [b"inf", b"-inf", b"+inf", b"Infinity", b"nan", b"-nan", b"NaN", b"0x10", b"0x1p3",
              b"1e400", b"-1e400", b"1e-400", b"1e4932", b"1e4933", b"1e5000", b"1e", b"e5", b".",
              b"+.5", b"+1.5", b" 1.5", b"1.5 ", b"1,5", b"1_000", b"1e5x", b"1.5\x00", b"--1.5",
              b"1e-4950", b"1e-5000", b"nan(1)", b"infx", b"0b1"]

# Neither is a place in memory that would have to be filled up to there.
OFFSETS = [b"%d" % n for n in [*range(0, 18), 31, 32, 63, 64, 100, 1000, 5000]]
FAR_OFFSETS = [b"%d" % n for n in [2**32, 2**32 + 1, 2**33, 2**63 - 1, -1, -2**63, 536_870_913]]

PATTERNS = [b"*", b"*", b"*", b"k*", b"h?", b"[kh]1", b"k[0-4]", b"k[^1]", b"k[4-0]", b"\\k1", b"",
            b"?", b"**", b"f*", b"f[12]", b"*[", b"k[", b"k[1", b"*\\", b"[]", b"[^]*", b"\xff*",
            b"*\x00*", b"K*", b"k?*", b"\r\n", b"*e*y*", b"[k-]*", b"[a-]1", b"f\\1", b"[ls]*", b"s?", b"-*", b"1*"]
# BY and GET of SORT.
TARGETS = [b"#", b"k*", b"k*", b"h*->f1", b"h*->f2", b"h*->f1", b"nosort", b"nosort", b"*", b"l*", b"h*->",
           b"->f1", b"*->*", b"h*->f*", b"", b"n*", b"s*->f1", b"k*->f1", b"h0->f1", b"no*such", b"x->y*"]
TIMEOUTS = [b"0.001", b"0.01", b".002", b"1e-3", b"0.0005"]
BAD_TIMEOUTS = [b"-1", b"-0.1", b"abc", b"", b"1e400", b"inf", b"-inf", b"nan", b" 1", b"1 ", b"1e3000",
                b"1x", b"9223372036854775807", b"9999999999999999999", b"1e18"]
FILLS = [b"-1", b"-2", b"-2", b"-5", b"1", b"2", b"4", b"128", b"0", b"-6", b"x", b"1k", b"2147483648"]

DATABASES = [b"0", b"0", b"1", b"2", b"3"]
BAD_DATABASES = [b"16", b"-1", b"15x", b"", b"99999999999999999999", b"+1", b"01", b"2147483648"]
CURSORS = [b"0"] * 8 + [b"1", b"00", b"7", b"x", b"-1", b"", b"18446744073709551615",
                        b"18446744073709551616", b"0x1", b" 0", b"0 ", b"+0"]
TYPES = [b"string", b"hash", b"STRING", b"Hash", b"list", b"set", b"zset", b"stream", b"nosuch",
         b""]
WIDTHS = [b"u1", b"u8", b"i8", b"i64", b"u63", b"u2", b"i5", b"u16", b"i32", b"i1", b"u33"]
BAD_WIDTHS = [b"u64", b"i65", b"u0", b"i0", b"8", b"", b"U8", b"i", b"u", b"u-1", b"u08", b"u8 ",
              b"x8"]
PAST = [b"1", b"1000000000", b"100000"]
BAD_TIMES = [b"0", b"-1", b"-100000", b"-0", b"abc", b"", b"1.5", b" 100000", b"+100000", b"0x1",
             b"%d" % (2**63 - 1), b"%d" % -2**63, b"%d" % 2**63, b"9223372036854775",
             b"9223372036854776", b"-9223372036854776", b"100000000x", b"99999999999999999999"]


class Words:
    """One method for each kind of word in syntax.py."""

    def __init__(self, random):
        self.random = random
        self.chance = random.random

    def one(self, pool):
        return pool[int(self.chance() * len(pool))]

    def mostly(self, good, bad, often=0.9):
        return self.one(good if self.chance() < often else bad)

    def cased(self, word):
        """Returns a word that stands for itself, sometimes in other letters."""
        if self.chance() < 0.93:
            return word
        return word.lower() if self.chance() < 0.5 else bytes(
            letter ^ 0x20 if self.chance() < 0.5 and 64 < letter < 91 else letter
            for letter in word)

    def string(self):
        return self.mostly(STRINGS, KEYS)

    def sketch(self):
        """Returns a key for a HyperLogLog."""
        return self.mostly(SKETCHES, KEYS)

    def hash(self):
        return self.mostly(HASHES, KEYS)

    def list(self):
        return self.mostly(LISTS, NUMBERS if self.chance() < 0.7 else KEYS)

    def numbers(self):
        return self.one(NUMBERS)

    def set(self):
        return self.mostly(SETS, KEYS)

    def collection(self):
        """Returns a key for SORT."""
        return self.mostly(self.one([NUMBERS, LISTS, SETS, ZSETS]), KEYS)

    def number(self):
        """Returns an element for NUMBERS."""
        if self.chance() < 0.8:
            return self.one(GOOD_INTEGERS)
        return self.mostly(FLOATS, BAD_FLOATS)

    def zset(self):
        return self.mostly(ZSETS, KEYS)

    def source(self):
        """Returns a key for a union of sorted sets, in which sets take part."""
        return self.zset() if self.chance() < 0.8 else self.set()

    def score(self):
        dice = self.chance()
        if dice < 0.5:
            return self.one(SCORES)
        if dice < 0.6:
            return self.float().replace(b"5e-324", b"5e-300")
        return b"%d" % int(self.chance() * 30) if dice < 0.95 else self.one(BAD_SCORES)

    def least(self):
        """Returns an end of a range of scores."""
        if self.chance() < 0.2:
            return self.one([b"-inf", b"+inf", b"inf", b"(inf", b"(-inf"])
        return (b"(" if self.chance() < 0.3 else b"") + self.score()

    def lex(self):
        """Returns an end of a range of members."""
        return self.mostly(LEX_BOUNDS, BAD_LEX_BOUNDS, 0.96)

    def weight(self):
        return self.mostly(WEIGHTS, SCORES if self.chance() < 0.5 else BAD_SCORES, 0.93)

    def rank(self):
        """Returns an index, or another kind of end of a range."""
        dice = self.chance()
        if dice < 0.6:
            return self.one(GOOD_INTEGERS)
        return self.integer() if dice < 0.7 else self.least() if dice < 0.85 else self.lex()

    def few(self):
        """Returns a small number."""
        return self.mostly([b"1", b"2", b"3", b"5", b"100"], GOOD_INTEGERS + BAD_INTEGERS)

    def size(self):
        """Returns a limit for the size of small sorted sets."""
        return self.one([b"0", b"1", b"3", b"20", b"64", b"64", b"128", b"128", b"128", b"130", b"-1", b"x"])

    def geo(self):
        return self.mostly(GEOS, ZSETS if self.chance() < 0.7 else KEYS)

    def longitude(self):
        return self.degrees(0)

    def latitude(self):
        return self.degrees(1)

    def degrees(self, which):
        if self.chance() < 0.06:
            return self.one(ODD_DEGREES)
        centre = self.one(CENTRES)[which]
        spread = self.one([0, 0.001, 0.1, 5])
        return b"%.*f" % (self.one([2, 6, 12]), centre + (self.chance() - 0.5) * spread)

    def length(self):
        return self.mostly(LENGTHS, BAD_LENGTHS, 0.95)

    def unit(self):
        return self.cased(self.mostly([b"m", b"km", b"km", b"ft", b"mi"], BAD_UNITS, 0.96))

    def registers(self):
        """Returns the bytes of a HyperLogLog."""
        return self.mostly(payloads.SKETCHES, payloads.BAD_SKETCHES, 0.6)

    def element(self):
        return self.mostly(ELEMENTS, VALUES) if self.chance() < 0.8 else self.value()

    def member(self):
        dice = self.chance()
        return self.one(MEMBERS if dice < 0.6 else ELEMENTS) if dice < 0.9 else self.value()

    def target(self):
        """Returns a pattern for BY or GET of SORT."""
        return self.one(TARGETS)

    def timeout(self):
        return self.mostly(TIMEOUTS, BAD_TIMEOUTS)

    def fill(self):
        """Returns a limit for the nodes of lists."""
        return self.one(FILLS)

    def key(self):
        return self.one(KEYS)

    def field(self):
        return self.one(FIELDS)

    def value(self):
        dice = self.chance()
        if dice < 0.35:
            return self.integer()
        if dice < 0.45:
            return self.float()
        if dice < 0.85:
            return self.one(VALUES)
        size = self.one([1, 2, 3, 5, 8, 30, 30, 100, 500]) if dice < 0.99 else 3000
        return self.random.randbytes(size)

    def integer(self):
        dice = self.chance()
        if dice < 0.65:
            return self.one(GOOD_INTEGERS)
        if dice < 0.75:
            return self.one(BOUNDS)
        if dice < 0.9:
            return b"%d" % (int(self.chance() * 2000) - 1000)
        return self.one(BAD_INTEGERS)

    def float(self):
        dice = self.chance()
        if dice < 0.35:
            return self.one(FLOATS)
        if dice < 0.5:
            return self.integer()
        if dice < 0.8:
            size = 10 ** self.one([0, 1, 3, 9])
            return b"%.*f" % (int(self.chance() * 20), (self.chance() - 0.5) * size)
        if dice < 0.85:
            return b"%d.%d" % (self.random.getrandbits(70), self.random.getrandbits(70))
        return self.one(BAD_FLOATS)

    def offset(self):
        return self.mostly(OFFSETS, FAR_OFFSETS + BAD_INTEGERS)

    def place(self):
        """Returns an offset of BITFIELD."""
        return (b"#" if self.chance() < 0.3 else b"") + self.offset()

    def width(self):
        if self.chance() < 0.3:
            return b"%c%d" % (self.one(b"ui"), 1 + int(self.chance() * 64))
        return self.mostly(WIDTHS, BAD_WIDTHS)

    def bit(self):
        return self.mostly([b"0", b"1"], [b"2", b"-1", b"", b"01", b"x", b"10"], 0.93)

    def threshold(self):
        """Returns a limit for the size of small hashes and sets."""
        return self.one([b"0", b"1", b"3", b"20", b"64", b"512", b"512", b"1k", b"-1", b"x"])

    def database(self):
        return self.mostly(DATABASES, BAD_DATABASES, 0.95)

    def cursor(self):
        return self.one(CURSORS)

    def pattern(self):
        return self.one(PATTERNS)

    def type(self):
        return self.one(TYPES)

    def payload(self):
        return self.mostly(payloads.VALID, payloads.INVALID, 0.85)

    def seconds(self):
        """Returns a time to live."""
        if self.chance() < 0.75:
            return b"%d" % self.random.randint(2 * DAY, 1000 * DAY)
        return self.one(BAD_TIMES)

    def milliseconds(self):
        if self.chance() < 0.75:
            return b"%d" % self.random.randint(2000 * DAY, 1_000_000 * DAY)
        return self.one(BAD_TIMES)

    def second(self):
        """Returns a point in time."""
        dice = self.chance()
        if dice < 0.7:
            return b"%d" % (ABSOLUTE + int(self.chance() * 4))
        return self.one(PAST if dice < 0.8 else BAD_TIMES)

    def millisecond(self):
        dice = self.chance()
        if dice < 0.7:
            return b"%d" % (ABSOLUTE * 1000 + int(self.chance() * 4))
        return self.one(PAST if dice < 0.8 else BAD_TIMES)

    def lifetime(self):
        """Of RESTORE."""
        dice = self.chance()
        if dice < 0.5:
            return b"0"
        return self.milliseconds() if dice < 0.7 else self.millisecond()
