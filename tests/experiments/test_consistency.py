"""The experiments of §4.2 against closed forms, quadrature and loops over examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit

from conftest import derivative, verdicts
from empirical_fisher.data.sources.gaussian_classes import gaussian_classes
from empirical_fisher.experiments.consistency import capacity, population
from empirical_fisher.experiments.consistency import claims as claims_consistency
from empirical_fisher.experiments.consistency import experiment as consistency
from empirical_fisher.experiments.shared_problems import network_inputs, network_weights
from empirical_fisher.likelihoods import Bernoulli
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.problems import Problem

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
        assert row.empirical_fisher_from_fisher == pytest.approx(distance, rel=1e-6)
        assert row.empirical_fisher_from_hessian == pytest.approx(distance, rel=1e-6)
        assert row.fisher_from_hessian < 1e-14


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
    assert table["empirical_fisher_from_fisher"].iloc[-1] == pytest.approx(limit, abs=0.01)
    assert (limit < 1e-6) == claims_consistency.is_well_specified(classes)


def test_models_are_well_specified_if_the_covariances_are_equal() -> None:
    scale, turn = np.array([[1.0, 0.5], [0.0, 2.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    for other, equal in ((turn @ scale, True), (scale @ turn, False), (scale.T, False)):
        classes = {"mean": [1.0, 1.0], "scale_0": scale, "scale_1": other}
        assert claims_consistency.is_well_specified(classes) is equal


def test_slopes_of_exact_powers() -> None:
    size = np.array([100, 1000, 10_000])
    tables = [
        pd.DataFrame({"seed": seed, "size": size, "d": (seed + 1) * size**power})
        for seed, power in enumerate([-0.4, -0.5, -0.6])
    ]
    found = claims_consistency.slopes(pd.concat(tables), "d", 1000)
    np.testing.assert_allclose(found, [-0.4, -0.5, -0.6])
    assert list(found.index) == [0, 1, 2]


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
        assert row.empirical_fisher_from_fisher == pytest.approx(
            abs(empirical / fisher - 1), abs=1e-6
        )


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
        assert row.norm_ratio == pytest.approx(ratio, rel=1e-6)


def test_claims_on_more_examples_hold(correct, scales, outliers) -> None:
    steady = scales.assign(empirical_fisher_from_fisher=0.5)
    claims = claims_consistency.more_examples(
        {"right": correct, "wrong": steady}, {"right": CORRECT, "wrong": SCALES}, outliers
    )
    assert verdicts(claims) == {
        "right-fisher": "yes",
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


def test_swapped_problems_break_both_claims(correct, scales, outliers) -> None:
    claims = claims_consistency.more_examples(
        {"right": scales, "wrong": correct}, {"right": CORRECT, "wrong": SCALES}, outliers
    )
    assert verdicts(claims)["right-fisher"] == "no"
    assert verdicts(claims)["wrong-fisher"] == "no"


def test_outliers_that_do_no_harm_break_their_claim(correct, outliers) -> None:
    harmless = outliers.assign(empirical_fisher_from_fisher=0.5)
    claims = claims_consistency.more_examples({"right": correct}, {"right": CORRECT}, harmless)
    assert verdicts(claims)["arbitrarily-wrong"] == "no"


def test_claims_on_larger_models_hold_for_regression_alone(sweeps) -> None:
    assert verdicts(claims_consistency.larger_models(sweeps)) == {
        "enough-data": "yes",
        "overparametrised-regression": "yes",
        "overparametrised-binary": "in part",
    }


def test_a_right_model_that_some_draws_refuse_depends_on_the_draw(correct, outliers) -> None:
    odd = correct[correct["seed"] == 0].assign(seed=9, empirical_fisher_from_fisher=1.0)
    tables = {"right": pd.concat([correct, odd])}
    [claim, _] = claims_consistency.more_examples(tables, {"right": CORRECT}, outliers)
    assert (claim.holds, claim.trials, claim.agree, claim.varied) == ("yes", 5, 4, "the draw")


@pytest.mark.parametrize("theta", [[0.8], [1.0, -2.0, 0.5]])
def test_the_population_fisher_is_a_mean_over_many_inputs(theta: list[float]) -> None:
    inputs = np.random.default_rng(0).standard_normal((400_000, len(theta)))
    p = expit(inputs @ theta)
    expected = (inputs.T * p * (1 - p)) @ inputs / len(inputs)
    found = population.population_fisher(np.array(theta))
    np.testing.assert_allclose(found, expected, atol=5e-3 * np.linalg.norm(expected))


def test_the_matrices_of_table_1_against_a_loop_over_examples() -> None:
    table = population.logistic(4, [20, 60], features=2, flipped=0.3)
    generator = np.random.default_rng(4)
    theta = generator.standard_normal(2)
    inputs = generator.standard_normal((60, 2))
    labels = Bernoulli().sample((inputs @ theta)[:, None], generator)
    labels = np.abs(labels - (generator.random(60) < 0.3))
    for row in table.itertuples():
        fisher, empirical = np.zeros((2, 2, 2))
        for x, y in zip(inputs[: row.size], labels, strict=False):
            p = expit(x @ theta)
            fisher += p * (1 - p) * np.outer(x, x) / row.size
            empirical += (p - y) ** 2 * np.outer(x, x) / row.size
        target = population.population_fisher(theta)
        assert row.fisher_from_population == pytest.approx(relative_distance(fisher, target))
        assert row.empirical_fisher_from_population == pytest.approx(
            relative_distance(empirical, target)
        )
        assert row.empirical_fisher_from_fisher == pytest.approx(
            relative_distance(empirical, fisher)
        )


def test_a_network_at_its_true_parameters_against_differences() -> None:
    [row] = population.network(2, [30], features=1, hidden=2).itertuples()
    generator = np.random.default_rng(2)
    model = TanhNetwork(network_inputs(generator, 30, 1), 2, 1)
    theta = network_weights(generator, model)
    labels = Bernoulli().sample(model.predict(theta), generator)
    problem = Problem(Bernoulli(), model, labels)
    hessian = derivative(lambda at: problem.at(at).gradient, theta)
    p = expit(model.predict(theta)[:, 0])
    jacobian = derivative(lambda at: model.predict(at)[:, 0], theta)
    fisher = (jacobian.T * p * (1 - p)) @ jacobian / 30
    assert row.hessian_from_fisher == pytest.approx(relative_distance(hessian, fisher), rel=1e-5)


TRUE = {
    "seeds": range(3),
    "sizes": {"low": 100, "high": 10_000, "count": 5},
    "features": 2,
    "hidden": 3,
}


@pytest.fixture(scope="module")
def at_truth() -> pd.DataFrame:
    """As for exact laws: distances of 1/√N, but for the labels that are wrong."""
    table = population.experiment(flipped=0.1, **TRUE)
    names = [name for name in table if "_from_" in name]
    for name in names:
        table[name] = table[name].where(table[name].isna(), table["size"] ** -0.5)
    wrong = table["problem"] == "wrong"
    table.loc[wrong, "empirical_fisher_from_population"] = 0.4
    return table


def test_claims_at_the_true_parameters_hold(at_truth) -> None:
    rows = claims_consistency.true_parameters(at_truth)
    assert set(verdicts(rows).values()) == {"yes"}
    assert {row.trials for row in rows} == {3}


def test_matrices_that_stay_apart_break_the_claims_at_the_true_parameters(at_truth) -> None:
    names = [name for name in at_truth if "_from_" in name]
    far = at_truth.assign(**dict.fromkeys(names, 1.0))
    apart = verdicts(claims_consistency.true_parameters(far))
    assert apart.pop("table-1-wrong") == "in part"
    assert set(apart.values()) == {"no"}
    same = at_truth.assign(
        empirical_fisher_from_population=1e-9, fisher_from_population=np.sqrt(at_truth["size"])
    )
    assert verdicts(claims_consistency.true_parameters(same))["table-1-wrong"] == "no"


def test_a_tight_prior_breaks_the_claims_on_larger_models() -> None:
    settings = CAPACITY | {"prior_variance": 1e-6}
    sweeps = pd.concat(capacity.sweep(task, 0, **settings) for task in capacity.TASKS)
    broken = verdicts(claims_consistency.larger_models(sweeps))
    assert broken["enough-data"] == "no"
    assert broken["overparametrised-regression"] == "in part"
    swapped = sweeps.assign(norm_ratio=1.0, hessian=1 / sweeps["features"])
    assert (
        verdicts(claims_consistency.larger_models(swapped))["overparametrised-regression"] == "no"
    )
