"""The scorecard: a row for each method, a panel for each question, a marker for each problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

PANELS = {
    "excess": ("Final loss\nover NGD's", "log"),
    "iterations": ("Iterations to\nthe best loss", "linear"),
    "share_2_times": ("Share of grid\nwithin 2 × best", "linear"),
    "median_cosine": ("Median cosine\nto NGD", "linear"),
    "median_quality": ("Median quality\nover NGD's", "log"),
}
"""Columns of the table, with ``excess`` for the ratio of final losses, and their scales."""


@mpl.rc_context(style.RC)
def figure(scores: pd.DataFrame, titles: Mapping[str, str], labels: Mapping[str, str]) -> Figure:
    """Draw the scorecard; a marker that is missing is a number that there is not.

    Parameters
    ----------
    scores
        The table of `experiment.scorecard`.
    titles, labels
        What to call each data set, and each method, in the order of the rows.
    """
    scores = scores.assign(excess=scores["excess_over_ngd"] + 1)
    drawn = style.new_figure(style.PRINTED, 1.6 + 0.24 * len(labels))
    rows = {name: -float(row) for row, name in enumerate(labels)}
    panels = drawn.subplots(1, len(PANELS), sharey=True)
    apart = np.linspace(0.22, -0.22, len(titles)) if len(titles) > 1 else [0.0]
    looks: dict[str, dict[str, Any]] = {
        dataset: {
            "color": style.COLORS[place % len(style.COLORS)],
            "marker": style.MARKERS[place % len(style.MARKERS)],
            "linestyle": "none",
            "markersize": 4,
            "label": layout.heading(title),
        }
        for place, (dataset, title) in enumerate(titles.items())
    }
    for axes, (column, (title, scale)) in zip(panels, PANELS.items(), strict=True):
        for row in rows.values():
            axes.axhline(row, color="0.9", linewidth=0.6, zorder=0)
        for dataset, shift in zip(titles, apart, strict=True):
            table = scores[scores["dataset"] == dataset]
            axes.plot(table[column], table["method"].map(rows) + shift, **looks[dataset])
        axes.set(title=title, xscale=scale)
        if column in ("excess", "median_quality"):
            axes.axvline(1, color="0.6", linewidth=0.6, zorder=0)
            style.label_plainly(axes.xaxis)
    names = [label.replace("$", r"\$") for label in labels.values()]
    panels[0].set_yticks([*rows.values()], labels=names)
    layout.legend(drawn, [Line2D([], [], **look) for look in looks.values()])
    return drawn
