"""The figure of what came after 2019: tables in, figure out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from empirical_fisher.pipeline import layout, style

PURPLE, TEAL, GREY = "#AA4499", "#33AA99", "0.55"
INDICATORS: dict[str, dict[str, Any]] = {
    "natural": {**style.LINES["NGD"], "label": "Fisher"},
    "sampled": {"color": GREY, "linestyle": (0, (1, 1)), "label": "one sample"},
    "EF": {**style.LINES["EFGD"], "label": "EF"},
    "improved": {"color": PURPLE, "linestyle": "dashed", "label": "iEF, Eq. 8"},
    "reweighted": {"color": TEAL, "linestyle": (0, (6, 1.5)), "label": "iEF, Eq. 14"},
}
LABELS: dict[str, dict[str, Any]] = {
    "exact": {**style.LINES["NGD"], "label": "exact"},
    "sampled": {"color": GREY, "linestyle": (0, (1, 1)), "label": "sampled"},
    "empirical": {**style.LINES["EFGD"], "label": "data's labels"},
    "batched": {"color": PURPLE, "linestyle": "dashed", "label": "batched"},
}
DESCENTS: dict[str, dict[str, Any]] = {
    **{name: {**style.LINES[name], "label": name} for name in ("GD", "NGD", "EFGD")},
    "root": {"color": TEAL, "linestyle": (0, (6, 1.5)), "label": "√diag EF"},
}
CASES = {
    "right": "right",
    "noisy": "noisier",
    "heteroscedastic": "uneven\nnoise",
    "curved": "curved",
}
CRITERIA: dict[str, dict[str, Any]] = {
    "takeuchi": {"color": TEAL, "marker": "o", "label": "TIC"},
    "akaike": {"color": PURPLE, "marker": "^", "label": "AIC"},
}


@mpl.rc_context(style.RC)
def after_2019(
    indicator_paths: pd.DataFrame,
    indicator_networks: pd.DataFrame,
    one_sample: pd.DataFrame,
    continual: pd.DataFrame,
    takeuchi_gap: pd.DataFrame,
    imbalance: pd.DataFrame,
    titles: Mapping[str, str],
) -> Figure:
    """The most telling tables of the topic, one panel each.

    Parameters
    ----------
    indicator_paths, indicator_networks, one_sample, continual, takeuchi_gap, imbalance
        The tables in the files of these names in ``results/after_2019``.
    titles
        The heading of each data set of Figure 3 that NGD and EFGD both ran on; the first is shown.
    """
    figure = style.new_figure(style.PRINTED, 6.8)
    axes = figure.subplots(2, 3).ravel()
    networks = indicator_networks[indicator_networks["problem"] == "regression"]
    _indicators(axes[0], networks, "Networks, least squares")
    for name, title in list(titles.items())[:1]:
        _indicators(axes[1], indicator_paths[indicator_paths["problem"] == name], title)
        _steps(axes[2], one_sample[one_sample["problem"] == name], title)
    _continual(axes[3], continual)
    _criteria(axes[4], takeuchi_gap)
    _classes(axes[5], imbalance)
    return figure


def _indicators(axes: Axes, table: pd.DataFrame, title: str) -> None:
    """Median indicator of each preconditioner over damping."""
    medians = table.groupby("damping")[list(INDICATORS)].median()
    for name, look in INDICATORS.items():
        axes.plot(medians.index, medians[name], **look)
    axes.set(xscale="log", yscale="log", xlabel="Damping λ", title=layout.heading(title))
    axes.set_ylabel("Indicator γ / that of NGD")
    style.label_plainly(axes.yaxis)
    _legend(axes)


def _steps(axes: Axes, table: pd.DataFrame, title: str) -> None:
    """A step with a one-sample Fisher along NGD's path, one line per draw."""
    looks = {
        "length": {"color": GREY, "linestyle": "solid", "label": "step / NGD's step"},
        "loss_ratio": {**style.LINES["EFGD"], "label": "loss after / before"},
    }
    for column, look in looks.items():
        runs = table.pivot(index="iteration", columns="seed", values=column)
        lines = axes.plot(runs.index, runs, **{**look, "linewidth": 0.7})
        for line in lines[1:]:
            line.set_label("_")
    axes.axhline(1, color="0.8", linewidth=0.6, zorder=0)
    axes.set(yscale="log", xlabel="Iteration of NGD", title=layout.heading(title))
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.set_ylabel("Ratio, one-sample Fisher")
    _legend(axes, columns=1)


def _continual(axes: Axes, table: pd.DataFrame) -> None:
    """Median loss of both tasks over the strength of the penalty, where the first one is fitted."""
    rows = table[table["case"] == "interpolated"]
    medians = rows.groupby(["labels", "strength"])["mean_loss"].median()
    for name, look in LABELS.items():
        path = medians.loc[name]
        axes.plot(path.index, path, **look)
    axes.set(xscale="log", yscale="log", xlabel="Strength of the penalty")
    axes.set(title="EWC, first task fitted", ylabel="Test loss, both tasks")
    style.label_plainly(axes.yaxis)
    _legend(axes)


def _criteria(axes: Axes, table: pd.DataFrame) -> None:
    """The two information criteria over the measured gap, one dot per trial."""
    for column, look in CRITERIA.items():
        for place, case in enumerate(CASES):
            rows = table[table["case"] == case]
            spread = place + np.linspace(-0.2, 0.2, len(rows))
            label = look["label"] if place == 0 else "_"
            dots = {**look, "label": label, "markersize": 3, "linestyle": "none"}
            axes.plot(spread, rows[column] / rows["gap"], **dots)
    axes.axhline(1, color="0.8", linewidth=0.6, zorder=0)
    axes.set_xticks(range(len(CASES)), list(CASES.values()))
    axes.set(title="Generalisation gap", ylabel="Criterion / measured gap", ylim=(0, 1.3))
    _legend(axes)


def _classes(axes: Axes, table: pd.DataFrame) -> None:
    """Progress on the rare classes over that on the frequent ones, medians of the trials."""
    for name, look in DESCENTS.items():
        path = table[table["method"] == name].groupby("iteration")[["frequent", "rare"]].median()
        axes.plot(path["frequent"], path["rare"], **look)
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=0.6, zorder=0)
    axes.set(xlim=(0, 1.05), ylim=(-0.5, 1.1), title="Zipf's class frequencies")
    axes.set(xlabel="Progress, frequent half", ylabel="Progress, rare half")
    _legend(axes)


def _legend(axes: Axes, columns: int = 2) -> None:
    """What the lines of a panel are, below it."""
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=columns, columnspacing=1)
