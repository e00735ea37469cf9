"""The results, one JSON object a line, so that a run can be stopped and gone on with."""

import collections
import json
import os
import statistics

# What makes two cells the same cell.
KEY = ["measurement", "load", "server", "builds", "machine", "pin", "round"]


class Results:
    """The cells that are in the file, and those to come."""

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
        """The results of a comparison of these builds on this machine, pinned like that."""
        return View([cell for cell in self.cells.values()
                     if cell.get("builds") == builds and cell.get("machine") == machine
                     and cell["pin"] == pin])


def key(cell):
    """Cells of an earlier version of this program may lack something."""
    return tuple(cell.get(name) for name in KEY)


def whole_lines(path):
    """A last line that is not whole, since its writer was killed, is cut off."""
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
        """A dict from round to value; empty if there is none."""
        return self.values.get((measurement, load, metric, server), {})

    def median(self, *where):
        rounds = self.rounds(*where)
        return statistics.median(rounds.values()) if rounds else None

    def ratios(self, measurement, load, metric, server, reference):
        """The ratio within each round that has both."""
        return paired(self.rounds(measurement, load, metric, server),
                      self.rounds(measurement, load, metric, reference))

    def coverage(self, measurements):
        """How many rounds there are of each load of `measurements` on each server."""
        return collections.Counter(
            " / ".join((cell["measurement"], cell["load"], cell["server"]))
            for cell in self.cells if cell["measurement"] in measurements)

    def loads_before(self):
        """What others did on the machine before each run that these results are from. Cells
        of an earlier version of this program do not say."""
        return [cell["before"] for cell in self.cells if "before" in cell]

    def commands(self, measurement):
        """The commands of the last round: load, server, command."""
        last = {(cell["load"], cell["server"]): cell["commands"]
                for cell in self.cells if cell["measurement"] == measurement}
        return [(load, server, line)
                for (load, server), lines in last.items() for line in dict.fromkeys(lines)]


def paired(ours, theirs):
    """The ratios of what was measured in the same round, so that a machine which is slow for a
    while is so for both."""
    return [ours[number] / theirs[number] for number in ours if theirs.get(number)]
