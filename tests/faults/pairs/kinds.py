"""The kinds of requests about keys that do not expire soon. Each function takes the client's
`Load` and returns a `Request`."""

import changes
import elements
from request import Request

FIELDS = [b"a", b"b", b"c", b"d" * 70]
LEFT, RIGHT = b"LEFT", b"RIGHT"
MEMBERS = [b"%d" % number for number in range(-20, 20)] + [b"a", b"b", b"", b"c" * 70]
# More than a rewrite handles at once.
BIG = 3000
# A relative time counts from when the server runs the request, at most this long after it was
# sent.
DELAY_MS = 60_000


def number(value):
    return b"%d" % value


def string(load):
    name, value = load.name(b"s"), load.value()
    place, at = load.at(name), load.far()
    other, more = load.name(b"s"), load.value()
    return load.random.choice([
        lambda: Request([[b"APPEND", name, value]], changes.append(place, value)),
        lambda: set_range(load, name, value),
        lambda: Request([[b"MSET", name, value, other, more]],
                        changes.set_many([place, load.at(other)], [value, more])),
        lambda: Request([[b"MSETNX", name, value, other, more]],
                        changes.set_many_if_absent([place, load.at(other)], [value, more])),
        lambda: Request([[b"SETNX", name, value]], changes.set_if_absent(place, value)),
        lambda: Request([[b"SET", name, value, b"PXAT", number(at)]],
                        changes.set_to(place, value, (at, at))),
        lambda: Request([[b"GETDEL", name]], changes.delete(place)),
        lambda: Request([[b"GETEX", name, b"PXAT", number(at)]],
                        changes.expire(place, (at, at), False)),
        lambda: Request([[b"GETEX", name, b"PERSIST"]], changes.expire(place, None, False)),
        lambda: Request([[b"SET", name, value, b"KEEPTTL"]], changes.set_keeping(place, value)),
        lambda: Request([[b"SET", name, value]], changes.set_to(place, value)),
        lambda: Request([[b"SET", name, value]], changes.set_to(place, value)),
        lambda: Request([[b"SET", name, value]], changes.set_to(place, value)),
    ])()


def set_range(load, name, value):
    offset = load.random.randrange(40)
    return Request([[b"SETRANGE", name, number(offset), value]],
                   changes.set_range(load.at(name), offset, value))


def counter(load):
    if load.random.random() < 0.2:
        name = load.name(b"d")
        return Request([[b"INCRBYFLOAT", name, b"0.5"]], changes.add_half(load.at(name)))
    name = load.name(b"n")
    by = load.random.choice([1, 1, -1, 10 ** 12])
    line = [b"INCR", name] if by == 1 else [b"INCRBY", name, number(by)]
    return Request([line], changes.increment(load.at(name), by))


def small_hash(load):
    name, field, value = load.name(b"h"), load.random.choice(FIELDS), load.value()
    place, at = load.at(name), load.far()
    one = [b"FIELDS", b"1", field]
    fields = {field: value, load.random.choice(FIELDS): load.value()}
    return load.random.choice([
        lambda: Request([[b"HDEL", name, field, b"a"]], changes.hash_delete(place, field, b"a")),
        lambda: Request([[b"HGETDEL", name, *one]], changes.hash_delete(place, field)),
        lambda: Request([[b"HINCRBY", name, b"count", b"1"]],
                        changes.hash_increment(place, b"count", 1)),
        lambda: Request([[b"HSETNX", name, field, value]],
                        changes.hash_set_if_absent(place, field, value)),
        lambda: Request([[b"HPEXPIREAT", name, number(at), *one]],
                        changes.hash_expire(place, [field], (at, at))),
        lambda: Request([[b"HGETEX", name, b"PXAT", number(at), *one]],
                        changes.hash_expire(place, [field], (at, at))),
        lambda: Request([[b"HPERSIST", name, *one]], changes.hash_expire(place, [field], None)),
        lambda: Request([[b"HSETEX", name, b"PXAT", number(at), *one, value]], changes.all_of(
            [changes.hash_set(place, {field: value}),
             changes.hash_expire(place, [field], (at, at))])),
        lambda: Request([[b"HSET", name, *flat(fields)]], changes.hash_set(place, fields)),
        lambda: Request([[b"HSET", name, *flat(fields)]], changes.hash_set(place, fields)),
    ])()


def flat(fields):
    return [part for pair in fields.items() for part in pair]


def big_hash(load):
    """Uses many fields at once of a hash with many fields."""
    name, at = b"b%d:0" % load.number, load.far()
    place = load.at(name)
    first, count = load.random.randrange(BIG), load.random.choice([1, 20, 400])
    names = [b"%d" % (field % BIG) for field in range(first, first + count)]
    value = load.value()
    return load.random.choice([
        lambda: Request([[b"HDEL", name, *names]], changes.hash_delete(place, *names)),
        lambda: Request([[b"HPEXPIREAT", name, number(at), b"FIELDS", number(len(names)), *names]],
                        changes.hash_expire(place, names, (at, at))),
        lambda: Request([[b"HSET", name, *flat(dict.fromkeys(names, value))]],
                        changes.hash_set(place, dict.fromkeys(names, value))),
        lambda: Request([[b"HSET", name, *flat(dict.fromkeys(names, value))]],
                        changes.hash_set(place, dict.fromkeys(names, value))),
        lambda: of_any_kind(load, b"b"),
    ])()


def small_list(load):
    """Uses the ends of lists. Each reply must be the right element."""
    name, other, values = load.name(b"l"), load.name(b"l"), [load.value(), load.value()]
    place, target = load.at(name), load.at(other)
    ends = load.random.choice([LEFT, RIGHT]), load.random.choice([LEFT, RIGHT])
    push, pop = {LEFT: (b"LPUSH", b"LPOP"), RIGHT: (b"RPUSH", b"RPOP")}[ends[0]]
    index = load.random.randrange(6)
    return load.random.choice([
        lambda: Request([[push, name, *values]], elements.push(place, ends[0], values)),
        lambda: Request([[push, name, *values]], elements.push(place, ends[0], values)),
        lambda: Request([[push + b"X", name, *values]],
                        elements.push_if_there(place, ends[0], values)),
        lambda: Request([[pop, name]], elements.pop(place, ends[0])),
        lambda: Request([[b"B" + pop, name, b"0.001"]], elements.pop_waiting(place, ends[0])),
        lambda: Request([[b"LMOVE", name, other, *ends]], elements.move_element(place, target, *ends)),
        lambda: Request([[b"BLMOVE", name, other, *ends, b"0.001"]],
                        elements.move_element(place, target, *ends, True)),
        lambda: Request([[b"LSET", name, number(index), values[0]]],
                        elements.set_element(place, index, values[0]), True),
        lambda: Request([[b"LTRIM", name, b"-12", b"-2"]], elements.trim(place, -12, -2)),
    ])()


def big_list(load):
    name = b"L%d:0" % load.number
    place, end = load.at(name), load.random.choice([LEFT, RIGHT])
    push, pop = {LEFT: (b"LPUSH", b"LPOP"), RIGHT: (b"RPUSH", b"RPOP")}[end]
    values = [load.value()] * load.random.choice([20, 400])
    index = load.random.randrange(BIG)
    return load.random.choice([
        lambda: Request([[push, name, *values]], elements.push(place, end, values)),
        lambda: Request([[push, name, *values]], elements.push(place, end, values)),
        lambda: Request([[pop, name, b"300"]], elements.pop_many(place, end, 300)),
        lambda: Request([[b"LSET", name, number(index), values[0]]],
                        elements.set_element(place, index, values[0]), True),
        lambda: Request([[b"LTRIM", name, b"-3000", b"-10"]], elements.trim(place, -3000, -10)),
        lambda: of_any_kind(load, b"L"),
    ])()


def small_set(load):
    name, other, third = load.name(b"m"), load.name(b"m"), load.name(b"m")
    place, target, source = load.at(name), load.at(other), load.at(third)
    members = [load.random.choice(MEMBERS) for _ in range(load.random.choice([1, 3, 8]))]
    store = load.random.choice([b"SINTERSTORE", b"SUNIONSTORE", b"SDIFFSTORE"])
    return load.random.choice([
        lambda: Request([[b"SADD", name, *members]], elements.add_members(place, members)),
        lambda: Request([[b"SADD", name, *members]], elements.add_members(place, members)),
        lambda: Request([[b"SREM", name, *members]], elements.remove_members(place, members)),
        lambda: Request([[b"SMOVE", name, other, members[0]]],
                        elements.move_member(place, target, members[0])),
        lambda: Request([[b"SPOP", name, b"1000"]], changes.delete(place)),
        lambda: Request([[store, name, other, third]],
                        elements.store_members(store, place, target, source)),
    ])()


def big_set(load):
    """Of numbers, so that it begins as an intset."""
    name = b"M%d:0" % load.number
    place = load.at(name)
    first, count = load.random.randrange(BIG), load.random.choice([1, 20, 400])
    members = [number(member) for member in range(first, first + count)]
    return load.random.choice([
        lambda: Request([[b"SADD", name, *members]], elements.add_members(place, members)),
        lambda: Request([[b"SADD", name, *members]], elements.add_members(place, members)),
        lambda: Request([[b"SREM", name, *members]], elements.remove_members(place, members)),
        lambda: of_any_kind(load, b"M"),
    ])()


def small_sorted_set(load):
    name, other, third = load.name(b"z"), load.name(b"z"), load.name(b"z")
    place, target, source = load.at(name), load.at(other), load.at(third)
    scored = {load.random.choice(MEMBERS): load.random.randint(-3, 3)
              for _ in range(load.random.choice([1, 3, 8]))}
    by, end = load.random.choice([1, 1, -2]), load.random.choice([b"MIN", b"MAX"])
    store = load.random.choice([b"ZUNIONSTORE", b"ZINTERSTORE", b"ZDIFFSTORE"])
    member = next(iter(scored))
    return load.random.choice([
        lambda: Request([[b"ZADD", name, *scored_words(scored)]], elements.add_scored(place, scored)),
        lambda: Request([[b"ZADD", name, *scored_words(scored)]], elements.add_scored(place, scored)),
        lambda: Request([[b"ZINCRBY", name, number(by), member]],
                        elements.add_score(place, member, by)),
        lambda: Request([[b"ZREM", name, *scored]], elements.remove_scored(place, [*scored])),
        lambda: Request([[b"ZPOP" + end, name, b"2"]], elements.pop_scored(place, end, 2)),
        lambda: Request([[b"ZREMRANGEBYRANK", name, b"0", b"1"]],
                        elements.remove_least_scored(place, 2)),
        lambda: Request([[store, name, b"2", other, third]],
                        elements.store_scored(store, place, target, source)),
    ])()


def big_sorted_set(load):
    name = b"Z%d:0" % load.number
    place, end = load.at(name), load.random.choice([b"MIN", b"MAX"])
    first, count = load.random.randrange(BIG), load.random.choice([1, 20, 400])
    scored = {number(member): load.random.randrange(BIG) for member in range(first, first + count)}
    return load.random.choice([
        lambda: Request([[b"ZADD", name, *scored_words(scored)]], elements.add_scored(place, scored)),
        lambda: Request([[b"ZADD", name, *scored_words(scored)]], elements.add_scored(place, scored)),
        lambda: Request([[b"ZREM", name, *scored]], elements.remove_scored(place, [*scored])),
        lambda: Request([[b"ZPOP" + end, name, b"100"]], elements.pop_scored(place, end, 100)),
        lambda: Request([[b"ZREMRANGEBYRANK", name, b"0", b"99"]],
                        elements.remove_least_scored(place, 100)),
        lambda: of_any_kind(load, b"Z"),
    ])()


def scored_words(scored):
    return [word for member, score in scored.items() for word in (number(score), member)]


def key(load):
    return of_any_kind(load, load.random.choice([b"s", b"n", b"h", b"l", b"m", b"z"]))


def of_any_kind(load, kind):
    """Commands common to keys of all types."""
    name, other = load.name(kind), load.name(kind)
    place, target, to = load.at(name), load.at(other), load.random.choice(load.databases)
    at, seconds, sent = load.far(), load.random.randint(3600, 7200), load.now_ms()
    soonest = sent + 1000 * seconds
    return load.random.choice([
        lambda: Request([[b"DEL", name, other]], changes.delete(*{place, target})),
        lambda: Request([[b"UNLINK", name]], changes.delete(place)),
        lambda: Request([[b"RENAMENX", name, other]], changes.move(place, target), True),
        lambda: Request([[b"RENAME", name, other]], changes.rename(place, target), True),
        lambda: Request([[b"MOVE", name, number(to)]], changes.move(place, load.at(name, to)),
                        True),
        lambda: Request([[b"COPY", name, other, b"DB", number(to), b"REPLACE"]],
                        changes.copy(place, load.at(other, to)), True),
        lambda: Request([[b"EXPIRE", name, number(seconds)]],
                        changes.expire(place, (soonest, soonest + DELAY_MS))),
        lambda: Request([[b"PERSIST", name]], changes.persist(place)),
        lambda: Request([[b"PEXPIREAT", name, number(at)]], changes.expire(place, (at, at))),
    ])()
