"""What a search of a grid will cost at most, from the time of a few real steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from empirical_fisher.methods import Method, named
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import SLOTS, descend

TRIES = 3  #: the fastest of them counts
ENOUGH = 0.1  #: seconds after which there is no other try
SMALL = 1e-12  #: step size of the steps that are timed, with which none diverges
MATRICES = 3  #: that a step makes of each run, of as many rows and columns as parameters
VECTORS = 12  #: that a step makes of each run, of as many entries as a pass of the model keeps
UNITS = {"days": 86_400, "h": 3600, "min": 60, "s": 1}


def seconds_a_step(
    problem: Problem,
    method: Method | str,
    damping: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Measure how long a step of one run takes when the loop of `solvers.descend` is full.

    Parameters
    ----------
    problem, method, damping
        As for `solvers.descend`.
    clock
        Tells the time in seconds.
    """
    step_size, dampings = np.full(SLOTS, SMALL), np.full(SLOTS, damping)
    taken: list[float] = []
    while not taken or (len(taken) < TRIES and sum(taken) < ENOUGH):
        begun = clock()
        descend(problem, method, step_size, dampings, iterations=1)
        taken.append(clock() - begun)
    return min(taken) / (2 * SLOTS)  # a step, and the point at which the runs end


def seconds(cells: int, iterations: int, step: float) -> float:
    """The time of a search in which every cell takes all steps of ``step`` seconds."""
    return max(cells, SLOTS) * (iterations + 1) * step


def megabytes(problem: Problem, method: Method | str, cells: int, iterations: int) -> float:
    """The memory that a search of ``cells`` needs, beside that of its libraries and its data."""
    matrices = MATRICES * problem.parameters**2 if named(method).needs_matrices else 0
    predictions = problem.size * problem.model.width
    records = 4 * (iterations + 1) * cells
    return 8e-6 * (SLOTS * (matrices + VECTORS * predictions) + records)


def in_words(seconds: float) -> str:
    """A duration, in the largest unit of which it is two or more, rounded up."""
    unit = next((unit for unit, length in UNITS.items() if seconds >= 2 * length), "s")
    return f"{math.ceil(seconds / UNITS[unit])} {unit}"
