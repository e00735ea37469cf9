"""The measurements, each with its loads and their metrics.

A load runs on a freshly started server, and returns a dict of metrics.
"""

import time

import lists_and_sets
import publish
import sorted_sets
from loads import Lister, sized
from measurement import Load, Measurement, Metric
from shapes import objects, shapes


def all_measurements(quick, rate):
    """Returns all measurements. `rate` is a function that returns the fixed rate in requests a
    second."""
    return [
        throughput(quick), clients(quick), latency(quick, rate), cpu(quick, rate),
        connections(quick), memory(quick), growth(quick), slowest(quick), commands(quick),
        always(quick), publish.measurement(quick), shapes(quick), objects(quick),
        *lists_and_sets.measurements(quick), *sorted_sets.measurements(quick),
    ]


# Requests a second.

RATE = [Metric("rate", "requests/s")]


def throughput(quick):
    shapes = [("50 clients", 50, 1), ("50 clients, pipeline 16", 50, 16)]
    if not quick:
        shapes += [("8 clients, pipeline 100", 8, 100), ("1 client", 1, 1), ("500 clients", 500, 1)]
    seconds = 0.3 if quick else 1.5
    loads = [benchmark_load(f"{test}, {name}", test, count, pipeline, seconds)
             for name, count, pipeline in shapes for test in ("GET", "SET")]
    if not quick:
        loads += [big_values(test, seconds) for test in ("GET", "SET")]
    loads.append(generator_load("90 % GET, 50 clients, pipeline 16 (load)", 90, 50, 16, seconds))
    if not quick:
        loads += [generator_load(f"{test}, 8 clients, pipeline 100 (load)", get, 8, 100, seconds)
                  for test, get in (("GET", 100), ("SET", 0))]
    return Measurement(
        "throughput", "Requests a second",
        "By redis-benchmark, or by benches/models' `load` where that is said, since "
        "redis-benchmark is itself the limit with long pipelines. Values of 16 bytes but for "
        "those said to be 16 KB, 100,000 keys, all of them there.", RATE, loads)


def benchmark_load(name, test, count, pipeline, seconds):
    def run(server, tools):
        tools.fill()
        return {"rate": benchmark_rate(tools, test, count, pipeline, seconds)}
    return Load(name, run, clients=count)


def benchmark_rate(tools, test, count, pipeline, seconds, least=5000, most=100_000_000,
                   **options):
    rate, = sized(seconds, count * pipeline, most,
                  lambda requests: [tools.benchmark(test, count, pipeline, requests, **options)],
                  least)
    return rate


def always(quick):
    shapes = [("50 clients", 50, 1), ("50 clients, pipeline 16", 50, 16), ("1 client", 1, 1)]
    loads = [synced_load(*shape, 0.3 if quick else 3) for shape in shapes]
    return Measurement(
        "always", "Requests a second, each synced",
        "SET under `appendfsync always`, by redis-benchmark. It is the disk that is measured, and "
        "how many writes share one sync.", RATE, loads)


def synced_load(name, count, pipeline, seconds):
    def run(server, tools):
        tools.fill()
        tools.set("appendfsync", "always")
        # One client has some hundreds of them a second.
        return {"rate": benchmark_rate(tools, "SET", count, pipeline, seconds, least=100)}
    return Load(f"SET, {name}", run, clients=count)


def commands(quick):
    key, field = "key:__rand_int__", "field:__rand_int__"
    several = ["MGET", *[key] * 10]
    keys = 100_000 if quick else 1_000_000
    loads = [
        command_load("INCR", ["INCR", "counter:__rand_int__"], quick),
        command_load("HSET, 1,000 fields", ["HSET", "hash", field, "0123456789abcdef"], quick,
                     range_=1000),
        command_load("HGET, of 1,000 fields", ["HGET", "hash", field], quick,
                     range_=1000),
        command_load("MGET of 10", several, quick),
        command_load("GETRANGE", ["GETRANGE", key, "2", "9"], quick),
        command_load("SETBIT", ["SETBIT", "bits:__rand_int__", "100", "1"], quick),
        hash_load("HGETALL of 1,000 fields", quick),
        walk_load(f"KEYS *, of {keys:,} keys", "*", keys),
        walk_load("KEYS with a pattern", "*99*1", keys),
        scan_load(f"SCAN of {keys:,} keys", "10", keys),
        scan_load(f"SCAN of {keys:,} keys, COUNT 1000", "1000", keys),
    ]
    if quick:
        loads = loads[::2]
    return Measurement(
        "commands", "Other commands",
        "50 clients, pipeline 16, by redis-benchmark; HGETALL, KEYS and SCAN by one client that "
        "takes no more than a glance at the replies.",
        [Metric("rate", "a second", "{:,.2f}")], loads)


def command_load(name, command, quick, range_=100_000):
    def run(server, tools):
        tools.fill()
        fill_hash(tools)
        seconds = 0.3 if quick else 1.5
        rate, = sized(seconds, 50 * 16, 100_000_000, lambda requests: [
            tools.command(command, 50, 16, requests, range_)])
        return {"rate": rate}
    return Load(name, run, clients=50)


def fill_hash(tools):
    """1,000 fields, all but surely."""
    tools.command(["HSET", "hash", "field:__rand_int__", "0123456789abcdef"], 50, 16, 20_000, 1000)


def hash_load(name, quick):
    def run(server, tools):
        fill_hash(tools)
        count = 1_000 if quick else 10_000
        with Lister(server.port) as client:
            started = time.perf_counter()
            for _ in range(count):
                client.ask("HGETALL", "hash")
            return {"rate": count / (time.perf_counter() - started)}
    return Load(name, run)


def walk_load(name, pattern, keys):
    def run(server, tools):
        tools.fill(keys=keys)
        with Lister(server.port) as client:
            times = []
            for _ in range(5):
                started = time.perf_counter()
                client.keys(pattern)
                times.append(time.perf_counter() - started)
        return {"rate": 1 / sorted(times)[2]}
    return Load(name, run)


def scan_load(name, count, keys):
    def run(server, tools):
        tools.fill(keys=keys)
        with Lister(server.port) as client:
            started = time.perf_counter()
            cursor = client.scan("0", count)
            while cursor != b"0":
                cursor = client.scan(cursor.decode(), count)
            return {"rate": 1 / (time.perf_counter() - started)}
    return Load(name, run)


def big_values(test, seconds):
    """Measures few keys and requests: each SET adds 16 KB to the log."""
    def run(server, tools):
        tools.fill(keys=1000, value=16384)
        rate = benchmark_rate(tools, test, 50, 1, seconds, most=20_000, keys=1000, value=16384)
        return {"rate": rate}
    return Load(f"{test}, 50 clients, 16 KB values", run, clients=50)


def generator_load(name, get, count, pipeline, seconds):
    def run(server, tools):
        tools.fill()
        return {"rate": closed(tools, get, count, pipeline, seconds)["per_second"]}
    return Load(name, run, clients=count)


def closed(tools, get, count, pipeline, seconds):
    def run(requests):
        found = tools.load(get=get, connections=count, pipeline=pipeline, requests=requests)
        return found["per_second"], found
    return sized(seconds, count * pipeline, 100_000_000, run)[1]


def clients(quick):
    counts = [1, 500] if quick else [1, 10, 50, 200, 500, 1000]
    seconds = 0.3 if quick else 1.5
    loads = [benchmark_load(f"{count:,} client{'s' * (count > 1)}", "GET", count, 1, seconds)
             for count in counts]
    return Measurement("clients", "Requests a second by clients",
                       "GET without a pipeline, by redis-benchmark.", RATE, loads)


# At a fixed rate.

PERCENTILES = ["p50", "p90", "p99", "p99.9", "p99.99", "max"]


def top_rate(server, tools):
    """Measures the top rate, half of which is the fixed rate. Uses redis-benchmark, because
    `load` would get a higher rate than it could itself send one by one."""
    tools.fill()
    return {"rate": benchmark_rate(tools, "GET", 50, 1, 1.0)}


def latency(quick, rate):
    def run(server, tools):
        tools.fill()
        wanted = rate()
        found = tools.load(rate=wanted, seconds=1 if quick else 5, connections=50, get=90)
        values = {name: found["latency_us"][name] for name in PERCENTILES}
        return values | {"mean": found["latency_us"]["mean"], "late": found["late_us"]["p99"],
                         "rate": found["per_second"], "asked": wanted,
                         "unanswered": found["unanswered"]}
    metrics = [Metric("rate", "requests/s", compared=False, wanted="asked"),
               Metric("unanswered", "unanswered", compared=False)]
    for name in PERCENTILES:
        metrics.append(Metric(name, name + ", us"))
        if name == "p99":
            metrics.append(Metric("late", "sent late by the generator, p99, us", compared=False))
    metrics.append(Metric("mean", "mean, us"))
    return Measurement(
        "latency", "Latency at a fixed rate",
        "50 clients, 90 % GET, at half of the rate of redis' GETs with 50 clients and no "
        "pipeline. Requests come at random (a Poisson process), and latency counts from when a "
        "request was due, whether or not it could be sent. How late the generator sent them is "
        "told below the p99: what is not small there is its share. Where a server did not come up "
        "to the rate, that is said, and its latencies tell little.",
        metrics, [Load("50 clients", run, clients=50)])


def cpu(quick, rate):
    def spent(server, work):
        before = server.cpu_seconds()
        found = work()
        return {"cpu": (server.cpu_seconds() - before) / found["requests"] * 1e6}

    def at_full_speed(server, tools):
        tools.fill()
        count = int(closed(tools, 100, 50, 16, 0.2)["per_second"] * (0.5 if quick else 2.5))
        return spent(server, lambda: tools.load(get=100, pipeline=16, requests=count))

    def at_fixed_rate(server, tools):
        tools.fill()
        options = {"rate": rate(), "warmup": 0, "seconds": 1 if quick else 4, "get": 100}
        return spent(server, lambda: tools.load(**options))

    return Measurement(
        "cpu", "CPU seconds for a million GETs",
        "User and system time of the server's process alone. The fixed rate is that of the "
        "latencies. The kernel counts in hundredths of a second.",
        [Metric("cpu", "CPU s", "{:.2f}")],
        [Load("50 clients, pipeline 16, full speed", at_full_speed, clients=50),
         Load("50 clients, fixed rate", at_fixed_rate, clients=50)])


# Memory.

def connections(quick):
    metrics = [
        Metric("each", "KB a connection", "{:.1f}"), Metric("total", "in all, MB", "{:,.1f}"),
        Metric("resident", "resident, MB", "{:,.1f}", compared=False),
        Metric("tables", "page tables, MB", "{:.2f}", compared=False),
        Metric("stacks", "kernel stacks, MB", "{:.1f}", compared=False),
        Metric("threads", "threads", compared=False), Metric("ping", "PING p99, us"),
        Metric("after", "resident afterwards, MB", "{:,.1f}")]
    counts = [0, 1000] if quick else [0, 1000, 5000, 10000]
    return Measurement(
        "connections", "Memory by connections",
        "Connections that do nothing; one of them sends a PING every millisecond. "
        "Resident memory is VmRSS, page tables are VmPTE; kernel stacks are what those of the "
        "whole machine grew by; socket buffers are not counted. A connection's share is the "
        "growth of the three. Afterwards is three seconds after they are closed.", metrics,
        [connections_load(count, 1 if quick else 3) for count in counts], most_rounds=3)


def connections_load(count, seconds):
    def run(server, tools):
        before = server.footprint_kb()
        with tools.idle(max(count - 1, 0), seconds) as found:
            grown = [now - then for now, then in zip(server.footprint_kb(), before)]
            values = {"ping": found["probe_us"]["p99"], "threads": server.status("Threads"),
                      "resident": (before[0] + grown[0]) / 1024,
                      "tables": (before[1] + grown[1]) / 1024, "stacks": grown[2] / 1024}
        values["total"] = values["resident"] + values["tables"] + values["stacks"]
        if count > 0:
            values["each"] = sum(grown) / count
        time.sleep(seconds)
        return values | {"after": server.status("VmRSS") / 1024}
    return Load(f"{count:,}", run, clients=count)


def memory(quick):
    kinds = [("16 + 16 bytes", {}), ("16 + 100 bytes", {"value": 100}),
             ("fields of one hash, 16 + 16 bytes",
              {"command": "HSET hash key:__rand_int__ " + "x" * 16})]
    millions = [0.1] if quick else [0.5, 0.7, 1, 1.4, 2]
    loads = [memory_load(f"{count} million keys, {name}", int(count * 1e6), options)
             for name, options in (kinds[:1] if quick else kinds) for count in millions]
    return Measurement(
        "memory", "Bytes a key",
        "By how much resident memory grew, divided by the number of keys. Tables that double "
        "take most just after they have, so there are several numbers. Without a log.",
        [Metric("bytes", "bytes", "{:.1f}")], loads, most_rounds=2)


def memory_load(name, keys, options):
    def run(server, tools):
        before = server.status("VmRSS")
        tools.fill(keys=keys, **options)
        time.sleep(0.5)
        return {"bytes": (server.status("VmRSS") - before) * 1024 / keys}
    return Load(name, run, log="no")


# Size.

def growth(quick):
    counts = [10_000, 200_000] if quick else [10_000, 10_000_000]
    seconds = 0.3 if quick else 1.5

    def load(keys):
        def run(server, tools):
            tools.fill(keys=keys)
            return {"rate": benchmark_rate(tools, "SET", 50, 16, seconds, keys=keys)}
        return Load(f"{keys:,} keys", run, clients=50, log="no")

    return Measurement(
        "growth", "SETs a second by keys",
        "50 clients, pipeline 16, random keys that are all there. Without a log.",
        RATE, [load(keys) for keys in counts], most_rounds=3)


def slowest(quick):
    keys = 200_000 if quick else 5_000_000

    def load(clients):
        def run(server, tools):
            tools.fill(keys=1)
            with tools.watch() as stop:
                found = tools.fill(keys=keys, connections=clients)
                probe = stop()["probe_us"]
            return {"probe": probe["max"] / 1000, "usual": probe["p99"] / 1000,
                    "pipeline": found["latency_us"]["max"] / 1000, "rate": found["per_second"]}

        name = "1 client" if clients == 1 else f"{clients} clients"
        return Load(f"{keys:,} keys by {name}", run, clients=clients, log="no")

    return Measurement(
        "slowest", "The slowest request while a store grows",
        "Clients insert keys in pipelines of 100. Another, on a connection of its own, asks "
        "for one key every millisecond: the longest of its answers is how long the server "
        "answered nobody, which is what growing a table costs others, or let others have the "
        "lock instead. The slowest pipeline is what it costs those who insert. Both contain "
        "what the machine's scheduler adds, mostly below the p99 beside them. Without a log.",
        [Metric("probe", "slowest GET of the other, ms", "{:.2f}"),
         Metric("usual", "its p99, ms", "{:.2f}"),
         Metric("pipeline", "slowest pipeline, ms", "{:.2f}"), Metric("rate", "SETs/s")],
        [load(clients) for clients in (1, 8)])
