"""The network against finite differences and loops; Propositions 1 and 2 and §4.1 against both."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import derivative
from empirical_fisher.experiments.curvature import claims as claims_curvature
from empirical_fisher.experiments.curvature import identities, remainder, splits
from empirical_fisher.experiments.shared_problems import network_inputs, network_weights
from empirical_fisher.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from empirical_fisher.methods import directions
from empirical_fisher.models import LinearModel
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.pipeline.ledger import Claim
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import iterates

Array = np.ndarray


def network(outputs: int = 2) -> TanhNetwork:
    inputs = np.random.default_rng(0).standard_normal((5, 3))
    return TanhNetwork(inputs, hidden=4, outputs=outputs)


def parameters(model: TanhNetwork, *lead: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((*lead, model.parameters))


# The network


def test_predictions_are_those_of_a_loop() -> None:
    model = network()
    theta = parameters(model)
    for n, x in enumerate(model.inputs):
        units = [math.tanh(sum(theta[3 * h + d] * x[d] for d in range(3))) for h in range(4)]
        for m in range(2):
            f = sum(theta[12 + 4 * m + h] * units[h] for h in range(4))
            assert model.predict(theta)[n, m] == pytest.approx(f, rel=1e-13)


def test_jacobian_is_the_derivative_of_the_predictions() -> None:
    model = network()
    theta = parameters(model)
    expected = derivative(model.predict, theta)
    np.testing.assert_allclose(model.jacobian(theta), expected, rtol=1e-7, atol=1e-9)


def test_curvature_is_the_derivative_of_the_pull_back() -> None:
    model = network()
    theta = parameters(model)
    residual = np.random.default_rng(2).standard_normal((5, 2))
    expected = derivative(lambda at: model.pull_back(at, residual), theta)
    np.testing.assert_allclose(model.curvature(theta, residual), expected, rtol=1e-7, atol=1e-8)


def test_pull_back_and_gram_are_those_of_a_loop() -> None:
    model = network()
    theta = parameters(model)
    generator = np.random.default_rng(2)
    residual, weights = generator.standard_normal((5, 2)), generator.standard_normal((5, 2, 2))
    jacobian = derivative(model.predict, theta)
    pulled = sum(jacobian[n].T @ residual[n] for n in range(5))
    gram = sum(jacobian[n].T @ weights[n] @ jacobian[n] for n in range(5))
    np.testing.assert_allclose(model.pull_back(theta, residual), pulled, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(model.gram(theta, weights), gram, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("outputs", [1, 3])
def test_leading_axes_are_carried_through(outputs: int) -> None:
    model = network(outputs)
    theta = parameters(model, 2, 3)
    generator = np.random.default_rng(2)
    residual = generator.standard_normal((2, 3, 5, outputs))
    weights = generator.standard_normal((2, 3, 5, outputs, outputs))
    calls: list[tuple[Any, Array | None]] = [
        (model.predict, None),
        (model.jacobian, None),
        (model.curvature_norms, None),
        (model.pull_back, residual),
        (model.curvature, residual),
        (model.gram, weights),
    ]
    for method, other in calls:
        together = method(theta) if other is None else method(theta, other)
        for index in np.ndindex(2, 3):
            alone = method(theta[index]) if other is None else method(theta[index], other[index])
            np.testing.assert_allclose(together[index], alone, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("likelihood", [Gaussian(), Bernoulli(), Categorical(3)], ids=str)
def test_hessian_of_a_network_problem_is_the_derivative_of_its_gradient(
    likelihood: Likelihood,
) -> None:
    model = network(likelihood.outputs)
    problem = Problem(likelihood, model, np.array([0.0, 1, 0, 1, 1]), prior_variance=2.0)
    theta = parameters(model)
    expected = derivative(lambda at: problem.at(at).gradient, theta)
    np.testing.assert_allclose(problem.at(theta).hessian, expected, rtol=1e-6, atol=1e-8)


def test_curvature_norms_are_those_of_each_second_derivative() -> None:
    model = network()
    theta = parameters(model)
    for n, m in np.ndindex(5, 2):
        one = np.zeros((5, 2))
        one[n, m] = 1
        norm = np.linalg.norm(model.curvature(theta, one), 2)
        assert model.curvature_norms(theta)[n, m] == pytest.approx(norm, rel=1e-12)


def test_smoothness_bounds_every_change_of_a_gradient() -> None:
    model = network()
    generator = np.random.default_rng(3)
    bound = model.smoothness(1.5)
    theta, other = generator.uniform(-1.5, 1.5, (2, 1000, model.parameters))
    other = theta + generator.uniform(0, 1, (1000, 1)) * (other - theta)
    change = np.linalg.norm(model.jacobian(theta) - model.jacobian(other), axis=-1)
    assert np.all(change <= bound * np.linalg.norm(theta - other, axis=-1)[:, None, None])
    assert np.max(model.curvature_norms(theta)) <= bound


def test_smoothness_is_reached_in_the_limit_of_large_output_weights() -> None:
    model = TanhNetwork(np.array([[0.6, 0.8]]), hidden=1)
    bend = math.atanh(1 / math.sqrt(3))  # where |tanh''| is largest
    theta = np.array([0.6 * bend, 0.8 * bend, 1e4])
    assert model.curvature_norms(theta).item() == pytest.approx(model.smoothness(1e4), rel=1e-6)


# Proposition 1 and the equalities


def test_expectations_over_outcomes_are_those_of_the_likelihood() -> None:
    f = np.array([[0.3], [-1.2]])
    mean, square = (
        sum(p * y**power for p, y in identities.outcomes(Gaussian(), f)) for power in (1, 2)
    )
    np.testing.assert_allclose(mean, f[:, 0], rtol=1e-14)
    np.testing.assert_allclose(square, 1 + f[:, 0] ** 2, rtol=1e-14)
    (zero, _), (one, label) = identities.outcomes(Bernoulli(), f)
    np.testing.assert_allclose(one, [1 / (1 + math.exp(-a)) for a in f[:, 0]], rtol=1e-14)
    np.testing.assert_allclose(zero + one, 1)
    assert list(label) == [1, 1]


def test_fisher_from_hessians_is_the_weighted_sum_of_hessians_of_single_examples() -> None:
    model = network(3)
    theta = parameters(model)
    likelihood = Categorical(3)
    point = Problem(likelihood, model, np.zeros(5)).at(theta)
    expected = 0.0
    for x in model.inputs:
        alone = TanhNetwork(x[None], model.hidden, 3)
        p = likelihood.mean(alone.predict(theta))[0]
        for label in range(3):
            problem = Problem(likelihood, alone, np.array([float(label)]))
            gradient = derivative(lambda at, problem=problem: problem.at(at).gradient, theta)
            expected = expected + p[label] * gradient / 5
    np.testing.assert_allclose(identities.fisher_from_hessians(point), expected, atol=1e-8)


def test_ggn_of_the_empirical_split_is_that_of_equation_15() -> None:
    generator = np.random.default_rng(0)
    x, y, theta = generator.standard_normal((6, 2)), generator.standard_normal(6), np.ones(2)
    point = Problem(Gaussian(), LinearModel(x), y).at(theta)
    expected = sum((x[n] @ theta - y[n]) ** 2 * np.outer(x[n], x[n]) for n in range(6)) / 6
    np.testing.assert_allclose(identities.split_ggn(point), expected, rtol=1e-9)


# Proposition 2


def trained(seed: int = 0) -> tuple[Problem, Array]:
    generator = np.random.default_rng(seed)
    model = TanhNetwork(network_inputs(generator, 12, 2), hidden=3, outputs=3)
    targets = Categorical(3).sample(np.zeros((12, 3)), generator)
    problem = Problem(Categorical(3), model, targets)
    start = network_weights(generator, model)
    return problem, iterates(start, directions(problem, "GD"), 0.1, iterations=4)


def test_a_path_follows_the_gradient() -> None:
    problem, path = trained()
    for here, there in pairwise(path):
        np.testing.assert_allclose(there, here - 0.1 * problem.at(here).gradient)


def test_both_sides_of_the_bound_are_sums_over_examples_and_outputs() -> None:
    problem, path = trained()
    table = remainder.along(problem, path)
    for iteration, theta in enumerate(path):
        f = problem.model.predict(theta)
        left, right = 0.0, 0.0
        for n in range(12):
            p = np.exp(f[n]) / np.exp(f[n]).sum()
            for m in range(3):
                r = p[m] - (problem.targets[n] == m)
                one = np.zeros((12, 3))
                one[n, m] = 1
                left = left + r * problem.model.curvature(theta, one)
                right += abs(r)
        row = table.loc[iteration]
        assert row["remainder"] == pytest.approx(np.linalg.norm(left, 2), rel=1e-9)
        assert row["residual"] == pytest.approx(right, rel=1e-12)


def test_repeated_examples_multiply_both_sums() -> None:
    problem, path = trained()
    table = remainder.repeated(problem, path[-1], [1, 7])
    once, often = table.iloc[0], table.iloc[1]
    assert often["loss"] == pytest.approx(once["loss"])
    assert often["remainder"] == pytest.approx(7 * once["remainder"])
    assert often["residual"] == pytest.approx(7 * once["residual"])


def test_the_smoothness_of_a_path_holds_between_its_iterates() -> None:
    problem, path = trained()
    between = path[:-1] + np.linspace(0, 1, 9)[:, None, None] * np.diff(path, axis=0)
    largest = np.max(problem.model.curvature_norms(between))
    assert largest <= remainder.smoothness(problem, path)


# §4.1


def test_residual_gradients_are_their_closed_forms() -> None:
    table = splits.gradients(reach=5.0, count=11, classes=3)
    f, b = table["f"], table["probability"]
    gaussian, bernoulli, categorical = (
        table["likelihood"] == name for name in ("Gaussian", "Bernoulli", "categorical")
    )
    np.testing.assert_allclose(table["canonical"][gaussian], f[gaussian].abs())
    np.testing.assert_allclose(table["canonical"][bernoulli], 1 - b[bernoulli])
    np.testing.assert_allclose(table["canonical"][categorical], 2 * (1 - b[categorical]))
    np.testing.assert_allclose(b[gaussian], np.exp(-(f[gaussian] ** 2) / 2))
    np.testing.assert_allclose(
        b[categorical], np.exp(f)[categorical] / (np.exp(f[categorical]) + 2)
    )
    np.testing.assert_allclose(table["empirical"] * b, 1)


def test_norms_along_descents_are_those_of_each_point() -> None:
    problem, path = trained()
    paths = np.stack([path, path[::-1]], axis=1)
    table = splits.along(problem, paths, np.array([0, 2, 4, 6, 8]))
    assert list(table["iteration"]) == [0, 2, 4, 6, 8] * 2
    for row, theta in zip(table.itertuples(), [*path, *path[::-1]], strict=True):
        point = problem.at(theta)
        gradients = point.example_gradients
        assert row.loss == pytest.approx(point.loss)
        assert row.fisher == pytest.approx(np.linalg.norm(point.ggn, 2))
        assert row.empirical_fisher == pytest.approx(np.linalg.norm(gradients, 2) ** 2 / 12)
        left = point.hessian - gradients.T @ gradients / 12
        assert row.empirical_fisher_remainder == pytest.approx(np.linalg.norm(left, 2))


# The ledger


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    network = {"examples": 8, "features": 2, "hidden": 12}
    trained = {"classes": 3, "step_size": 0.1, "iterations": 20, "copies": [1, 1000]}
    compared = remainder.experiment({"seed": 0, "trials": 2, **trained, **network})
    schedules = {
        "regression": {"damping": 1e-3, "iterations": 100},
        "classification": {"damping": 0.1, "iterations": 300},
    }
    return {
        "identities": identities.experiment(seed=0, draws=2, classes=3, **network),
        "trials": compared["trials"],
        "residuals": splits.gradients(reach=30.0, count=61, classes=3),
        "memorised": splits.memorise(seed=0, starts=2, kept=20, problems=schedules, **network),
    }


def ledger(tables: dict[str, Any], **changed: pd.DataFrame) -> dict[str, Claim]:
    rows = claims_curvature.claims(**{**tables, **changed})
    return {row.id.removeprefix("curvature."): row for row in rows}


def test_the_ledger_bears_out_what_is_proven_and_refuses_what_is_not(tables: Any) -> None:
    rows = ledger(tables)
    identical = {name for name, row in rows.items() if row.kind == "identity"}
    assert identical == {
        "fisher-is-ggn",
        "fisher-forms",
        "fisher-is-hessian-of-divergence",
        "hessian-of-both-splits",
        "second-split",
        "ef-is-ggn",
        "ef-split-residual",
    }
    proven = {"remainder-bound", "ggn-is-definite", "remainder-vanishes", *identical}
    assert {rows[name].holds for name in proven} == {"yes"}
    assert all(rows[name].agree == rows[name].trials for name in proven)
    assert rows["remainder-bound-squared"].holds == "no"
    assert rows["definition-1"].holds == "in part"
    assert rows["ef-vanishes-regression"].holds == "yes"


@dataclass(frozen=True)
class Unweighted(Bernoulli):
    """A Bernoulli whose Fisher takes both labels for equally likely."""

    def fisher(self, f: Array) -> Array:
        """The mean of the squared residuals of both labels."""
        p = self.mean(f)
        return ((p**2 + (1 - p) ** 2) / 2)[..., None]


@dataclass(frozen=True)
class Swapped(Bernoulli):
    """A Bernoulli whose residual belongs to the other label."""

    def residual(self, f: Array, y: Array) -> Array:
        """``p − (1 − y)``."""
        return super().residual(f, 1 - y)


@pytest.mark.parametrize(
    ("likelihood", "broken"),
    [
        (Unweighted(), "fisher-is-ggn"),
        (Unweighted(), "fisher-forms"),
        (Swapped(), "fisher-is-ggn"),
        (Swapped(), "fisher-forms"),
        (Swapped(), "ef-is-ggn"),
        (Swapped(), "hessian-of-both-splits"),
        (Unweighted(), "fisher-is-hessian-of-divergence"),
    ],
)
def test_a_wrong_likelihood_breaks_the_equalities(
    tables: Any, likelihood: Likelihood, broken: str
) -> None:
    problem = Problem(likelihood, network(1), np.array([0.0, 1, 0, 1, 1]))
    table = identities.table({("Bernoulli", "network"): problem}, np.random.default_rng(0), 2)
    assert ledger(tables, identities=table)[broken].holds == "no"


def test_the_empirical_fisher_is_no_ggn_of_the_canonical_split(tables: Any) -> None:
    table = tables["identities"]
    far = table["empirical_fisher_from_fisher"]
    wrong = table.assign(fisher_from_ggn=far, scores_from_ggn=far)
    assert ledger(tables, identities=wrong)["fisher-is-ggn"].holds == "no"


def test_a_smoothness_too_small_breaks_the_bound(tables: Any) -> None:
    wrong = tables["trials"].copy()
    wrong[["linear", "squared"]] *= 1000
    assert ledger(tables, trials=wrong)["remainder-bound"].holds == "no"


def test_the_square_holds_where_the_loss_is_scaled_down(tables: Any) -> None:
    problem, path = trained()
    table = remainder.along(problem, path).assign(problem="softmax")
    table = table.assign(smoothness=remainder.smoothness(problem, path))
    table["remainder"], table["residual"] = 1e-6 * table["remainder"], 1e-6 * table["residual"]
    small = remainder.summary(table, table).assign(seed=0)
    rows = ledger(tables, trials=small)
    assert rows["remainder-bound"].holds == rows["remainder-bound-squared"].holds == "yes"


def test_the_summary_of_a_seed_has_its_worst_ratios_and_its_ranks() -> None:
    path = pd.DataFrame(
        {"problem": "p", "residual": [3.0, 2, 1], "remainder": [4.0, 5, 6], "smoothness": 2.0}
    )
    copies = path.head(1).assign(remainder=60.0)
    [row] = remainder.summary(path, copies).to_dict("records")
    assert row == {"problem": "p", "correlation": -1, "linear": 10, "squared": 600}


def test_other_seeds_are_other_trials_of_the_same(tables: Any) -> None:
    trials = tables["trials"]
    assert list(trials["seed"]) == [0, 0, 1, 1]
    shape = {"examples": 8, "features": 2, "hidden": 12, "classes": 3}
    alone = remainder.trained(seed=1, step_size=0.1, iterations=20, copies=[1, 1000], **shape)
    expected = remainder.summary(**alone)
    pd.testing.assert_frame_equal(
        trials.tail(2).drop(columns="seed").reset_index(drop=True), expected
    )


def test_a_remainder_that_rises_in_some_draws_depends_on_the_draw(tables: Any) -> None:
    trials = pd.concat([tables["trials"].head(2).assign(seed=seed) for seed in range(3)])
    trials["correlation"] = np.where(trials["seed"] == 2, -1.0, 1.0)
    row = ledger(tables, trials=trials)["remainder-is-monotone"]
    assert (row.holds, row.trials, row.agree, row.varied) == ("yes", 3, 2, "the draw")


def test_a_remainder_that_stays_when_residuals_fall_is_seen(tables: Any) -> None:
    table = tables["memorised"]
    stuck = table.assign(fisher_remainder=table["hessian"])
    assert ledger(tables, memorised=stuck)["remainder-vanishes"].holds == "no"


def test_an_indefinite_ggn_and_a_definite_hessian_are_seen(tables: Any) -> None:
    table = tables["identities"]
    assert (
        ledger(tables, identities=table.assign(ggn_lowest=-0.1))["ggn-is-definite"].holds
        == "in part"
    )
    both = table.assign(ggn_lowest=-0.1, hessian_lowest=0.0)
    assert ledger(tables, identities=both)["ggn-is-definite"].holds == "no"


@pytest.mark.parametrize("likelihood", [Gaussian(), Bernoulli(), Categorical(3)], ids=str)
def test_the_parts_of_equation_9_are_those_of_second_derivatives(likelihood: Likelihood) -> None:
    """The Hessians of b_n are those of the probability itself, by differences of differences."""
    model = network(likelihood.outputs)
    problem = Problem(likelihood, model, np.array([0.0, 1, 0, 1, 1]))
    theta = 0.5 * parameters(model)
    point = problem.at(theta)

    def b(at: Array) -> Array:
        return np.exp(-problem.at(at).losses)

    second = derivative(lambda at: derivative(b, at, 1e-3), theta, 1e-3)
    expected = -np.mean(second / b(theta)[:, None, None], axis=0)
    np.testing.assert_allclose(identities.empirical_remainder(point), expected, atol=2e-6)


def test_the_divergence_of_two_gaussians_has_the_hessian_of_half_the_squared_distance() -> None:
    inputs = np.random.default_rng(0).standard_normal((6, 2))
    point = Problem(Gaussian(), LinearModel(inputs), np.ones(6)).at(np.array([0.3, -1.0]))
    found = identities.divergence_hessian(point)
    np.testing.assert_allclose(found, inputs.T @ inputs / 6, rtol=1e-9, atol=1e-10)


def test_the_lowest_eigenvalue_is_relative_to_the_largest() -> None:
    assert identities.lowest(np.diag([-1.0, 3.0, -4.0])) == pytest.approx(-1)
    assert identities.lowest(np.diag([2.0, 8.0])) == pytest.approx(0.25)


def test_swapping_fisher_and_empirical_fisher_is_seen(tables: Any) -> None:
    swap = {
        "fisher_remainder": "empirical_fisher_remainder",
        "empirical_fisher_remainder": "fisher_remainder",
        "fisher": "empirical_fisher",
        "empirical_fisher": "fisher",
    }
    rows = ledger(tables, memorised=tables["memorised"].rename(columns=swap))
    assert rows["ef-vanishes-regression"].holds == "no"
    assert rows["ef-split-remainder"].holds == "no"


def test_smoothness_is_for_the_network_only() -> None:
    problem, path = trained()
    linear = replace(problem, model=LinearModel(problem.model.inputs, 3))
    with pytest.raises(TypeError, match="TanhNetwork"):
        remainder.smoothness(linear, path)
