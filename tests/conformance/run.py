#!/usr/bin/env python3
"""Runs Redis's own test suite against a server and counts what should pass.

    tests/conformance/run.py SERVER SUITE [--jobs N] [UNIT...]

SERVER is started for each unit on a free port, in an empty temporary directory. SUITE is a
directory with the source of Redis, as setup.sh fetches it. Without a UNIT all of expected.tsv are
run. The exit code is 0 if exactly the tests of not-yet.tsv fail. With redis-server as SERVER all
pass, which shows whether the harness itself is right.
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

SERVER_OPTIONS = ("--enable-debug-command", "yes", "--appendonly", "yes")


def failures(program, directory, unit, names):
    """Returns the tests among `names` of a unit that do not pass, each with its reason.

    An early end of the suite would hide the tests behind it. So the suite runs again without the
    failed tests, as long as that reveals more tests. A test's first run counts.
    """
    passed, failed = set(), {}
    while True:
        told = run_once(program, directory, unit, skip=failed)
        new = told.names() - passed - set(failed)
        passed |= told.passed & new
        failed |= {name: reason for name, reason in told.failed.items() if name in new}
        unheard = set(names) - passed - set(failed)
        if not unheard or not told.stops or not new:
            break
    if told.stops:
        not_run = "not run: the suite stopped: " + "; ".join(told.stops)
    else:
        not_run = "not run: the suite leaves it out against this server"
    return {name: failed.get(name, not_run) for name in names
            if name in failed or name in unheard}


def run_once(program, directory, unit, skip):
    """Runs the suite once with a fresh server. If the server ends before the suite, reports the
    reason."""
    with Server(program, *SERVER_OPTIONS) as server:
        told = suite.run(directory, unit, server.port, skip)
        code = server.process.poll()
        if code is not None:
            last_words = server.log().strip().split("\n")[-1]
            told.server_ended(f"the server ended, exit code {code}: {last_words}")
    return told


class Result:
    """The result of one unit's tests: passed, excused (not yet), or wrong."""

    def __init__(self, unit, names, failed, lacking):
        self.unit = unit
        self.count = len(names)
        self.passed = self.count - len(failed)
        self.excused = {name: lacking.get(name, lacking.get("*")) for name in failed
                        if name in lacking or "*" in lacking}
        self.wrong = {name: reason for name, reason in failed.items() if name not in self.excused}
        self.outdated = [name for name in lacking if name != "*" and name not in failed]
        if "*" in lacking and not failed:
            self.outdated.append("*")

    def print(self):
        print(f"{self.unit}: {self.passed} of {self.count}")
        print_by_reason(self.wrong)
        print_by_reason({name: f"not yet: {part}" for name, part in self.excused.items()})
        for name in self.outdated:
            print(f"    passes, but is in not-yet.tsv: {name}")
        sys.stdout.flush()


def print_by_reason(reasons):
    """Prints names grouped by reason, from a map of names to reasons."""
    for reason in dict.fromkeys(reasons.values()):
        print(f"    {reason}")
        for name, own in reasons.items():
            if own == reason:
                print(f"        {name}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server")
    parser.add_argument("suite")
    parser.add_argument("units", nargs="*", metavar="unit")
    parser.add_argument("--jobs", type=int, default=2, help="units to run at a time")
    return parser.parse_args()


def main():
    given = arguments()
    expected = lists.expected()
    lacking = lists.not_yet(expected)
    units = given.units or list(expected)
    for unit in units:
        if unit not in expected:
            raise SystemExit(f"no test of this unit is expected: {unit}")

    program = given.server if "/" not in given.server else os.path.abspath(given.server)

    def result(unit):
        failed = failures(program, given.suite, unit, expected[unit])
        return Result(unit, expected[unit], failed, lacking[unit])

    results = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for found in pool.map(result, units):
            found.print()
            results.append(found)

    passed, count = sum(r.passed for r in results), sum(r.count for r in results)
    excused, wrong = sum(len(r.excused) for r in results), sum(len(r.wrong) for r in results)
    outdated = sum(len(r.outdated) for r in results)
    print(f"{passed} of {count} pass, {excused} not yet, {wrong} fail; "
          f"{outdated} in not-yet.tsv pass")
    sys.exit(wrong + outdated > 0)


if __name__ == "__main__":
    main()
