"""The report: a Markdown table for each measurement, with a column for each server."""

import os
import statistics

import machine
from results import paired

# The server whose figures have to reach the bars.
SUBJECT = "threadbare"
LEGEND = """\
A cell is the median of the rounds. In parentheses the ratio to {reference}: the median of the
ratios within a round, which visits all servers, then the least and the most of them. With ≈ in
front these are on both sides of 1: the rounds do not agree on which server has more. With ?
behind the ratio is of a single round: how far it is off is not known. A server that cannot take
part has a dash. A bar with x is for {subject}'s ratio, another one for its value.
"""
# What counts as having come up to a rate: chance makes it a little less, too.
REACHED = 0.97
# Others may keep so much of the processors busy on a machine that counts as idle.
MOST_BUSY = 0.1
DASH = "—"


def render(comparison):
    """Returns the whole report."""
    parts = ["# Comparison\n", machine.description(comparison.specs), ""]
    cores = ("core 0 only, what loads them on the others" if comparison.pin == "one"
             else "any core, as what loads them does")
    parts.append(f"Servers run on {cores}.\n")
    parts += [roughness(comparison), ""]
    parts.append(tables(comparison, with_details=True))
    return "\n".join(parts)


def roughness(comparison):
    """Describes how reliable the figures are."""
    view = comparison.view()
    rounds = list(view.coverage(comparison.names()).values()) or [0]
    text = f"Rounds: {span(rounds)} of each load ({comparison.rounds} were asked for)."
    before = view.loads_before()
    if not before:
        return text
    busy = [one["busy"] for one in before]
    text += (f" Before it began, others kept {span(busy)} of {os.cpu_count()} processors busy; "
             f"the load average was {span([one['average'] for one in before])}.")
    if max(busy) > MOST_BUSY * os.cpu_count():
        text += " **That is not an idle machine: the figures are rough.**"
    return text


def span(values):
    """Returns the minimum and maximum, or one value if they are equal."""
    return " to ".join(dict.fromkeys(f"{value:,.3g}" for value in (min(values), max(values))))


def tables(comparison, with_details=False):
    """Returns only the tables, with plots and commands if `with_details`."""
    parts = [LEGEND.format(reference=comparison.reference.name, subject=SUBJECT)]
    for measurement in comparison.measurements:
        table = table_of(comparison, measurement)
        if table:
            rounds = comparison.view().coverage([measurement.name]).values()
            note = f"{measurement.note} Rounds: {span(rounds)}."
            parts += [f"## {measurement.title}\n", note, "", *table, ""]
            if with_details:
                parts += plot_links(comparison, measurement) + commands(comparison, measurement)
    return "\n".join(parts + scaling(comparison) + failures(comparison))


def table_of(comparison, measurement):
    view = comparison.view()
    # The reference last of all.
    specs = sorted(comparison.specs, key=lambda spec: spec == comparison.reference)
    names = [spec.name for spec in specs]
    has_bars = any(load.bars for load in measurement.loads)
    rows = []
    for load in measurement.loads:
        for metric in measurement.metrics:
            where = measurement.name, load.name, metric.name
            shown = [cell_text(view, where, metric, name, comparison)
                     or without_value(measurement, load, spec, comparison)
                     for name, spec in zip(names, specs)]
            if set(shown) - {"", DASH}:
                title = metric.title if len(measurement.metrics) > 1 else ""
                shown += [bar_text(view, where, load, comparison)] if has_bars else []
                rows.append([", ".join(filter(None, [load.name, title])), *shown])
    if not rows:
        return []
    if measurement.name == "growth":
        rows.append(["most keys : fewest keys", *growth(view, measurement, names)])
    return markdown(["", *names, *["bar"] * has_bars], rows)


def bar_text(view, where, load, comparison):
    """Returns the bar of a metric, and whether it is met. Without a bar, returns nothing."""
    bar = load.bars.get(where[2])
    if bar is None:
        return ""
    if bar.of_value:
        figure = view.median(*where, SUBJECT)
    else:
        ratios = view.ratios(*where, SUBJECT, comparison.reference.name)
        figure = statistics.median(ratios) if ratios else None
    if figure is None or comparison.reference.name == SUBJECT:
        return str(bar)
    return f"{bar}: met" if bar.is_met(figure) else f"**{bar}: missed**"


def without_value(measurement, load, spec, comparison):
    """Returns the text for a load without a result."""
    if not spec.can(measurement, load) or spec.name in comparison.given_up:
        return DASH
    return "failed" if comparison.failed(measurement.name, load.name, spec.name) else ""


def cell_text(view, where, metric, server, comparison):
    """Returns the value and its ratio, or nothing without a value."""
    median = view.median(*where, server)
    if median is None:
        return ""
    shown = metric.shape.format(median)
    if metric.wanted:
        wanted = view.median(*where[:2], metric.wanted, server)
        shown += "" if median >= REACHED * wanted else f", **not {wanted:,.0f}**"
    ratios = view.ratios(*where, server, comparison.reference.name)
    if not ratios or server == comparison.reference.name or not metric.compared:
        return shown
    return f"{shown} ({ratio_text(ratios)})"


def ratio_text(ratios):
    """Returns the median and the spread of the ratio. Marks it if the rounds disagree about which
    server is ahead."""
    median, least, most = statistics.median(ratios), min(ratios), max(ratios)
    if len(ratios) == 1:
        return f"{median:.2f}?"
    mark = "≈" if least <= 1 <= most else ""
    return f"{mark}{median:.2f}; {least:.2f}-{most:.2f}"


def growth(view, measurement, names):
    """Yields for each server the share of the speed that remains with the most keys."""
    fewest, most = measurement.loads[0].name, measurement.loads[-1].name
    for name in names:
        each = paired(view.rounds(measurement.name, most, "rate", name),
                      view.rounds(measurement.name, fewest, "rate", name))
        yield f"{statistics.median(each):.2f}" if each else ""


def scaling(comparison):
    """Returns requests a second on all cores over requests a second on one, if both were
    measured."""
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


def failures(comparison):
    """Lists the cells of this run that have no result."""
    rows = [f"- {title(cell)}: {why}" for cell, why in comparison.failures]
    return ["## Failed\n", *rows, ""] if rows else []


def title(cell):
    return "{measurement}: {load}: {server}, round {}".format(cell["round"] + 1, **cell)


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def plot_links(comparison, measurement):
    name = f"{measurement.name}.svg"
    if os.path.exists(os.path.join(comparison.report_directory, name)):
        return [f"![{measurement.title}]({name})", ""]
    return []


def commands(comparison, measurement):
    """Lists each command of the last round once, with the servers that it ran on."""
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
