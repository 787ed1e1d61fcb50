"""Eqs. 18 and 19 and the stochastic descents, against loops and general solvers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from conftest import verdicts
from empirical_fisher.experiments.noise import claims as claims_noise
from empirical_fisher.experiments.noise import decrease, stochastic
from empirical_fisher.experiments.noise import experiment as noise
from empirical_fisher.experiments.shared_problems import random_problem
from empirical_fisher.problems import Point, linear_problem

POINTS = noise.random_points(seed=3, count=1, size=40, features=3)


class Mislabelled(Point):
    """A point whose empirical Fisher belongs to other labels than its gradients."""

    @property
    def empirical_fisher(self):
        other = dataclasses.replace(self.problem, targets=self.problem.targets[::-1])
        return other.at(self.theta).empirical_fisher


def mislabelled() -> dict[str, Point]:
    return {name: Mislabelled(point.problem, point.theta) for name, point in POINTS.items()}


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    return noise.errors(POINTS, seed=0, perturbations=5)


@pytest.mark.parametrize("name", POINTS)
def test_second_moment_is_the_papers_sum_example_by_example(name):
    """Eq. 18 in the paper's sums: the covariance is NumPy's, of the gradients one by one."""
    point, size = POINTS[name], 40
    gradients = []
    for n in range(size):
        jacobian = point.problem.model.jacobian(point.theta)[n]
        gradients.append(size * jacobian.T @ point.residuals[n])
    loss_gradient = size * point.gradient
    np.testing.assert_allclose(np.mean(gradients, axis=0), loss_gradient, atol=1e-12 * size**2)
    covariance = np.cov(np.transpose(gradients), bias=True)
    right = covariance + np.outer(loss_gradient, loss_gradient)
    paper_sum = size * point.empirical_fisher
    np.testing.assert_allclose(size * paper_sum, right, rtol=1e-11, atol=1e-11 * size**2)
    assert noise.identity_error(point) < 1e-14


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("matrix", ["identity", "diagonal", "printed", "transposed"])
def test_expected_error_is_the_mean_over_all_examples(name, matrix):
    point = POINTS[name]
    array = noise.matrices(point)[matrix]
    total = 0.0
    for gradient in point.example_gradients:
        total += np.sum((array @ gradient - point.gradient) ** 2)
    naive = total / len(point.example_gradients) / np.sum(point.gradient**2)
    assert noise.expected_error(array, point) == pytest.approx(naive, rel=1e-9)


@pytest.mark.parametrize("name", POINTS)
def test_derivative_of_the_expected_error_vanishes_at_the_transpose_only(name):
    point = POINTS[name]

    def slope(matrix: np.ndarray) -> float:
        step = 1e-5 * np.abs(matrix).max()
        slopes = []
        for index in np.ndindex(matrix.shape):
            change = np.zeros_like(matrix)
            change[index] = step
            up, down = (noise.expected_error(matrix + s * change, point) for s in (1, -1))
            slopes.append((up - down) / (2 * step))
        return float(np.max(np.abs(slopes)))

    matrices = noise.matrices(point)
    assert slope(matrices["transposed"]) < 1e-7
    assert slope(matrices["printed"]) > 1e-4


def test_factors_are_those_of_the_signal_to_noise_ratio():
    point = POINTS["binary 1"]
    variance = np.var(point.example_gradients, axis=0)
    factors = point.gradient**2 / (point.gradient**2 + variance)
    np.testing.assert_allclose(noise.matrices(point)["diagonal"], np.diag(factors), rtol=1e-11)


@pytest.mark.parametrize("name", ["regression 1", "binary 1"])
def test_a_feature_that_is_zero_everywhere_changes_nothing_else(name):
    point = POINTS[name]
    problem = point.problem
    inputs = np.insert(problem.model.inputs, 1, 0.0, axis=1)
    padded = linear_problem(inputs, problem.targets, name.removesuffix(" 1"))
    with_zero = padded.at(np.insert(point.theta, 1, 0.7))
    kept = np.ix_([0, 2, 3], [0, 2, 3])
    for matrix, array in noise.matrices(with_zero).items():
        np.testing.assert_allclose(array[kept], noise.matrices(point)[matrix], rtol=1e-9)
    found, expected = (
        noise.errors({name: each}, seed=0, perturbations=2)["lowest"] for each in (with_zero, point)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_ledger_says_which_of_the_two_matrices_is_the_best(errors):
    claims = verdicts(claims_noise.equations(noise.identities(POINTS), errors))
    assert claims["second-moment"] == "yes"
    assert claims["diagonal-factors"] == "yes"
    assert claims["adaptation-matrix"] == "no"
    assert claims["adaptation-matrix-transposed"] == "yes"


def test_ledger_says_no_to_a_second_moment_of_swapped_labels():
    wrong = mislabelled()
    claims = verdicts(claims_noise.equations(noise.identities(wrong), noise.errors(wrong, 0, 5)))
    assert claims["second-moment"] == "no"
    assert claims["adaptation-matrix-transposed"] == "no"


@pytest.fixture(scope="module")
def problem():
    return random_problem(np.random.default_rng(5), "regression", 30, 3, condition=9.0)


@pytest.mark.parametrize("method", [*stochastic.UPDATES, *stochastic.CONTROLS])
def test_descent_is_the_naive_loop(problem, method):
    examples = stochastic.draws(7, range(2), problem.size, steps=4)
    step_size = np.array([0.01, 0.02])
    excess = stochastic.descend(problem, method, step_size, examples)
    lowest = problem.at(problem.minimizer()).loss
    inputs, targets = problem.model.inputs, problem.targets
    for run in range(2):
        theta = np.zeros(3)
        for step in range(4):
            assert excess[step, run] == pytest.approx(problem.at(theta).loss - lowest, abs=1e-12)
            gradients = (inputs @ theta - targets)[:, None] * inputs
            g, mean = gradients[examples[run, step]], gradients.mean(axis=0)
            moment = gradients.T @ gradients / len(gradients)
            inverse = np.linalg.inv(moment)
            update = {
                "SGD": g,
                "diagonal": mean**2 / np.diag(moment) * g,
                "printed": inverse @ np.outer(mean, mean) @ g,
                "transposed": np.outer(mean, mean) @ inverse @ g,
                "EF": inverse @ g,
                "square root": g / np.sqrt(np.diag(moment)),
                "Fisher": np.linalg.inv(inputs.T @ inputs / len(inputs)) @ g,
                "gradient": mean,
                "scalar": mean @ mean / np.trace(moment) * g,
                "equal noise": np.outer(mean, mean)
                @ np.linalg.inv(
                    np.trace(np.cov(gradients.T, bias=True)) / 3 * np.eye(3) + np.outer(mean, mean)
                )
                @ g,
            }[method]
            theta = theta - step_size[run] * update


def test_diverged_runs_end_infinite_and_leave_the_others_alone(problem):
    examples = stochastic.draws(7, range(2), problem.size, steps=60)
    with_it = stochastic.descend(problem, "SGD", np.array([0.01, 1e3]), examples)
    alone = stochastic.descend(problem, "SGD", np.array([0.01]), examples[:1])
    assert np.isinf(with_it[-1, 1])
    np.testing.assert_allclose(with_it[:, 0], alone[:, 0], rtol=1e-12)


def test_tuning_takes_the_step_size_with_the_lowest_mean_and_fresh_runs(problem):
    sizes = np.array([1e-4, 1e-2, 1e3])
    choices, paths = stochastic.tune(problem, sizes, 0, tuning=2, runs=3, steps=25, every=10)
    sgd = choices[choices["method"] == "SGD"].set_index("step_size")["final_excess"]
    path = paths[paths["method"] == "SGD"]
    assert np.isinf(sgd[1e3])
    assert path["step_size"].unique() == [sgd.idxmin()]
    assert list(path["step"].unique()) == [0, 10, 20, 25]
    fresh = stochastic.draws(0, range(2, 5), problem.size, steps=25)
    again = stochastic.descend(problem, "SGD", np.full(3, sgd.idxmin()), fresh)
    last = path[path["step"] == 25]["excess"]
    np.testing.assert_array_equal(last, again[-1])


def outcome(**finals: float) -> pd.DataFrame:
    """Paths of two problems that end at these losses, one at most for every other method."""
    rows = [
        {"problem": name, "method": method, "step_size": 1.0, "run": run, "step": 9}
        | {"excess": finals.get(method.replace(" ", "_"), 1.0)}
        for name in ("ill-conditioned", "isotropic")
        for method in stochastic.UPDATES
        for run in range(10)
    ]
    return pd.DataFrame(rows)


def ends(seeds: int = 2, **medians: float) -> pd.DataFrame:
    """Trials that end at these medians, one at most for every other method."""
    methods = [*stochastic.UPDATES, *stochastic.CONTROLS]
    rows = [
        {"problem": name, "seed": seed, "method": method, "step_size": 1.0}
        | {"median": medians.get(method.replace(" ", "_"), 1.0)}
        for name in ("ill-conditioned", "isotropic")
        for seed in range(seeds)
        for method in methods
    ]
    return pd.DataFrame(rows)


GOOD = {"diagonal": 0.2, "transposed": 0.2, "printed": 0.1, "EF": 0.5, "gradient": 0.0}


def test_ledger_follows_the_runs():
    claims = verdicts(claims_noise.descents(ends(**GOOD)))
    assert set(claims.values()) == {"yes"}
    swapped = ends(diagonal=2.0, transposed=2.0, printed=3.0, EF=1.5, gradient=4.0)
    claims = verdicts(claims_noise.descents(swapped))
    assert set(claims.values()) == {"no"}


def test_less_than_one_percent_is_no_difference():
    close = verdicts(claims_noise.descents(ends(diagonal=0.995, transposed=0.995)))
    assert close["attenuation"] == close["attenuation-by-covariance"] == "no"


def test_ledger_says_when_a_draw_decides():
    trials = pd.concat([ends(seeds=2, **GOOD), ends(seeds=3).query("seed == 2")])
    rows = {row.id: row for row in claims_noise.descents(trials)}
    row = rows["noise.not-curvature"]
    assert (row.holds, row.trials, row.agree, row.varied) == ("yes", 3, 2, "the draw")


def test_trials_are_tunings_of_other_problems_and_examples():
    settings = {
        "size": 20,
        "features": 2,
        "conditions": {"isotropic": 1.0, "ill-conditioned": 9.0},
        "steps": 10,
    }
    axis = {"low": 1e-3, "high": 1.0, "count": 3}
    table = stochastic.trials(4, settings, count=2, step_sizes=axis, tuning=2, runs=3)
    assert set(table["seed"]) == {4, 5}
    row = table[(table["problem"] == "ill-conditioned") & (table["method"] == "printed")].iloc[1]
    problem = random_problem(np.random.default_rng(5), "regression", 20, 2, 9.0)
    fresh = stochastic.draws(5, range(2, 5), 20, steps=10)
    again = stochastic.descend(problem, "printed", np.full(3, row["step_size"]), fresh)
    assert row["median"] == np.median(again[-1])


def test_shares_of_decreases_are_those_of_a_loop_and_near_the_normal_law():
    point = POINTS["regression 1"]
    table = decrease.decreases(point, seed=3, batch=5, batches=400)
    shares = table.set_index("direction")["share"]
    gradients, mean = point.example_gradients, point.gradient
    covariance = np.cov(gradients.T, bias=True)
    generator = np.random.default_rng(3)
    drawn = generator.integers(40, size=(400, 5))
    count = 0
    for batch in drawn:
        step = np.linalg.inv(covariance) @ np.mean([gradients[n] for n in batch], axis=0)
        count += step @ mean > 0
    assert shares["covariance"] == pytest.approx(count / 400)
    signal = np.sqrt(5 * mean @ np.linalg.inv(covariance) @ mean)
    assert shares["covariance"] == pytest.approx(norm.cdf(signal), abs=0.06)


@pytest.mark.parametrize("name", POINTS)
def test_covariance_and_second_moment_turn_the_gradient_alike(name):
    assert decrease.angle(POINTS[name]) < 1e-10
    assert decrease.angle(mislabelled()[name]) > 1e-3


def test_ledger_of_the_likeliest_decrease_can_say_no():
    table = decrease.table(POINTS, seed=0, batch=4, batches=50)
    swap = {"covariance": "gradient", "gradient": "covariance"}
    good = table.assign(share=np.where(table["direction"] == "covariance", 0.9, 0.5))
    claims = verdicts(claims_noise.likeliest(good))
    assert set(claims.values()) == {"yes"}
    wrong = good.assign(direction=good["direction"].replace(swap), angle=0.1)
    assert set(verdicts(claims_noise.likeliest(wrong)).values()) == {"no"}


def test_summary_counts_diverged_runs_and_leaves_them_out_of_the_mean():
    paths = outcome(SGD=2.0)
    paths.loc[(paths["method"] == "SGD") & (paths["run"] == 0), "excess"] = np.inf
    row = stochastic.summary(paths).set_index(["problem", "method"]).loc[("isotropic", "SGD")]
    assert (row["runs"], row["diverged"], row["mean"], row["median"]) == (10, 1, 2.0, 2.0)
