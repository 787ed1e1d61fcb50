"""How hard a method is to tune: how many cells of its grid have a low loss (§4.3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.solvers import KEEP


def good_cells(grid: pd.DataFrame) -> pd.DataFrame:
    """Cells of a grid whose final loss is within a relative `KEEP` of the lowest.

    Cells that a certified search has pruned are proven not to be among them.
    """
    lowest = grid["final_loss"].min()
    return grid[grid["final_loss"] <= lowest + KEEP * abs(lowest)]


def summary(grid: pd.DataFrame) -> pd.DataFrame:
    """One row: how many cells are good, and how far they reach.

    Returns
    -------
    pandas.DataFrame
        ``cells, good_cells, good_share, step_size_decades, damping_decades``; the decades are those
        from the lowest to the highest value of a good cell, NaN for a method without dampings.
    """
    good = good_cells(grid)
    return pd.DataFrame(
        {
            "cells": [len(grid)],
            "good_cells": [len(good)],
            "good_share": [len(good) / len(grid)],
            "step_size_decades": [_decades(good["step_size"].to_numpy())],
            "damping_decades": [_decades(good["damping"].to_numpy())],
        }
    )


def summaries(grids: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """`summary` of the grid of each data set and method, under ``dataset, method``."""
    rows = {
        (dataset, method): summary(grid)
        for dataset, methods in grids.items()
        for method, grid in methods.items()
    }
    return stacked(rows, "dataset", "method")


def _decades(values: Array) -> float:
    return float(np.log10(np.max(values) / np.min(values))) if len(values) else np.nan
