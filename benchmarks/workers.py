"""What the benchmark runs in processes of their own, to time it and see its peak memory."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import one_by_one
import yaml

from empirical_fisher import search, solvers
from empirical_fisher.arrays import log_axis
from empirical_fisher.data import datasets
from empirical_fisher.data.preparation import prepare
from empirical_fisher.data.sources import kinds
from empirical_fisher.problems import linear_problem

ROOT = Path(__file__).parents[1]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
SETTINGS = CONFIG["optimization"]
SCHEDULE = search.Schedule(SETTINGS["iterations"], SETTINGS["divergence_factor"])


def grid(method: str, every: tuple[int, int] = (1, 1)) -> tuple[np.ndarray, np.ndarray]:
    """The configured grid of a method, or an evenly spaced part of it."""
    axes = [
        log_axis(**axis)[::step]
        for axis, step in zip((SETTINGS["step_sizes"], SETTINGS["dampings"]), every, strict=True)
    ]
    return search.cells(axes[0], None if method == "GD" else axes[1])


def load(dataset: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Design matrix, targets and task of a configured data set."""
    entry = CONFIG["datasets"][dataset]
    table, facts = prepare(kinds.load(entry, ROOT), entry)
    return datasets.design(datasets.from_table(table, facts["task"]), bias=True)


def naive(dataset: str, method: str, every: tuple[int, int]) -> dict[str, Any]:
    """Time the search one cell after the other, on a part of the grid."""
    inputs, targets, task = load(dataset)
    cells = list(zip(*grid(method, every), strict=True))
    started = time.perf_counter()
    runs = [
        one_by_one.descend(
            inputs, targets, task, method, *cell, SCHEDULE.iterations, SCHEDULE.divergence_factor
        )
        for cell in cells
    ]
    seconds = time.perf_counter() - started
    return measured(seconds, len(cells), sum(iterations for _, iterations, _ in runs))


def shard(dataset: str, method: str, mode: str, number: int, shards: int) -> dict[str, Any]:
    """Time one shard of the library's search."""
    problem = linear_problem(*load(dataset))
    cells = [cell[number::shards] for cell in grid(method)]
    started = time.perf_counter()
    table = search.evaluate(problem, method, *cells, SCHEDULE, certified=mode == "certified")
    seconds = time.perf_counter() - started
    return measured(
        seconds, int((table["status"] != "pruned").sum()), int(table["iterations"].sum())
    )


def rounding(dataset: str, method: str, every: tuple[int, int]) -> dict[str, Any]:
    """Compare the final losses of cells up to half above the best with the naive search's."""
    inputs, targets, task = load(dataset)
    problem = linear_problem(inputs, targets, task)
    table = search.evaluate(problem, method, *grid(method, every), SCHEDULE, certified=True)
    good = table[table["final_loss"] <= 1.5 * table["final_loss"].min()]
    differences = [
        abs(
            one_by_one.descend(
                inputs,
                targets,
                task,
                method,
                cell.step_size,
                cell.damping,
                SCHEDULE.iterations,
                SCHEDULE.divergence_factor,
            )[2]
            / cell.final_loss
            - 1
        )
        for cell in good.itertuples()
    ]
    return {
        "dataset": dataset,
        "method": method,
        "good_cells": len(good),
        "median_difference": float(np.median(differences)),
        "largest_difference": float(np.max(differences)),
    }


def growth(size: int, features: int, cells: int) -> dict[str, Any]:
    """Time natural gradient steps on drawn logistic regressions against their arithmetic."""
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((size, features))
    targets = (generator.standard_normal(size) < inputs[:, 0]).astype(float)
    problem = linear_problem(inputs, targets, "binary")
    gamma, damping = np.full(cells, 0.1), np.full(cells, 1e-3)
    solvers.descend(problem, "NGD", gamma[:1], damping[:1], 1)
    steps = 4
    started = time.perf_counter()
    solvers.descend(problem, "NGD", gamma, damping, steps)
    seconds = time.perf_counter() - started
    work = 4 * size * features + size * features * (features + 1) + features**3 / 3
    evaluations = cells * (steps + 1)
    return {
        "examples": size,
        "features": features,
        "cells": cells,
        "microseconds": 1e6 * seconds / evaluations,
        "floating_point_limit": 1e6 * work / product_rate(),
        "peak_megabytes": peak_megabytes(),
    }


def product_rate() -> float:
    """Floating-point operations a second in a product of matrices, on one core."""
    matrix = np.random.default_rng(0).standard_normal((1000, 1000))
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - started)
    return 2e9 / min(seconds)


def measured(seconds: float, cells: int, iterations: int) -> dict[str, Any]:
    """One measurement, with the peak memory of this process."""
    return {
        "seconds": seconds,
        "cells": cells,
        "iterations": iterations,
        "peak_megabytes": peak_megabytes(),
    }


def peak_megabytes() -> float:
    """Most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
