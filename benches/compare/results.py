"""The results, one JSON object a line, so that a run can be stopped and gone on with."""

import collections
import json
import os
import statistics

# What makes two cells the same cell.
KEY = ["measurement", "load", "server", "build", "pin", "round"]


class Results:
    """The cells that are in the file, and those to come."""

    def __init__(self, path, fresh=False):
        self.path = path
        self.cells = {}
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path) and not fresh:
            with open(path) as lines:
                for line in lines:
                    self.keep(json.loads(line))
        else:
            open(path, "w").close()

    def keep(self, cell):
        self.cells[tuple(cell[name] for name in KEY)] = cell

    def add(self, cell):
        self.keep(cell)
        with open(self.path, "a") as file:
            file.write(json.dumps(cell) + "\n")

    def __contains__(self, cell):
        return tuple(cell[name] for name in KEY) in self.cells

    def view(self, builds, pin):
        """The results of these builds, a dict from server to build, pinned like that."""
        return View([cell for cell in self.cells.values()
                     if builds.get(cell["server"]) == cell["build"] and cell["pin"] == pin])


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

    def ratio(self, measurement, load, metric, server, reference):
        """Of the medians, then the least and the most of any round; None without both, and if
        the reference's is nothing."""
        ours = self.rounds(measurement, load, metric, server)
        theirs = self.rounds(measurement, load, metric, reference)
        each = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
        reference_median = self.median(measurement, load, metric, reference)
        if not each or not reference_median:
            return None
        return statistics.median(ours.values()) / reference_median, min(each), max(each)

    def commands(self, measurement):
        """The commands of the last round: load, server, command."""
        last = {(cell["load"], cell["server"]): cell["commands"]
                for cell in self.cells if cell["measurement"] == measurement}
        return [(load, server, line)
                for (load, server), lines in last.items() for line in dict.fromkeys(lines)]
