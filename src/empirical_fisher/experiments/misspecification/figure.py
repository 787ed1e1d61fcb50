"""Figures 2 and 4."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style


@mpl.rc_context(style.RC)
def misspecification(
    problems: Mapping[str, Mapping[str, str]],
    data: Mapping[str, pd.DataFrame],
    summary: pd.DataFrame,
    ellipses: pd.DataFrame,
    contours: pd.DataFrame,
) -> Figure:
    """Figures 2 and 4: the data, and the quadratic approximations at the minimum.

    Parameters
    ----------
    problems
        For each problem its ``dataset`` and the ``title`` of its column.
    data
        Each data set: ``x1, x2, target`` of classification, ``x, target`` of regression.
    summary, ellipses, contours
        As `misspecification` tabulates them, with a column ``problem``.
    """
    classification = summary["accuracy"].notna().all()
    figure = style.new_figure(2.3 * len(problems), 4.6)
    columns = figure.subplots(2, len(problems), squeeze=False).T
    for (problem, case), (top, bottom) in zip(problems.items(), columns, strict=True):
        minimum = summary[summary["problem"] == problem].iloc[0]
        table = data[case["dataset"]]
        if classification:
            _classes(top, table)
        else:
            _line(top, table, minimum)
        top.set_title(layout.heading(case["title"]))

        window = contours[contours["problem"] == problem]
        layout.contours(bottom, window, "theta_1", "theta_2")
        for matrix, look in style.MATRICES.items():
            curve = ellipses[(ellipses["problem"] == problem) & (ellipses["matrix"] == matrix)]
            bottom.plot(curve["theta_1"], curve["theta_2"], **look)
        bottom.plot(minimum["theta_1"], minimum["theta_2"], "*", color="black", markersize=6)
        bottom.set(xlim=layout.span(window["theta_1"]), ylim=layout.span(window["theta_2"]))
        bottom.set(xlabel="θ₁", ylabel="θ₂")
        for axes in (top, bottom):
            axes.set_box_aspect(1)
    lines = [Line2D([], [], **look) for look in style.MATRICES.values()]
    star = Line2D([], [], linestyle="none", marker="*", color="black", label="minimum θ*")
    classes = [Line2D([], [], linestyle="none", markersize=3, **look) for look in style.CLASSES]
    shared = [*lines, star, Line2D([], [], color="0.75", label="contours of the loss")]
    handles = [*classes, *shared] if classification else shared
    layout.legend(figure, handles)
    return figure


def _classes(axes: Axes, table: pd.DataFrame) -> None:
    """The points of two classes."""
    for label, look in enumerate(style.CLASSES):
        points = table[table["target"] == label]
        axes.scatter(points["x1"], points["x2"], s=3, alpha=0.5, rasterized=True, **look)
    reach = 1.05 * table[["x1", "x2"]].abs().to_numpy().max()
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="x₁", ylabel="x₂")


def _line(axes: Axes, table: pd.DataFrame, minimum: pd.Series) -> None:
    """Points and the line through them that has the slope ``θ₁`` and the intercept ``θ₂``."""
    axes.plot(table["x"], table["target"], ".", color="0.6", markersize=2, rasterized=True)
    ends = np.array(layout.span(table["x"]))
    axes.plot(ends, minimum["theta_1"] * ends + minimum["theta_2"], color="black")
    axes.set(xlabel="x", ylabel="y")
