"""Lengths of updates against closed forms and independent calculations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from conftest import verdicts
from empirical_fisher.experiments.magnitude import claims as claims_magnitude
from empirical_fisher.experiments.magnitude import experiment as magnitude
from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.experiments.shared_problems import random_problem
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem

GENERATOR = np.random.default_rng(2)
PROBLEMS = {task: random_problem(GENERATOR, task, 60, 2) for task in ("regression", "binary")}
FACTORS = np.logspace(-3, 3, 7)


def tables(problems=PROBLEMS) -> dict:
    """What the script hands to `claims`."""
    minima = {name: problem.minimizer() for name, problem in problems.items()}
    near = {name: magnitude.away(p, minima[name], 1.0) for name, p in problems.items()}
    far = problems["regression"], minima["regression"], np.logspace(0, 4, 9)
    parts = {
        "scales": {name: magnitude.scales(point, FACTORS) for name, point in near.items()},
        "signs": {name: magnitude.signs(point) for name, point in near.items()},
        "distances": {"regression": magnitude.distances(*far)},
    }
    return {part: stacked(by_name, "dataset") for part, by_name in parts.items()}


@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_fisher_of_scaled_least_squares_is_that_of_a_gaussian_of_variance_1_over_c(scale):
    """By quadrature over y: the density of which c L is the negative logarithm, up to a constant.

    Its Fisher is the GGN of the scaled problem, and not the outer product expected under the
    unscaled model.
    """
    point = magnitude.scaled(PROBLEMS["regression"], scale).at(np.array([0.4, -0.2]))
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    fisher = np.zeros((2, 2))
    for x in point.problem.model.inputs:
        for node, weight in zip(nodes, weights, strict=True):
            gradient = scale * (node / np.sqrt(scale)) * x  # y = f − node / √c
            fisher += weight * np.outer(gradient, gradient) / 60
    np.testing.assert_allclose(point.ggn, fisher, rtol=1e-12)
    np.testing.assert_allclose(point.fisher, scale * fisher, rtol=1e-12)


@pytest.mark.parametrize("name", PROBLEMS)
def test_scaled_loss_and_its_derivatives_belong_together(name):
    """Gradient and Hessian by central differences of the scaled loss."""
    point = magnitude.scaled(PROBLEMS[name], 7.0).at(np.array([0.4, -0.2]))
    step = 1e-4
    for i, unit in enumerate(np.eye(2)):
        up, down = (point.problem.at(point.theta + s * step * unit) for s in (1, -1))
        assert point.gradient[i] == pytest.approx((up.loss - down.loss) / (2 * step), rel=1e-6)
        slope = (up.gradient - down.gradient) / (2 * step)
        np.testing.assert_allclose(point.hessian[i], slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("method", magnitude.UPDATES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_updates_are_their_definitions(name, method):
    problem = PROBLEMS[name]
    inputs = problem.model.inputs
    near = magnitude.away(problem, problem.minimizer(), 1.0)
    f = inputs @ near.theta
    p = 1 / (1 + np.exp(-f))
    residual, weight = (
        (p - problem.targets, p * (1 - p)) if name == "binary" else (f - problem.targets, 0 * f + 1)
    )
    c = 10.0
    rows = c * residual[:, None] * inputs
    gradient, moment = rows.mean(axis=0), rows.T @ rows / 60
    curvature = (weight[:, None] * inputs).T @ inputs / 60
    update = {
        "GD": gradient,
        "NGD": np.linalg.inv(c * curvature) @ gradient,
        "NGD, y fixed": np.linalg.inv(c**2 * curvature) @ gradient,
        "EFGD": np.linalg.inv(moment) @ gradient,
        "√diag EF": gradient / np.sqrt(np.diag(moment)),
        "Eq. 19": np.linalg.inv(moment) @ np.outer(gradient, gradient) @ gradient,
    }[method]
    table = magnitude.scales(near, np.array([c]))
    row = table[table["method"] == method]
    assert row["update_norm"].item() == pytest.approx(np.linalg.norm(update), rel=1e-9)
    assert row["gradient_norm"].item() == pytest.approx(np.linalg.norm(gradient), rel=1e-9)


def test_far_from_the_minimum_the_square_root_has_a_limit():
    """With r_n → t e·x_n the update tends to mean(x_i e·x) / (mean(x_i² (e·x)²))^½."""
    problem = PROBLEMS["regression"]
    inputs = problem.model.inputs
    pull = inputs @ np.full(2, 2**-0.5)
    limit = (inputs * pull[:, None]).mean(axis=0)
    limit /= np.sqrt(((inputs * pull[:, None]) ** 2).mean(axis=0))
    found = magnitude.root(magnitude.away(problem, problem.minimizer(), 1e6))
    np.testing.assert_allclose(found, limit, rtol=1e-5)


def test_ledger_believes_what_was_measured():
    claims = verdicts(claims_magnitude.claims(**tables(), far=100.0))
    assert set(claims.values()) == {"yes"}


def test_ledger_says_no_to_a_fisher_in_the_place_of_the_second_moment():
    """With a curvature for the empirical Fisher no update is inverse to the gradient."""

    class Curved(Problem):
        def at(self, theta):
            point = super().at(theta)
            point.empirical_fisher = point.ggn
            return point

    wrong = {
        name: Curved(**{field: getattr(p, field) for field in p.__dataclass_fields__})
        for name, p in PROBLEMS.items()
    }
    claims = verdicts(claims_magnitude.claims(**tables(wrong), far=100.0))
    assert claims["inverse"] == "no"
    assert claims["square-root"] == "no"
    assert claims["sign"] != "yes"
    assert claims["natural"] == "yes"


def test_ledger_says_no_to_a_fisher_that_is_not_the_ggn(monkeypatch):
    update = magnitude.UPDATES["NGD, y fixed"]
    monkeypatch.setitem(magnitude.UPDATES, "NGD", replace(update, scale=0))
    claims = verdicts(claims_magnitude.claims(**tables(), far=100.0))
    assert claims["natural"] == "in part"


def test_ledger_says_no_where_an_update_is_not_defined():
    """As with collinear features, whose undamped matrices are singular."""
    broken = {name: table.copy() for name, table in tables().items()}
    for name in ("scales", "distances"):
        broken[name].loc[broken[name]["method"] == "EFGD", "update_norm"] = np.nan
    claims = verdicts(claims_magnitude.claims(**broken, far=100.0))
    assert claims["inverse"] == "no"


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_a_power_of_what_has_none_is_not_a_number(bad):
    x, y = np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 16.0])
    both = exponent(x, np.stack([y, np.where(x == 2, bad, y)], axis=1))
    np.testing.assert_allclose(both, [2.0, np.nan], atol=1e-12)
    assert np.isnan(exponent(x[:1], y[:1]))
    assert np.isnan(exponent(np.ones(3), y))
