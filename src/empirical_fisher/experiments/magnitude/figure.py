"""The figure of the length of updates: tables in, figure out."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from empirical_fisher.pipeline import layout, style

LOOKS: dict[str, dict[str, Any]] = {
    "GD": style.METHODS["GD"],
    "NGD": style.METHODS["NGD"],
    "NGD, y fixed": {"color": "#997700", "linestyle": (0, (1, 1)), "marker": "D"},
    "EFGD": style.METHODS["EFGD"],
    "√diag EF": {"color": "0.45", "linestyle": (0, (3, 1, 1, 1, 1, 1)), "marker": "v"},
    "Eq. 19": {"color": "#AA4499", "linestyle": (0, (6, 1.5)), "marker": "x"},
}


@mpl.rc_context(style.RC)
def magnitude(scales: pd.DataFrame, distances: pd.DataFrame) -> Figure:
    """Length of every update against the loss's scale and the distance from the minimum.

    Parameters
    ----------
    scales, distances
        As `magnitude` tabulates them, with a column ``dataset``; a panel for each data set.
    """
    panels = [
        (dataset, label, axis, table)
        for tables, axis, label in (
            (scales, "scale", "Factor c of the loss"),
            (distances, "distance", "Distance t from the minimum"),
        )
        for dataset, table in tables.groupby("dataset", sort=False)
    ]
    blocks, wide = layout.wrapped(len(panels))
    figure = style.new_figure(2.5 * wide, 2.6 * blocks + 0.3)
    columns = layout.panels(figure, len(panels))
    for [axes], (title, label, axis, table) in zip(columns, panels, strict=True):
        for place, (method, look) in enumerate(LOOKS.items()):
            rows = table[table["method"] == method]
            every = (place % 3, 3)  # markers of lines that coincide stand side by side
            axes.plot(rows[axis], rows["update_norm"], **{**look, "ms": 3.5, "markevery": every})
        axes.set(title=layout.heading(title), xlabel=label, xscale="log", yscale="log")
        if layout.is_leftmost(axes):
            axes.set_ylabel("Length of the update")
    looks = [{"label": method, **look, "ms": 3.5} for method, look in LOOKS.items()]
    layout.legend(figure, [Line2D([], [], **look) for look in looks])
    return figure
