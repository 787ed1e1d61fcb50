"""The figure of variance adaptation: tables in, figure out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

MATRICES = {
    "identity": "none",
    "diagonal": "diagonal",
    "printed": "Eq. 19",
    "transposed": "(Eq. 19)ᵀ",
}
PATHS: dict[str, dict[str, Any]] = {
    "SGD": {"color": "black", "linestyle": "solid", "label": "none (SGD): g"},
    "diagonal": {"color": "#33AA99", "linestyle": "dotted", "label": "diagonal: D g"},
    "printed": {
        "color": "#AA4499",
        "linestyle": (0, (6, 1.5)),
        "label": "Eq. 19: S⁻¹∇L∇Lᵀg",
    },
    "transposed": {
        "color": "#AA4499",
        "linestyle": (0, (1, 1)),
        "label": "(Eq. 19)ᵀ: ∇L∇LᵀS⁻¹g",
    },
    "EF": {**style.LINES["EFGD"], "label": "EF: S⁻¹g"},
    "square root": {
        "color": "0.55",
        "linestyle": (0, (3, 1, 1, 1, 1, 1)),
        "label": "√diag EF: g/√diag S",
    },
    "Fisher": {**style.LINES["NGD"], "label": "Fisher: F⁻¹g"},
    "gradient": {**style.LINES["GD"], "label": "full gradient: ∇L"},
}
KINDS: dict[str, dict[str, Any]] = {
    "regression": {"marker": "o", "color": "0.3", "label": "random regression"},
    "binary": {"marker": "^", "color": "0.3", "label": "random, two classes"},
    "multiclass": {"marker": "s", "color": "0.3", "label": "random, more classes"},
    "data": {"marker": "*", "color": "black", "markersize": 6, "label": "a data set"},
}
FLOOR = 1e-9  #: below the losses that anything but the full gradient reaches


@mpl.rc_context(style.RC)
def noise(errors: pd.DataFrame, paths: pd.DataFrame) -> Figure:
    """The expected error of every matrix, and what descent makes of it.

    Parameters
    ----------
    errors
        As `noise.errors` tabulates them.
    paths
        As `stochastic.tune` tabulates them, with a column ``problem``.
    """
    problems = list(paths["problem"].unique())
    figure = style.new_figure(2.5 * (1 + len(problems)), 3.9)
    left, *others = figure.subplots(1, 1 + len(problems))
    _errors(left, errors)

    for axes, problem in zip(others, problems, strict=True):
        for method, look in PATHS.items():
            rows = paths[(paths["problem"] == problem) & (paths["method"] == method)]
            runs = rows.groupby("step")["excess"]
            low, middle, high = (
                runs.quantile(level, interpolation="lower").clip(lower=FLOOR / 10)
                for level in (0.1, 0.5, 0.9)
            )
            axes.plot(middle.index, middle, **look)
            if method != "gradient":
                axes.fill_between(low.index, low, high, color=look["color"], alpha=0.12, lw=0)
        start = paths.loc[paths["step"] == 0, "excess"].max()
        axes.set(title=f"Descent, {problem}", xlabel="Step", yscale="log")
        axes.set_ylim(FLOOR, 10 * start)
    others[0].set_ylabel("Excess loss, median of runs")
    marks = [Line2D([], [], **{"linestyle": "none", "ms": 4, **look}) for look in KINDS.values()]
    layout.legend(figure, [*marks, *(Line2D([], [], **look) for look in PATHS.values())])
    return figure


def _errors(axes: Axes, errors: pd.DataFrame) -> None:
    """A mark for every problem, those of a kind above each other."""
    kind = errors["problem"].str.rpartition(" ")[0].replace("", "data")
    for place, matrix in enumerate(MATRICES):
        for aside, (name, look) in zip((-0.24, -0.08, 0.08, 0.24), KINDS.items(), strict=True):
            values = errors.loc[(errors["matrix"] == matrix) & (kind == name), "error"]
            marks = {"markersize": 3.5, **look, "linestyle": "none", "clip_on": False}
            axes.plot([place + aside] * len(values), values, **marks)
    axes.axhline(1, color="0.6", linewidth=0.6, zorder=0)
    axes.annotate("estimate 0", (len(MATRICES) - 0.5, 1), ha="right", va="bottom", fontsize=7)
    axes.set(title="Expected error", xlabel="Matrix A of the estimate A g", yscale="log")
    axes.set_ylabel("E‖A g − ∇L‖² / ‖∇L‖²")
    axes.set_xlim(-0.5, len(MATRICES) - 0.5)
    axes.set_xticks(range(len(MATRICES)), list(MATRICES.values()))
