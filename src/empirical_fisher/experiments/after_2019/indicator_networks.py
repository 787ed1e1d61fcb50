"""The indicator of five preconditioners on networks with no more examples than parameters.

That is the home ground of the improved empirical Fisher: there the gradients of the examples are
independent, and Eq. 8 and Eq. 14 of Wu et al. (2024) agree without damping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from empirical_fisher.arrays import log_axis
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.pipeline.tables import stacked

from .drawn import network_point
from .trajectories import followed, indicators


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The indicators along NGD with step size 1.

    Parameters
    ----------
    settings
        The section ``after_2019.indicator_networks`` of the configuration.
    seeds
        Of the problems and of the sampled labels.

    Returns
    -------
    pandas.DataFrame
        ``problem`` (the likelihood), ``path, iteration`` and the columns of
        `trajectories.indicators`.
    """
    dampings = log_axis(**settings["dampings"])
    tables = {}
    for task in TASKS:
        for seed in seeds:
            start = network_point(seed, task, **settings["problem"])
            run = followed(start, "NGD", 1.0, settings["damping"], settings["iterates"])
            for iteration, point in run:
                key = task, "NGD", iteration, seed
                tables[key] = indicators(point, dampings, [seed]).drop(columns="seed")
    return stacked(tables, "problem", "path", "iteration", "seed")
