"""Figure 1."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from empirical_fisher.pipeline import layout, style


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
        layout.contours(axes, contours, "b", "theta")
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
        axes.set(xlim=layout.span(contours["b"]), ylim=layout.span(contours["theta"]))
        axes.set_box_aspect(1)
    left.set_box_aspect(1)
    return figure
