"""Tables in, figures out: nothing here computes an experiment."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import layout, style

CONTOURS = 12  #: of the loss in one panel


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
    """Figures 2 and 4: the data, and the quadratic approximations at the minimum.

    Parameters
    ----------
    data
        For each problem of classification ``x1, x2, target``, of regression ``x, target``.
    titles
        For each problem the heading of its column.
    summary, ellipses, contours
        As `misspecification` tabulates them, with a column ``problem``.
    """
    classification = summary["accuracy"].notna().all()
    figure = style.new_figure(2.2 * len(titles), 4.3)
    columns = figure.subplots(2, len(titles), squeeze=False).T
    for (problem, title), (top, bottom) in zip(titles.items(), columns, strict=True):
        minimum = summary[summary["problem"] == problem].iloc[0]
        if classification:
            _classes(top, data[problem])
        else:
            _line(top, data[problem], minimum)
        top.set_title(layout.heading(title))

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
    lines = [Line2D([], [], **look) for look in style.MATRICES.values()]
    star = Line2D([], [], linestyle="none", marker="*", color="black", label="minimum θ*")
    classes = [Line2D([], [], linestyle="none", markersize=3, **look) for look in style.CLASSES]
    handles = [*classes, *lines, star] if classification else [*lines, star]
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
    ends = np.array(_span(table["x"]))
    axes.plot(ends, minimum["theta_1"] * ends + minimum["theta_2"], color="black")
    axes.set(xlabel="x", ylabel="y")


@mpl.rc_context(style.RC)
def optimization(
    traces: Mapping[str, Mapping[str, pd.DataFrame]], titles: Mapping[str, str]
) -> Figure:
    """Figures 3 and 5: the loss of each method at its best cell, and EFGD's cosine to NGD.

    Parameters
    ----------
    traces
        For each data set and method the table that `search.trace` makes.
    titles
        The heading of each data set's panels.
    """
    methods = _methods(traces)
    blocks, wide = layout.wrapped(len(traces))
    figure = style.new_figure(2.4 * wide, 3.7 * blocks + 0.3)
    panels = layout.panels(figure, len(traces), height_ratios=(3, 2))
    for (dataset, runs), (top, bottom) in zip(traces.items(), panels, strict=True):
        top.sharex(bottom)
        for method, table in runs.items():
            top.plot(table["iteration"], table["loss"], **style.METHODS[method])
        top.set(title=layout.heading(titles[dataset]), yscale="log")
        style.label_plainly(top.yaxis)
        top.tick_params(labelbottom=False)
        if "EFGD" in runs:
            table = runs["EFGD"]
            bottom.plot(table["iteration"], table["cosine"], **style.METHODS["EFGD"])
        else:
            layout.note(bottom, "EFGD was not run")
        bottom.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        bottom.set(xlabel="Iteration", ylim=(-1.05, 1.05), yticks=(-1, 0, 1))
        if layout.is_leftmost(top):
            top.set_ylabel("Loss")
            bottom.set_ylabel("cos(NGD, EFGD)")
    layout.legend(figure, [Line2D([], [], **style.METHODS[method]) for method in methods])
    return figure


@mpl.rc_context(style.RC)
def sensitivity(
    grids: Mapping[str, Mapping[str, pd.DataFrame]],
    hyperparameters: pd.DataFrame,
    initial_losses: Mapping[str, float],
    titles: Mapping[str, str],
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
    titles
        The heading of each data set's panels.
    """
    methods = _methods(grids)
    blocks, wide = layout.wrapped(len(grids))
    figure = style.new_figure(2.4 * wide + 0.6, (2.0 * len(methods) + 0.4) * blocks)
    columns = layout.panels(figure, len(grids), height_ratios=[1] * len(methods))
    for (dataset, by_method), column in zip(grids.items(), columns, strict=True):
        blank = next(iter(by_method.values())).assign(final_loss=np.nan, status="")
        losses = pd.concat([grid["final_loss"] for grid in by_method.values()])
        # A loss may be zero for classes that can be separated; then the colours end above it.
        lowest = losses[losses > 0].min() if (losses > 0).any() else initial_losses[dataset]
        ends = _colours(lowest, initial_losses[dataset])
        for method, axes in zip(methods, column, strict=True):
            if layout.is_leftmost(axes):
                axes.set_ylabel(f"{method}: damping λ")
            grid = by_method.get(method, blank)
            if grid is blank:
                layout.note(axes, f"{method} was not run")
            surface = grid.pivot(index="damping", columns="step_size", values="final_loss")
            surface = surface.clip(lower=lowest)
            run = grid.assign(run=grid["status"] != "pruned").pivot(
                index="damping", columns="step_size", values="run"
            )
            edges = surface.columns, surface.index
            axes.patch.set(**style.PRUNED)
            axes.pcolormesh(*edges, np.where(run, 0.0, np.nan), **style.DIVERGED)
            image = axes.pcolormesh(*edges, surface, norm=LogNorm(*ends), **style.LOSSES)
            best = hyperparameters[
                (hyperparameters["dataset"] == dataset) & (hyperparameters["method"] == method)
            ]
            axes.plot(best["step_size"], best["damping"], **style.BEST)
            axes.set(xscale="log", yscale="log")
            axes.tick_params(labelbottom=axes is column[-1], labelleft=layout.is_leftmost(axes))
        column[0].set_title(layout.heading(titles[dataset]))
        column[-1].set_xlabel("Step size γ")
        bar = figure.colorbar(
            image, ax=list(column), location="bottom", label="Final loss", extend="max"
        )
        ticks = style.round_values(*ends)
        bar.set_ticks(ticks, labels=[f"{tick:.4g}" for tick in ticks])
        bar.minorticks_off()
    return figure


@mpl.rc_context(style.RC)
def starting_points(line: pd.DataFrame, dataset: pd.DataFrame, title: str) -> Figure:
    """Figure 6: the loss of NGD and EFGD from several starting points.

    Parameters
    ----------
    line, dataset
        As `starting_points.descents` tabulates them.
    title
        Heading of the right panel.
    """
    figure = style.new_figure(6.0, 2.9)
    panels = figure.subplots(1, 2)
    tables = (line, "Two targets, one parameter", "θ₀ = {:g}"), (dataset, title, "{:g} θ*")
    for axes, (table, heading, label) in zip(panels, tables, strict=True):
        for (method, _), run in table.groupby(["method", "start"]):
            axes.plot(run["iteration"], run["loss"], **style.METHODS[method])
        axes.axhline((table["loss"] - table["excess"]).min(), color="0.6", linewidth=0.6, zorder=0)
        last = table["iteration"].max()
        for start, runs in table[table["iteration"] == 0].groupby("start"):
            axes.annotate(
                label.format(start),
                (0, runs["loss"].iloc[0]),
                xytext=(-3, 0),
                textcoords="offset points",
                horizontalalignment="right",
                verticalalignment="center",
                fontsize=7,
            )
        axes.set(
            title=layout.heading(heading),
            xlabel="Iteration",
            yscale="log",
            xlim=(-0.25 * last, 1.02 * last),
        )
        axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= last])
    panels[0].set_ylabel("Loss")
    lines = [Line2D([], [], **style.METHODS[method]) for method in line["method"].unique()]
    layout.legend(figure, lines)
    return figure


def _methods(tables: Mapping[str, Mapping[str, pd.DataFrame]]) -> list[str]:
    """All methods that any data set has a table of, in the order of the legend."""
    run = {method for by_method in tables.values() for method in by_method}
    return [method for method in style.METHODS if method in run]


def _contours(axes: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """Contours of ``loss`` whose distances from the lowest grow by squares, as for a bowl."""
    surface = table.pivot(index=y, columns=x, values="loss")
    low, high = surface.to_numpy().min(), surface.to_numpy().max()
    if not (np.isfinite(low) and np.isfinite(high)):
        return
    levels = low + (high - low) * (np.arange(1, CONTOURS + 1) / (CONTOURS + 1)) ** 2
    if (np.diff(levels) > 0).all():  # else it is flat
        axes.contour(surface.columns, surface.index, surface.to_numpy(), levels, **style.CONTOURS)


def _colours(lowest: float, initial: float) -> tuple[float, float]:
    """The losses at both ends of the colours; apart even where no run ends below its start."""
    highest = max(initial, sys.float_info.min)
    return (lowest, highest) if lowest < highest else (highest / 10, highest)


def _span(values: pd.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())
