#!/usr/bin/env python3
"""Sends the same steps of several clients to a server and to a real redis-server. Some clients
wait for elements of lists and members of sorted sets. Others add them, or move, replace and remove
the lists and sorted sets.

    tests/redis/waiting.py SERVER [--seed N] [--steps N] [--option=--save ...]

The next step is sent when both servers are at rest. Then each client must have received the same
replies in the same order, and the same clients must wait. The first difference is shrunk to the
fewest steps that show it. In the end each server loads the append-only file that the other one
wrote. SERVER may be redis-server, to test the tester.
"""

import argparse
import random
import sys

sys.dont_write_bytecode = True

from data import KEPT, REAL, compare_entries, compare_files, contents, same_content
from pair import Both, Judge, readable
from shrink import recent, shrink
from waiting_clients import Crowd
from waiting_steps import LATER, LEAVE, MODERN, Id, Steps

# The number of steps for each pair of servers and their append-only files.
ROUND = 20_000
# After as many steps all clients and data are new, which keeps the shrinking short.
FRESH = 1000
DEBUG = ["--enable-debug-command", "yes"]


class Crowds:
    """The clients of both servers."""

    def __init__(self, both):
        both.begin_again()
        self.ours, self.theirs = Crowd(both.ours), Crowd(both.theirs)
        self.waiting = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()
        self.theirs.close()

    def take(self, step):
        """Takes a step, unless its client is in the wrong state for it. Returns what the clients
        have seen, or None."""
        if step.kind != LEAVE and (step.client in self.waiting) != (step.kind == LATER):
            return None
        for crowd in (self.ours, self.theirs):
            crowd.send(step)
        seen = self.ours.rest(step), self.theirs.rest(step)
        self.waiting = seen[1].waiting
        return seen


class Run:
    """One random stream, until its first difference."""

    def __init__(self, seed):
        self.steps, self.sent = Steps(seed), 0

    def go(self, both, end):
        """Runs until `end` steps have been taken. Returns whether both servers are alike."""
        while self.sent < end:
            if not self.from_nothing(both):
                return False
        print(f"{self.sent:,} steps", flush=True)
        return True

    def from_nothing(self, both):
        taken = []
        with Crowds(both) as crowds:
            while len(taken) < FRESH:
                step = self.steps.next(crowds.waiting)
                taken.append(step)
                self.sent += 1
                seen = crowds.take(step)
                if seen and seen[0] != seen[1]:
                    break
            else:
                return True
        report(both, taken, seen, self.sent)
        return False


def report(both, steps, seen, sent):
    found = [seen]

    def fails(some):
        with Crowds(both) as crowds:
            for step in some:
                seen = crowds.take(step)
                if seen and seen[0] != seen[1]:
                    found[0] = seen
                    return step is some[-1]
        return False

    note = "it does not come again; the last steps were"
    if fails(steps):
        steps = shrink(recent(steps, fails), fails)
        fails(steps)
        note = "the least that shows it is"
    both.judge.failed += 1
    print(f"DIFFERENT, {sent:,} steps on; {note}")
    for step in steps[-40:]:
        print(f"  {described(step)}")
    ours, theirs = found[0]
    print(f"    ours:   {ours.text()[:1500]}\n    theirs: {theirs.text()[:1500]}", flush=True)


def described(step):
    client = f"client {step.client}{' (RESP3)' if step.client in MODERN else ''}"
    if step.kind == LEAVE:
        return f"{client} disconnects"
    requests = [" ".join(f"(id of {word.client})" if isinstance(word, Id) else readable(word)
                         for word in request) for request in step.requests]
    return f"{client}{' (it waits)' if step.kind == LATER else ''}> {'; '.join(requests)}"


def finish(both):
    """Compares all data, and the data that each server loads from the other's append-only
    file."""
    keys, ours, theirs = contents(both)
    compare_entries(both.judge, "what both hold", ours, same_content(ours, theirs))
    both.shut_down()
    compare_files(both, keys, ours, theirs)


def arguments():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("server")
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--steps", type=int, default=20_000)
    options.add_argument("--option", action="append", default=[], help="an option for SERVER")
    return options.parse_args()


def main():
    options = arguments()
    our_options = (KEPT if options.server.endswith(REAL) else []) + DEBUG + options.option
    judge, run = Judge({}), Run(options.seed)
    print(f"seed {options.seed}")
    for end in [*range(ROUND, options.steps, ROUND), options.steps]:
        with Both(judge, options.server, ours=our_options, theirs=KEPT + DEBUG) as both:
            if run.go(both, end):
                finish(both)
        if judge.failed:
            break
    print(f"{run.sent:,} steps, {judge.failed} differences")
    sys.exit(judge.failed > 0)


if __name__ == "__main__":
    main()
