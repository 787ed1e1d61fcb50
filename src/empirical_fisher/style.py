"""The look of all figures: one colour and line style a method, legible without colour."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from .files import write_whole

METHODS: dict[str, dict[str, Any]] = {
    "GD": {"color": "#004488", "linestyle": "dashed", "label": "GD"},
    "NGD": {"color": "#DDAA33", "linestyle": "solid", "label": "NGD"},
    "EFGD": {"color": "#BB5566", "linestyle": "dashdot", "label": "EFGD"},
}
MATRICES: dict[str, dict[str, Any]] = {
    "fisher": {**METHODS["NGD"], "label": "Fisher"},
    "empirical_fisher": {**METHODS["EFGD"], "label": "empirical Fisher"},
}
CLASSES: list[dict[str, Any]] = [
    {"color": "#004488", "marker": "o", "label": "y = 0"},
    {"color": "#BB5566", "marker": "^", "label": "y = 1"},
]
CONTOURS: dict[str, Any] = {"colors": "0.75", "linewidths": 0.6, "zorder": 0}
LOSSES: dict[str, Any] = {"cmap": "viridis_r", "shading": "nearest", "rasterized": True}
PRUNED: dict[str, Any] = {**LOSSES, "cmap": "Greys", "vmin": 0.0, "vmax": 5.0}
BEST: dict[str, Any] = {
    "linestyle": "none",
    "marker": "*",
    "markersize": 9,
    "color": "#BB5566",
    "markeredgecolor": "white",
}

RC: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure in this style, in inches."""
    with mpl.rc_context(RC):
        return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, *paths: str) -> None:
    """Write a figure to files of the formats that they are named after, the same bytes always."""
    for path in map(Path, paths):
        dated = {"CreationDate": None} if path.suffix == ".pdf" else {}
        drawn = io.BytesIO()
        with mpl.rc_context(RC):
            figure.savefig(drawn, format=path.suffix[1:], metadata=dated)
        write_whole(drawn.getvalue(), path)
