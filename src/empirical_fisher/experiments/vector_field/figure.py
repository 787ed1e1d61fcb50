"""Figure 1."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

STAR = {**style.BEST, "markersize": 12}


@mpl.rc_context(style.RC)
def vector_fields(
    data: pd.DataFrame,
    fit: pd.DataFrame,
    field: pd.DataFrame,
    trajectories: pd.DataFrame,
    contours: pd.DataFrame,
) -> Figure:
    """Figure 1: the data with the fitted line, and the vector field of each method.

    Parameters
    ----------
    data
        ``x, target``.
    fit, field, trajectories, contours
        As `vector_field` tabulates them.
    """
    methods = list(field["method"].unique())
    figure = style.new_figure(style.PRINTED, 2.7)
    left, *others = figure.subplots(1, 1 + len(methods))

    left.plot(data["x"], data["target"], ".", color="0.6", markersize=2, rasterized=True)
    ends = np.array([data["x"].min(), data["x"].max()])
    left.plot(ends, fit["b"].item() + fit["theta"].item() * ends, color="black")
    left.set(title="Data\nand the best line", xlabel="x", ylabel="y")

    for axes, method in zip(others, methods, strict=True):
        look = style.METHODS[method]
        layout.contours(axes, contours, "b", "theta")
        arrows = _thinned(field[field["method"] == method])
        places, steps = arrows[["b", "theta"]].to_numpy(), arrows[["db", "dtheta"]].to_numpy()
        axes.quiver(*places.T, *steps.T, angles="xy", color="0.3", width=0.009, zorder=1)
        for _, path in trajectories[trajectories["method"] == method].groupby("start"):
            axes.plot(path["b"], path["theta"], color=look["color"], linestyle=look["linestyle"])
            start = path[["b", "theta"]].iloc[0]
            axes.plot(*start, look["marker"], color=look["color"], markersize=5)
        axes.plot(fit["b"], fit["theta"], **STAR, zorder=5)
        axes.set(title=look["label"].replace(" (", "\n("), xlabel="Intercept b")
        axes.set(xlim=layout.span(contours["b"]), ylim=layout.span(contours["theta"]))
        axes.set_box_aspect(1)
        axes.tick_params(labelleft=axes is others[0])
    others[0].set_ylabel("Slope θ")
    left.set_box_aspect(1)
    layout.legend(figure, _handles())
    return figure


def _thinned(arrows: pd.DataFrame) -> pd.DataFrame:
    """Every other arrow of a field, so that the others can be large."""
    rows, columns = sorted(arrows["theta"].unique())[::2], sorted(arrows["b"].unique())[::2]
    return arrows[arrows["theta"].isin(rows) & arrows["b"].isin(columns)]


def _handles() -> list[Artist]:
    """What the panels of all methods share."""
    arrow: dict[str, Any] = {
        "linestyle": "none",
        "marker": r"$\rightarrow$",
        "color": "0.3",
        "markersize": 10,
    }
    return [
        Line2D([], [], **arrow, label="direction of the step"),
        Line2D([], [], marker="o", color="0.3", markersize=5, label="start and path"),
        Line2D([], [], **STAR, label="minimum"),
        Line2D([], [], color="0.75", linewidth=0.8, label="contours of the loss"),
    ]
