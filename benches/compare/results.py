"""The results, one JSON object a line, so that a stopped run can be continued."""

import collections
import json
import os
import statistics

# Two cells are the same if these fields are equal.
KEY = ["measurement", "load", "server", "builds", "machine", "pin", "round"]


class Results:
    """The cells in the file, and those added later."""

    def __init__(self, path, fresh=False):
        self.path = path
        self.cells = {}
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if fresh:
            open(path, "w").close()
        for line in whole_lines(path):
            self.keep(json.loads(line))

    def keep(self, cell):
        self.cells[key(cell)] = cell

    def add(self, cell):
        self.keep(cell)
        with open(self.path, "a") as file:
            file.write(json.dumps(cell) + "\n")

    def __contains__(self, cell):
        return key(cell) in self.cells

    def view(self, builds, machine, pin):
        """Returns the results of these builds on this machine with this pinning."""
        return View([cell for cell in self.cells.values()
                     if cell.get("builds") == builds and cell.get("machine") == machine
                     and cell["pin"] == pin])


def key(cell):
    """Returns a cell's key. Cells of an earlier version of this program may lack a field."""
    return tuple(cell.get(name) for name in KEY)


def whole_lines(path):
    """Returns the complete lines. Cuts off an incomplete last line, which a killed writer
    leaves."""
    with open(path, "ab+") as file:
        file.seek(0)
        whole, newline, _ = file.read().rpartition(b"\n")
        file.truncate(len(whole) + len(newline))
    return whole.splitlines()


class View:
    """Values by measurement, load, metric, server and round."""

    def __init__(self, cells):
        self.cells = cells
        self.values = collections.defaultdict(dict)
        for cell in cells:
            for metric, value in cell["values"].items():
                where = cell["measurement"], cell["load"], metric, cell["server"]
                self.values[where][cell["round"]] = value

    def rounds(self, measurement, load, metric, server):
        """Returns a dict from round to value, empty without values."""
        return self.values.get((measurement, load, metric, server), {})

    def median(self, *where):
        rounds = self.rounds(*where)
        return statistics.median(rounds.values()) if rounds else None

    def ratios(self, measurement, load, metric, server, reference):
        """Returns the ratio within each round that has both values."""
        return paired(self.rounds(measurement, load, metric, server),
                      self.rounds(measurement, load, metric, reference))

    def coverage(self, measurements):
        """Counts the rounds of each load of `measurements` on each server."""
        return collections.Counter(
            " / ".join((cell["measurement"], cell["load"], cell["server"]))
            for cell in self.cells if cell["measurement"] in measurements)

    def loads_before(self):
        """Returns the load of other processes before each run in these results. Cells of an
        earlier version of this program lack it."""
        return [cell["before"] for cell in self.cells if "before" in cell]

    def commands(self, measurement):
        """Returns the commands of the last round: load, server, command."""
        last = {(cell["load"], cell["server"]): cell["commands"]
                for cell in self.cells if cell["measurement"] == measurement}
        return [(load, server, line)
                for (load, server), lines in last.items() for line in dict.fromkeys(lines)]


def paired(ours, theirs):
    """Returns the ratios of values measured in the same round, so that a temporarily slow machine
    affects both values."""
    return [ours[number] / theirs[number] for number in ours if theirs.get(number)]
