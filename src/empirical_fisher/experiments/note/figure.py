"""The figure of the note: tables in, figure out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

SHAPES = {
    "many": "more examples than parameters",
    "few": "fewer examples than parameters",
}
QUESTIONS = {
    "binary": ("Classification, flipped labels", "Error rate on clean data"),
    "regression": ("Regression, outliers", "Squared error on clean data"),
}


@mpl.rc_context(style.RC)
def note(
    conditions: pd.DataFrame,
    comparison: pd.DataFrame,
    reductions: pd.DataFrame,
    reparametrization: pd.DataFrame,
    trials: pd.DataFrame,
) -> Figure:
    """The constrained problem, the reductions, the invariance and the closing question.

    Parameters
    ----------
    conditions, comparison, reductions, reparametrization
        As `note.measure` tabulates them.
    trials
        As `contamination.trials` tabulates them.
    """
    figure = style.new_figure(6.4, 9.4)
    rows = figure.subplots(4, 2)
    _problem(rows[0][0], rows[0][1], conditions, comparison)
    for axes, shape in zip(rows[1], SHAPES, strict=True):
        _by_method(axes, reductions[reductions["shape"] == shape], "variation")
        axes.set(title=f"Are all losses reduced alike?\n{SHAPES[shape].capitalize()}")
        axes.set(ylabel="Variation of the reductions")
        if shape == "many":  # all much alike, and the draws differ by more
            axes.set(yscale="linear", ylim=(0, None))
            for band in list(axes.collections):
                band.remove()
    for axes, shape in zip(rows[2], SHAPES, strict=True):
        table = reparametrization[reparametrization["shape"] == shape]
        _by_method(axes, table, "step_difference")
        if shape == "few":
            _by_method(axes, table, "prediction_difference", linewidth=0.7)
            _tell_widths(axes)
        axes.set(title=f"Do other parameters θ = Aφ matter?\n{SHAPES[shape].capitalize()}")
        axes.set(ylabel="Relative difference of steps")
    for axes, (task, (title, label)) in zip(rows[3], QUESTIONS.items(), strict=True):
        _errors(axes, trials[trials["task"] == task])
        axes.set(title=f"Do wrong targets do harm?\n{title}", ylabel=label)
    methods = reductions["method"].unique()
    layout.legend(figure, [Line2D([], [], **style.LINES[method]) for method in methods])
    return figure


def _problem(left: Axes, right: Axes, conditions: pd.DataFrame, comparison: pd.DataFrame) -> None:
    """The angle and the shortfall over ``c``, and what is left of the conditions over ``ε``."""
    looks = {"angle": "solid", "shortfall": "dotted"}
    names = {"angle": "angle (rad)", "shortfall": "share of the decrease missed"}
    for column, linestyle in looks.items():
        look = {"color": style.METHODS["EFGD"]["color"], "linestyle": linestyle}
        _band(left, comparison, "change", column, **look, label=names[column])
    left.set(xscale="log", yscale="log", xlabel="Mean squared change of the losses c")
    left.set(title="How far is EFGD's step\nfrom the exact solution?", ylabel="Difference")
    left.set_ylim(bottom=comparison["shortfall"].min() / 1e4)  # room for the legend
    left.legend(loc="lower right")
    shown = conditions[conditions["stationarity"] > 0]
    look = {key: style.LINES["EFGD"][key] for key in ("color", "linestyle")}
    _band(right, shown, "damping", "stationarity", **look)
    right.set(xscale="log", yscale="log", xlabel="Damping ε", ylabel="Violation of optimality")
    right.set(title="How much does damping\ndistort EFGD's step?")


def _by_method(axes: Axes, table: pd.DataFrame, column: str, **look: Any) -> None:
    for method, lines in table.groupby("method", sort=False):
        style_of = {**style.LINES[str(method)], **look}
        _band(axes, lines, "damping", column, **style_of)
    axes.set(xscale="log", yscale="log", xlabel="Damping ε")


def _band(axes: Axes, table: pd.DataFrame, x: str, y: str, **look: Any) -> None:
    """The median of all draws, and a band from the lowest to the highest."""
    spread = table.groupby(x)[y].agg(["median", "min", "max"])
    axes.plot(spread.index, spread["median"], **look)
    axes.fill_between(
        spread.index, spread["min"], spread["max"], color=look["color"], alpha=0.15, linewidth=0
    )


def _tell_widths(axes: Axes) -> None:
    """What thick and thin lines are."""
    widths = {"parameters": mpl.rcParams["lines.linewidth"], "predictions": 0.7}
    lines = [Line2D([], [], color="0.3", lw=width, label=what) for what, width in widths.items()]
    axes.legend(handles=lines, loc="lower right")


def _errors(axes: Axes, table: pd.DataFrame) -> None:
    """Mean and standard error of the clean error over the fraction of wrong targets."""
    sizes = sorted(table["size"].unique())
    methods = list(table["method"].unique())
    for method in methods:
        look = style.METHODS[method]
        for size in sizes:
            group = table[(table["method"] == method) & (table["size"] == size)]
            errors = group.groupby("fraction")["clean_error"].agg(["mean", "sem"])
            aside = 0.004 * (methods.index(method) - 1)
            axes.errorbar(
                errors.index + aside,
                errors["mean"],
                errors["sem"],
                **{**look, "label": None, "markersize": 3.5},
                linewidth=1,
                markerfacecolor=look["color"] if size == sizes[0] else "white",
            )
            if method == methods[-1]:
                axes.annotate(
                    f"N = {size}",
                    (errors.index[-1], errors["mean"].iloc[-1]),
                    (6, 0),
                    textcoords="offset points",
                    fontsize=7,
                    va="center",
                    annotation_clip=False,
                )
    axes.set_xlabel("Fraction of wrong targets")
    axes.set_xticks(np.unique(table["fraction"]))
    axes.margins(x=0.2)
