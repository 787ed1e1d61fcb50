"""The figure of the one-sample Fisher: tables in, figure out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

SETTINGS: dict[str, dict[str, Any]] = {
    "cell": {
        "color": "black",
        "linestyle": (0, (1, 1)),
        "label": "one sample, NGD's step size and damping",
    },
    "tuned": {
        "color": "#33AA99",
        "linestyle": (0, (4, 1)),
        "label": "one sample, best of the small grid",
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
    figure = style.new_figure(2.3 * wide, 2.4 * blocks + 0.3)
    [left], *others = layout.panels(figure, 1 + len(samples))
    groups = by_samples.groupby("dataset", sort=False)
    for marker, (dataset, table) in zip(itertools.cycle(MARKERS), groups, strict=False):
        line: dict[str, Any] = {"marker": marker, "markersize": 3, "linewidth": 1}
        left.plot(table["samples"], table["error"], color="0.3", label=dataset, **line)
        level = overall.loc[overall["dataset"] == dataset, "empirical_fisher_from_fisher"].item()
        left.axhline(level, color=style.METHODS["EFGD"]["color"], linestyle="dashdot", zorder=0)
        left.plot(table["samples"].max(), level, marker, color=style.METHODS["EFGD"]["color"], ms=4)
    ends = np.array([by_samples["samples"].min(), by_samples["samples"].max()])
    guide = by_samples["error"].max() * np.sqrt(ends[0] / ends)
    left.plot(ends, 1.6 * guide, color="0.7", linewidth=0.8, label="slope −1/2")
    left.plot([], [], label="empirical Fisher", **_without_label(style.METHODS["EFGD"]))
    left.set(xscale="log", yscale="log", xlabel="Samples S", ylabel="‖mean of S − F‖ / ‖F‖")
    left.set(title="Error at the minimum")
    left.set_ylim(bottom=by_samples["error"].min() / 30)  # room for the legend
    left.legend(loc="lower left")

    for [axes], dataset in zip(others, samples, strict=True):
        for method, table in traces[dataset].items():
            axes.plot(table["iteration"], table["loss"], **style.METHODS[method])
        start = next(iter(traces[dataset].values()))["loss"].iloc[0]
        for setting, look in SETTINGS.items():
            rows = samples[dataset][samples[dataset]["setting"] == setting]
            for _, path in rows.groupby("run"):
                axes.plot(path["iteration"], path["loss"], **{**look, "linewidth": 0.9})
        axes.set(title=layout.heading(titles[dataset]), xlabel="Iteration", yscale="log")
        axes.set_ylim(top=10 * start)
        if axes is others[0][0] or layout.is_leftmost(axes):
            axes.set_ylabel("Loss")
        style.label_plainly(axes.yaxis)
    shown = [style.METHODS[method] for method in next(iter(traces.values()))]
    lines = [Line2D([], [], **look) for look in (*shown, *SETTINGS.values())]
    layout.legend(figure, lines)
    return figure


def _without_label(look: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in look.items() if name != "label"}
