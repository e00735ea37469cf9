"""Which tests of Redis's suite should pass, and which cannot yet.

expected.tsv has a line for each test that a server of strings and hashes should pass: unit, tab,
name. not-yet.tsv has those of them that need a part which is not there: unit, tab, name, tab,
the part. A `*` for the name stands for whatever fails in that unit.
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def expected():
    """Names of tests by unit."""
    units = {}
    for unit, name in rows("expected.tsv", 2):
        units.setdefault(unit, []).append(name)
    return units


def not_yet(units):
    """What each test lacks, by unit and name; every row must name an expected test."""
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
