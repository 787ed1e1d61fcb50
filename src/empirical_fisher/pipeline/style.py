"""The look of all figures: one colour, line style and marker per method, legible without colour.

What is not a method has a colour of its own.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullLocator

from .files import write_whole
from .numerals import number

METHODS: dict[str, dict[str, Any]] = {
    "GD": {
        "color": "#004488",
        "linestyle": "dashed",
        "marker": "o",
        "label": "Gradient descent (GD)",
    },
    "NGD": {
        "color": "#DDAA33",
        "linestyle": "solid",
        "marker": "s",
        "label": "Natural gradient (NGD)",
    },
    "EFGD": {
        "color": "#BB5566",
        "linestyle": (0, (5, 1, 1, 1)),
        "marker": "^",
        "label": "Empirical Fisher (EFGD)",
    },
}
LINES: dict[str, dict[str, Any]] = {  #: the looks of lines without markers
    method: {key: value for key, value in look.items() if key != "marker"}
    for method, look in METHODS.items()
}
#: Of methods that are not in the paper, in turn. Their numbers have no common divisor, so that 72
#: methods differ in one of the two.
COLORS = (
    *("#332288", "#44AA99", "#999933", "#AA4499", "#88CCEE", "#117733", "#882255", "#CC6677"),
    "#777777",
)
MARKERS = ("D", "v", "P", "X", "<", ">", "p", "h")
MATRICES: dict[str, dict[str, Any]] = {
    "fisher": {**LINES["NGD"], "label": "Fisher"},
    "empirical_fisher": {**LINES["EFGD"], "label": "empirical Fisher"},
}
CLASSES: list[dict[str, Any]] = [
    {"color": "0.25", "marker": "o", "label": "y = 0"},
    {"color": "#33AA99", "marker": "^", "label": "y = 1"},
]
CONTOURS: dict[str, Any] = {"colors": "0.75", "linewidths": 0.6, "zorder": 0}
LOSSES: dict[str, Any] = {"cmap": "viridis_r", "shading": "nearest", "rasterized": True}
DIVERGED: dict[str, Any] = {**LOSSES, "cmap": "gray_r", "vmin": 0.0, "vmax": 1.0}
PRUNED: dict[str, Any] = {"facecolor": "0.93", "edgecolor": "0.7", "hatch": "/////", "linewidth": 0}
CURVE: dict[str, Any] = {"linestyle": "solid", "linewidth": 1.2, "markersize": 4}
MARKERS_PER_CURVE = 6
BEST: dict[str, Any] = {
    "linestyle": "none",
    "marker": "*",
    "markersize": 9,
    "color": "black",
    "markeredgecolor": "white",
}

RC: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "hatch.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "empirical-fisher",
    "savefig.dpi": 200,
}


def looks(recipes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Colour, marker and label of the curves of methods.

    Parameters
    ----------
    recipes
        What a configuration says of each: a ``label`` or a ``color``, if it does, and the ``place``
        of one that is not in the paper among such methods.
    """
    found = {}
    for name, recipe in recipes.items():
        place = recipe.get("place", 0)
        cycle = {"color": COLORS[place % len(COLORS)], "marker": MARKERS[place % len(MARKERS)]}
        look = METHODS.get(name, {**cycle, "label": name})
        own = {key: recipe[key] for key in ("color", "label") if key in recipe}
        found[name] = {**look, **own}
        found[name]["label"] = found[name]["label"].replace("$", r"\$")
    return found


PRINTED = 7.2  #: inches that a page of A4 or letter paper leaves between its margins


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure in this style, in inches; no wider than print allows."""
    with mpl.rc_context(RC):
        return Figure(figsize=(min(width, PRINTED), height), layout="constrained")


def curve(looks: Mapping[str, Mapping[str, Any]], method: str, points: int) -> dict[str, Any]:
    """How to draw a line of many points, of which some have markers, beside those of other methods.

    It is solid: dashes make a jagged line illegible. Where lines coincide, markers stand apart.
    """
    apart = max(1, points // MARKERS_PER_CURVE)
    first = apart * list(looks).index(method) // len(looks)
    return {**looks[method], **CURVE, "markevery": (first, apart)}


def example(look: Mapping[str, Any]) -> Line2D:
    """A method's entry in the legend of curves."""
    return Line2D([], [], **{**look, **CURVE})


SHORT = 0.45  #: decades of an axis that has room for every digit
MOST_TICKS = 5  #: powers of ten on an axis as short as a panel is wide


TINIEST, HUGEST = 1e-300, 1e300  #: ends of a logarithmic axis, with room for its margins


def round_values(low: float, high: float) -> list[float]:
    """Values for the ticks of a logarithmic axis: the longer it is, the fewer per decade."""
    decades = np.log10(high / low)
    if decades < SHORT:
        digits = list(range(1, 10))
    else:
        digits = [1] if decades > 2 else [1, 2, 5] if decades > 1 else [1, 2, 3, 5, 7]
    apart = max(1, np.ceil(decades / MOST_TICKS))
    powers = 10.0 ** np.arange(np.ceil(np.log10(high)), np.floor(np.log10(low)) - 1, -apart)[::-1]
    return [
        value for power in powers for digit in digits if low <= (value := digit * power) <= high
    ]


def plain_ticks(low: float, high: float) -> dict[str, Any]:
    """Two ticks at least for a logarithmic axis, and what they say: round values if it has them."""
    ticks = round_values(low, high)
    if len(ticks) < 2:
        every = MaxNLocator(4).tick_values(low, high)
        ticks = [tick for tick in every if low <= tick <= high]
    return {"ticks": ticks, "labels": [number(tick, digits=10) for tick in ticks]}


def label_plainly(axis: Axis) -> None:
    """Give a logarithmic axis of less than two decades, as it now is, ticks in plain numbers."""
    low, high = axis.get_view_interval()
    if high < 100 * low:
        axis.set_ticks(**plain_ticks(low, high))
        axis.set_minor_locator(NullLocator())


def settle(figure: Figure) -> None:
    """Give logarithmic axes with nothing on them, or with more than floats hold, limits to draw."""
    for axes in figure.axes:
        for axis, set_limits in ((axes.xaxis, axes.set_xlim), (axes.yaxis, axes.set_ylim)):
            low, high = axis.get_view_interval()
            if axis.get_scale() == "log" and not TINIEST <= low < high <= HUGEST:
                low, high = np.clip((low, high), TINIEST, HUGEST)
                set_limits((low, high) if low < high and axes.has_data() else (1, 10))


UNDATED: dict[str, dict[str, Any]] = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


def save(figure: Figure, *paths: str) -> None:
    """Write a figure to files of the formats that they are named after, the same bytes always."""
    settle(figure)
    for path in map(Path, paths):
        dated = UNDATED.get(path.suffix, {})
        drawn = io.BytesIO()
        with mpl.rc_context(RC):
            figure.savefig(drawn, format=path.suffix[1:], metadata=dated)
        write_whole(drawn.getvalue(), path)
