"""Redis's tests that should pass, and those that cannot pass yet.

expected.tsv has a line for each test that a server of strings and hashes should pass: unit, tab,
name. not-yet.tsv lists the expected tests that need a missing part: unit, tab, name, tab, the
part. The name `*` stands for every failing test of that unit.
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def expected():
    """Returns names of tests by unit."""
    units = {}
    for unit, name in rows("expected.tsv", 2):
        units.setdefault(unit, []).append(name)
    return units


def not_yet(units):
    """Returns the missing part of each test, by unit and name. Every row must name an expected
    test."""
    lacking = {unit: {} for unit in units}
    for unit, name, part in rows("not-yet.tsv", 3):
        if unit not in units or name not in ["*", *units[unit]]:
            raise SystemExit(f"not-yet.tsv: not an expected test: {unit}, {name}")
        lacking[unit][name] = part
    return lacking


def rows(name, width):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        found = [line.rstrip("\n").split("\t") for line in file]
    for number, row in enumerate(found, 1):
        if len(row) != width:
            raise SystemExit(f"{name}, line {number}: not {width} columns")
    return found
