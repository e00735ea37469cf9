#!/usr/bin/env python3
"""Runs Redis's own test suite against a server and counts what should pass.

    tests/conformance/run.py SERVER SUITE [--jobs N] [UNIT...]

SERVER is started for each unit on a free port, in an empty temporary directory. SUITE is a
directory with the source of Redis, as setup.sh fetches it. Without a UNIT all of full.tsv are
run. The exit code is 0 if exactly the tests of not-yet.tsv fail. With redis-server as SERVER all
pass, which shows whether the harness itself is right.

The tests of not-yet.tsv run too, to see whether they still fail. A unit all of whose tests need a
command that SERVER does not have is not run.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "redis"))

import lists
import suite
from servers import Server

# The reply to COMMAND INFO of a command that is not there.
NO_COMMAND = b"*1\r\n$-1\r\n"
SERVER_OPTIONS = ("--enable-debug-command", "yes", "--appendonly", "yes")

MOST_REASONS = 3

# Some tests send a request on one connection, do not wait for its reply, and send the next request
# on another one. Redis has one thread, which reads them in this order. Here each connection has its
# own thread, so the second request may run first. And a test of not-yet.tsv can leave connections in
# a state in which the tests behind it fail. So if tests fail, all run again but those of not-yet.tsv;
# then only the ones that still fail. A test fails that fails each time.
TRIES = 10

# The slowest test takes Redis 20 s.
LIMITS = suite.Limits(test=90, unit=600)


class Runner:
    """Runs units of the suite in `directory` with servers that `program` starts."""

    def __init__(self, program, directory):
        self.program, self.directory = program, directory

    def failures(self, unit, names):
        """Returns the tests among `names` of a unit that do not pass, each with its reason.

        A test that hangs, or a server that ends, hides the tests behind it. So the suite runs
        again without the failed tests, as long as that reveals more tests. A test's first run
        counts.
        """
        passed, failed = set(), {}
        while names:
            told = self.run_once(unit, set(names) - set(failed))
            new = told.names() - passed - set(failed)
            passed |= told.passed & new
            failed |= {name: reason for name, reason in told.failed.items() if name in new}
            unheard = set(names) - passed - set(failed)
            if not unheard or not told.stops or not new:
                not_run = "not run: " + ("; ".join(list(dict.fromkeys(told.stops))[:MOST_REASONS]) or
                                         "the suite leaves it out against this server")
                return failed | {name: not_run for name in unheard}
        return {}

    def run_once(self, unit, names):
        """Runs tests once with a fresh server. If the server ends before the suite, reports the
        reason."""
        with Server(self.program, *SERVER_OPTIONS) as server:
            told = suite.run(self.directory, unit, server.port, names, LIMITS)
            code = server.process.poll()
            if code is not None:
                last_words = server.log().strip().split("\n")[-1]
                told.server_ended(f"the server ended, exit code {code}: {last_words}")
        return told

    def missing(self, parts):
        """Returns the parts whose command the server does not have."""
        with Server(self.program) as server, server.connect() as client:
            return {part for part, command in parts.items()
                    if client.ask(b"COMMAND", b"INFO", command.encode()) == NO_COMMAND}

    def result(self, unit, names, lacking, missing):
        """Runs the tests `names` of a unit; those of `lacking` may fail. Parts are `missing`."""
        if missing.issuperset(lacking.get(name) for name in names):
            return Result(unit, names, lacking, lacking)
        first = failed = self.failures(unit, names)
        for attempt in range(TRIES - 1):
            wrong = failed.keys() - lacking.keys()
            if not wrong:
                break
            still = self.failures(unit, wrong if attempt else set(names) - lacking.keys())
            failed = {name: reason for name, reason in failed.items()
                      if name in lacking or name in still}
        return Result(unit, names, failed, lacking, [name for name in first if name not in failed])


class Result:
    """The result of one unit's tests: passed, excused (not yet), wrong, or outdated (an excuse of
    a test that passes). Some passed only when they were tried `again`."""

    def __init__(self, unit, names, failed, lacking, again=()):
        self.unit = unit
        self.count = len(names)
        self.passed = self.count - len(failed)
        self.excused = {name: lacking[name] for name in failed if name in lacking}
        self.wrong = {name: reason for name, reason in failed.items() if name not in lacking}
        self.outdated = [name for name in lacking if name not in failed]
        self.again = again

    def print(self):
        print(f"{self.unit}: {self.passed} of {self.count}")
        for reason, names in by_reason(self.wrong).items():
            print(f"    {reason}")
            for name in names:
                print(f"        {name}")
        for part, names in by_reason(self.excused).items():
            print(f"    not yet: {part}: {len(names)}")
        for name in self.again:
            print(f"    passed when tried again: {name}")
        for name in self.outdated:
            print(f"    passes, but is in not-yet.tsv: {name}")
        sys.stdout.flush()


def by_reason(reasons):
    """Returns lists of names by reason, from a map of names to reasons."""
    found = {}
    for name, reason in reasons.items():
        found.setdefault(reason, []).append(name)
    return found


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server")
    parser.add_argument("suite")
    parser.add_argument("units", nargs="*", metavar="unit")
    parser.add_argument("--jobs", type=int, default=4, help="units to run at a time")
    return parser.parse_intermixed_args()


def main():
    given = arguments()
    expected = lists.expected()
    lacking = lists.not_yet(expected)
    units = given.units or list(expected)
    for unit in units:
        if unit not in expected:
            raise SystemExit(f"no test of this unit is expected: {unit}")

    program = given.server if "/" not in given.server else os.path.abspath(given.server)
    runner = Runner(program, given.suite)
    missing = runner.missing(lists.parts())

    results = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for found in pool.map(
                lambda unit: runner.result(unit, expected[unit], lacking[unit], missing), units):
            found.print()
            results.append(found)
    sys.exit(not print_sum(results))


def print_sum(results):
    """Prints the numbers of all units. Returns whether they are as not-yet.tsv says."""
    passed, count = sum(r.passed for r in results), sum(r.count for r in results)
    excused, wrong = sum(len(r.excused) for r in results), sum(len(r.wrong) for r in results)
    outdated = sum(len(r.outdated) for r in results)
    print(f"{passed} of {count} pass, {excused} not yet, {wrong} fail; "
          f"{outdated} in not-yet.tsv pass")
    return wrong + outdated == 0


if __name__ == "__main__":
    main()
