"""The figures of Proposition 2 and of §4.1: tables in, figures out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import style

SIDES: dict[str, dict[str, Any]] = {
    "bound": {"color": "black", "linestyle": "solid", "label": "r(θ) β, β proven"},
    "sharpest": {"color": "0.6", "linestyle": (0, (8, 2)), "label": "r(θ) max ‖∇²f‖ at this θ"},
    "squared": {"color": "#117733", "linestyle": "dashdot", "label": "‖∇²L − G‖², as printed"},
    "remainder": {"color": "#117733", "linestyle": "dashed", "label": "‖∇²L − G‖"},
}
NORMS: dict[str, dict[str, Any]] = {
    **style.MATRICES,
    "fisher_remainder": {**SIDES["remainder"], "label": "Hessian − Fisher"},
}
RESIDUALS: dict[str, dict[str, Any]] = {
    "Gaussian": {"color": "#117733", "linestyle": "dashed", "label": "a = −log p(y|b), Gaussian"},
    "Bernoulli": {"color": "black", "linestyle": "solid", "label": "a = −log p(y|b), Bernoulli"},
    "categorical": {"color": "0.5", "linestyle": "dotted", "label": "a = −log p(y|b), categorical"},
    "empirical": {**style.LINES["EFGD"], "label": "a = −log b, b = p(y|f), any"},
}


@mpl.rc_context(style.RC)
def remainder(training: pd.DataFrame, repeated: pd.DataFrame) -> Figure:
    """Both sides of Proposition 2: along training, and at its end with every example repeated.

    Parameters
    ----------
    training, repeated
        As `remainder.experiment` makes them.
    """
    problems = list(training["problem"].unique())
    figure = style.new_figure(6.4, 2.2 * len(problems) + 0.5)
    rows = figure.subplots(len(problems), 2, sharex="col", squeeze=False)
    for problem, (left, right) in zip(problems, rows, strict=True):
        for axes, table, x in ((left, training, "iteration"), (right, repeated, "copies")):
            table = table[table["problem"] == problem]
            curves = {
                "bound": table["residual"] * table["smoothness"],
                "sharpest": table["residual"] * table["curvature"],
                "squared": table["remainder"] ** 2,
                "remainder": table["remainder"],
            }
            for name, curve in curves.items():
                axes.plot(table[x], curve, **SIDES[name])
            axes.set(yscale="log")
        left.set(ylabel=f"{problem.capitalize()}:\nboth sides of Eq. 13")
        right.set(xscale="log")
    rows[0][0].set_title("Along training")
    rows[0][1].set_title("At its end, examples repeated")
    rows[-1][0].set_xlabel("Iteration")
    rows[-1][1].set_xlabel("Copies of every example")
    figure.align_xlabels()
    lines = [Line2D([], [], **look) for look in SIDES.values()]
    figure.legend(handles=lines, loc="outside lower center", ncols=2)
    return figure


@mpl.rc_context(style.RC)
def splits(memorised: pd.DataFrame, residuals: pd.DataFrame) -> Figure:
    """Fisher and empirical Fisher as all data are fitted, and the residual gradients behind them.

    Parameters
    ----------
    memorised, residuals
        As `splits.experiment` makes them.
    """
    problems = list(memorised["problem"].unique())
    figure = style.new_figure(2.4 * (len(problems) + 1), 3.2)
    *columns, last = figure.subplots(1, len(problems) + 1)
    for problem, axes in zip(problems, columns, strict=True):
        for _, table in memorised[memorised["problem"] == problem].groupby("start"):
            for name, look in NORMS.items():
                share = table[name] / table["hessian"]
                axes.plot(table["iteration"], share, **{**look, "linewidth": 0.8})
        axes.set(title=f"{problem.capitalize()}, curvature", xlabel="Iteration", yscale="log")
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, memorised[memorised["problem"] == problem]["iteration"].max())
    columns[0].set_ylabel("Spectral norm / that of the Hessian")

    for name, table in residuals.groupby("likelihood", sort=False):
        table = table.sort_values("probability")
        last.plot(table["probability"], table["canonical"], **RESIDUALS[name])
    table = residuals.sort_values("probability")
    last.plot(table["probability"], table["empirical"], **RESIDUALS["empirical"])
    last.axhline(1, color="0.6", linewidth=0.6, zorder=0)
    last.set(title="Residual gradients", xlabel="Probability b of the label", ylabel="Length ‖∇a‖")
    last.set(xlim=(0, 1.02), ylim=(0, 4))
    norms = [Line2D([], [], **look) for look in NORMS.values()]
    figure.legend(handles=norms, loc="outside lower left", ncols=2)
    gradients = [Line2D([], [], **look) for look in RESIDUALS.values()]
    figure.legend(handles=gradients, loc="outside lower right", ncols=2)
    return figure
