"""Figures of any number of data sets: every panel is there, and no two overlap."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from empirical_fisher import figures


def overlaps(figure):
    """Pairs of panels whose boxes, labels and titles included, share more than a hair."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [axes.get_tightbbox(canvas.get_renderer()) for axes in figure.axes]
    return [
        pair
        for pair in itertools.combinations(boxes, 2)
        if min(box.x1 for box in pair) - max(box.x0 for box in pair) > 1
        and min(box.y1 for box in pair) - max(box.y0 for box in pair) > 1
    ]


def trace():
    loss = np.geomspace(1, 1e-3, 11)
    return pd.DataFrame({"iteration": range(11), "loss": loss, "cosine": np.linspace(-1, 1, 11)})


def grid():
    axis = np.logspace(-2, 2, 5)
    step_size, damping = np.repeat(axis, 5), np.tile(axis, 5)
    return pd.DataFrame(
        {
            "step_size": step_size,
            "damping": damping,
            "status": "finished",
            "final_loss": 1 / (1 + step_size * damping),
        }
    )


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7, 12])
def test_optimization_lays_out_any_number_of_data_sets(count):
    traces = {f"Set {n}": {m: trace() for m in ("GD", "NGD", "EFGD")} for n in range(count)}
    figure = figures.optimization(traces, {"Set 0": "The first"})
    assert len(figure.axes) == 2 * count
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["The first", *(f"Set {n}" for n in range(1, count))]
    assert not overlaps(figure)
    assert figure.get_figwidth() <= 2.4 * 4


@pytest.mark.parametrize("count", [1, 3, 5])
def test_sensitivity_lays_out_any_number_of_data_sets(count):
    names = [f"Set {n}" for n in range(count)]
    grids = {name: {"NGD": grid(), "EFGD": grid()} for name in names}
    best = pd.DataFrame(
        [(name, m, 1.0, 1.0) for name in names for m in ("NGD", "EFGD")],
        columns=["dataset", "method", "step_size", "damping"],
    )
    figure = figures.sensitivity(grids, best, dict.fromkeys(names, 1.0))
    assert len(figure.axes) == 3 * count
    assert not overlaps(figure)
