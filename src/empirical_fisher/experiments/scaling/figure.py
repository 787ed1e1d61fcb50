"""The figure on §4.3: updates far from the optimum. Tables in, figure out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

STYLES = ["dashdot", "dashed", "dotted"]
TITLES = {"TwoPoints": "Two targets, one parameter"}
ASIDE = {"NGD": 0.9, "EFGD": 1.1}  #: marks of both methods stand side by side


@mpl.rc_context(style.RC)
def scaling(
    steps: pd.DataFrame, angles: pd.DataFrame, starts: pd.DataFrame, path: pd.DataFrame
) -> Figure:
    """A column each for the size of the update, the step sizes that work, and the direction.

    Parameters
    ----------
    steps, angles, starts, path
        What the functions of these names in `scaling` tabulate.
    """
    problems = list(steps["problem"].unique())
    figure = style.new_figure(style.PRINTED, 4.8)
    columns = figure.subplots(2, 1 + len(problems)).T
    for problem, (top, bottom) in zip(problems, columns, strict=False):
        _steps(top, steps[steps["problem"] == problem])
        _starts(bottom, starts[starts["problem"] == problem])
        top.set_title(TITLES.get(problem, problem))
    top, bottom = columns[-1]
    _angles(top, angles)
    top.set_title(f"{problems[-1]}, random places")
    bottom.plot(path["iteration"], path["cosine"], **style.LINES["EFGD"])
    bottom.set(xlabel="Iteration", title=f"{problems[-1]}, EFGD from θ = 0")
    for axes in (top, bottom):
        axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        axes.set(ylabel="Cosine of the EFGD, NGD steps", ylim=(-1.05, 1.05), yticks=(-1, 0, 1))
    columns[0][0].set_ylabel("Length of the step, γ = 1")
    columns[0][1].set_ylabel("Step sizes γ that work")
    layout.legend(figure, _handles(steps))
    return figure


def _steps(axes: Axes, table: pd.DataFrame) -> None:
    """Size of the update over size of the gradient, a line for each ray."""
    own = table[table["method"] == "EFGD"]
    for linestyle, (_, damped) in zip(STYLES, own.groupby("damping"), strict=False):
        _lines(axes, damped, style.LINES["EFGD"] | {"linestyle": linestyle})
    natural = table[(table["method"] == "NGD") & (table["damping"] == table["damping"].min())]
    _lines(axes, natural, style.LINES["NGD"])
    axes.set(xlabel="Length of the gradient", xscale="log", yscale="log")


def _lines(axes: Axes, table: pd.DataFrame, look: dict[str, Any]) -> None:
    for _, ray in table.groupby("ray"):
        axes.plot(ray["gradient_norm"], ray["step_norm"], **look | {"linewidth": 0.8})


def _starts(axes: Axes, table: pd.DataFrame) -> None:
    """A mark for every step size that works, over the distance of the start."""
    for method, aside in ASIDE.items():
        good = table[(table["method"] == method) & table["works"]]
        axes.plot(aside * good["distance"], good["step_size"], **_mark(method))
    axes.set(xlabel="Distance of the start", xscale="log", yscale="log")


def _mark(method: str) -> dict[str, Any]:
    return {**style.METHODS[method], "linestyle": "none", "markersize": 2.5}


def _angles(axes: Axes, table: pd.DataFrame) -> None:
    """The cosines over all rays, and the lowest in the metric of the Fisher."""
    edge: dict[str, Any] = {"color": "0.4", "linewidth": 1}
    axes.fill_between(table["distance"], table["lowest"], table["highest"], color="0.9")
    axes.plot(table["distance"], table["lowest"], **edge, label="lowest, highest")
    axes.plot(table["distance"], table["highest"], **edge)
    axes.plot(table["distance"], table["median"], **style.LINES["EFGD"] | {"label": "median"})
    metric: dict[str, Any] = {"color": "black", "linestyle": "dotted"}
    axes.plot(table["distance"], table["fisher_lowest"], **metric, label="lowest, Fisher metric")
    axes.set(xlabel="Distance from the minimum", xscale="log")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.06))


def _handles(steps: pd.DataFrame) -> list[Line2D]:
    """A line for each method and damping."""
    look = style.LINES["EFGD"]
    return [
        style.example(style.METHODS["NGD"]),
        Line2D([], [], **_mark("EFGD")),
        *(
            Line2D([], [], **look | {"linestyle": each, "label": f"EFGD, damping λ = {damping:g}"})
            for each, damping in zip(STYLES, sorted(steps["damping"].unique()), strict=False)
        ),
    ]
