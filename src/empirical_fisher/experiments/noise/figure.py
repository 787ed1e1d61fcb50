"""The figure of variance adaptation: tables in, figure out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import style

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
    "EF": {**style.METHODS["EFGD"], "label": "EF: S⁻¹g"},
    "square root": {
        "color": "0.55",
        "linestyle": (0, (3, 1, 1, 1, 1, 1)),
        "label": "√diag EF: g/√diag S",
    },
    "Fisher": {**style.METHODS["NGD"], "label": "Fisher: F⁻¹g"},
    "gradient": {**style.METHODS["GD"], "label": "full gradient: ∇L"},
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
    figure = style.new_figure(2.5 * (1 + len(problems)), 3.2)
    left, *others = figure.subplots(1, 1 + len(problems))
    for place, matrix in enumerate(MATRICES):
        values = errors.loc[errors["matrix"] == matrix, "error"].to_numpy()
        spread = place + np.linspace(-0.25, 0.25, len(values))
        left.plot(spread, values, "o", markersize=3, color="0.3", clip_on=False)
    left.axhline(1, color="0.6", linewidth=0.6, zorder=0)
    left.set(yscale="log", title="Expected error, every problem", xlim=(-0.5, len(MATRICES) - 0.5))
    left.set_xticks(range(len(MATRICES)), list(MATRICES.values()))
    left.set_ylabel("E‖estimate of ∇L − ∇L‖² / ‖∇L‖²")

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
    lines = [Line2D([], [], **look) for look in PATHS.values()]
    figure.legend(handles=lines, loc="outside lower center", ncols=4)
    return figure
