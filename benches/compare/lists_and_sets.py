"""Lists, sets and clients that wait: rates, a hand-over, memory, stalls. Each has a bar.

`--only types` measures all of them, and `sorted_sets.py`.
"""

import contextlib
import socket
import time

from loads import TIMEOUT_S, Lister, sized
from measurement import Bar, Load, Measurement, Metric

# More would tell nothing new.
ROUNDS = 5
MILLION = 1_000_000
NOT_LESS = Bar(at_least=1.0)
NOT_MORE = Bar(at_most=1.0)


def measurements(quick):
    return [rates(quick), handover(quick), memory(quick), stalls(quick), waiting(quick)]


# Requests a second.

def rates(quick):
    value = "value:__rand_int__"
    loads = [
        rate_load("LPUSH", f"LPUSH list {value}", 1.2, quick),
        rate_load("RPOP", "RPOP list", 1.2, quick, before=f"RPUSH list {value}"),
        rate_load("SADD, new members", "SADD set member:__rand_int__", 1.2, quick,
                  members=1_000_000_000),
        rate_load("SADD, the same 100,000 members", "SADD set member:__rand_int__", 1.2, quick),
        rate_load("SPOP", "SPOP set", 1.2, quick, before="SADD set member:__rand_int__"),
        reading_load("SISMEMBER, half of them true", "SISMEMBER set member:__rand_int__", 1.3,
                     quick, before="SADD set member:__rand_int__", numbers=200_000),
        reading_load("LRANGE of 100, no pipeline", "LRANGE list 0 99", 1.0, quick,
                     before=f"RPUSH list {value}", pipeline=1),
        *[middle_load(*command, quick) for command in (
            ("LINDEX", "LINDEX list {middle}", 8),
            ("LSET", "LSET list {middle} value:000000500000", 8),
            ("LINSERT", "LINSERT list BEFORE value:{middle:012} value:x", 1))],
        stored_load("SINTER", quick),
        stored_load("SUNIONSTORE", quick),
    ]
    if quick:
        loads = loads[::2]
    return Measurement(
        "types-rates", "Requests a second, lists and sets",
        "50 clients, pipeline 16, one key, by `load`. RPOP and SPOP never find their key empty. "
        "In the middle of a list of a million: LINDEX and LSET by 8 clients, pipeline 100; "
        "LINSERT, which searches its pivot, by one client without a pipeline. SINTER and "
        "SUNIONSTORE by one client, of two sets of 100,000 members that share half of them.",
        [Metric("rate", "requests/s")], loads, most_rounds=ROUNDS)


def rate_load(name, command, bar, quick, before=None, members=100_000):
    """Measures a command that changes its key. `before` adds an element for each request to
    come."""
    def run(server, tools):
        def requests_of(count):
            if before:
                tools.fill_with(before, count)
            return rate_and_report(tools, command, 50, 16, count, members)
        return {"rate": sized(0.3 if quick else 1.5, 50 * 16, 2_000_000, requests_of)[0]}
    return Load(name, run, clients=50, bars={"rate": Bar(at_least=bar)})


def reading_load(name, command, bar, quick, before, pipeline=16, numbers=100_000):
    def run(server, tools):
        tools.fill_with(before, 100_000)
        rate, _ = sized(0.3 if quick else 1.5, 50 * pipeline, 100_000_000, lambda count:
                        rate_and_report(tools, command, 50, pipeline, count, numbers))
        return {"rate": rate}
    return Load(name, run, clients=50, bars={"rate": Bar(at_least=bar)})


def middle_load(name, command, clients, quick):
    size = 100_000 if quick else MILLION
    pipeline = 100 if clients > 1 else 1

    def run(server, tools):
        tools.fill_with("RPUSH list value:__rand_int__", size)
        words = command.format(middle=size // 2)
        rate, _ = sized(0.3 if quick else 1.5, clients * pipeline, 10_000_000, lambda count:
                        rate_and_report(tools, words, clients, pipeline, count), least=50)
        return {"rate": rate}
    return Load(f"{name}, middle of {size:,}", run, clients=clients,
                bars={"rate": Bar(at_least=20)})


def rate_and_report(tools, command, clients, pipeline, requests, numbers=1):
    found = tools.load(command=command, connections=clients, pipeline=pipeline,
                       requests=requests, keys=numbers)
    if found["misses"]:
        raise RuntimeError(f"{found['misses']} of {requests} requests found no element")
    return found["per_second"], found


def stored_load(name, quick):
    size, count = (10_000, 20) if quick else (100_000, 30)
    words = {"SINTER": ["SINTER", "a", "b"], "SUNIONSTORE": ["SUNIONSTORE", "c", "a", "b"]}[name]

    def run(server, tools):
        for key, first in (("a", 0), ("b", size // 2)):
            tools.send(["SADD", key, *members] for members in
                       batches(f"member:{number:06}" for number in range(first, first + size)))
        return {"rate": one_by_one(server, words, count)}
    return Load(f"{name} of two sets of {size:,}", run, bars={"rate": NOT_LESS})


def one_by_one(server, words, count):
    """Returns how many requests a second one client sends and gets answered."""
    with Lister(server.port) as client:
        client.ask(*words)
        started = time.perf_counter()
        for _ in range(count):
            client.ask(*words)
        return count / (time.perf_counter() - started)


def batches(elements, size=100):
    """Yields lists of at most `size` elements."""
    batch = []
    for element in elements:
        batch.append(element)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# A hand-over.

def handover(quick):
    def run(server, tools):
        found = tools.load(handover=True, requests=300 if quick else 5000)["latency_us"]
        return {"p50": found["p50"], "p99": found["p99"]}
    return Measurement(
        "types-handover", "A hand-over from RPUSH to a client in BLPOP",
        "One client waits in BLPOP; 0.2 ms later another sends an RPUSH. From sending it until "
        "the first client has the element, by `load --handover`.",
        [Metric("p50", "p50, us", "{:,.1f}"), Metric("p99", "p99, us", "{:,.1f}")],
        [Load("one pair", run, clients=2, bars={"p50": NOT_MORE, "p99": NOT_MORE})],
        most_rounds=ROUNDS)


# Memory.

def memory(quick):
    sizes = [100] if quick else [5, 20, 100, 500, 5_000, 100_000]
    elements = 200_000 if quick else 2_000_000
    loads = [memory_load(f"{kind} of {size:,}", command, size, elements, "element{:05}")
             for kind, command in (("list", "RPUSH"), ("set", "SADD")) for size in sizes]
    # More of them, since they are small beside the buffers of a connection and of the log.
    loads.append(memory_load("set of 100 integers", "SADD", 100, 5 * elements, "{}"))
    return Measurement(
        "types-memory", "Bytes an element, lists and sets",
        f"By how much resident memory grew, divided by the number of elements, some {elements:,} "
        "in all, five times as many integers. Elements have 12 bytes; integers are below 100,000.",
        [Metric("bytes", "bytes", "{:.1f}")], loads, most_rounds=ROUNDS)


def memory_load(name, command, size, elements, shape):
    """Fills keys with `size` elements each. The elements of a key are not in order, and differ
    from those of other keys."""
    keys = max(elements // size, 1)

    def run(server, tools):
        before = server.status("VmRSS")
        tools.send([command, f"key:{key}", *batch] for key in range(keys)
                   for batch in batches(shape.format((key + number * 7919) % 100_000)
                                        for number in range(size)))
        time.sleep(0.5)
        return {"bytes": (server.status("VmRSS") - before) * 1024 / (keys * size)}
    return Load(name, run, bars={"bytes": NOT_MORE})


# Stalls.

STALL_PHASES = [("grown", "while it grows"), ("rewritten", "while the log is rewritten"),
                ("deleted", "while it is deleted")]


def stalls(quick):
    size = 200_000 if quick else 5_000_000
    return Measurement(
        "types-stalls", "The slowest request of another client",
        "One client appends to one key in pipelines of 100, then the log is rewritten, then the "
        "key is deleted. Another client sends a GET every millisecond, by `load --watch`: its "
        "slowest answer in each phase. It contains what the machine's scheduler adds.",
        [Metric(name, f"{title}, ms", "{:.2f}") for name, title in STALL_PHASES],
        [stall_load(f"list of {size:,}", "list", lambda tools:
                    tools.fill_with("RPUSH list value:__rand_int__", size)),
         stall_load(f"set of {size:,}", "set", lambda tools:
                    tools.fill_with("SADD set member:__rand_int__", size))],
        most_rounds=ROUNDS)


def stall_load(name, key, fill):
    """Measures while `fill` makes `key` grow, and in the other phases."""
    def run(server, tools):
        tools.fill(keys=1)
        works = [lambda: fill(tools), lambda: rewrite(server.port),
                 lambda: delete(server.port, key)]
        values = {}
        for (phase, _), work in zip(STALL_PHASES, works):
            with tools.watch() as stop:
                work()
                values[phase] = stop()["probe_us"]["max"] / 1000
        return values
    bars = {phase: Bar(at_most=5, of_value=True) for phase, _ in STALL_PHASES}
    return Load(name, run, clients=2, bars=bars)


def rewrite(port):
    with Lister(port) as client:
        client.ask("BGREWRITEAOF")
        while "aof_rewrite_in_progress:0" not in client.info("persistence"):
            time.sleep(0.05)


def delete(port, key):
    with Lister(port) as client:
        client.ask("DEL", key)
    # What is freed later must disturb nobody either.
    time.sleep(0.5)


# Waiting clients.

def waiting(quick):
    count, seconds = (200, 0.5) if quick else (1000, 3)
    return Measurement(
        "types-waiting", "Clients that wait",
        "Clients in BLPOP. Their memory is resident memory, page tables and kernel stacks, by "
        f"how much they grew; socket buffers are not counted. CPU time is of {seconds} seconds "
        "in which nothing else happens.",
        [Metric("each", "KiB a client", "{:.1f}"),
         Metric("cpu", "CPU, ms a second", "{:.2f}", compared=False)],
        [waiting_load(count, seconds)], most_rounds=ROUNDS)


def waiting_load(count, seconds):
    def run(server, tools):
        before = sum(server.footprint_kb())
        with contextlib.ExitStack() as clients, Lister(server.port) as client:
            for _ in range(count):
                stream = socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S)
                clients.enter_context(stream)
                stream.sendall(b"BLPOP nothing 0\r\n")
            while f"blocked_clients:{count}\r\n" not in client.info("clients"):
                time.sleep(0.05)
            each = (sum(server.footprint_kb()) - before) / count
            spent = server.run_ns()
            time.sleep(seconds)
            return {"each": each, "cpu": (server.run_ns() - spent) / seconds / 1e6}
    bars = {"each": Bar(at_most=60, of_value=True), "cpu": Bar(at_most=5, of_value=True)}
    return Load(f"{count:,} clients", run, clients=count, bars=bars)
