#!/usr/bin/env python3
"""Sends the same random commands to a server and to a real redis-server.

    tests/redis/differential.py SERVER [--seed N] [--commands N] [--only 'SET GET']
        [--keep-going] [--option=--save ...]

Both are started fresh, on free ports and in temporary directories. Replies are compared
byte for byte, except where rules.py says why not, and so are keyspace events. The first difference
is shrunk to the fewest requests that show it. With --keep-going all differences are collected, each kind
once, and commands that SERVER has not are left out. After each ROUND of commands each server
loads the append-only file that the other one wrote. SERVER may be redis-server, to test the tester.
"""

import argparse
import random
import re
import sys

sys.dont_write_bytecode = True

from chance import LAPSE, MODERN, Chance
from data import KEPT, REAL, compare_entries, compare_files, contents, same_content
from lockstep import Lockstep
from pair import Both, Judge, readable
from resp import decode
from shrink import recent, shrink
from syntax import SYNTAX

BATCH = 150
# The number of commands for each pair of servers and their append-only files.
ROUND = 50_000


class Run:
    """One random stream, and the differences found in it."""

    def __init__(self, both, chance, keep_going=False):
        self.both = both
        self.chance = chance
        self.keep_going = keep_going
        self.kinds = {}
        self.sent = 0
        self.taken = []
        self.are_alike = True

    def go(self, commands):
        """Runs until `commands` have been sent, or until the first difference."""
        while self.sent < commands:
            if not self.from_nothing(commands) and not self.keep_going:
                break
        print(f"{self.sent:,} random commands, {len(self.kinds)} kinds of difference", flush=True)

    def from_nothing(self, commands):
        """Continues with empty servers, until all is done or their states differ. Returns whether
        no new difference was found."""
        with Lockstep(self.both) as lockstep:
            self.taken, following = [], self.chance.batch(BATCH)
            lockstep.send(following)
            found = None
            while following and not found:
                batch = following
                self.sent += sum(len(step.requests) for step in batch)
                # Made while the servers are busy.
                following = self.chance.batch(BATCH) if self.sent < commands else None
                found = self.new_difference(lockstep.receive(batch), batch)
                if following and not found:
                    self.taken += batch
                    lockstep.send(following)
        self.are_alike = not found
        if found and found is not STRAYED:
            self.report(found, [*self.taken, *batch[:found.place + 1]])
        return found in (None, STRAYED)

    def new_difference(self, differences, batch):
        """Returns a new difference, or STRAYED after a known one that has left the servers in
        different states."""
        for difference in differences:
            kind = kind_of(difference)
            if kind not in self.kinds:
                self.kinds[kind] = 0
                return difference
            self.kinds[kind] += 1
            if not only_reads(batch[difference.place], difference):
                return STRAYED
        return None

    def report(self, difference, steps):
        kind = kind_of(difference)
        found = [difference]

        def fails(some):
            with Lockstep(self.both) as lockstep:
                for other in lockstep.take(some):
                    if other.place == len(some) - 1 and kind_of(other) == kind:
                        found[0] = other
                        return True
            return False

        if fails(steps):
            steps = shrink(recent(steps, fails), fails)
            fails(steps)
            note = "the least that shows it is"
        else:
            steps, note = steps[-10:], "it does not come again; the last steps were"
        self.both.judge.failed += 1
        print(f"DIFFERENT, about {self.sent:,} commands on; {note}")
        print_steps(steps, found[0].exchange)


STRAYED = object()
READS = set(b"""BITCOUNT BITFIELD_RO BITPOS DBSIZE DUMP ECHO EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS
    GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS HLEN
    HMGET HRANDFIELD HSCAN HSTRLEN HVALS KEYS LCS LINDEX LLEN LPOS LRANGE MGET OBJECT PEXPIRETIME
    PING PTTL RANDOMKEY SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO
    SRANDMEMBER SSCAN STRLEN SUBSTR SUNION TTL TYPE ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT
    ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX
    ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION""".split())


def only_reads(step, difference):
    """Returns whether the states of the servers are still the same, as far as the requests
    show."""
    name = difference.exchange.request[0].upper()
    is_read = name in READS
    both_spoke = difference.exchange.ours.endswith(b"\r\n")
    return step.kind != LAPSE and both_spoke and (is_read or both_failed(difference.exchange))


def both_failed(exchange):
    name = exchange.request[0].upper()
    return exchange.ours[:1] == exchange.theirs[:1] == b"-" and name != b"EXEC"


def kind_of(difference):
    """Returns the kind of a difference. Each kind is reported once."""
    request, ours, theirs = difference.exchange
    name = request[0].upper()
    if name == b"OBJECT" and len(request) > 1:
        name += b" " + request[1].upper()
    return name, shape(ours), shape(theirs)


def shape(reply):
    if reply.startswith((b"-", b"+")):
        reply = re.sub(rb"(?s)'.*'", b"'...'", reply)
        return re.sub(rb"\d+", b"N", reply)
    if reply[:3] in (b"$-1", b"*-1", b":-1", b":-2", b":0\r", b":1\r") or not reply:
        return reply[:3]
    return reply[:1]


def print_steps(steps, exchange):
    for step in steps:
        for request in step.requests:
            client = f"client {step.client}{' (RESP3)' if step.client in MODERN else ''}"
            print(f"  {client}> {' '.join(map(readable, request))}")
        if step.kind == LAPSE:
            print("    (before the last one, a pause)")
    print(f"    {' '.join(map(readable, exchange.request))[:200]}")
    print(f"    ours:   {told(exchange.ours)}\n    theirs: {told(exchange.theirs)}", flush=True)


def told(reply):
    """Formats a reply as redis-cli would show it. Shows an incomplete reply as bytes."""
    text = reply.decode("latin-1").replace("\r\n", " ").strip()
    text = text if text.isprintable() else repr(reply)[1:]
    return text if len(text) <= 1000 else f"{text[:800]} ... {text[-150:]}"


def names_of(server):
    """Returns the names of a server's commands."""
    with server.connect() as connection:
        return {name.upper() for name in decode(connection.ask(b"COMMAND", b"LIST"))}


def names_in_syntax():
    return {line.split()[1].encode() for line in SYNTAX.splitlines() if line} | {b"MULTI"}


def finish(both, are_alike):
    """Compares all data, and the data that each server loads from the other's append-only
    file."""
    keys, ours, theirs = contents(both)
    if are_alike:
        compare_entries(both.judge, "what both hold", ours, same_content(ours, theirs))
    both.shut_down()
    compare_files(both, keys, ours, theirs)


def words_of(text):
    return {word.encode().upper() for word in text.split()}


def arguments():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("server")
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--commands", type=int, default=100_000)
    options.add_argument("--only", default="", help="commands to send, all if empty")
    options.add_argument("--keep-going", action="store_true")
    options.add_argument("--option", action="append", default=[], help="an option for SERVER")
    return options.parse_args()


def prepare(options, both):
    only = words_of(options.only) or names_in_syntax()
    missing = sorted(only - names_of(both.ours))
    if missing and options.keep_going:
        print(f"left out, as they are missing: {b' '.join(missing).decode()}")
        only -= set(missing)
    return Run(both, Chance(options.seed, only), options.keep_going)


def main():
    options = arguments()
    our_options = (KEPT if options.server.endswith(REAL) else []) + options.option
    judge = Judge({})
    print(f"seed {options.seed}")
    run = None
    for end in [*range(ROUND, options.commands, ROUND), options.commands]:
        with Both(judge, options.server, ours=our_options, theirs=KEPT) as both:
            run = run or prepare(options, both)
            run.both = both
            run.go(end)
            if options.keep_going or not judge.failed:
                finish(both, run.are_alike)
        if judge.failed and not options.keep_going:
            break
    for (name, *_), count in sorted(run.kinds.items()):
        if count:
            print(f"{name.decode('latin-1')}: the same kind {count:,} times more")
    print(f"{run.sent:,} commands, {judge.failed} differences")
    sys.exit(judge.failed > 0)


if __name__ == "__main__":
    main()
