"""The figure on §4.2: the empirical Fisher at the minimum. Tables in, figure out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical_fisher.pipeline import style

LOOKS: list[dict[str, Any]] = [
    {"color": "black", "marker": "o", "linestyle": "solid"},
    {"color": "0.35", "marker": "s", "linestyle": "dashed"},
    {"color": "0.6", "marker": "^", "linestyle": "dotted"},
]
RATE: dict[str, Any] = {
    "color": "black",
    "linewidth": 0.8,
    "linestyle": (0, (8, 3)),
    "label": "2 / √N",
}
HESSIAN = {**style.MATRICES["fisher"], "label": "Hessian"}
TASKS = {"regression": "Linear regression", "binary": "Logistic regression"}


@mpl.rc_context(style.RC)
def consistency(
    sizes: Mapping[str, pd.DataFrame], outliers: pd.DataFrame, capacity: pd.DataFrame
) -> Figure:
    """More examples, worse outliers, and larger models of two kinds.

    Parameters
    ----------
    sizes
        For each data set what `consistency.against_size` tabulates.
    outliers, capacity
        What `consistency.outliers` and `capacity.sweep` tabulate.
    """
    figure = style.new_figure(6.8, 5.4)
    (left, right), lower = figure.subplots(2, 2)
    _sizes(left, sizes)
    wrong = outliers[outliers["leverage"] > 1]  # at 1 the model is right, and the distance 0
    right.plot(wrong["leverage"], wrong["empirical_fisher_from_fisher"], **LOOKS[0], markersize=4)
    right.set(
        title="Logistic regression, worse outliers",
        xlabel="Leverage k of the outliers",
        ylabel="Distance ‖EF − F‖ / ‖F‖",
        xscale="log",
        yscale="log",
    )
    style.label_plainly(right.xaxis)
    for axes, (task, title) in zip(lower, TASKS.items(), strict=True):
        _capacity(axes, capacity[capacity["task"] == task])
        axes.set_title(f"{title}, larger models")
    lower[0].legend()
    bounds = [axes.get_ylim() for axes in lower]
    for axes in lower:
        axes.set_ylim(min(low for low, _ in bounds), max(high for _, high in bounds))
    return figure


def _sizes(axes: Axes, sizes: Mapping[str, pd.DataFrame]) -> None:
    """Every seed a thin line, their mean a thick one, and the Monte Carlo rate."""
    column = "empirical_fisher_from_fisher"
    for look, (name, table) in zip(LOOKS * len(sizes), sizes.items(), strict=False):
        for _, seed in table.groupby("seed"):
            axes.plot(seed["size"], seed[column], color=look["color"], linewidth=0.4, alpha=0.6)
        mean = table.groupby("size")[column].mean()
        axes.plot(mean.index, mean, **look, markersize=4, label=name)
    ends = np.array([table["size"].agg(["min", "max"]) for table in sizes.values()])[0]
    axes.plot(ends, 2 / np.sqrt(ends), **RATE)
    axes.plot([], [], color="0.4", linewidth=0.4, label="one seed")
    axes.set(title="Logistic regression, more examples", xlabel="Examples N")
    axes.set(ylabel="Distance ‖EF − F‖ / ‖F‖", xscale="log", yscale="log")
    axes.legend(loc="lower left")


def _capacity(axes: Axes, table: pd.DataFrame) -> None:
    """The mean of the diagonals, every seed a thin line."""
    ratio = "parameters_per_example"
    looks = {"hessian": HESSIAN, "empirical_fisher": style.MATRICES["empirical_fisher"]}
    for column, look in looks.items():
        for _, seed in table.groupby("seed"):
            axes.plot(seed[ratio], seed[column], color=look["color"], linewidth=0.4, alpha=0.6)
        mean = table.groupby(ratio)[column].mean()
        axes.plot(mean.index, mean, **look)
    axes.axvline(1, color="0.6", linewidth=0.6, zorder=0)
    axes.set(xlabel="Parameters per example D / N", ylabel="Mean diagonal entry", yscale="log")
