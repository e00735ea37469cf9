"""Enough of RESP, in both versions, for the checks to send requests and compare replies.

Replies are kept as the bytes received. `decode` returns their meaning.
"""


class Error(bytes):
    """An error reply."""


class Status(bytes):
    """A simple string."""


class Map(list):
    """A map of RESP3, as a flat list: names may repeat, which would be a fault."""


class Set(list):
    """A set of RESP3."""


CRLF = b"\r\n"
BULKS = b"$="
LISTS = b"*~>"
MAP = b"%"


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    parts += [b"$%d\r\n%s\r\n" % (len(argument), argument) for argument in arguments]
    return b"".join(parts)


def end_of_reply(data, start):
    """Returns the end of the reply that begins at `start`, or None if it is incomplete."""
    pending = 1
    while pending:
        pending -= 1
        end = data.find(CRLF, start)
        if end < 0:
            return None
        kind = data[start]
        start, line = end + 2, start + 1
        if kind in b":+-_":
            continue
        if kind in BULKS:
            start += max(int(data[line:end]) + 2, 0) if data[line] != 45 else 0
        elif kind in LISTS:
            pending += max(int(data[line:end]), 0)
        elif kind in MAP:
            pending += 2 * int(data[line:end])
    return start if start <= len(data) else None


class Replies:
    """Splits a socket's stream into replies."""

    def __init__(self, socket):
        self.socket = socket
        self.unread = b""
        self.start = 0

    def next(self):
        """Returns the bytes of one reply, or an incomplete one if the stream ends."""
        while (end := end_of_reply(self.unread, self.start)) is None:
            more = self.socket.recv(262_144)
            if not more:
                end = len(self.unread)
                break
            self.unread = self.unread[self.start:] + more
            self.start = 0
        reply = self.unread[self.start:end]
        self.start = end
        return reply


def elements(reply):
    """Returns the replies within a list."""
    start = reply.index(CRLF) + 2
    found = []
    while start < len(reply):
        end = end_of_reply(reply, start)
        found.append(reply[start:end])
        start = end
    return found


def decode(reply):
    """Decodes the bytes of one reply: bytes, int, float, bool, list, Map, Set, None, Status or
    Error."""
    if end_of_reply(reply, 0) != len(reply):
        raise ValueError(f"not one whole reply: {reply!r}")
    value, _ = value_at(reply, 0)
    return value


def value_at(data, start):
    """Returns one value, and its end."""
    end = data.index(CRLF, start)
    kind, text, start = data[start:start + 1], data[start + 1:end], end + 2
    if kind in SIMPLE:
        return SIMPLE[kind](text), start
    number = int(text)
    if number < 0:
        return None, start
    if kind in (b"$", b"="):
        return data[start:start + number], start + number + 2
    values = {b"%": Map, b"~": Set}.get(kind, list)()
    for _ in range(2 * number if kind == b"%" else number):
        value, start = value_at(data, start)
        values.append(value)
    return values, start


SIMPLE = {b"+": Status, b"-": Error, b":": int, b"_": lambda _: None, b",": float,
          b"#": b"t".__eq__, b"(": int}


def pairs(flat):
    """Returns the pairs of a map that arrived as a flat list."""
    return dict(zip(flat[::2], flat[1::2]))
