"""The model's data, a server's data, and their comparison.

Both are a dict from (database, key) to an `Entry`. In the model an entry's expiry is a range of
milliseconds since 1970, because only the server knows when it ran a relative EXPIRE. The server's
data has one number for it.
"""

from typing import NamedTuple

from resp import Error, decode, encode

# For the load; two for a client alone, which swaps them; one for what is only there.
SHARED, OWN, PAD = range(4), (6, 7), 5
ALL = (*SHARED, *OWN)


class Entry(NamedTuple):
    """A value: bytes, a hash, which is a dict from field to `Entry`, a list, which is a tuple, a
    frozenset, or a sorted set, which is a frozenset of pairs of member and score."""

    value: object
    expiry: object = None


class Data(dict):
    """The entries by place. Counts the changes."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.changes = 0

    def __setitem__(self, place, entry):
        self.changes += self.get(place) != entry
        super().__setitem__(place, entry)

    def __delitem__(self, place):
        self.changes += 1
        super().__delitem__(place)

    def remove(self, place):
        if place in self:
            del self[place]

    def replace(self, others):
        self.changes += 1
        self.clear()
        self.update(others)


def is_over(expiry, now_ms):
    """Returns whether a range has certainly expired."""
    return expiry is not None and expiry[1] <= now_ms


def may_be_over(expiry, now_ms):
    return expiry is not None and expiry[0] <= now_ms


def alive(data, place, now_ms):
    """Returns the entry at `place`, or None if no entry certainly exists."""
    entry = data.get(place)
    if entry is None or is_over(entry.expiry, now_ms):
        return None
    if isinstance(entry.value, dict):
        fields = {name: field for name, field in entry.value.items()
                  if not is_over(field.expiry, now_ms)}
        return Entry(fields, entry.expiry) if fields else None
    return entry


def difference(expected, found, begun_ms, ended_ms):
    """Returns the first difference between `expected` and `found`, or None. `found` was read
    between two moments."""
    return next(all_differences(expected, found, begun_ms, ended_ms), None)


def differences(expected, found, begun_ms, ended_ms):
    return list(all_differences(expected, found, begun_ms, ended_ms))


def all_differences(expected, found, begun_ms, ended_ms):
    for place in expected.keys() | found.keys():
        if not fits(expected.get(place), found.get(place), begun_ms, ended_ms):
            yield (f"{place}: expected {short(expected.get(place))}, "
                   f"found {short(found.get(place))}")


def fits(expected, found, begun_ms, ended_ms):
    if expected is None or is_over(expected.expiry, begun_ms):
        return found is None
    if found is None:
        return may_be_over(expected.expiry, ended_ms) or (
            isinstance(expected.value, dict)
            and all(may_be_over(field.expiry, ended_ms) for field in expected.value.values()))
    return same_expiry(expected.expiry, found.expiry) and same_value(
        expected.value, found.value, begun_ms, ended_ms)


def same_value(expected, found, begun_ms, ended_ms):
    if isinstance(expected, dict) != isinstance(found, dict):
        return False
    if not isinstance(expected, dict):
        return expected == found
    return all(fits(expected.get(name), found.get(name), begun_ms, ended_ms)
               for name in expected.keys() | found.keys())


def same_expiry(expected, found):
    if expected is None or found is None:
        return expected is found
    return expected[0] <= found <= expected[1]


def short(entry):
    if entry is None:
        return "nothing"
    value = entry.value
    if isinstance(value, dict):
        value = {name: short(field) for name, field in value.items()}
        return f"{value} until {entry.expiry}"
    text = repr(value)
    text = text if len(text) < 200 else f"{text[:100]}... of {len(value)}"
    return f"{text} until {entry.expiry}" if entry.expiry else text


def read(connection, patterns, databases=ALL):
    """Reads a server's data under keys that match some patterns."""
    found = {}
    for database in databases:
        keys = set()
        for reply in ask(connection, [b"SELECT", b"%d" % database],
                         *([b"KEYS", pattern] for pattern in patterns)):
            if isinstance(reply, Error):
                raise ConnectionError(reply)
            keys.update(reply if isinstance(reply, list) else [])
        found.update(((database, key), entry) for key, entry in read_keys(connection, sorted(keys)))
    return found


def read_keys(connection, keys, at_once=500):
    for start in range(0, len(keys), at_once):
        some = keys[start:start + at_once]
        replies = iter(ask(connection, *(line for key in some for line in reads_of(key))))
        for key in some:
            *values, expiry = (next(replies) for _ in reads_of(key))
            value = value_of(connection, key, *values)
            # Some keys have expired by now.
            if value and expiry != -2 or value == b"" and expiry != -2:
                yield key, Entry(value, None if expiry == -1 else expiry)


def reads_of(key):
    """Returns the requests for a key's value and expiry. See `load` for the names of keys."""
    values = {b"l": [[b"LRANGE", key, b"0", b"-1"]], b"m": [[b"SMEMBERS", key]],
              b"z": [[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]]}.get(
        kind_of(key), [[b"GET", key], [b"HGETALL", key]])
    return [*values, [b"PEXPIRETIME", key]]


def value_of(connection, key, first, flat=None):
    if flat is not None and isinstance(first, Error):
        return hash_of(connection, key, flat)
    if isinstance(first, list):
        if kind_of(key) == b"z":
            return frozenset(zip(first[::2], map(float, first[1::2])))
        return tuple(first) if kind_of(key) == b"l" else frozenset(first)
    return first


def kind_of(key):
    return {b"L": b"l", b"M": b"m", b"Z": b"z", b"w": b"l"}.get(key[:1], key[:1])


def hash_of(connection, key, flat):
    if not flat or isinstance(flat, Error):
        return None
    names, values = flat[::2], flat[1::2]
    expiries = ask(connection, [b"HPEXPIRETIME", key, b"FIELDS", b"%d" % len(names), *names])[0]
    return {name: Entry(value, None if expiry == -1 else expiry)
            for name, value, expiry in zip(names, values, expiries or []) if expiry != -2}


def ask(connection, *requests):
    """Returns the replies to some requests that are sent at once."""
    connection.socket.sendall(b"".join(map(encode, requests)))
    return [decode(whole(connection.replies.next())) for _ in requests]


def whole(reply):
    if not reply.endswith(b"\r\n"):
        raise ConnectionError("the server hung up")
    return reply
