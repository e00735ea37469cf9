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
run goes on, and its exit status is 1. The report is target/compare/report.md, with plots
beside it.

A cell takes some 4 seconds, a round of all measurements on all servers 20 to 25 minutes, 7
rounds two to three hours; with --quick all is done in less than two minutes. What is built
takes less than 1 GB in target/; a server's files take up to 1 GB in the temporary directory
($TMPDIR) until its cell is done, and the most keys 2 GB of memory.

Linux only (it reads /proc). Needs redis-server, redis-benchmark, cargo, and matplotlib for
the plots. To be run at the top of the repository, by `make compare`. Other servers can
take part: PEERS='mine=./my-server --port {port}; other=...'. Each runs in a directory of its
own, so other paths in its arguments must be absolute.
"""

import argparse
import os
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # Nothing is to be left among the sources.

import machine
import measurements
import plots
import report
from loads import Tools
from results import Results
from servers import Server, install_mini_redis, known

REFERENCE = "redis"
QUICK_SERVERS = ["threadbare", "redis", "tokio", "mio"]
# How often the top rate is measured, half of whose median is the fixed rate.
TOP_RATE_ROUNDS = 3


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", help="names, with commas; default: all that are there")
    parser.add_argument("--only", help="measurements, with commas; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pin", choices=["one", "both"], default="both",
                        help="servers on core 0, what loads them on the others; or all on any "
                             "core (the default)")
    parser.add_argument("--quick", action="store_true",
                        help="one round of a little of everything, in less than two minutes")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured")
    options = parser.parse_args()
    if options.quick and not options.servers:
        options.servers = ",".join(QUICK_SERVERS)
    options.servers = chosen(options.servers, known(), "server")
    there_are = [one.name for one in measurements.all_measurements(options.quick, rate=None)]
    options.only = chosen(options.only, there_are, "measurement")
    return options


def chosen_servers(names):
    """The servers that take part. One that is missing is left out."""
    specs = known()
    if "mini-redis" in names:
        install_mini_redis(say)
    for name in names:
        if not specs[name].program():
            say(f"{name} is left out: there is no {specs[name].command.split()[0]}")
    found = [specs[name] for name in names if specs[name].program()]
    return found or sys.exit("no server to measure")


def chosen(names, there_are, what):
    """The names in a list with commas; all that there are, without one."""
    names = names.split(",") if names else list(there_are)
    if unknown := [name for name in names if name not in there_are]:
        sys.exit(f"no such {what}: {', '.join(unknown)}; there are {', '.join(there_are)}")
    return names


def build_models():
    """The load generator, and the servers that live beside it."""
    say("building benches/models")
    environment = os.environ | {"CARGO_TARGET_DIR": os.path.abspath("target/models")}
    done = subprocess.run(["cargo", "build", "--quiet", "--release", "--bins", "--manifest-path",
                           "benches/models/Cargo.toml"], env=environment, check=False)
    if done.returncode != 0:
        sys.exit("benches/models cannot be built")


class Comparison:
    def __init__(self, options, specs):
        self.pin = options.pin
        self.machine = machine.this_machine()
        self.specs = specs
        self.builds = " ".join(sorted(f"{spec.name}={spec.build()}" for spec in specs))
        self.reference = next((spec for spec in specs if spec.name == REFERENCE), specs[0])
        self.directory = "target/compare/quick" if options.quick else "target/compare"
        self.results = Results(f"{self.directory}/results.jsonl", options.fresh)
        self.measurements = [
            one for one in measurements.all_measurements(options.quick, self.fixed_rate)
            if one.name in options.only]
        self.rounds = 1 if options.quick else options.rounds
        # Pairs of a cell and why there is nothing in it.
        self.failures = []

    def view(self, pin=None):
        return self.results.view(self.builds, self.machine, pin or self.pin)

    def cell(self, measurement, load, spec, number):
        return {"measurement": measurement, "load": load, "server": spec.name,
                "builds": self.builds, "machine": self.machine, "pin": self.pin,
                "round": number}

    def missing(self):
        """The cells to be measured, in order: one round after the other, and in a round all
        servers at the same load are neighbours. No server is always the first."""
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
            passed = time.monotonic() - started
            left = passed / done * (len(cells) - done) if done else 0
            say(f"[{done + 1}/{len(cells)}, {clock(passed)} gone, {clock(left)} left] "
                f"{report.title(cell)}")
            self.measure(cell, load.run, load.log, spec)

    def measure(self, cell, run, log, spec):
        """A cell that fails, whatever the reason, is told, and tried again by the next run of
        this program."""
        try:
            with Server(spec, log, self.pin) as server:
                tools = Tools(server)
                cell["values"] = run(server, tools)
                cell["commands"] = tools.commands
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            say(f"    failed: {why}")
            self.failures.append((cell, why))
            return
        self.results.add(cell)
        shown = [f"{name} {value:,.6g}" for name, value in cell["values"].items()]
        say("    " + ", ".join(shown))

    def fixed_rate(self):
        """Half of what the reference reaches, to two digits; measured when first asked for."""
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
        text = report.render(self)
        with open(f"{self.directory}/report.md", "w") as file:
            file.write(text)
        print(report.tables(self))
        say(f"{self.directory}/report.md")


def clock(seconds):
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


def allow_many_files():
    """For 10,000 connections, here and in all that is started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def leave_core_0():
    """For what loads the servers, here and in all that is started from here."""
    others = os.sched_getaffinity(0) - {0}
    if not others:
        sys.exit("--pin one needs a second core")
    os.sched_setaffinity(0, others)


def main():
    options = arguments()
    allow_many_files()
    build_models()
    comparison = Comparison(options, chosen_servers(options.servers))
    if options.pin == "one":
        leave_core_0()
    interrupted = False
    try:
        comparison.run()
    except KeyboardInterrupt:
        interrupted = True
        say("stopped; what was measured is kept, and the next run goes on from there")
    plots.draw(comparison)
    comparison.report()
    sys.exit(130 if interrupted else 1 if comparison.failures else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
