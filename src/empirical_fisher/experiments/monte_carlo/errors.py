"""How far the one-sample Fisher is from the Fisher, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.data.datasets import Dataset, naming
from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.experiments.shared_problems import TASKS, modelled, random_problem
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point

from .costs import costs


def errors(
    point: Point, seed: int, repeats: int, doublings: int, trials: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """How the mean of ``S`` one-sample Fishers approaches the Fisher at one ``θ``.

    Parameters
    ----------
    point
        A problem at one ``θ``.
    seed
        Of the labels drawn.
    repeats, doublings
        Independent repetitions, each of ``2**doublings`` draws, of which the first ``S`` are used
        for ``S = 1, 2, 4, …``.
    trials
        Groups of as many repetitions each, a divisor of ``repeats``.

    Returns
    -------
    by_samples : pandas.DataFrame
        ``samples, error``: root mean square over the repetitions of ``‖mean − F‖ / ‖F‖``
        (Frobenius norms).
    overall : pandas.DataFrame
        One row ``draws, error, expected, empirical_fisher_from_fisher``: that of the mean of
        all draws; the root mean square that unbiased draws of this spread would have; and the
        relative distance of the empirical Fisher, for which no number of draws helps.
    by_trial : pandas.DataFrame
        ``trial, slope, distance`` of every group: the exponent of the error as a power of the
        number of samples, and the distance of the mean of its draws from the Fisher, relative to
        the one expected of unbiased draws.
    """
    generator = np.random.default_rng(seed)
    fisher, draws = point.fisher, 2**doublings
    norm = np.linalg.norm(fisher)
    tiled = point.problem.at(np.tile(point.theta, (draws, 1)))
    deviations = np.array(
        [tiled.sampled_fisher(tiled.draw_labels(generator)) - fisher for _ in range(repeats)]
    )
    samples = 2 ** np.arange(doublings + 1)
    means = np.cumsum(deviations, axis=1)[:, samples - 1] / samples[:, None, None]
    squares = np.sum(means**2, axis=(-2, -1))
    by_samples = pd.DataFrame(
        {"samples": samples, "error": np.sqrt(squares.mean(axis=0)) / norm},
    )
    mean = deviations.mean(axis=(0, 1))
    spread = np.sum((deviations - mean) ** 2) / (repeats * draws - 1)
    overall = pd.DataFrame(
        {
            "draws": [repeats * draws],
            "error": [np.linalg.norm(mean) / norm],
            "expected": [np.sqrt(spread / (repeats * draws)) / norm],
            "empirical_fisher_from_fisher": [
                np.linalg.norm(point.empirical_fisher - fisher) / norm
            ],
        }
    )
    grouped = squares.reshape(trials, -1, len(samples)).mean(axis=1)
    means = deviations.reshape(trials, -1, *fisher.shape).mean(axis=1)
    by_trial = pd.DataFrame(
        {
            "trial": range(trials),
            "slope": exponent(samples.astype(float), np.sqrt(grouped).T),
            "distance": np.linalg.norm(means, axis=(-2, -1))
            / np.sqrt(spread * trials / (repeats * draws)),
        }
    )
    return by_samples, overall, by_trial


def error_tables(
    settings: Mapping[str, Any], data: Mapping[str, Dataset]
) -> dict[str, pd.DataFrame]:
    """Measure the error and count the cost of the one-sample Fisher.

    Parameters
    ----------
    settings
        The section ``monte_carlo`` of the configuration.
    data
        The data sets that it names; the errors are those at their minima.

    Returns
    -------
    dict
        ``by_samples, overall, trials``: those of `errors`, with a column ``dataset``; ``costs``:
        that of `costs` for a random problem of every task, with a column ``task``.
    """
    by_samples, overall, trials, counted = {}, {}, {}, {}
    for name, dataset in data.items():
        with naming(name):
            problem = modelled(dataset)
            by_samples[name], overall[name], trials[name] = errors(
                problem.at(problem.minimizer()),
                settings["seed"],
                settings["repeats"],
                settings["doublings"],
                settings["trials"],
            )
    for task in TASKS:
        generator = np.random.default_rng(settings["seed"])
        problem = random_problem(generator, task, **settings["cost_problem"])
        counted[task] = costs(problem, np.zeros(problem.parameters))
    return {
        "by_samples": stacked(by_samples, "dataset"),
        "overall": stacked(overall, "dataset"),
        "trials": stacked(trials, "dataset"),
        "costs": stacked(counted, "task"),
    }
