"""The form of a measurement: its loads, and the metrics of each."""

import dataclasses
from typing import Callable


@dataclasses.dataclass
class Load:
    name: str
    run: Callable  # (server, tools) -> metrics
    clients: int = 1
    log: str = "yes"


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
