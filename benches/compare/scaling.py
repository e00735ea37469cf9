#!/usr/bin/env python3
"""How far does one RwLock go? A simulation of threadbare on more processors than this
machine has.

    benches/compare/scaling.py

Each processor serves clients one after the other, so that it never lacks work. A turn is:
work of its own, the lock, work under the lock, and for a write a part of the log's thread.
What is serial is simulated as a queue, first come, first served:

- the lock's cache line, which each `lock` and each `unlock` writes to, for reading too;
- the lock itself while somebody writes;
- the log's thread, which appends what was done and sends the answers to long pipelines.

The costs are those below, in nanoseconds, each with the command that measured it. Not
simulated: more than one socket (a cache line then takes two to three times as long), the
memory's bandwidth, the network card, and threads that sleep while they wait for the lock.
"""

import dataclasses
import heapq

# `cargo bench --bench benches -- lock`. Two threads that do nothing but lock and unlock for
# reading write to the line four times in 137 ns; for writing, they hand the lock over twice
# in 500.
LINE = 34
HAND_OVER = 250
# `cargo bench --bench benches -- 'store/get|engine/turn_of'`, a request's part of a turn of
# 100: a lookup among 100,000 keys; what a SET does under the lock, its record included; and
# the rest, parsing and building the reply.
READ_UNDER_LOCK = 75
WRITE_UNDER_LOCK = 115
PARSE_AND_REPLY = 33
# Processor time of the clients' threads and of the log's (/proc/PID/task/*/stat) during
# `redis-benchmark -c 50 -t get,set`, by the number of requests: what a turn of one request
# takes, mostly the kernel's reading, writing and switching.
READ_TURN = 5200
WRITE_TURN = 2700
LOG_TURN = 230
# An answer takes the log's thread the sending, and the client's a switch more.
LOG_ANSWER = 2220
OWN_ANSWER = 2700
# What each further request of a turn adds to that.
LOG_REQUEST = 30

# What a turn passes through one at a time.
SERIAL = {"line": "the cache line", "lock": "the lock", "log": "the log's thread"}
PROCESSORS = [1, 2, 4, 8, 16, 32, 64]
TURNS = 20_000


@dataclasses.dataclass
class Load:
    name: str
    requests: int  # in a turn
    writes: bool
    log_answers: bool = True  # or clients' threads do, as with up to 32 requests


LOADS = [
    Load("GET", 1, False),
    Load("GET, pipeline 16", 16, False),
    Load("GET, pipeline 100", 100, False),
    Load("SET", 1, True, log_answers=False),
    Load("SET, pipeline 16", 16, True, log_answers=False),
    Load("SET, pipeline 100", 100, True),
    Load("SET, answered by the log's thread", 1, True),
]


class Queue:
    """Serves one at a time, in the order of asking."""

    def __init__(self):
        self.free_at = 0

    def serve(self, now, duration):
        self.free_at = max(now, self.free_at) + duration
        return self.free_at


def stages(load, processors):
    """What a turn goes through: the name of what is serial about it, if anything is, and how
    long it takes."""
    run = PARSE_AND_REPLY * load.requests
    if not load.writes:
        return [(None, READ_TURN + run), ("line", LINE),
                (None, READ_UNDER_LOCK * load.requests), ("line", LINE)]
    log = LOG_TURN + LOG_REQUEST * load.requests + (LOG_ANSWER if load.log_answers else 0)
    own = WRITE_TURN + run + (0 if load.log_answers else OWN_ANSWER)
    # With one processor the log's thread shares it; else it has one for itself.
    turn = [(None, own + (log if processors == 1 else 0)),
            ("lock", HAND_OVER + WRITE_UNDER_LOCK * load.requests)]
    return turn + ([("log", log)] if processors > 1 else [])


def requests_per_second(load, processors):
    queues = {name: Queue() for name in SERIAL}
    turn = stages(load, processors)
    workers = processors - 1 if load.writes and processors > 1 else processors
    # While a turn is with the log, its processor serves another client.
    clients = workers * (8 if load.writes else 1)
    own = [Queue() for _ in range(workers)]
    due = [(0, client, 0) for client in range(clients)]
    heapq.heapify(due)
    turns, now = 0, 0
    while turns < TURNS:
        now, client, stage = heapq.heappop(due)
        name, duration = turn[stage]
        queue = queues[name] if name else own[client % workers]
        turns += stage == len(turn) - 1
        heapq.heappush(due, (queue.serve(now, duration), client, (stage + 1) % len(turn)))
    return turns * load.requests / now * 1e9


def limit(load):
    """What is busy without a pause first, and with how many processors."""
    turn = stages(load, processors=2)
    busy = {serial: sum(took for name, took in turn if name == serial) for serial in SERIAL}
    first = max(SERIAL, key=busy.get)
    return f"{SERIAL[first]}, with {sum(took for _, took in turn) / busy[first]:.0f}"


def main():
    print("Requests a second, in millions, by processors (the clients have others):\n")
    print("| load | " + " | ".join(map(str, PROCESSORS)) + " | the limit |")
    print("|---|" + "---|" * len(PROCESSORS) + "---|")
    for load in LOADS:
        rates = [requests_per_second(load, processors) / 1e6 for processors in PROCESSORS]
        cells = [f"{rate:.3g}" for rate in rates] + [limit(load)]
        print(f"| {load.name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
