"""The plots, as SVG files small enough to be kept: text stays text."""

import os

from measurements import PERCENTILES

try:
    os.environ.setdefault("MPLCONFIGDIR", os.path.abspath("target/compare/matplotlib"))
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
except ImportError:
    pyplot = None

# A server has its colour in every plot; others get the rest in the order of their names.
COLOURS = {
    "threadbare": "#d1495b", "redis": "#30638e", "mini-redis": "#8d99ae", "tokio": "#edae49",
    "tokio-current": "#b5838d", "smol": "#52a675", "mio": "#7d5ba6",
}
OTHERS = ["#00798c", "#a44a3f", "#5f7470", "#3d2c2e"]

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "threadbare", "font.family": "sans-serif",
    "font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#e3e3e3", "axes.axisbelow": True, "legend.frameon": False,
    # GitHub shows the same file on white and on black.
    "figure.facecolor": "white",
}
WIDTH_INCHES, HEIGHT_INCHES = 8.5, 4.2


def draw(comparison):
    """Draws a plot for each measurement that has one. Draws nothing without matplotlib."""
    if pyplot is None:
        return
    drawers = {"clients": by_clients, "latency": percentiles, "connections": by_connections,
               "cpu": cpu_bars}
    with matplotlib.rc_context(STYLE):
        for measurement in comparison.measurements:
            if measurement.name in drawers:
                draw_one(comparison, measurement, drawers[measurement.name])


def draw_one(comparison, measurement, drawer):
    figure = pyplot.figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
    drawer(figure, comparison, measurement)
    handles, names = figure.axes[0].get_legend_handles_labels()
    if handles:
        figure.suptitle(measurement.title, x=0.01, ha="left", weight="bold", size="medium")
        figure.legend(handles, names, loc="outside right center")
        # Without a date, the same results make the same file.
        path = os.path.join(comparison.report_directory, f"{measurement.name}.svg")
        figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def series(comparison, measurement, points):
    """Yields name, colour and medians at `points` for each server that has any. A point is a pair
    of load and metric."""
    view = comparison.view()
    names = [spec.name for spec in comparison.specs]
    others = dict(zip(sorted(set(names) - set(COLOURS)), OTHERS * len(names)))
    for name in names:
        medians = [view.median(measurement.name, load, metric, name) for load, metric in points]
        if any(median is not None for median in medians):
            yield name, COLOURS.get(name) or others[name], medians


def lines(axes, comparison, measurement, places, points):
    """Draws a line for each server."""
    for name, colour, medians in series(comparison, measurement, points):
        known = [(place, median) for place, median in zip(places, medians) if median is not None]
        axes.plot(*zip(*known), label=name, color=colour, marker="o", markersize=4, linewidth=2)


def thousands(axis):
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def number(load):
    return int(load.name.split()[0].replace(",", ""))


def by_clients(figure, comparison, measurement):
    axes = figure.subplots()
    counts = [number(load) for load in measurement.loads]
    points = [(load.name, "rate") for load in measurement.loads]
    lines(axes, comparison, measurement, counts, points)
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    thousands(axes.yaxis)
    axes.set(xlabel="clients, no pipeline", ylabel="GETs a second")


def percentiles(figure, comparison, measurement):
    axes = figure.subplots()
    points = [(measurement.loads[0].name, name) for name in PERCENTILES]
    lines(axes, comparison, measurement, range(len(points)), points)
    axes.set_xticks(range(len(points)), PERCENTILES)
    axes.set_yscale("log")
    thousands(axes.yaxis)
    axes.set(xlabel="percentile", ylabel="latency, microseconds")


def by_connections(figure, comparison, measurement):
    axes = figure.subplots()
    counts = [number(load) for load in measurement.loads]
    points = [(load.name, "total") for load in measurement.loads]
    lines(axes, comparison, measurement, counts, points)
    axes.set_ylim(bottom=0)
    thousands(axes.xaxis)
    axes.set(xlabel="idle connections", ylabel="MB, kernel stacks included")


def cpu_bars(figure, comparison, measurement):
    """Draws a panel for each load, since their scales differ."""
    panels = figure.subplots(1, len(measurement.loads), squeeze=False)[0]
    for axes, load in zip(panels, measurement.loads):
        for place, (name, colour, medians) in enumerate(
                series(comparison, measurement, [(load.name, "cpu")])):
            bar = axes.bar(place, medians[0], label=name, color=colour)
            axes.bar_label(bar, fmt="%.2f", padding=2)
        axes.set_xticks([])
        axes.set_xlabel(load.name)
        axes.grid(axis="x", visible=False)
        axes.margins(y=0.1)
    panels[0].set_ylabel("CPU seconds for a million GETs")
