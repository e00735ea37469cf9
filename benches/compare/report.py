"""The report: a Markdown table for each measurement, with a column for each server."""

import os
import platform
import re
import subprocess

import plots

LEGEND = """\
A cell is the median of the rounds. In parentheses the ratio to {reference}: that of the
medians, then the least and the most of the ratios within a round, which visits all servers.
"""


def render(comparison):
    """The whole report."""
    parts = ["# Comparison\n", machine(comparison.specs), ""]
    parts.append(f"Rounds: {comparison.rounds}. Servers run on "
                 f"{'core 0 only' if comparison.pin == 'one' else 'any core'}.\n")
    parts.append(tables(comparison, with_details=True))
    return "\n".join(parts)


def tables(comparison, with_details=False):
    """The tables only; with plots and commands if `with_details`."""
    parts = [LEGEND.format(reference=comparison.reference.name)]
    for measurement in comparison.measurements:
        table = table_of(comparison, measurement)
        if table:
            parts += [f"## {measurement.title}\n", measurement.note, "", *table, ""]
            if with_details:
                parts += plot_links(comparison, measurement) + commands(comparison, measurement)
    return "\n".join(parts + scaling(comparison))


def table_of(comparison, measurement):
    view = comparison.view()
    names = servers_in(view, measurement, comparison)
    rows = []
    for load in measurement.loads:
        for metric in measurement.metrics:
            where = measurement.name, load.name, metric.name
            shown = [cell_text(view, where, metric, name, comparison) for name in names]
            if any(shown):
                title = metric.title if len(measurement.metrics) > 1 else ""
                rows.append([", ".join(filter(None, [load.name, title])), *shown])
    if not rows:
        return []
    if measurement.name == "growth":
        rows.append(["most keys : fewest keys", *growth(view, measurement, names)])
    return markdown(["", *names], rows)


def servers_in(view, measurement, comparison):
    """The servers that have values, the reference last of all."""
    have = {cell["server"] for cell in view.cells if cell["measurement"] == measurement.name}
    names = [spec.name for spec in comparison.specs if spec.name in have]
    return sorted(names, key=lambda name: name == comparison.reference.name)


def cell_text(view, where, metric, server, comparison):
    median = view.median(*where, server)
    if median is None:
        return ""
    shown = metric.shape.format(median)
    ratio = view.ratio(*where, server, comparison.reference.name)
    if ratio is None or server == comparison.reference.name or not metric.compared:
        return shown
    if comparison.rounds == 1:
        return f"{shown} ({ratio[0]:.2f})"
    return f"{shown} ({ratio[0]:.2f}; {ratio[1]:.2f}-{ratio[2]:.2f})"


def growth(view, measurement, names):
    """What is left of the speed at the most keys."""
    fewest, most = measurement.loads[0].name, measurement.loads[-1].name
    for name in names:
        few = view.median(measurement.name, fewest, "rate", name)
        many = view.median(measurement.name, most, "rate", name)
        yield f"{many / few:.2f}" if few and many else ""


def scaling(comparison):
    """Requests a second with any core over those with one, if both were measured."""
    one, both = comparison.view("one"), comparison.view("both")
    names = [spec.name for spec in comparison.specs]
    rows = []
    for measurement in (m for m in comparison.measurements if m.name in ("throughput", "clients")):
        for load in measurement.loads:
            where = measurement.name, load.name, "rate"
            pairs = [(both.median(*where, name), one.median(*where, name)) for name in names]
            shown = [f"{pair[0] / pair[1]:.2f}" if all(pair) else "" for pair in pairs]
            if any(shown):
                rows.append([load.name, *shown])
    return ["## Any core : one core\n", *markdown(["", *names], rows), ""] if rows else []


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def plot_links(comparison, measurement):
    name = plots.file_name(comparison, measurement.name)
    if os.path.exists(os.path.join(comparison.directory, name)):
        return [f"![{measurement.title}]({name})", ""]
    return []


def commands(comparison, measurement):
    """The commands of the last round, each once, with the servers that it was for."""
    found = {}
    for load, server, line in comparison.view().commands(measurement.name):
        found.setdefault(load, {}).setdefault(line, []).append(server)
    lines = ["<details><summary>Commands of the last round</summary>", "", "```"]
    for load, servers_of in found.items():
        lines.append(f"# {load}")
        everybody = max(servers_of.values(), key=len)
        for line, servers in servers_of.items():
            lines.append(line if servers == everybody else f"{line}  # {', '.join(servers)}")
    return [*lines, "```", "</details>", ""]


def machine(specs):
    """What it ran on, as a list."""
    memory = first_match("/proc/meminfo", r"MemTotal:\s+(\d+)")
    rows = [
        ("processor", first_match("/proc/cpuinfo", r"model name.*: (.*)")),
        ("cores", os.cpu_count()),
        ("memory", f"{int(memory) / 1024 / 1024:.1f} GB"),
        ("kernel", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("rustc", output("rustc", "--version")),
        ("redis-server", output("redis-server", "--version").split(" sha")[0]),
        ("tree", output("git", "describe", "--always", "--dirty")),
    ]
    rows += [(spec.name, f"`{spec.command}`") for spec in specs]
    if any(spec.name == "mini-redis" for spec in specs):
        installed = output("cargo", "install", "--list", "--root", "target/peers")
        rows.append(("mini-redis' version", installed.splitlines()[0].rstrip(":")))
    return "\n".join(f"- {name}: {value}" for name, value in rows)


def first_match(path, pattern):
    with open(path) as file:
        found = re.search(pattern, file.read())
    return found.group(1) if found else "0"


def output(*command):
    """What a command says, or a word that it says nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
