"""The figure of the one-sample Fisher: tables in, figure out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

SETTINGS: dict[str, dict[str, Any]] = {
    "cell": {
        "color": "black",
        "linestyle": (0, (1, 1)),
        "label": "One sample, NGD's best cell",
    },
    "tuned": {
        "color": "#33AA99",
        "linestyle": (0, (4, 1)),
        "label": "One sample, its own best cell",
    },
}
MARKERS = "os^v"


@mpl.rc_context(style.RC)
def monte_carlo(
    by_samples: pd.DataFrame,
    overall: pd.DataFrame,
    samples: Mapping[str, pd.DataFrame],
    traces: Mapping[str, Mapping[str, pd.DataFrame]],
    titles: Mapping[str, str],
) -> Figure:
    """Error against the number of samples, and NGD with one sample beside NGD and EFGD.

    Parameters
    ----------
    by_samples, overall
        As `monte_carlo.errors` tabulates them, with a column ``dataset``.
    samples
        For each data set the traces that `monte_carlo.experiment` tabulates.
    traces
        For each data set and method the table that `search.trace` makes.
    titles
        The heading of each data set's panel.
    """
    blocks, wide = layout.wrapped(1 + len(samples))
    figure = style.new_figure(3 * wide, 2.5 * blocks + 0.6)
    [left], *others = layout.panels(figure, 1 + len(samples))
    lines = _errors(left, by_samples, overall)

    for [axes], dataset in zip(others, samples, strict=True):
        for method, table in traces[dataset].items():
            look = style.curve(style.METHODS, method, len(table))
            axes.plot(table["iteration"], table["loss"], **look)
        start = next(iter(traces[dataset].values()))["loss"].iloc[0]
        for setting, look in SETTINGS.items():
            rows = samples[dataset][samples[dataset]["setting"] == setting]
            for _, path in rows.groupby("run"):
                axes.plot(path["iteration"], path["loss"], **{**look, "linewidth": 0.9})
        axes.set(title=layout.heading(titles[dataset]), xlabel="Iteration", yscale="log")
        axes.set_ylim(top=3 * start)
        _tell_divergence(axes, samples[dataset], 3 * start)
        if axes is others[0][0] or layout.is_leftmost(axes):
            axes.set_ylabel("Loss")
        style.label_plainly(axes.yaxis)
    shown = [style.example(style.METHODS[method]) for method in next(iter(traces.values()))]
    layout.legend(figure, [*shown, *(Line2D([], [], **look) for look in SETTINGS.values()), *lines])
    return figure


def _errors(axes: Axes, by_samples: pd.DataFrame, overall: pd.DataFrame) -> list[Line2D]:
    """The error over the number of samples beside the empirical Fisher's; what its lines are."""
    lines = []
    groups = by_samples.groupby("dataset", sort=False)
    for marker, (dataset, table) in zip(itertools.cycle(MARKERS), groups, strict=False):
        look: dict[str, Any] = {"marker": marker, "markersize": 3, "linewidth": 1, "color": "0.3"}
        look["label"] = f"Mean of S samples, {dataset}"
        lines += axes.plot(table["samples"], table["error"], **look)
        level = overall.loc[overall["dataset"] == dataset, "empirical_fisher_from_fisher"].item()
        places = [table["samples"].min(), table["samples"].max()]
        axes.plot(places, [level] * 2, **{**style.METHODS["EFGD"], "marker": marker, "ms": 4})
    ends = np.array([by_samples["samples"].min(), by_samples["samples"].max()])
    guide = 1.6 * by_samples["error"].max() * np.sqrt(ends[0] / ends)
    lines += axes.plot(ends, guide, color="0.7", linewidth=0.8, label="Slope −1/2")
    axes.set(title="Error at the minimum", xlabel="Samples S", ylabel="Distance from F / ‖F‖")
    axes.set(xscale="log", yscale="log")
    return lines


def _tell_divergence(axes: Axes, samples: pd.DataFrame, top: float) -> None:
    """A word at the top of a panel on the runs that leave it there."""
    last = samples.groupby(["setting", "run"])["loss"].last()
    if not (last < top).all():
        axes.text(0.08, 0.99, "↑ diverged", transform=axes.transAxes, fontsize=7.5, va="top")
