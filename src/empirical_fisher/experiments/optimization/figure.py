"""Figures 3, 5 and 6, and the final loss over the whole grid."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import ndimage

from empirical_fisher.pipeline import layout, style

PAPER: Mapping[str, Mapping[str, Any]] = {method: {} for method in style.METHODS}
SPECK = 1e-3  #: share of a grid below which a patch of cells that ran is shown as pruned


@mpl.rc_context(style.RC)
def optimization(
    traces: Mapping[str, Mapping[str, pd.DataFrame]],
    titles: Mapping[str, str],
    looks: Mapping[str, Mapping[str, Any]] = PAPER,
    cosines: Sequence[str] = ("EFGD",),
) -> Figure:
    """Figures 3 and 5: the loss of each method at its best cell, and cosines to NGD.

    Parameters
    ----------
    traces
        For each data set and method the table that `search.trace` makes.
    titles
        The heading of each data set's panels.
    looks
        The methods in the order of the legend, as `style.looks` needs them.
    cosines
        Those of them whose cosine to the natural gradient is shown, each along its own path.
    """
    look = style.looks(looks)
    methods = _methods(traces, look)
    blocks, wide = layout.wrapped(len(traces))
    figure = style.new_figure(3 * wide, 3.5 * blocks + 0.3)
    panels = layout.panels(figure, len(traces), height_ratios=(3, 2))
    for (dataset, runs), (top, bottom) in zip(traces.items(), panels, strict=True):
        top.sharex(bottom)
        for method, table in runs.items():
            top.plot(table["iteration"], table["loss"], **style.curve(look, method, len(table)))
        top.set(title=layout.heading(titles[dataset]), yscale="log")
        style.label_plainly(top.yaxis)
        top.tick_params(labelbottom=False)
        for method in cosines:
            if method in runs:
                table = runs[method]
                drawn = style.curve(look, method, len(table))
                bottom.plot(table["iteration"], table["cosine"], **drawn)
        if not {*cosines} & {*runs}:
            names = cosines[0] if len(cosines) == 1 else "none of these"
            layout.note(bottom, f"{names} was not run")
        bottom.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        bottom.set(xlabel="Iteration", ylim=(-1.05, 1.05), yticks=(-1, 0, 1))
        if layout.is_leftmost(top):
            top.set_ylabel("Loss")
            pair = f"of the\n{cosines[0]}, NGD steps" if len(cosines) == 1 else "to the\nNGD step"
            bottom.set_ylabel(f"Cosine {pair}")
    layout.legend(figure, [style.example(look[method]) for method in methods])
    return figure


@mpl.rc_context(style.RC)
def sensitivity(
    grids: Mapping[str, Mapping[str, pd.DataFrame]],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    traces: Mapping[str, Mapping[str, pd.DataFrame]],
    titles: Mapping[str, str],
    looks: Mapping[str, Mapping[str, Any]] = PAPER,
) -> Figure:
    """Final loss over step size and damping: a row for each method, a column for each data set.

    Parameters
    ----------
    grids
        For each data set and method the table that `search.evaluate` makes.
    cells
        The best cell of each.
    traces
        For each data set the run of one method at least. All start at the same loss, which is the
        upper end of the colours.
    titles
        The heading of each data set's panels.
    looks
        The methods in the order of the rows, as `style.looks` needs them.
    """
    methods = _methods(grids, looks)
    blocks, wide = layout.wrapped(len(grids))
    figure = style.new_figure(2.4 * wide + 0.6, (2.0 * len(methods) + 0.4) * blocks)
    columns = layout.panels(figure, len(grids), height_ratios=[1] * len(methods))
    for (dataset, by_method), column in zip(grids.items(), columns, strict=True):
        initial = next(iter(traces[dataset].values()))["loss"].iloc[0]
        blank = next(iter(by_method.values())).assign(final_loss=np.nan, status="")
        losses = pd.concat([grid["final_loss"] for grid in by_method.values()])
        # A loss may be zero for classes that can be separated; then the colours end above it.
        lowest = losses[losses > 0].min() if (losses > 0).any() else initial
        ends = _colours(lowest, initial)
        for method, axes in zip(methods, column, strict=True):
            if layout.is_leftmost(axes):
                axes.set_ylabel(f"{looks[method].get('label', method)}: damping λ")
            grid = by_method.get(method, blank)
            if grid is blank:
                layout.note(axes, f"{method} was not run")
            surface = grid.pivot(index="damping", columns="step_size", values="final_loss")
            status = grid.pivot(index="damping", columns="step_size", values="status")
            run = _without_specks((status != "pruned").to_numpy())
            surface = surface.clip(lower=lowest).where(run)
            edges = surface.columns, surface.index
            axes.patch.set(**style.PRUNED)
            axes.pcolormesh(*edges, np.where(run, 0.0, np.nan), **style.DIVERGED)
            image = axes.pcolormesh(*edges, surface, norm=LogNorm(*ends), **style.LOSSES)
            if method in by_method:
                _mark_best(axes, cells[dataset][method].iloc[0])
            axes.set(xscale="log", yscale="log")
            axes.tick_params(labelbottom=axes is column[-1], labelleft=layout.is_leftmost(axes))
        column[0].set_title(layout.heading(titles[dataset]))
        column[-1].set_xlabel("Step size γ")
        bar = figure.colorbar(
            image, ax=list(column), location="bottom", label="Final loss", extend="max"
        )
        bar.set_ticks(**style.plain_ticks(*ends))
        bar.minorticks_off()
    layout.legend(
        figure,
        [
            Line2D([], [], **style.BEST, label="best cell"),
            Patch(**style.PRUNED, label="pruned: proven to end above the best"),
            Patch(facecolor="white", edgecolor="0.6", linewidth=0.6, label="diverged"),
        ],
    )
    return figure


def _without_specks(run: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells that ran, without tiny patches amid pruned ones.

    They ran before there was anything to compare them with, and say no more than the others.
    """
    patches, _ = ndimage.label(run, np.ones((3, 3)))
    return run & (np.bincount(patches.ravel())[patches] > SPECK * run.size)


def _mark_best(axes: Axes, best: pd.Series) -> None:
    """A star on the best cell, and a word on the edge of the grid that it lies on, if any."""
    axes.plot(best["step_size"], best["damping"], **style.BEST)
    if isinstance(best["edge"], str) and best["edge"]:
        axes.annotate(
            f"best on the edge:\n{best['edge']}",
            (0.04, 0.95),
            xycoords="axes fraction",
            verticalalignment="top",
            fontsize=7.5,
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "linewidth": 0},
        )


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
            look = {**style.METHODS[method], **style.CURVE, "markersize": 3}
            axes.plot(run["iteration"], run["loss"], **look)
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
        style.label_plainly(axes.yaxis)
        axes.set_xticks(MaxNLocator(5, integer=True).tick_values(0, last))
    panels[0].set_ylabel("Loss")
    lowest = Line2D([], [], color="0.6", linewidth=0.6, label="lowest loss")
    looks = [style.METHODS[method] for method in line["method"].unique()]
    layout.legend(figure, [*map(style.example, looks), lowest])
    return figure


def _methods(
    tables: Mapping[str, Mapping[str, pd.DataFrame]], look: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """All methods that any data set has a table of, in the order of the legend."""
    run = {method for by_method in tables.values() for method in by_method}
    return [method for method in look if method in run]


def _colours(lowest: float, initial: float) -> tuple[float, float]:
    """The losses at both ends of the colours; apart even where no run ends below its start."""
    highest = max(initial, sys.float_info.min)
    return (lowest, highest) if lowest < highest else (highest / 10, highest)
