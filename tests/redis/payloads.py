"""Payloads for RESTORE like those of DUMP: values of each type in Redis's forms, and corrupt ones.
Bytes of HyperLogLogs."""

import struct

VERSION = 10


def table_of_crc64():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x95AC9329AC4BC9B5 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = table_of_crc64()


def crc64(data):
    """Returns Jones's CRC-64, the one that Redis uses."""
    crc = 0
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


def sealed(data, version=VERSION):
    data += version.to_bytes(2, "little")
    return data + crc64(data).to_bytes(8, "little")


def length(number):
    if number < 64:
        return bytes([number])
    if number < 16384:
        return bytes([0x40 | number >> 8, number & 0xFF])
    return b"\x80" + number.to_bytes(4, "big")


def text(data):
    return length(len(data)) + data


def listpack(*entries):
    """Returns a listpack of entries of fewer than 64 bytes."""
    body = b"".join(bytes([0x80 | len(entry)]) + entry + bytes([1 + len(entry)])
                    for entry in entries)
    return ((7 + len(body)).to_bytes(4, "little") + len(entries).to_bytes(2, "little") + body
            + b"\xff")


def ziplist(*entries):
    """Returns the older form of a listpack."""
    body, before = b"", 0
    for entry in entries:
        last = 10 + len(body)
        body += bytes([before, len(entry)]) + entry
        before = 2 + len(entry)
    end = last if entries else 10
    return ((11 + len(body)).to_bytes(4, "little") + end.to_bytes(4, "little")
            + len(entries).to_bytes(2, "little") + body + b"\xff")


def intset(size, *numbers):
    """Returns an intset of integers of `size` bytes."""
    return (size.to_bytes(4, "little") + len(numbers).to_bytes(4, "little")
            + b"".join(number.to_bytes(size, "little", signed=True) for number in numbers))


STRING, HASH, HASH_LISTPACK = b"\x00", b"\x04", b"\x10"
LIST, LIST_ZIPLIST, LIST_QUICKLIST, LIST_QUICKLIST_2 = b"\x01", b"\x0a", b"\x0e", b"\x12"
SET, SET_INTSET = b"\x02", b"\x0b"
ZSET, ZSET_2, ZSET_ZIPLIST, ZSET_LISTPACK = b"\x03", b"\x05", b"\x0c", b"\x11"
PLAIN, PACKED = b"\x01", b"\x02"

LISTS = [
    sealed(LIST + length(3) + text(b"a") + b"\xc0\x07" + text(b"")),
    sealed(LIST_ZIPLIST + text(ziplist(b"a", b"", b"b", b"7"))),
    sealed(LIST_QUICKLIST + length(2) + text(ziplist(b"a", b"b")) + text(ziplist(b"c"))),
    sealed(LIST_QUICKLIST_2 + length(2) + PACKED + text(listpack(b"a", b"1"))
           + PACKED + text(listpack(b"b"))),
    sealed(LIST_QUICKLIST_2 + length(2) + PLAIN + text(b"big" * 30) + PACKED + text(listpack(b"b"))),
    sealed(LIST_QUICKLIST_2 + length(3) + PACKED + text(listpack(b"a")) + PACKED + text(listpack())
           + PACKED + text(listpack(b"b"))),
]



def scored(*pairs):
    """Returns members with binary scores, as Redis has written them since version 5."""
    return length(len(pairs)) + b"".join(text(member) + struct.pack("<d", score) for member, score in pairs)


def scored_in_text(*pairs):
    return length(len(pairs)) + b"".join(
        text(member) + (score if len(score) == 1 else length(len(score)) + score) for member, score in pairs)


NAN, PLUS_INF, MINUS_INF = b"\xfd", b"\xfe", b"\xff"
INF = float("inf")
ZSETS = [
    sealed(ZSET_2 + scored((b"b", 2.5), (b"a", 1))),
    sealed(ZSET_2 + scored((b"a", 1), (b"b", 1), (b"", 3.2), (b"c", -0.0))),
    sealed(ZSET_2 + scored((b"top", INF), (b"x" * 65, 1e17), (b"end", -INF))),
    sealed(ZSET_2 + scored(*((b"%d" % n, n % 7) for n in range(140)))),
    sealed(ZSET + scored_in_text((b"a", b"1"), (b"b", PLUS_INF), (b"c", MINUS_INF), (b"d", b"-0.25"))),
    sealed(ZSET_LISTPACK + text(listpack(b"a", b"1", b"b", b"1.5", b"7", b"inf"))),
    sealed(ZSET_LISTPACK + text(listpack(b"z", b"-inf", b"", b"0"))),
    # ZSCAN of Redis 7.0 returns these scores as they are written here.
    sealed(ZSET_ZIPLIST + text(ziplist(b"a", b"-3", b"b", b"0.10000000000000001", b"c", b"0.5"))),
]

# Sparse HyperLogLogs of 16,384 zeros, and with some registers, and dense ones.
SKETCH = b"HYLL\x01\0\0\0" + bytes(7) + b"\x80"
DENSE = b"HYLL\0\0\0\0" + bytes(7) + b"\x80"
SKETCHES = [
    SKETCH + b"\x88\x3e" + b"\x3f" * 255,
    SKETCH + b"\x44\x00\x84\x3d" + b"\x3f" * 239,
    SKETCH + b"\x3f" * 256,
    DENSE + bytes(12288),
    DENSE + bytes(range(64)) * 192,
]
# None is a sparse one with too few or too many registers, of which a PFADD may change some before it
# fails.
BAD_SKETCHES = [
    DENSE + bytes(12287), DENSE + bytes(12289), b"HYLL\x02" + DENSE[5:] + bytes(12288),
    b"hyll" + DENSE[4:] + bytes(12288), b"HYLL\xff" + SKETCH[5:] + b"\x88" * 40 + b"\x7f\xff",
]

VALID = [
    sealed(STRING + text(b"")),
    sealed(STRING + text(b"hello")),
    sealed(STRING + text(b"12345")),
    sealed(STRING + text(b"\x00\xff" * 50)),
    sealed(STRING + b"\xc0\x07"),
    sealed(STRING + b"\xc0\xff"),
    sealed(STRING + b"\xc1\x00\x80"),
    sealed(STRING + b"\xc2\xff\xff\xff\x7f"),
    # Compressed: two letters as they are, then 28 from one place before.
    sealed(STRING + b"\xc3\x06\x1e\x01aa\xe0\x13\x00"),
    sealed(STRING + text(b"old"), 9),
    sealed(STRING + text(b"version 1"), 1),
    STRING + text(b"not checked") + VERSION.to_bytes(2, "little") + bytes(8),
    sealed(HASH + length(2) + text(b"f1") + text(b"v") + text(b"f2") + b"\xc0\x05"),
    sealed(HASH_LISTPACK + text(listpack(b"f1", b"one", b"f2", b"2"))),
    sealed(HASH_LISTPACK + text(listpack(b"f3", b""))),
    *LISTS,
    sealed(SET + length(3) + text(b"a") + text(b"b") + b"\xc0\x07"),
    sealed(SET + length(2) + b"\xc0\x07" + b"\xc1\x00\x80"),
    sealed(SET_INTSET + text(intset(2, -5, 0, 7, 10))),
    sealed(SET_INTSET + text(intset(4, -70000, 1, 2, 70000))),
    sealed(SET_INTSET + text(intset(8, -2**63, 3, 2**63 - 1))),
    *ZSETS,
    *(sealed(STRING + text(registers)) for registers in SKETCHES),
]

# Of a listpack with an odd end, or with a member twice, Redis 7.0 dies: tests/guarantees/dump.rs has those.
INVALID = [
    b"", b"x", bytes(9),
    sealed(b""),
    VALID[1][:-1], VALID[2][2:], VALID[1] + b"\x00",
    VALID[1][:-1] + bytes([VALID[1][-1] ^ 1]),
    sealed(STRING + text(b"of the future"), 13),
    # Further than the footer, into which Redis reads on.
    sealed(STRING + b"\x1fhello"),
    sealed(STRING + text(b"hello") + b"more"),
    sealed(b"\xee" + text(b"no such type")),
    sealed(HASH + length(2) + text(b"f1") + text(b"v")),
    sealed(HASH + length(0)),
    sealed(LIST + length(0)),
    sealed(LIST + length(2) + text(b"a")),
    sealed(LIST_QUICKLIST_2 + length(0)),
    sealed(LIST_QUICKLIST_2 + length(1) + PACKED + text(listpack())),
    sealed(LIST_QUICKLIST_2 + length(1) + b"\x03" + text(listpack(b"a"))),
    sealed(LIST_QUICKLIST_2 + length(1) + PACKED + text(listpack(b"a")[:-1])),
    sealed(LIST_ZIPLIST + text(ziplist(b"a")[:-1])),
    sealed(SET + length(0)),
    sealed(SET + length(2) + text(b"a") + text(b"a")),
    sealed(SET_INTSET + text(intset(2))),
    sealed(SET_INTSET + text(intset(3, 1))),
    sealed(SET_INTSET + text(intset(2, 1, 2)[:-1])),
    sealed(ZSET_2 + length(0)),
    sealed(ZSET_2 + scored((b"a", 1), (b"a", 1))),
    sealed(ZSET_2 + scored((b"a", 1), (b"b", float("nan")))),
    sealed(ZSET_2 + b"\x81" + (2**63).to_bytes(8, "big") + scored((b"a", 1))[1:]),
    sealed(ZSET + length(0)),
    sealed(ZSET + scored_in_text((b"a", NAN))),
    sealed(ZSET + scored_in_text((b"a", b"1"), (b"a", b"2"))),
    sealed(ZSET_LISTPACK + text(listpack())),
    sealed(ZSET_LISTPACK + text(listpack(b"a", b"1")[:-1])),
    sealed(ZSET_ZIPLIST + text(ziplist())),
    sealed(ZSET_ZIPLIST + text(ziplist(b"a", b"1", b"b"))),
    sealed(ZSET_ZIPLIST + text(ziplist(b"a", b"1")[:-1])),
]
