"""Sorted sets, geo and HyperLogLogs: rates, memory, stalls. Each has a bar."""

import random

from lists_and_sets import (
    MILLION, NOT_LESS, ROUNDS, STALL_PHASES, batches, memory_load, one_by_one, stall_load)
from loads import sized
from measurement import Bar, Load, Measurement, Metric

MEMBERS = 100_000
MEMBER = "member:__rand_int__"


def measurements(quick):
    return [rates(quick), memory(quick), stalls(quick)]


# Requests a second.

def rates(quick):
    loads = [
        rate_load("ZADD of another score", f"ZADD zset __rand_int__ {MEMBER}", 1.2, quick),
        rate_load("ZINCRBY", f"ZINCRBY zset 1 {MEMBER}", 1.2, quick),
        rate_load("ZRANK", f"ZRANK zset {MEMBER}", 1.2, quick),
        rate_load("ZREVRANGE of 10 with scores", "ZREVRANGE zset 0 9 WITHSCORES", 1.2, quick),
        rate_load("ZSCORE", f"ZSCORE zset {MEMBER}", 1.2, quick),
        rate_load("PFADD", f"PFADD log {MEMBER}", 1.0, quick),
        rate_load("PFCOUNT", "PFCOUNT log", 1.0, quick),
        middle_load(quick),
        union_load(quick),
        near_load(quick),
    ]
    if quick:
        loads = loads[::2]
    return Measurement(
        "types-scores", "Requests a second, sorted sets, geo and HyperLogLogs",
        f"50 clients, pipeline 16, {MEMBERS:,} members with scores at random, by redis-benchmark. "
        "ZRANGEBYSCORE by the same. ZUNIONSTORE by one client, of two sorted sets that share half "
        "of their members. GEOSEARCH by 50 clients without a pipeline, within 1 km of a point in a "
        "square of one degree.",
        [Metric("rate", "requests/s")], loads, most_rounds=ROUNDS)


def rate_load(name, command, bar, quick):
    def run(server, tools):
        tools.send(["ZADD", "zset", *pairs] for pairs in scored(MEMBERS))
        tools.send([["PFADD", "log", "member:1"]])
        return {"rate": rate(tools, command, quick)}
    return Load(name, run, clients=50, bars={"rate": Bar(at_least=bar)})


def rate(tools, command, quick, pipeline=16):
    """Returns requests a second by 50 clients."""
    found, = sized(0.3 if quick else 1.5, 50 * pipeline, 100_000_000, lambda requests: [
        tools.command(command.split(), 50, pipeline, requests, MEMBERS)])
    return found


def scored(count, first=0):
    """Yields scores and members in turn, as the words of commands."""
    chance = random.Random(1)
    pairs = ((str(chance.randrange(count)), f"member:{number:06}")
             for number in range(first, first + count))
    for batch in batches(pairs):
        yield [word for pair in batch for word in pair]


def middle_load(quick):
    size = 100_000 if quick else MILLION

    def run(server, tools):
        tools.send(["ZADD", "zset", *[word for number in batch
                                      for word in (str(number), f"member:{number:06}")]]
                   for batch in batches(range(size)))
        command = f"ZRANGEBYSCORE zset {size // 2} {size // 2 + 99}"
        return {"rate": rate(tools, command, quick)}
    return Load(f"ZRANGEBYSCORE of 100, middle of {size:,}", run, clients=50,
                bars={"rate": NOT_LESS})


def union_load(quick):
    size, count = (10_000, 10) if quick else (100_000, 20)

    def run(server, tools):
        for key, first in (("a", 0), ("b", size // 2)):
            tools.send(["ZADD", key, *pairs] for pairs in scored(size, first))
        return {"rate": one_by_one(server, ["ZUNIONSTORE", "c", "2", "a", "b"], count)}
    return Load(f"ZUNIONSTORE of two of {size:,}", run, bars={"rate": NOT_LESS})


def near_load(quick):
    def run(server, tools):
        chance = random.Random(1)
        points = ((f"{13 + chance.random():.6f}", f"{38 + chance.random():.6f}", f"place:{number}")
                  for number in range(MEMBERS))
        tools.send(["GEOADD", "places", *[word for point in batch for word in point]]
                   for batch in batches(points))
        command = "GEOSEARCH places FROMLONLAT 13.5 38.5 BYRADIUS 1 km"
        return {"rate": rate(tools, command, quick, pipeline=1)}
    return Load(f"GEOSEARCH of 1 km among {MEMBERS:,}", run, clients=50, bars={"rate": NOT_LESS})


# Memory.

def memory(quick):
    sizes = [100] if quick else [5, 20, 100, 500, 5_000, 100_000]
    elements = 200_000 if quick else 2_000_000
    loads = [memory_load(f"sorted set of {size:,}", "ZADD", size, elements, "{0} element{0:05}")
             for size in sizes]
    return Measurement(
        "types-scores-memory", "Bytes a member, sorted sets",
        f"By how much resident memory grew, divided by the number of members, some {elements:,} in "
        "all. Members have 12 bytes, scores are integers below 100,000.",
        [Metric("bytes", "bytes", "{:.1f}")], loads, most_rounds=ROUNDS)


# Stalls.

def stalls(quick):
    size = 200_000 if quick else 5_000_000
    return Measurement(
        "types-scores-stalls", "The slowest request of another client, sorted set",
        "As for lists and sets. Scores are at random, so that members are inserted everywhere.",
        [Metric(name, f"{title}, ms", "{:.2f}") for name, title in STALL_PHASES],
        [stall_load(f"sorted set of {size:,}", "zset", lambda tools: tools.send(
            ["ZADD", "zset", *pairs] for pairs in scored(size)))],
        most_rounds=ROUNDS)
