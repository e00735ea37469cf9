#!/usr/bin/env python3
"""Compares threadbare with redis-server and others: same machine, same loads, in turn.

    benches/compare/compare.py [--servers a,b] [--only throughput,memory] [--rounds N]
                               [--pin one|both] [--quick] [--fresh]

A cell is one load on one server in one round: the server is started, filled, loaded and
stopped. Each round visits each server, so that a machine which grows slower does so for
all; what counts are the ratios within a round. Cells are kept in target/compare/results.jsonl
as they are found, so that a run that was stopped goes on where it was. With another set of
servers, one that was rebuilt, or another machine, all is measured anew: a round's ratios are
of what was measured at about the same time. A cell that fails is listed in the report, the
run goes on, and its exit status is 1. A server that has never answered is given up.

The name of a group stands for its measurements: `--only types` for lists, sets, sorted sets, geo,
HyperLogLogs and clients that wait. They have bars, and the report says which of them are met.

The report is target/compare/report.md, with --quick target/compare/quick/report.md, with plots
beside it. Whatever is narrower has a directory of its own below that, named after what was
chosen (servers-redis+tokio/only-memory/report.md); and where a report rests on more rounds, for
example of a build before, it stays, and the new one is written to narrower/ below it. The last
line of the output says where.

A cell takes some 4 seconds, a round of all measurements on all servers 20 to 25 minutes, 7
rounds three hours; with --quick all is done once in some two minutes. What is built
takes less than 1 GB in target/; a server's files take up to 1 GB in the temporary directory
($TMPDIR) until its cell is done, and the most keys 2 GB of memory.

Linux only (it reads /proc). Needs redis-server, redis-benchmark, cargo, and matplotlib for
the plots. To be run at the top of the repository, by `make compare`. Other servers can
take part: PEERS='mine=./my-server --port {port}; other=...'. Each runs in a directory of its
own, so other paths in its arguments must be absolute.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # Writes no bytecode files among the sources.

import machine
import measurements
import plots
import report
from loads import Tools
from measurement import is_of
from results import Results
from servers import MalformedPeers, NoAnswer, Server, install_mini_redis, known, peers

REFERENCE = "redis"
QUICK_SERVERS = ["threadbare", "redis", "tokio", "mio"]
ROUNDS, QUICK_ROUNDS = 7, 1
# Errors of a server that says nothing, and so would be waited for again and again.
SILENCE = (NoAnswer, subprocess.TimeoutExpired, TimeoutError)
# How often the top rate is measured, half of whose median is the fixed rate.
TOP_RATE_ROUNDS = 3


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", help="names, with commas; default: all that are there")
    parser.add_argument("--only", help="measurements, with commas; default: all")
    parser.add_argument("--rounds", type=int,
                        help=f"default: {ROUNDS}, with --quick {QUICK_ROUNDS}")
    parser.add_argument("--pin", choices=["one", "both"], default="both",
                        help="servers on core 0, what loads them on the others; or all on any "
                             "core (the default)")
    parser.add_argument("--quick", action="store_true",
                        help="a little of everything, in some two minutes a round")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = QUICK_ROUNDS if options.quick else ROUNDS
    if options.rounds < 1:
        sys.exit("--rounds: at least 1")
    try:
        there_are = list(known())
        usual = QUICK_SERVERS + [spec.name for spec in peers()] if options.quick else there_are
    except MalformedPeers as error:
        sys.exit(f"PEERS='name=command --port {{port}}; ...': {error}")
    servers = chosen(options.servers, there_are, "server", usual)
    there_are = [one.name for one in measurements.all_measurements(options.quick, rate=None)]
    only = chosen(options.only, there_are, "measurement", there_are)
    options.place = place(options, servers != usual and servers, only != there_are and only)
    options.servers, options.only = servers, only
    return options


def place(options, servers, only):
    """Returns the report's directory, below that of the results. `servers` and `only` are false
    if they have their defaults."""
    parts = ["one-core"] if options.pin == "one" else []
    parts += ["servers-" + "+".join(servers)] if servers else []
    parts += ["only-" + "+".join(only)] if only else []
    return "/".join(parts)


def chosen_servers(names):
    """Returns the servers that take part. A missing one is left out."""
    specs = known()
    if "mini-redis" in names:
        install_mini_redis(say)
    for name in names:
        if not specs[name].program():
            say(f"{name} is left out: there is no {specs[name].command.split()[0]}")
    found = [specs[name] for name in names if specs[name].program()]
    return found or sys.exit("no server to measure")


def chosen(names, there_are, what, usual):
    """Returns the names in a comma-separated list, in the order of the known names. The name of a
    group stands for all its members. Without a list, returns the default names."""
    choices = names.split(",") if names else usual
    members = {choice: [name for name in there_are if is_of(name, choice)] for choice in choices}
    if unknown := [choice for choice in choices if not members[choice]]:
        sys.exit(f"no such {what}: {', '.join(unknown)}; there are {', '.join(there_are)}")
    wanted = {name for choice in choices
              for name in ([choice] if choice in there_are else members[choice])}
    return [name for name in there_are if name in wanted]


def build_models():
    """Builds the load generator and the model servers beside it."""
    say("building benches/models")
    environment = os.environ | {"CARGO_TARGET_DIR": os.path.abspath("target/models")}
    done = subprocess.run(["cargo", "build", "--quiet", "--release", "--bins", "--manifest-path",
                           "benches/models/Cargo.toml"], env=environment, check=False)
    if done.returncode != 0:
        sys.exit("benches/models cannot be built")


class Comparison:
    def __init__(self, options, specs, before):
        self.pin = options.pin
        self.before = before
        self.machine = machine.this_machine()
        self.specs = specs
        self.builds = " ".join(sorted(f"{spec.name}={spec.build()}" for spec in specs))
        self.reference = next((spec for spec in specs if spec.name == REFERENCE), specs[0])
        self.directory = "target/compare/quick" if options.quick else "target/compare"
        self.results = Results(f"{self.directory}/results.jsonl", options.fresh)
        self.measurements = [
            one for one in measurements.all_measurements(options.quick, self.fixed_rate)
            if one.name in options.only]
        self.rounds = options.rounds
        self.report_directory = os.path.join(self.directory, options.place)
        # Pairs of a cell and the reason why it has no result.
        self.failures = []
        # Names of servers.
        self.given_up = set()

    def names(self):
        return [measurement.name for measurement in self.measurements]

    def view(self, pin=None):
        return self.results.view(self.builds, self.machine, pin or self.pin)

    def cell(self, measurement, load, spec, number):
        return {"measurement": measurement, "load": load, "server": spec.name,
                "builds": self.builds, "machine": self.machine, "pin": self.pin,
                "round": number, "before": self.before}

    def missing(self):
        """Yields the cells to measure, round by round. Within a round all servers at the same
        load are neighbours. The first server changes from round to round."""
        for number in range(self.rounds):
            first = number % len(self.specs)
            specs = self.specs[first:] + self.specs[:first]
            for measurement in self.measurements:
                for load in measurement.loads if number < measurement.most_rounds else []:
                    for spec in specs:
                        cell = self.cell(measurement.name, load.name, spec, number)
                        if spec.can(measurement, load) and cell not in self.results:
                            yield cell, load, spec

    def run(self):
        cells = list(self.missing())
        say(f"{len(cells)} cells to measure, {len(self.results.cells)} known")
        started = time.monotonic()
        for done, (cell, load, spec) in enumerate(cells):
            if spec.name in self.given_up:
                continue
            passed = time.monotonic() - started
            left = passed / done * (len(cells) - done) if done else 0
            say(f"[{done + 1}/{len(cells)}, {clock(passed)} gone, {clock(left)} left] "
                f"{report.title(cell)}")
            self.measure(cell, load.run, load.log, spec)

    def measure(self, cell, run, log, spec):
        """Measures a cell. If it fails, for any reason, prints the reason; the next run of this
        program tries it again."""
        try:
            with Server(spec, log, self.pin) as server:
                tools = Tools(server)
                cell["values"] = run(server, tools)
                cell["commands"] = tools.commands
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            if isinstance(error, SILENCE) and not self.has_answered(spec):
                self.given_up.add(spec.name)
                why += f"; so {spec.name} is given up, its other cells are left out"
            say(f"    failed: {why}")
            self.failures.append((cell, why))
            return
        self.results.add(cell)
        shown = [f"{name} {value:,.6g}" for name, value in cell["values"].items()]
        say("    " + ", ".join(shown))

    def has_answered(self, spec):
        return any(cell["server"] == spec.name for cell in self.view().cells)

    def fixed_rate(self):
        """Returns half of the reference's top rate, to two digits. Measured at the first call."""
        load = "GET, 50 clients"
        for number in range(TOP_RATE_ROUNDS):
            cell = self.cell("rate", load, self.reference, number)
            if cell not in self.results and not self.failed("rate", load, self.reference.name):
                say(f"    first the top rate of {self.reference.name}")
                self.measure(cell, measurements.top_rate, "yes", self.reference)
        top = self.view().median("rate", load, "rate", self.reference.name)
        if top is None:
            raise RuntimeError(f"{self.reference.name} has no top rate")
        return int(float(f"{top / 2:.1e}"))

    def failed(self, measurement, load, server):
        where = measurement, load, server
        return any(where == (cell["measurement"], cell["load"], cell["server"])
                   for cell, _ in self.failures)

    def report(self):
        """Draws the plots, writes the report, and prints its path."""
        coverage = self.view().coverage(self.names())
        while is_fuller(self.report_directory, coverage):
            say(f"{self.report_directory}/report.md stays: it rests on more than this run")
            self.report_directory += "/narrower"
        os.makedirs(self.report_directory, exist_ok=True)
        plots.draw(self)
        for name, text in (("report.md", report.render(self)),
                           ("coverage.json", json.dumps(coverage, indent=1))):
            with open(f"{self.report_directory}/{name}", "w") as file:
                file.write(text)
        print(report.roughness(self) + "\n")
        print(report.tables(self))
        say(f"{self.report_directory}/report.md")


def is_fuller(directory, coverage):
    """Returns whether the report in `directory` has a load, a server or rounds that `coverage`
    lacks."""
    try:
        with open(f"{directory}/coverage.json") as file:
            theirs = json.load(file)
    except FileNotFoundError:
        return False
    return any(coverage[where] < rounds for where, rounds in theirs.items())


def clock(seconds):
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


def allow_many_files():
    """Raises the limit of open files to its maximum, for 10,000 connections. It holds for this
    process and its children."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def leave_core_0():
    """Leaves core 0 to the server: this process and its children, the load generators, use the
    other cores."""
    others = os.sched_getaffinity(0) - {0}
    if not others:
        sys.exit("--pin one needs a second core")
    os.sched_setaffinity(0, others)


def main():
    options = arguments()
    allow_many_files()
    before = machine.others_load()
    build_models()
    comparison = Comparison(options, chosen_servers(options.servers), before)
    if options.pin == "one":
        leave_core_0()
    interrupted = False
    try:
        comparison.run()
    except KeyboardInterrupt:
        interrupted = True
        say("stopped; what was measured is kept, and the next run goes on from there")
    comparison.report()
    sys.exit(130 if interrupted else 1 if comparison.failures else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
