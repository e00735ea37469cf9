"""Payloads for RESTORE like those of DUMP: strings and hashes in Redis's forms, and corrupt
ones."""

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


STRING, HASH, HASH_LISTPACK = b"\x00", b"\x04", b"\x10"

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
]

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
]
