"""Tables in, figures out: nothing here computes an experiment."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import style


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
    figure = style.new_figure(1.9 * (1 + len(methods)), 2.1)
    left, *others = figure.subplots(1, 1 + len(methods))

    left.plot(data["x"], data["target"], ".", color="0.6", markersize=2, rasterized=True)
    ends = np.array([data["x"].min(), data["x"].max()])
    left.plot(ends, fit["b"].item() + fit["theta"].item() * ends, color="black", label="fit")
    left.set(title="Data", xlabel="x", ylabel="y")
    left.legend(loc="lower right")

    for axes, method in zip(others, methods, strict=True):
        look = style.METHODS[method]
        _contours(axes, contours, "b", "theta")
        arrows = field[field["method"] == method]
        axes.quiver(
            *(arrows[name] for name in ("b", "theta", "db", "dtheta")),
            angles="xy",
            color="0.35",
            width=0.004,
        )
        for _, path in trajectories[trajectories["method"] == method].groupby("start"):
            axes.plot(path["b"], path["theta"], color=look["color"], linestyle=look["linestyle"])
            axes.plot(path["b"].iloc[0], path["theta"].iloc[0], "o", color=look["color"], ms=3)
        axes.plot(fit["b"], fit["theta"], "*", color="black", markersize=7, zorder=5)
        axes.set(title=look["label"], xlabel="b", ylabel="θ")
        axes.set(xlim=_span(contours["b"]), ylim=_span(contours["theta"]))
        axes.set_box_aspect(1)
    left.set_box_aspect(1)
    return figure


@mpl.rc_context(style.RC)
def misspecification(
    data: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str],
    summary: pd.DataFrame,
    ellipses: pd.DataFrame,
    contours: pd.DataFrame,
) -> Figure:
    """Figure 2: two classes of points, and the quadratic approximations at the minimum.

    Parameters
    ----------
    data
        For each problem ``x1, x2, target``.
    titles
        For each problem the heading of its column.
    summary, ellipses, contours
        As `misspecification` tabulates them, with a column ``problem``.
    """
    figure = style.new_figure(2.2 * len(titles), 4.3)
    columns = figure.subplots(2, len(titles), squeeze=False).T
    for (problem, title), (top, bottom) in zip(titles.items(), columns, strict=True):
        table = data[problem]
        for label, look in enumerate(style.CLASSES):
            points = table[table["target"] == label]
            top.scatter(points["x1"], points["x2"], s=3, alpha=0.5, rasterized=True, **look)
        reach = 1.05 * table[["x1", "x2"]].abs().to_numpy().max()
        top.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="x₁", ylabel="x₂", title=title)

        minimum = summary[summary["problem"] == problem].iloc[0]
        window = contours[contours["problem"] == problem]
        _contours(bottom, window, "theta_1", "theta_2")
        for matrix, look in style.MATRICES.items():
            curve = ellipses[(ellipses["problem"] == problem) & (ellipses["matrix"] == matrix)]
            bottom.plot(curve["theta_1"], curve["theta_2"], **look)
        bottom.plot(minimum["theta_1"], minimum["theta_2"], "*", color="black", markersize=6)
        bottom.set(xlim=_span(window["theta_1"]), ylim=_span(window["theta_2"]))
        bottom.set(xlabel="θ₁", ylabel="θ₂")
        for axes in (top, bottom):
            axes.set_box_aspect(1)
    classes = [Line2D([], [], linestyle="none", markersize=3, **look) for look in style.CLASSES]
    lines = [Line2D([], [], **look) for look in style.MATRICES.values()]
    star = Line2D([], [], linestyle="none", marker="*", color="black", label="minimum θ*")
    figure.legend(handles=[*classes, *lines, star], loc="outside lower center", ncols=5)
    return figure


@mpl.rc_context(style.RC)
def optimization(traces: Mapping[str, Mapping[str, pd.DataFrame]]) -> Figure:
    """Figure 3: the loss of every method at its best cell, and EFGD's cosine to NGD's direction.

    Parameters
    ----------
    traces
        For each data set and method the table that `search.trace` makes.
    """
    datasets = list(traces)
    methods = list(dict.fromkeys(method for runs in traces.values() for method in runs))
    figure = style.new_figure(2.4 * len(datasets), 4.0)
    rows = figure.subplots(2, len(datasets), sharex="col", squeeze=False, height_ratios=(3, 2))
    for (dataset, runs), top, bottom in zip(traces.items(), *rows, strict=True):
        for method, table in runs.items():
            top.plot(table["iteration"], table["loss"], **style.METHODS[method])
        top.set(title=dataset, yscale="log")
        if "EFGD" in runs:
            table = runs["EFGD"]
            bottom.plot(table["iteration"], table["cosine"], **style.METHODS["EFGD"])
        bottom.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        bottom.set(xlabel="Iteration", ylim=(-1.05, 1.05), yticks=(-1, 0, 1))
    rows[0][0].set_ylabel("Loss")
    rows[1][0].set_ylabel("cos(NGD, EFGD)")
    lines = [Line2D([], [], **style.METHODS[method]) for method in methods]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines))
    return figure


@mpl.rc_context(style.RC)
def sensitivity(
    grids: Mapping[str, Mapping[str, pd.DataFrame]],
    hyperparameters: pd.DataFrame,
    initial_losses: Mapping[str, float],
) -> Figure:
    """Final loss over step size and damping: a row for each method, a column for each data set.

    Parameters
    ----------
    grids
        For each data set and method the table that `search.evaluate` makes.
    hyperparameters
        ``dataset, method, step_size, damping``: the best cells.
    initial_losses
        For each data set the loss where all runs start, the upper end of the colours.
    """
    methods = list(next(iter(grids.values())))
    width = 2.4 * len(grids) + 0.6
    figure = style.new_figure(width, 2.0 * len(methods) + 0.4)
    rows = figure.subplots(len(methods), len(grids), sharex=True, sharey=True, squeeze=False)
    for (dataset, by_method), column in zip(grids.items(), rows.T, strict=True):
        lowest = min(grid["final_loss"].min() for grid in by_method.values())
        norm = LogNorm(lowest, initial_losses[dataset])
        for (method, grid), axes in zip(by_method.items(), column, strict=True):
            surface = grid.pivot(index="damping", columns="step_size", values="final_loss")
            pruned = grid.assign(pruned=grid["status"] == "pruned").pivot(
                index="damping", columns="step_size", values="pruned"
            )
            edges = surface.columns, surface.index
            axes.pcolormesh(*edges, np.where(pruned, 1.0, np.nan), **style.PRUNED)
            image = axes.pcolormesh(*edges, surface, norm=norm, **style.LOSSES)
            best = hyperparameters[
                (hyperparameters["dataset"] == dataset) & (hyperparameters["method"] == method)
            ]
            axes.plot(best["step_size"], best["damping"], **style.BEST)
            axes.set(xscale="log", yscale="log")
        column[0].set_title(dataset)
        column[-1].set_xlabel("Step size γ")
        bar = figure.colorbar(
            image, ax=list(column), location="bottom", label="Final loss", extend="max"
        )
        ticks = _round_values(lowest, initial_losses[dataset])
        bar.set_ticks(ticks, labels=[f"{tick:.4g}" for tick in ticks])
        bar.minorticks_off()
    for method, axes in zip(methods, rows[:, 0], strict=True):
        axes.set_ylabel(f"{method}: damping λ")
    return figure


def _contours(axes: Axes, table: pd.DataFrame, x: str, y: str, count: int = 12) -> None:
    """Contours of ``loss`` whose distances from the lowest grow by squares, as for a bowl."""
    surface = table.pivot(index=y, columns=x, values="loss")
    low, high = surface.to_numpy().min(), surface.to_numpy().max()
    levels = low + (high - low) * (np.arange(1, count + 1) / (count + 1)) ** 2
    axes.contour(surface.columns, surface.index, surface.to_numpy(), levels, **style.CONTOURS)


def _round_values(low: float, high: float) -> list[float]:
    """Values for the ticks of a logarithmic axis: the fewer in a decade the longer it is."""
    decades = np.log10(high / low)
    digits = (1,) if decades > 2 else (1, 2, 5) if decades > 1 else range(1, 10)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    return [
        value for power in powers for digit in digits if low <= (value := digit * power) <= high
    ]


def _span(values: pd.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())
