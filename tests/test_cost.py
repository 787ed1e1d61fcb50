"""What a search is said to cost is what its steps cost, and in words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from conftest import METHODS, random_problem
from empirical_fisher import cost
from empirical_fisher.solvers import SLOTS, descend


class Clock:
    """Goes on by so many seconds whenever it is looked at."""

    def __init__(self, *seconds: float) -> None:
        self.times = itertools.accumulate(itertools.chain([0.0], itertools.cycle(seconds)))

    def __call__(self) -> float:
        return next(self.times)


def test_a_step_takes_the_fastest_of_some_tries_shared_by_the_runs_and_both_rounds() -> None:
    problem = random_problem("binary")
    quick = Clock(0.03, 1.0, 0.01, 1.0, 0.02, 1.0)  # tries, and between them
    assert cost.seconds_a_step(problem, "NGD", 1.0, quick) == pytest.approx(0.01 / SLOTS / 2)
    slow = Clock(5.0, 1.0, 0.01)
    assert cost.seconds_a_step(problem, "NGD", 1.0, slow) == pytest.approx(5.0 / SLOTS / 2)


@pytest.mark.parametrize("method", METHODS)
def test_the_steps_that_are_timed_are_those_of_a_full_loop(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(problem, method, step_size, damping, iterations):
        runs = descend(problem, method, step_size, damping, iterations)
        seen.append((len(step_size), runs.iterations.tolist(), runs.status.tolist()))
        return runs

    monkeypatch.setattr(cost, "descend", spy)
    cost.seconds_a_step(random_problem("multiclass", prior_variance=1.0), method, 1e-8)
    assert seen[0] == (SLOTS, [1] * SLOTS, ["finished"] * SLOTS)


def test_a_search_takes_as_many_steps_as_its_cells_but_never_less_than_a_full_loop() -> None:
    assert cost.seconds(10 * SLOTS, 99, 2.0) == 10 * SLOTS * 100 * 2.0
    assert cost.seconds(1, 99, 2.0) == SLOTS * 100 * 2.0


def test_memory_grows_with_what_is_kept() -> None:
    small, large = (random_problem("binary", features=count) for count in (4, 30))
    assert cost.megabytes(large, "NGD", 100, 10) > cost.megabytes(small, "NGD", 100, 10)
    kept = 4 * 8e-6 * 1000 * np.array([101, 1001])
    many = [cost.megabytes(small, "GD", 1000, steps) for steps in (100, 1000)]
    assert np.diff(many) == pytest.approx(np.diff(kept))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.001, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (50_000, "14 h"),
        (200_000, "3 days"),
    ],
)
def test_a_duration_is_told_in_a_fitting_unit(seconds: float, words: str) -> None:
    assert cost.in_words(seconds) == words
