"""Random problems that strain the arithmetic, and their searches in both modes.

A search records every bound that is computed for each of its runs, and prunes none by it.
"""

from dataclasses import dataclass

import numpy as np

from conftest import METHODS, TASKS
from empirical_fisher.bounds import lower_bound
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule, best_cell, evaluate
from empirical_fisher.solvers import descend

KINDS = ("plain", "duplicate", "near-duplicate", "scaled", "wide", "separable", "offset", "sparse")


@dataclass(frozen=True)
class Drawn:
    """A problem, a grid for it, and how it was drawn."""

    problem: object
    method: str
    step_size: np.ndarray
    damping: np.ndarray
    schedule: Schedule
    words: str


def drawn(seed: int) -> Drawn:
    """One of all tasks, methods and kinds in turn, the rest at random."""
    generator = np.random.default_rng([seed, 11])
    task, method = TASKS[seed % 3], METHODS[seed // 3 % 3]
    kind = KINDS[seed // 9 % len(KINDS)]
    size, features = int(generator.integers(4, 24)), int(generator.integers(1, 5))
    if kind == "wide":
        size, features = int(generator.integers(3, 6)), int(generator.integers(4, 8))
    targets = np.arange(size) % {"binary": 2, "multiclass": 3}.get(task, 1) * 1.0
    if task == "regression":
        targets = generator.standard_normal(size) * 10.0 ** generator.uniform(-2, 3)
    inputs = generator.standard_normal((size, features))
    if kind == "duplicate":
        inputs = np.column_stack([inputs, inputs[:, 0]])
    elif kind == "near-duplicate":
        nearly = inputs[:, 0] + 10.0 ** generator.uniform(-15, -5) * generator.standard_normal(size)
        inputs = np.column_stack([inputs, nearly])
    elif kind == "scaled":
        inputs = inputs * 10.0 ** generator.uniform(-6, 8, features)
    elif kind == "separable":
        inputs[:, 0] = targets - targets.mean() + 0.01 * generator.standard_normal(size)
    elif kind == "offset":
        inputs = np.column_stack([10.0 ** generator.uniform(0, 9) + inputs, np.ones(size)])
    elif kind == "sparse":
        inputs *= generator.random(inputs.shape) < 0.3
    if generator.random() < 0.5:
        inputs = inputs * 10.0 ** generator.uniform(-6, 8)
    square = max(np.mean(inputs**2), 1e-300)
    prior = np.inf if generator.random() < 0.7 else 10.0 ** generator.uniform(-6, 6)
    clip = 1e-8 if task == "binary" and generator.random() < 0.15 else 0.0
    count = 24
    step_size = 10.0 ** generator.uniform(-8, 2, count)
    step_size[::5] = 1.0
    if method == "GD":
        step_size = step_size / square
    damping = 10.0 ** generator.uniform(-22, 3, count) * generator.choice([1.0, square])
    damping[generator.random(count) < 0.2] = 0.0
    schedule = Schedule(
        iterations=int(generator.integers(1, 13)),
        divergence_factor=float(generator.choice([1.01, 2.0, 100.0])),
    )
    problem = linear_problem(inputs, targets, task, prior, clip)
    words = f"seed {seed}: {kind} {task}, {method}, prior {prior:.1e}, clip {clip}"
    return Drawn(problem, method, step_size, damping, schedule, words)


def recorded(draw: Drawn):
    """All runs to their end, and the highest bound ever computed for each; −∞ for none."""
    limit = draw.schedule.divergence_factor * float(
        draw.problem.at(np.zeros(draw.problem.parameters)).loss
    )
    bound = lower_bound(draw.problem, draw.method, limit)
    highest = {}

    def look(point, step_size, damping, remaining):
        values = np.atleast_1d(bound(point, step_size, damping, remaining))
        for cell in zip(step_size, damping, values, strict=True):
            if not np.isnan(cell[2]):
                highest[cell[:2]] = max(highest.get(cell[:2], -np.inf), cell[2])
        return np.full(np.shape(remaining), -np.inf)

    runs = descend(
        draw.problem,
        draw.method,
        draw.step_size,
        draw.damping,
        draw.schedule.iterations,
        divergence_factor=draw.schedule.divergence_factor,
        lower_bound=look if bound else None,
    )
    cells = zip(draw.step_size, draw.damping, strict=True)
    return runs, np.array([highest.get(cell, -np.inf) for cell in cells])


def faults(draw: Drawn) -> list[str]:
    """What is wrong with bounds and winner of one problem, and nothing if all is right."""
    runs, highest = recorded(draw)
    finished = runs.status == "finished"
    final = runs.loss[-1]
    low = finished & (final < highest)
    wrong = [
        f"{draw.words}: γ {draw.step_size[k]:.3e}, λ {draw.damping[k]:.3e} ends at {final[k]!r} "
        f"below its bound {highest[k]!r}"
        for k in np.flatnonzero(low)
    ]
    if not np.isfinite(final[finished]).all():
        wrong.append(f"{draw.words}: a run finishes with an infinite loss")
    grid = draw.problem, draw.method, draw.step_size, draw.damping, draw.schedule
    winners = []
    for certified in (False, True):
        table = evaluate(*grid, certified=certified)
        winners.append(best_cell(draw.problem, draw.method, table, draw.schedule))
    full, part = winners
    if not full.equals(part):  # a run has the same bits in both, and the lowest is never dropped
        wrong.append(f"{draw.words}: exhaustive finds\n{full}\nand certified\n{part}")
    return wrong
