"""How large the good part of a grid is, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from empirical_fisher.experiments.optimization.sensitivity import good_cells, summary

GRID = pd.DataFrame(
    {
        "step_size": [0.1, 0.1, 1.0, 1.0, 10.0, 10.0],
        "damping": [1e-3, 1.0, 1e-3, 1.0, 1e-3, 1.0],
        "status": ["finished", "pruned", "finished", "finished", "finished", "diverged"],
        "final_loss": [2.0, np.nan, 1.0, 1.0099, 1.0101, np.nan],
    }
)


def test_good_cells_are_those_within_a_percent():
    assert good_cells(GRID).index.tolist() == [2, 3]
    shifted = GRID.assign(final_loss=GRID["final_loss"] - 1.5)
    assert good_cells(shifted).index.tolist() == [2], "a percent of a negative loss"


def test_summary():
    [row] = summary(GRID).to_dict("records")
    assert row["cells"] == 6
    assert row["good_cells"] == 2
    assert row["good_share"] == pytest.approx(1 / 3)
    assert row["step_size_decades"] == 0.0
    assert row["damping_decades"] == pytest.approx(3.0)


def test_summary_without_dampings_or_finished_cells():
    [row] = summary(GRID.assign(damping=np.nan)).to_dict("records")
    assert np.isnan(row["damping_decades"])
    [row] = summary(GRID.assign(final_loss=np.nan)).to_dict("records")
    assert row["good_cells"] == 0
    assert np.isnan(row["step_size_decades"])
