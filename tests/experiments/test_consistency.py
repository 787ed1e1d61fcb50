"""The experiments of §4.2 against closed forms, quadrature and loops over examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from conftest import verdicts
from empirical_fisher.data.synthetic import gaussian_classes
from empirical_fisher.experiments.consistency import capacity
from empirical_fisher.experiments.consistency import claims as claims_consistency
from empirical_fisher.experiments.consistency import experiment as consistency
from empirical_fisher.likelihoods import Bernoulli

IDENTITY = [[1.0, 0.0], [0.0, 1.0]]
CORRECT = {"mean": [0.5, 0.5], "scale_0": IDENTITY, "scale_1": IDENTITY}
SCALES = {"mean": [1.5, 1.5], "scale_0": [[3.0, 0.0], [0.0, 3.0]], "scale_1": IDENTITY}
SIZES = {"low": 100, "high": 100_000, "count": 7}
CAPACITY = {"examples": 60, "features": [6, 30, 54, 60, 120], "prior_variance": 100.0}


@pytest.fixture(scope="module")
def correct() -> pd.DataFrame:
    return draws(CORRECT)


@pytest.fixture(scope="module")
def scales() -> pd.DataFrame:
    return draws(SCALES)


@pytest.fixture(scope="module")
def outliers() -> pd.DataFrame:
    return consistency.outliers([1, 2, 10, 30, 100])


@pytest.fixture(scope="module")
def sweeps() -> pd.DataFrame:
    runs = [(task, seed) for task in capacity.TASKS for seed in range(8)]
    return pd.concat(capacity.sweep(*run, **CAPACITY) for run in runs)


def draws(classes: dict) -> pd.DataFrame:
    return pd.concat(consistency.against_size(classes, seed, SIZES) for seed in range(4))


def logistic_minimum(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    found = scipy.optimize.root(
        lambda theta: inputs.T @ (weights * (expit(inputs @ theta) - targets)),
        np.zeros(inputs.shape[1]),
        tol=1e-13,
    )
    assert found.success
    return found.x


def relative_distance(a: np.ndarray, b: np.ndarray) -> float:
    return np.sqrt(np.sum((a - b) ** 2) / np.sum(b**2))


def test_nested_sets_and_their_matrices_against_a_loop_over_examples() -> None:
    sizes = {"low": 40, "high": 400, "count": 3}
    table = consistency.against_size(SCALES, 3, sizes)
    assert table["size"].tolist() == [40, 126, 400]
    draw = gaussian_classes(seed=3, size=400, **SCALES)
    for row in table.itertuples():
        nested = pd.concat(part.head(row.size // 2) for _, part in draw.groupby("target"))
        inputs, targets = nested[["x1", "x2"]].to_numpy(), nested["target"].to_numpy()
        theta = logistic_minimum(inputs, targets, np.ones(row.size))
        np.testing.assert_allclose([row.theta_1, row.theta_2], theta, rtol=1e-7)
        fisher, empirical = np.zeros((2, 2, 2))
        for x, y in zip(inputs, targets, strict=True):
            p = expit(x @ theta)
            fisher += p * (1 - p) * np.outer(x, x)
            empirical += (p - y) ** 2 * np.outer(x, x)
        distance = relative_distance(empirical, fisher)
        assert row.empirical_fisher_fisher == pytest.approx(distance, rel=1e-6)
        assert row.empirical_fisher_hessian == pytest.approx(distance, rel=1e-6)
        assert row.fisher_hessian < 1e-14


@pytest.mark.parametrize("classes", [SCALES, CORRECT])
def test_the_limit_of_many_examples_is_that_of_quadrature_over_the_classes(classes: dict) -> None:
    nodes, weights = hermegauss(60)
    grid = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    density = np.outer(weights, weights).ravel() / weights.sum() ** 2
    mean = np.array(classes["mean"])
    inputs = np.vstack([mean + grid @ classes["scale_0"], -mean + grid @ classes["scale_1"]])
    targets, weight = np.repeat([0, 1], len(grid)), np.tile(density, 2) / 2
    p = expit(inputs @ logistic_minimum(inputs, targets, weight))
    fisher = (inputs.T * weight * p * (1 - p)) @ inputs
    empirical = (inputs.T * weight * (p - targets) ** 2) @ inputs
    table = consistency.against_size(classes, 0, {"low": 100, "high": 400_000, "count": 2})
    limit = relative_distance(empirical, fisher)
    assert table["empirical_fisher_fisher"].iloc[-1] == pytest.approx(limit, abs=0.01)
    assert (limit < 1e-6) == claims_consistency.is_well_specified(classes)


def test_models_are_well_specified_if_the_covariances_are_equal() -> None:
    scale, turn = np.array([[1.0, 0.5], [0.0, 2.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    for other, equal in ((turn @ scale, True), (scale @ turn, False), (scale.T, False)):
        classes = {"mean": [1.0, 1.0], "scale_0": scale, "scale_1": other}
        assert claims_consistency.is_well_specified(classes) is equal


def test_slope_of_exact_powers() -> None:
    size = np.array([100, 1000, 10_000])
    tables = [
        pd.DataFrame({"seed": seed, "size": size, "d": (seed + 1) * size**power})
        for seed, power in enumerate([-0.4, -0.5, -0.6])
    ]
    mean, error = claims_consistency.slope(pd.concat(tables), "d", 1000)
    assert mean == pytest.approx(-0.5)
    assert error == pytest.approx(0.1 / np.sqrt(3))


def test_outliers_against_their_two_inputs(outliers: pd.DataFrame) -> None:
    share = 0.99
    for row in outliers.itertuples():
        k = row.leverage

        def gradient(theta: float, k: float = k) -> float:
            return k * (expit(theta) - share) + k * (expit(k * theta) - share)

        theta = scipy.optimize.brentq(gradient, 1.0, 6.0, xtol=1e-14)
        inputs, weights = np.array([1.0, k]), np.array([k, 1.0]) / (k + 1)
        p = expit(inputs * theta)
        fisher = weights @ (p * (1 - p) * inputs**2)
        empirical = weights @ ((share * (1 - p) ** 2 + (1 - share) * p**2) * inputs**2)
        expected = [theta, fisher, empirical]
        found = [row.theta, row.fisher, row.empirical_fisher]
        np.testing.assert_allclose(found, expected, rtol=1e-7)
        assert row.empirical_fisher_fisher == pytest.approx(abs(empirical / fisher - 1), abs=1e-6)


def test_ridge_regression_against_its_closed_form() -> None:
    settings = CAPACITY | {"features": [6, 30, 120]}
    table = capacity.sweep("regression", 5, **settings)
    generator = np.random.default_rng(5)
    inputs = generator.standard_normal((60, 120))
    targets = inputs[:, :6].sum(axis=1) / np.sqrt(6) + generator.standard_normal(60)
    for row in table.itertuples():
        x = inputs[:, : row.features]
        residual = np.linalg.solve(np.eye(60) + 100 * x @ x.T, targets)
        empirical, hessian = (x.T * residual**2) @ x / 60, x.T @ x / 60
        assert row.empirical_fisher == pytest.approx(np.trace(empirical) / row.features, rel=1e-6)
        assert row.hessian == pytest.approx(np.trace(hessian) / row.features)
        ratio = np.linalg.norm(empirical) / np.linalg.norm(hessian)
        assert row.empirical_fisher_hessian == pytest.approx(ratio, rel=1e-6)


def test_claims_on_more_examples_hold(correct, scales, outliers) -> None:
    claims = claims_consistency.more_examples(
        {"right": correct, "wrong": scales}, {"right": CORRECT, "wrong": SCALES}, outliers
    )
    assert verdicts(claims) == {
        "right-fisher": "yes",
        "right-hessian": "yes",
        "wrong-fisher": "yes",
        "arbitrarily-wrong": "yes",
    }


def test_a_wrong_fisher_breaks_the_convergence(monkeypatch, outliers) -> None:
    right = Bernoulli.fisher
    monkeypatch.setattr(Bernoulli, "fisher", lambda self, f: 1.5 * right(self, f))
    claims = claims_consistency.more_examples(
        {"right": draws(CORRECT)}, {"right": CORRECT}, outliers
    )
    assert verdicts(claims)["right-fisher"] == "no"
    assert verdicts(claims)["right-hessian"] == "in part"


def test_swapped_problems_break_both_claims(correct, scales, outliers) -> None:
    claims = claims_consistency.more_examples(
        {"right": scales, "wrong": correct}, {"right": CORRECT, "wrong": SCALES}, outliers
    )
    assert verdicts(claims)["right-fisher"] == "no"
    assert verdicts(claims)["wrong-fisher"] == "no"


def test_outliers_that_do_no_harm_break_their_claim(correct, outliers) -> None:
    harmless = outliers.assign(empirical_fisher_fisher=0.5)
    claims = claims_consistency.more_examples({"right": correct}, {"right": CORRECT}, harmless)
    assert verdicts(claims)["arbitrarily-wrong"] == "no"


def test_claims_on_larger_models_hold_for_regression_alone(sweeps) -> None:
    assert verdicts(claims_consistency.larger_models(sweeps)) == {
        "enough-data": "yes",
        "overparametrised-regression": "yes",
        "overparametrised-binary": "in part",
    }


def test_a_tight_prior_breaks_the_claims_on_larger_models() -> None:
    settings = CAPACITY | {"prior_variance": 1e-6}
    sweeps = pd.concat(capacity.sweep(task, 0, **settings) for task in capacity.TASKS)
    broken = verdicts(claims_consistency.larger_models(sweeps))
    assert broken["enough-data"] == "no"
    assert broken["overparametrised-regression"] == "in part"
    swapped = sweeps.assign(empirical_fisher_hessian=1.0, hessian=1 / sweeps["features"])
    assert (
        verdicts(claims_consistency.larger_models(swapped))["overparametrised-regression"] == "no"
    )
