"""The rules for equal replies. Replies are compared byte for byte. The commands listed in RULES
are compared by meaning, because Redis itself would answer otherwise the next time.

Redis 7.0 has no WITHSCORE of ZRANK, no AGGREGATE COUNT, no IFEQ of SET, no INCREX, MSETEX, DELEX, DIGEST, and
none of the newer operations of BITOP: tests/commands tests those instead, and the stream has none of them."""

import re
from typing import NamedTuple

from chance import all_of, all_scores, has_open_order, is_by_member, words_of
from resp import Error, Map, decode, elements, pairs
from words import ABSOLUTE_MS

# How far two servers' clocks may be apart, with what lies between their answers.
MARGIN_MS = 3000
QUEUED = b"+QUEUED\r\n"


class Exchange(NamedTuple):
    """A request and both replies, as bytes received."""

    request: list
    ours: bytes
    theirs: bytes


def is_same(exchange, before, restored_alike):
    """Returns whether both replies agree. `before` is the same client's previous request, or
    None. `restored_alike` tells whether two payloads of DUMP hold the same value."""
    request, ours, theirs = exchange
    if ours == theirs:
        return True
    name = request[0].upper() if request else b""
    if name not in RULES or ours[:1] != theirs[:1] or not whole(ours, theirs):
        return False
    if name == b"DUMP":
        return is_same_dump(decode(ours), decode(theirs), restored_alike)
    values = decode(ours), decode(theirs)
    if any(isinstance(value, Error) or value is None for value in values):
        return False
    return RULES[name](request, *values, before)


def whole(*replies):
    return all(reply.endswith(b"\r\n") for reply in replies)


class Transactions:
    """Matches one client's replies to its requests: EXEC answers the queued ones."""

    def __init__(self):
        self.queued = None

    def exchanges(self, request, ours, theirs):
        """Returns the exchanges to compare: one, or those of a transaction."""
        name = request[0].upper() if request else b""
        queued = self.queued
        if name == b"MULTI" and theirs == b"+OK\r\n":
            self.queued = []
        elif name in (b"EXEC", b"DISCARD") and len(request) == 1:
            self.queued = None
        elif queued is not None and theirs == QUEUED:
            queued.append(request)
        if name != b"EXEC" or ours == theirs or not (queued and whole(ours, theirs)):
            return [Exchange(request, ours, theirs)]
        length = b"*%d\r\n" % len(queued)
        if not (ours.startswith(length) and theirs.startswith(length)):
            return [Exchange(request, ours, theirs)]
        return [Exchange(*each) for each in zip(queued, elements(ours), elements(theirs))]


def unordered(_request, ours, theirs, _before):
    return type(ours) is type(theirs) and in_order(ours) == in_order(theirs)


def in_order(value):
    return sorted(zip(value[::2], value[1::2])) if isinstance(value, Map) else sorted(value)


def fields(request, ours, theirs, before):
    """Fields of a hash, its values, or members of a set."""
    return not is_packed(request, before) and unordered(request, ours, theirs, before)


def is_packed(request, before):
    """Returns whether the hash or set at request[1] is known to have an order, which the replies
    must show."""
    if before is None or before.request != [b"OBJECT", b"ENCODING", request[1]]:
        return False
    return b"listpack" in before.theirs or b"intset" in before.theirs


def members(_request, ours, theirs, _before):
    """The result of an operation on sets. It is in order if Redis made it of intsets."""
    return unordered(None, ours, theirs, None) and not is_surely_in_order(theirs)


def is_surely_in_order(members):
    """Returns whether so many integers are sorted that this is not a matter of chance."""
    if len(members) < 10 or not all(re.fullmatch(rb"0|-?[1-9]\d*", one) for one in members):
        return False
    numbers = [int(one) for one in members]
    return numbers == sorted(numbers)


def sorted_elements(request, ours, theirs, before):
    """SORT, where equal texts or BY without a star leave the order open."""
    if not has_open_order(request) or len(ours) != len(theirs):
        return False
    if is_sorted_set(request, before) and b"ALPHA" not in words_of(request):
        return False
    return b"LIMIT" in words_of(request) or sorted(map(repr, ours)) == sorted(map(repr, theirs))


def is_sorted_set(request, before):
    return before is not None and before.request == [b"TYPE", request[1]] and before.theirs == b"+zset\r\n"


def map_of_pairs(request, ours, theirs, before):
    if is_packed(request, before):
        return False
    return type(ours) is type(theirs) and in_order(Map(ours)) == in_order(Map(theirs))


def near(margin):
    def compare(_request, ours, theirs, _before):
        return min(ours, theirs) > 0 and abs(ours - theirs) <= margin
    return compare


def near_time(unit_ms):
    def compare(_request, ours, theirs, _before):
        if min(ours, theirs) <= 0 or theirs * unit_ms in ABSOLUTE_MS:
            return False
        return abs(ours - theirs) * unit_ms <= MARGIN_MS
    return compare


def object_reply(request, ours, theirs, _before):
    """Of the times that OBJECT tells, those of RESTORE's IDLETIME may go round."""
    question = request[1].upper()
    if question == b"REFCOUNT":
        # Within a transaction Redis counts the queued request that stored the value as well.
        return (ours, theirs) in [(1, 2), (1, 3)]
    # RESTORE can set an idle time in Redis. threadbare keeps no idle times. Two real ones count seconds.
    is_time = question == b"IDLETIME" and (ours == 0 or abs(ours - theirs) <= 1)
    return is_time and isinstance(theirs, int)


def scan(request, ours, theirs, before):
    """One call: the same elements if it was the whole iteration."""
    name = request[0].upper()
    if is_packed(request, before):
        return False
    first = request[1 if name == b"SCAN" else 2]
    (our_cursor, ours), (their_cursor, theirs) = ours, theirs
    if first != b"0" or (our_cursor, their_cursor) != (b"0", b"0"):
        return isinstance(ours, list)
    return found_by(name, ours) == found_by(name, theirs)


def found_by(name, elements):
    """Returns the elements that an iteration found. They may come more than once."""
    return pairs(elements) if name in (b"HSCAN", b"ZSCAN") else set(elements)


def random_key(_request, ours, theirs, before):
    if before is None or before.request != [b"KEYS", b"*"] or not whole(*before[1:]):
        return True
    return ours in decode(before.ours) and theirs in decode(before.theirs)


def random_members(request, ours, theirs, before):
    """SRANDMEMBER and SPOP. With a count of at least the size they return all members."""
    if isinstance(ours, bytes):
        ours, theirs = [ours], [theirs]
    if len(ours) != len(theirs):
        return False
    if before is None or before.request != [b"SMEMBERS", request[1]]:
        return True
    known = decode(before.theirs)
    is_distinct = len(request) < 3 or int(request[2]) > 0
    return all(set(reply) <= set(known) and (not is_distinct or len(set(reply)) == len(reply))
               for reply in (ours, theirs))


def random_fields(request, ours, theirs, before):
    """HRANDFIELD and ZRANDMEMBER."""
    if isinstance(ours, bytes):
        ours, theirs = [ours], [theirs]
    if len(ours) != len(theirs):
        return False
    if before is None or before.request != all_of(request[0].upper(), request[1]):
        return True
    known = decode(before.theirs)
    if not isinstance(known, list):
        return True
    known = pairs(flat(known))
    distinct = len(request) > 2 and int(request[2]) > 0
    return all(are_fields(reply, known, len(request) > 3, distinct) for reply in (ours, theirs))


def flat(elements):
    """Returns pairs of RESP3 as a flat list."""
    is_nested = elements and isinstance(elements[0], list)
    return [word for pair in elements for word in pair] if is_nested else elements


def are_fields(reply, known, with_values, distinct):
    reply = flat(reply)
    names = reply[::2] if with_values else reply
    values = reply[1::2] if with_values else [known.get(name) for name in names]
    if distinct and len(set(names)) < len(names):
        return False
    return all(name in known and known[name] == value for name, value in zip(names, values))


def by_member(request, _ours, _theirs, before):
    """A range of members among unequal scores."""
    if not is_by_member(request) or before is None or before.request != all_scores(request[1]):
        return False
    all_members = decode(before.theirs)
    return isinstance(all_members, list) and len(set(flat(all_members)[1::2])) > 1


def is_same_dump(ours, theirs, restored_alike):
    """A string has one form, and so has a big sorted set. A listpack can hold an integer as text, and
    a table has no order."""
    if ours is None or theirs is None or theirs[:1] in (b"\x00", b"\x05"):
        return False
    return restored_alike(ours, theirs)


RULES = {
    b"HGETALL": map_of_pairs,
    b"HKEYS": fields, b"HVALS": fields, b"KEYS": unordered,
    b"RANDOMKEY": random_key, b"HRANDFIELD": random_fields, b"ZRANDMEMBER": random_fields,
    b"SMEMBERS": fields, b"SINTER": members, b"SUNION": members, b"SDIFF": members,
    b"SRANDMEMBER": random_members, b"SPOP": random_members,
    b"SORT": sorted_elements, b"SORT_RO": sorted_elements,
    b"SCAN": scan, b"HSCAN": scan, b"SSCAN": scan, b"ZSCAN": scan,
    b"TTL": near(MARGIN_MS // 1000), b"PTTL": near(MARGIN_MS),
    b"EXPIRETIME": near_time(1000), b"PEXPIRETIME": near_time(1),
    b"OBJECT": object_reply,
    b"ZLEXCOUNT": by_member, b"ZRANGE": by_member, b"ZRANGEBYLEX": by_member,
    b"ZREVRANGEBYLEX": by_member,
    b"DUMP": None,
}
