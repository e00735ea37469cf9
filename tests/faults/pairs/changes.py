"""The changes that requests make to the model's data. Each function returns the required reply,
or None for any.

Each change is made for a request with its place (database, key) and arguments. It is called with
the data and the time at which the request was sent. The load ensures that nothing expires between
that time and the server's run of the request, unless the effect is the same.
"""

from data import Entry, alive

OK = b"+OK\r\n"


def integer(number):
    return b":%d\r\n" % number


def put(data, place, value, expiry=None):
    data[place] = Entry(value, expiry)


def set_to(place, value, expiry=None):
    def change(data, _now_ms):
        put(data, place, value, expiry)
        return OK
    return change


def set_many(places, values):
    def change(data, _now_ms):
        for place, value in zip(places, values):
            put(data, place, value)
        return OK
    return change


def set_if_absent(place, value):
    def change(data, now_ms):
        if alive(data, place, now_ms):
            return integer(0)
        put(data, place, value)
        return integer(1)
    return change


def set_many_if_absent(places, values):
    def change(data, now_ms):
        if any(alive(data, place, now_ms) for place in places):
            return integer(0)
        for place, value in zip(places, values):
            put(data, place, value)
        return integer(1)
    return change


def set_keeping(place, value):
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        put(data, place, value, old and old.expiry)
        return OK
    return change


def append(place, value):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(b"")
        put(data, place, old.value + value, old.expiry)
        return integer(len(old.value + value))
    return change


def set_range(place, offset, value):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(b"")
        padded = old.value.ljust(offset, b"\0")
        new = padded[:offset] + value + padded[offset + len(value):]
        put(data, place, new, old.expiry)
        return integer(len(new))
    return change


def increment(place, by):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(b"0")
        number = int(old.value) + by
        put(data, place, b"%d" % number, old.expiry)
        return integer(number)
    return change


def add_half(place):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(b"0")
        number = float(old.value) + 0.5
        put(data, place, b"%.17g" % number, old.expiry)
    return change


def delete(*places):
    def change(data, now_ms):
        count = sum(alive(data, place, now_ms) is not None for place in places)
        for place in places:
            data.remove(place)
        # Whether a key that is about to expire is counted depends on timing.
        return integer(count) if len(places) > 1 else None
    return change


def expire(place, expiry, counts=True):
    """EXPIRE and its like, and GETEX, which does not count."""
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if old:
            put(data, place, old.value, expiry)
        return integer(int(bool(old))) if counts else None
    return change


def persist(place):
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if old:
            put(data, place, old.value)
        return integer(int(bool(old and old.expiry)))
    return change


def rename(place, to):
    def change(data, now_ms):
        if old := alive(data, place, now_ms):
            del data[place]
            data[to] = old
        return OK
    return change


def copy(place, to):
    """COPY with REPLACE."""
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if not old:
            return integer(0)
        data[to] = old
        return integer(1)
    return change


def move(place, to):
    """MOVE, and RENAMENX."""
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if not old or alive(data, to, now_ms):
            return integer(0)
        del data[place]
        data[to] = old
        return integer(1)
    return change


def hash_set(place, fields):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry({})
        put(data, place, {**old.value, **{name: Entry(value) for name, value in fields.items()}},
            old.expiry)
    return change


def hash_set_if_absent(place, name, value):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry({})
        if name in old.value:
            return integer(0)
        put(data, place, {**old.value, name: Entry(value)}, old.expiry)
        return integer(1)
    return change


def hash_increment(place, name, by):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry({})
        field = old.value.get(name, Entry(b"0"))
        number = int(field.value) + by
        put(data, place, {**old.value, name: Entry(b"%d" % number, field.expiry)}, old.expiry)
        return integer(number)
    return change


def hash_delete(place, *names):
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if old:
            fields = {name: field for name, field in old.value.items() if name not in names}
            put(data, place, fields, old.expiry)
            if not fields:
                del data[place]
    return change


def hash_expire(place, names, expiry):
    """HPEXPIREAT, and HPERSIST with `expiry` None."""
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if old:
            put(data, place, {name: Entry(field.value, expiry if name in names else field.expiry)
                              for name, field in old.value.items()}, old.expiry)
    return change


def all_of(changes):
    """A transaction."""
    def change(data, now_ms):
        for each in changes:
            each(data, now_ms)
    return change


def nothing(_data, _now_ms):
    return None


def swap(one, other):
    def change(data, _now_ms):
        turned = {(other if at == one else one if at == other else at, key): entry
                  for (at, key), entry in data.items()}
        data.replace(turned)
        return OK
    return change


def flush(database=None):
    def change(data, _now_ms):
        for place in [place for place in data if database in (None, place[0])]:
            del data[place]
    return change
