"""The changes that requests make to lists, sets and sorted sets. See `changes`."""

from changes import OK, integer, put
from data import Entry, alive


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def put_collection(data, place, value, expiry):
    """Puts a collection, which does not exist if it is empty."""
    if value:
        put(data, place, value, expiry)
    else:
        data.remove(place)


def added(value, end, values):
    return value + tuple(values) if end == b"RIGHT" else tuple(reversed(values)) + value


def taken(value, end, count=1):
    """Returns the elements at an end, and the others."""
    if end == b"LEFT":
        return value[:count], value[count:]
    return value[-count:][::-1], value[:-count]


def push(place, end, values):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(())
        put(data, place, added(old.value, end, values), old.expiry)
        return integer(len(old.value) + len(values))
    return change


def push_if_there(place, end, values):
    def change(data, now_ms):
        if not alive(data, place, now_ms):
            return integer(0)
        return push(place, end, values)(data, now_ms)
    return change


def pop_many(place, end, count):
    def change(data, now_ms):
        if old := alive(data, place, now_ms):
            put_collection(data, place, taken(old.value, end, count)[1], old.expiry)
    return change


def pop(place, end):
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        pop_many(place, end, 1)(data, now_ms)
        return bulk(taken(old.value, end)[0][0] if old else None)
    return change


def pop_waiting(place, end):
    """BLPOP and BRPOP, with a timeout."""
    def change(data, now_ms):
        popped = pop(place, end)(data, now_ms)
        return b"*-1\r\n" if popped == bulk(None) else b"*2\r\n" + bulk(place[1]) + popped
    return change


def move_element(place, to, end, to_end, waits=False):
    def change(data, now_ms):
        if not (old := alive(data, place, now_ms)):
            return b"*-1\r\n" if waits else bulk(None)
        (element,), rest = taken(old.value, end)
        put_collection(data, place, rest, old.expiry)
        target = alive(data, to, now_ms) or Entry((), old.expiry if to == place else None)
        put(data, to, added(target.value, to_end, [element]), target.expiry)
        return bulk(element)
    return change


def set_element(place, index, value):
    """LSET, which fails where there is no such element."""
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if old and index < len(old.value):
            elements = list(old.value)
            elements[index] = value
            put(data, place, tuple(elements), old.expiry)
    return change


def trim(place, first, last):
    """LTRIM with negative indexes."""
    def change(data, now_ms):
        if old := alive(data, place, now_ms):
            length = len(old.value)
            rest = old.value[max(length + first, 0):max(length + last + 1, 0)]
            put_collection(data, place, rest, old.expiry)
        return OK
    return change


def add_members(place, members):
    def change(data, now_ms):
        old = alive(data, place, now_ms) or Entry(frozenset())
        new = old.value | set(members)
        put(data, place, new, old.expiry)
        return integer(len(new) - len(old.value))
    return change


def remove_members(place, members):
    def change(data, now_ms):
        if not (old := alive(data, place, now_ms)):
            return integer(0)
        rest = old.value - set(members)
        put_collection(data, place, rest, old.expiry)
        return integer(len(old.value) - len(rest))
    return change


def move_member(place, to, member):
    def change(data, now_ms):
        old = alive(data, place, now_ms)
        if not old or member not in old.value:
            return integer(0)
        if place != to:
            remove_members(place, [member])(data, now_ms)
            add_members(to, [member])(data, now_ms)
        return integer(1)
    return change


def store_members(name, to, *places):
    """SINTERSTORE, SUNIONSTORE and SDIFFSTORE of two sets."""
    def change(data, now_ms):
        one, other = ((alive(data, place, now_ms) or Entry(frozenset())).value for place in places)
        result = {b"SINTERSTORE": one & other, b"SUNIONSTORE": one | other}.get(name, one - other)
        put_collection(data, to, result, None)
        return integer(len(result))
    return change


def scores_of(data, place, now_ms):
    old = alive(data, place, now_ms)
    return dict(old.value if old else ()), old and old.expiry


def put_scores(data, place, scores, expiry):
    put_collection(data, place, frozenset(scores.items()), expiry)


def add_scored(place, scored):
    """ZADD of pairs of member and score."""
    def change(data, now_ms):
        scores, expiry = scores_of(data, place, now_ms)
        before = len(scores)
        scores.update(scored)
        put_scores(data, place, scores, expiry)
        return integer(len(scores) - before)
    return change


def add_score(place, member, by):
    """ZINCRBY by an integer."""
    def change(data, now_ms):
        scores, expiry = scores_of(data, place, now_ms)
        scores[member] = scores.get(member, 0.0) + by
        put_scores(data, place, scores, expiry)
        return bulk(b"%d" % scores[member])
    return change


def remove_scored(place, members):
    def change(data, now_ms):
        scores, expiry = scores_of(data, place, now_ms)
        removed = [scores.pop(member) for member in {*members} & scores.keys()]
        put_scores(data, place, scores, expiry)
        return integer(len(removed))
    return change


def in_order(scores, end):
    """Returns the members from the end with the lowest or the highest score."""
    return sorted(scores, key=lambda member: (scores[member], member), reverse=end == b"MAX")


def pop_scored(place, end, count):
    def change(data, now_ms):
        scores, expiry = scores_of(data, place, now_ms)
        popped = in_order(scores, end)[:count]
        words = [word for member in popped for word in (member, b"%d" % scores.pop(member))]
        put_scores(data, place, scores, expiry)
        return b"*%d\r\n" % len(words) + b"".join(map(bulk, words))
    return change


def remove_least_scored(place, count):
    """ZREMRANGEBYRANK from rank 0."""
    def change(data, now_ms):
        scores, expiry = scores_of(data, place, now_ms)
        removed = [scores.pop(member) for member in in_order(scores, b"MIN")[:count]]
        put_scores(data, place, scores, expiry)
        return integer(len(removed))
    return change


def store_scored(name, to, *places):
    """ZUNIONSTORE, ZINTERSTORE and ZDIFFSTORE of two sorted sets."""
    def change(data, now_ms):
        one, other = (scores_of(data, place, now_ms)[0] for place in places)
        sums = {member: one.get(member, 0.0) + other.get(member, 0.0)
                for member in one.keys() | other.keys()}
        result = {b"ZUNIONSTORE": sums,
                  b"ZINTERSTORE": {member: sums[member] for member in one.keys() & other.keys()},
                  }.get(name, {member: one[member] for member in one.keys() - other.keys()})
        put_scores(data, to, result, None)
        return integer(len(result))
    return change
