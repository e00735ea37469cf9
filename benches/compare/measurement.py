"""The form of a measurement: its loads, the metrics of each, and the bars that they must reach."""

import dataclasses
from typing import Callable


@dataclasses.dataclass
class Bar:
    """A limit for the ratio to the reference, or for the figure itself if `of_value`."""
    at_least: float = None
    at_most: float = None
    of_value: bool = False

    def __str__(self):
        sign, limit = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
        return f"{sign} {limit:g}" + ("" if self.of_value else "x")

    def is_met(self, figure):
        if self.at_most is None:
            return figure >= self.at_least
        return figure <= self.at_most


@dataclasses.dataclass
class Load:
    name: str
    run: Callable  # (server, tools) -> metrics
    clients: int = 1
    log: str = "yes"
    # By the name of the metric.
    bars: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Metric:
    name: str
    title: str
    shape: str = "{:,.0f}"
    # Whether the ratio to the reference is meaningful.
    compared: bool = True
    # Another of the values, which this one should come up to.
    wanted: str = ""


@dataclasses.dataclass
class Measurement:
    name: str
    title: str
    note: str
    metrics: list
    loads: list
    # More would tell nothing new.
    most_rounds: int = 1_000

    def is_of(self, choice):
        """Returns whether `choice` is its name, or that of its group."""
        return is_of(self.name, choice)


def is_of(name, choice):
    """Returns whether `choice` is a measurement's name, or that of a group: `types` is that of
    `types-memory`."""
    return name == choice or name.startswith(choice + "-")
