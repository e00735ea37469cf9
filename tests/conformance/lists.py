"""Redis's tests that should pass, and those that cannot pass yet.

full.tsv has a line for each test that Redis 7.0.15 passes as an external server: unit, tab, name.
not-yet.tsv lists the tests of full.tsv that need a missing part: unit, tab, name, tab, the part.
The name `*` stands for all tests of that unit that have no line of their own. parts.tsv names a
command of each part that a whole unit is about: part, tab, command. A server without the command
lacks the part.
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def expected():
    """Returns names of tests by unit."""
    units = {}
    for unit, name in rows("full.tsv", 2):
        units.setdefault(unit, []).append(name)
    return units


def not_yet(units):
    """Returns the missing part of each test, by unit and name. Every row must name an expected
    test."""
    lacking = {unit: {} for unit in units}
    whole = {}
    for unit, name, part in rows("not-yet.tsv", 3):
        if unit not in units or name not in ["*", *units[unit]]:
            raise SystemExit(f"not-yet.tsv: not an expected test: {unit}, {name}")
        if name == "*":
            whole[unit] = part
        else:
            lacking[unit][name] = part
    for unit, part in whole.items():
        lacking[unit] = {name: part for name in units[unit]} | lacking[unit]
    return lacking


def parts():
    """Returns a command of each part, such as `zadd` or `client|pause`."""
    return {part: command.lower() for part, command in rows("parts.tsv", 2)}


def rows(name, width):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        found = [line.rstrip("\n").split("\t") for line in file]
    for number, row in enumerate(found, 1):
        if len(row) != width:
            raise SystemExit(f"{name}, line {number}: not {width} columns")
    return found
