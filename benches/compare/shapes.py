"""Small hashes, and keys with a time to live: requests a second and bytes a key."""

import time

from loads import sized
from measurement import Load, Measurement, Metric

USERS = 100_000
USER = "user:__rand_int__"


def fields_of(count, number="123456"):
    """Returns names and values of a hash, as the words of a command."""
    return [word for index in range(count)
            for word in (f"field{index}", f"value-{number}-{index}")]


def shapes(quick):
    hset = ["HSET", USER, *fields_of(5)]
    loads = [
        shape_load("HSET of 5 fields", hset, hset, quick),
        shape_load("HGETALL of 5 fields", hset, ["HGETALL", USER], quick),
        shape_load("HGET, of 5 fields", hset, ["HGET", USER, "field2"], quick),
        shape_load("SET with EX", None, ["SET", USER, "0123456789abcdef", "EX", "1000"], quick),
    ]
    return Measurement(
        "shapes", "Requests a second, small hashes and times to live",
        f"50 clients, pipeline 16, {USERS:,} keys, by redis-benchmark.",
        [Metric("rate", "requests/s")], loads)


def shape_load(name, before, command, quick):
    def run(server, tools):
        # All but surely, every key is set.
        tools.command(before or command, 50, 16, (2 if quick else 8) * USERS, USERS)
        rate, = sized(0.3 if quick else 1.5, 50 * 16, 100_000_000, lambda requests: [
            tools.command(command, 50, 16, requests, USERS)])
        return {"rate": rate}
    return Load(name, run, clients=50)


def objects(quick):
    keys = 100_000 if quick else 200_000
    loads = [object_load(f"hash of {count} field{'s' * (count > 1)}", keys,
                         lambda number, count=count: ["HSET", f"user:{number}",
                                                      *fields_of(count, number)])
             for count in ((5,) if quick else (1, 5, 20, 100))]
    loads += [object_load(f"string of {length} bytes", keys,
                          lambda number, length=length: ["SET", f"user:{number}", "x" * length])
              for length in ((16,) if quick else (16, 100))]
    return Measurement(
        "objects", "Bytes a key, by what it holds",
        f"By how much resident memory grew with {keys:,} keys, divided by their number. Keys are "
        "`user:N`, fields `fieldK`, values `value-N-K`. Without a log.",
        [Metric("bytes", "bytes", "{:.1f}")], loads, most_rounds=2)


def object_load(name, keys, command):
    def run(server, tools):
        before = server.status("VmRSS")
        tools.send(command(number) for number in range(keys))
        time.sleep(0.5)
        return {"bytes": (server.status("VmRSS") - before) * 1024 / keys}
    return Load(name, run, log="no")
