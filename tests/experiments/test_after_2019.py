"""The numbers of what came after 2019, against naive loops, closed forms and differences."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import CONFIG, derivative
from empirical_fisher.experiments.after_2019 import (
    bartlett,
    batches,
    continual,
    diagonals,
    few_examples,
    imbalance,
    improved,
    inverse_bias,
    kronecker,
    one_sample,
    outcomes,
    quartic,
    takeuchi,
    trajectories,
)
from empirical_fisher.experiments.after_2019.drawn import (
    first_examples,
    linear_point,
    network_point,
)
from empirical_fisher.experiments.indicator import (
    indicator,
    is_resolved,
    least_indicator,
)
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.methods import direction
from empirical_fisher.solvers import descend

SETTINGS = CONFIG["after_2019"]
POINTS = {
    **{f"linear {task}": linear_point(1, task, 30, 3) for task in TASKS},
    **{f"network {task}": network_point(1, task, 8, 2, 4) for task in TASKS},
}
LINEAR = [name for name in POINTS if name.startswith("linear")]
NETWORKS = [name for name in POINTS if name.startswith("network")]


def naive_gradients(point, labels):
    """The gradient of each example, one after the other, by differences of its loss."""
    problem = point.problem
    rows = []
    for n in range(problem.size):

        def loss(theta, n=n):
            f = problem.model.predict(theta)
            return problem.likelihood.nll(f, labels)[n]

        rows.append(derivative(loss, point.theta))
    return np.array(rows)


# The improved empirical Fisher


@pytest.mark.parametrize("name", NETWORKS)
def test_undamped_updates_of_few_examples_are_those_of_the_gram_matrix(name):
    """Eq. 8 as it is printed: Jᵀ (J Jᵀ)⁻¹ s."""
    point = POINTS[name]
    gradients = naive_gradients(point, point.problem.targets)
    s = [np.sum(residual**2) for residual in point.residuals]
    expected = gradients.T @ np.linalg.solve(gradients @ gradients.T, s)
    updates = improved.undamped_updates(point)
    np.testing.assert_allclose(updates["improved"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(updates["reweighted"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LINEAR)
def test_undamped_updates_of_many_examples_are_two_regressions(name):
    point = POINTS[name]
    s = np.sum(point.residuals**2, axis=1)
    moment = sum(np.outer(g, g) for g in point.example_gradients)
    weighted = sum(
        np.outer(g, g) / each for g, each in zip(point.example_gradients, s, strict=True)
    )
    updates = improved.undamped_updates(point)
    pinv = np.linalg.pinv
    target = point.example_gradients.T @ s
    np.testing.assert_allclose(updates["improved"], pinv(moment, 1e-12) @ target, rtol=1e-8)
    summed = point.example_gradients.sum(axis=0)
    np.testing.assert_allclose(updates["reweighted"], pinv(weighted, 1e-12) @ summed, rtol=1e-8)


@pytest.mark.parametrize("name", NETWORKS)
def test_losses_of_few_examples_fall_alike_or_by_their_squared_residuals(name):
    """By a small step on the network itself, not by its Jacobian."""
    point = POINTS[name]
    updates = improved.undamped_updates(point)
    s = np.sum(point.residuals**2, axis=1)
    for method, expected in (("EF", np.ones(len(s))), ("improved", s)):
        slope = derivative(
            lambda step, update=updates[method]: (
                point.problem.at(point.theta + step[0] * update).losses
            ),
            np.zeros(1),
            step=1e-6,
        )[:, 0]
        np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-4)


def test_measured_differences_are_those_of_the_matrices():
    point = POINTS["linear binary"]
    measured = improved.measure(point, np.random.default_rng(0), 3)
    inputs = point.problem.model.inputs
    gram = sum(np.outer(x, x) for x in inputs) / len(inputs)
    assert measured["from_gram"] < 1e-14
    distance = np.linalg.norm(gram - point.fisher) / np.linalg.norm(point.fisher)
    assert measured["from_fisher"] == pytest.approx(distance)
    assert np.isnan(measured["projection_ef"])
    assert np.isnan(
        improved.measure(POINTS["network binary"], np.random.default_rng(0), 3)["from_gram"]
    )


def test_deviation_is_the_sine_of_the_angle():
    assert improved.deviation(np.array([1.0, 1.0]), np.array([3.0, 0.0])) == pytest.approx(0.5**0.5)
    assert improved.deviation(np.array([-2.0, -2.0]), np.array([1.0, 1.0])) == pytest.approx(0)


@given(st.sampled_from(list(POINTS)), st.integers(0, 1000), st.floats(-100, 100))
def test_no_direction_has_a_lower_indicator_and_length_does_not_matter(name, seed, factor):
    point = POINTS[name]
    update = np.random.default_rng(seed).standard_normal(point.problem.parameters)
    value = indicator(point, update)
    assert value >= least_indicator(point) * (1 - 1e-9)
    if abs(factor) > 1e-3:
        assert indicator(point, factor * update) == pytest.approx(value)


def test_indicator_is_the_naive_quotient():
    point = POINTS["linear binary"]
    update = np.array([1.0, -2.0, 0.5])
    square = np.mean(
        [
            f * (x @ update) ** 2
            for x, f in zip(
                point.problem.model.inputs,
                point.problem.likelihood.fisher(point.predictions)[:, 0, 0],
                strict=True,
            )
        ]
    )
    assert indicator(point, update) == pytest.approx(square**0.5 / abs(update @ point.gradient))
    natural = np.linalg.solve(point.fisher, point.gradient)
    assert indicator(point, natural) == pytest.approx(least_indicator(point))


def minimum(problem):
    """The solution of a regression, refined until only rounding errors of the gradient are left."""
    inputs, targets = problem.model.inputs, problem.targets
    theta = np.linalg.lstsq(inputs, targets)[0]
    return theta - np.linalg.lstsq(inputs, inputs @ theta - targets)[0]


def test_gradient_at_the_minimum_is_not_resolved():
    problem = POINTS["linear regression"].problem
    theta = minimum(problem)
    assert not is_resolved(problem.at(theta))
    assert is_resolved(problem.at(theta + 1e-6))


def test_quartic_derivatives_are_those_of_the_mean_fourth_power():
    problem = linear_point(2, "regression", 12, 3).problem
    theta = np.array([0.3, -0.2, 1.0])

    def quartic_loss(theta):
        return np.sum((problem.model.inputs @ theta - problem.targets) ** 4) / 4

    gradient, hessian = quartic.quartic_derivatives(problem, theta)
    np.testing.assert_allclose(derivative(quartic_loss, theta), gradient, rtol=1e-7)
    slope = derivative(lambda at: quartic.quartic_derivatives(problem, at)[0], theta)
    np.testing.assert_allclose(slope, hessian, rtol=1e-7)


def test_quartic_descent_ends_where_a_general_minimiser_does():
    from scipy.optimize import minimize

    settings = {"examples": 30, "features": 2, "iterations": 60}
    [row] = quartic.experiment(settings, [3]).to_dict("records")
    problem = quartic.random_problem(np.random.default_rng(3), "regression", 30, 2)

    def quartic_loss(theta):
        return np.mean((problem.model.inputs @ theta - problem.targets) ** 4)

    end = minimize(quartic_loss, np.zeros(2), tol=1e-12).x
    lowest = problem.at(problem.minimizer()).loss
    assert row["excess"] == pytest.approx(problem.at(end).loss / lowest - 1, rel=1e-3)
    assert row["newton_error"] < 1e-12
    assert row["gradient"] < 1e-12


@pytest.mark.parametrize("name", ["linear multiclass", "network binary"])
def test_indicators_along_a_path_are_those_of_naive_updates(name):
    point, damping = POINTS[name], 0.03
    table = trajectories.indicators(point, np.array([damping]), [7])
    labels = point.problem.likelihood.sample(point.predictions, np.random.default_rng(7))
    own, drawn = (naive_gradients(point, each) for each in (point.problem.targets, labels))
    s = np.sum(point.residuals**2, axis=1)
    size, eye = len(s), np.eye(point.problem.parameters)
    matrices = {
        "natural": point.ggn,
        "sampled": drawn.T @ drawn / size,
        "EF": own.T @ own / size,
        "improved": own.T @ own / size,
        "reweighted": (own.T / s) @ own / size,
    }
    for method, matrix in matrices.items():
        vector = own.T @ s / size if method == "improved" else own.mean(axis=0)
        update = np.linalg.solve(matrix + damping * eye, vector)
        expected = indicator(point, update) / least_indicator(point)
        assert table[method].item() == pytest.approx(expected, rel=1e-5)


def test_iterates_followed_are_those_of_the_solver():
    point = POINTS["linear binary"]
    found = dict(trajectories.followed(point, "NGD", 0.5, 0.1, [0, 2, 5]))
    for iteration in (2, 5):
        run = descend(point.problem, "NGD", 0.5, 0.1, iteration, initial=point.theta)
        np.testing.assert_allclose(found[iteration].theta, run.theta[0], rtol=1e-12)


def test_a_gradient_of_rounding_errors_has_no_indicator_and_no_step():
    problem = POINTS["linear regression"].problem
    point = problem.at(minimum(problem))
    table = trajectories.indicators(point, np.array([0.1, 1.0]), [0])
    assert table.drop(columns=["seed", "damping"]).isna().all(axis=None)
    assert np.isnan(one_sample.one_sample_step(point, problem.targets[None], 1.0, 0.1)).all()


# Batches, roots and diagonals


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("replacement", [True, False])
def test_mean_over_batches_is_that_of_many_draws(name, replacement):
    gradients = POINTS[name].example_gradients[:6]
    generator = np.random.default_rng(0)
    total = np.zeros((gradients.shape[1],) * 2)
    for _ in range(20000):
        batch = gradients[generator.choice(6, 3, replace=replacement)].mean(axis=0)
        total += 3 * np.outer(batch, batch) / 20000
    exact = batches.mean_over_batches(gradients, 3, replacement=replacement)
    assert np.linalg.norm(total - exact) < 0.05 * np.linalg.norm(exact)


@pytest.mark.parametrize("name", LINEAR)
def test_squares_error_is_that_of_all_batches(name):
    point = first_examples(POINTS[name], 5)
    squares = np.diagonal(batches.mean_over_batches(point.example_gradients, 3, replacement=True))
    diagonal = np.mean(point.example_gradients**2, axis=0)
    expected = np.linalg.norm(squares - diagonal) / np.linalg.norm(diagonal)
    assert batches.squares_error(point, 3) == pytest.approx(expected)


@pytest.mark.parametrize("name", LINEAR)
def test_other_units_leave_predictions_as_they_are(name):
    point = POINTS[name]
    other = batches.in_other_units(point, np.array([2.0, 0.1, 30.0]))
    np.testing.assert_allclose(other.predictions, point.predictions, rtol=1e-12)


def test_a_step_without_the_root_is_the_same_in_other_units():
    """A whole step in each of the units, and the losses that they leave."""
    point, units = POINTS["linear binary"], np.array([2.0, 0.1, 30.0])
    other = batches.in_other_units(point, units)
    for name, is_same in (("root_free", True), ("rooted", False)):
        steps = [batches.updates(each.example_gradients)[name] for each in (point, other)]
        losses = [
            each.problem.at(each.theta - 0.1 * step).loss
            for each, step in zip((point, other), steps, strict=True)
        ]
        assert (losses[0] == pytest.approx(losses[1], rel=1e-10)) == is_same


@pytest.mark.parametrize("name", POINTS)
def test_outcomes_have_the_models_mean_and_variance(name):
    point = POINTS[name]
    labels, probabilities = outcomes.outcomes(point)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1)
    each = outcomes.gradients(point, labels)
    np.testing.assert_allclose(np.einsum("kn,knp->np", probabilities, each), 0, atol=1e-12)
    fisher = np.einsum("kn,knp,knq->pq", probabilities, each, each) / point.problem.size
    np.testing.assert_allclose(fisher, point.fisher, atol=1e-12)


def test_outcomes_of_a_normal_number_have_its_fourth_moment():
    point = POINTS["linear regression"]
    labels, probabilities = outcomes.outcomes(point)
    moments = [np.sum(probabilities * (labels - point.predictions[:, 0]) ** k, 0) for k in (2, 4)]
    np.testing.assert_allclose(moments[0], 1)
    np.testing.assert_allclose(moments[1], 3)


def test_all_labels_together_are_the_product():
    point = first_examples(POINTS["linear binary"], 3)
    labels, probabilities = outcomes.together(point)
    p = point.problem.likelihood.mean(point.predictions)[:, 0]
    found = {tuple(row): each for row, each in zip(labels, probabilities, strict=True)}
    for row in itertools.product([0.0, 1.0], repeat=3):
        expected = np.prod([q if y else 1 - q for q, y in zip(p, row, strict=True)])
        assert found[row] == pytest.approx(expected)


@pytest.mark.parametrize("name", POINTS)
def test_second_derivatives_are_those_of_the_losses(name):
    point = POINTS[name]
    labels, _ = outcomes.outcomes(point)
    found = diagonals.second_derivatives(point, labels)
    for index in (0, len(labels) - 1):

        def slopes(theta, index=index):
            return outcomes.gradients(point.problem.at(theta), labels[index])

        expected = np.einsum("npp->np", derivative(slopes, point.theta))
        np.testing.assert_allclose(found[index], expected, atol=1e-8)


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_variances_of_the_two_estimators_are_those_of_the_closed_forms(task):
    """Of one output: Σ J⁴ var(r²) / N² and Σ (∂²f)² var(r) / N²."""
    point = POINTS[f"network {task}"]
    labels, probabilities = outcomes.outcomes(point)
    jacobian = point.problem.model.jacobian(point.theta)[:, 0]
    slopes = derivative(lambda at: point.problem.model.jacobian(at)[:, 0], point.theta)
    bends = np.einsum("npp->np", slopes)
    p = point.problem.likelihood.mean(point.predictions)
    of_square, of_residual = 2.0, 1.0
    if task == "binary":
        of_residual = p * (1 - p)
        of_square = of_residual * (1 - 2 * p) ** 2
    size = point.problem.size**2
    _, first = diagonals.moments(outcomes.gradients(point, labels) ** 2, probabilities)
    _, second = diagonals.moments(diagonals.second_derivatives(point, labels), probabilities)
    np.testing.assert_allclose(first, np.sum(jacobian**4 * of_square, 0) / size, rtol=1e-8)
    expected = np.sum(bends**2 * of_residual, 0) / size
    np.testing.assert_allclose(second, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("task", TASKS)
def test_variance_of_the_squared_sum_is_that_over_all_labels(task):
    point = first_examples(POINTS[f"linear {task}"], 4)
    labels, probabilities = outcomes.together(point)
    each = outcomes.gradients(point, labels)
    expected = []
    for estimate in (each.sum(axis=1) ** 2, np.sum(each**2, axis=1)):
        mean = probabilities @ estimate
        variance = probabilities @ (estimate - mean) ** 2
        expected.append(np.mean(np.sqrt(variance) / mean))
    assert bartlett.deviations(point) == pytest.approx(tuple(expected))


def test_the_squared_sum_has_the_fishers_diagonal_for_its_mean():
    point = first_examples(POINTS["linear binary"], 5)
    assert bartlett.batch_bias(point) < 1e-13
    wrong = dataclasses.replace(point.problem, targets=1 - point.problem.targets)
    assert bartlett.batch_bias(wrong.at(point.theta)) < 1e-13  # the data's labels have no part


def test_estimates_with_the_datas_labels_are_naive_squares():
    point = POINTS["linear binary"]
    gradients = naive_gradients(point, point.problem.targets)
    length = np.linalg.norm(np.diagonal(point.ggn))
    expected = np.sum(gradients, axis=0) ** 2 / 30, np.mean(gradients**2, axis=0)
    found = bartlett.with_the_datas_labels(point)
    assert found == pytest.approx([np.linalg.norm(each) / length for each in expected])


# Kronecker factors, inverses, few examples


def test_kronecker_matrix_is_the_product_of_naive_means():
    point = POINTS["linear multiclass"]
    inputs, size = point.problem.model.inputs, point.problem.size
    p = point.problem.likelihood.mean(point.predictions)
    outer = sum(np.outer(x, x) for x in inputs) / size
    of_model = sum(np.diag(q) - np.outer(q, q) for q in p) / size
    of_data = sum(np.outer(r, r) for r in point.residuals) / size
    found = kronecker.kronecker_fisher(point, "model")
    np.testing.assert_allclose(found, np.kron(of_model, outer), atol=1e-13)
    found = kronecker.kronecker_fisher(point, "data")
    np.testing.assert_allclose(found, np.kron(of_data, outer), atol=1e-13)
    np.testing.assert_array_equal(kronecker.layers_fisher(point), point.fisher)


def test_layers_of_a_network_are_taken_apart():
    point = POINTS["network regression"]
    found = kronecker.layers_fisher(point)
    first = 4 * 3  # hidden units times inputs
    assert np.all(found[:first, first:] == 0)
    np.testing.assert_array_equal(found[first:, first:], point.fisher[first:, first:])
    assert kronecker.kronecker_fisher(point, "model").shape == found.shape


def test_kronecker_matrix_is_exact_only_where_it_is():
    for name, point in kronecker.exact_points(0, 20, 3).items():
        error = np.linalg.norm(kronecker.kronecker_fisher(point, "model") - point.fisher)
        assert error < 1e-12, name
    point = POINTS["linear binary"]
    assert np.linalg.norm(kronecker.kronecker_fisher(point, "model") - point.fisher) > 1e-3
    assert kronecker.scale_error(point) < 1e-14


def test_mean_inverse_of_one_example_is_the_sum_over_two_labels():
    point, damping = linear_point(0, "binary", 1, 1), 0.2
    x = point.problem.model.inputs[0, 0]
    p = 1 / (1 + np.exp(-x * point.theta[0]))
    expected = p / ((1 - p) ** 2 * x**2 + damping) + (1 - p) / (p**2 * x**2 + damping)
    assert inverse_bias.mean_inverse(point, damping) == pytest.approx(expected)
    exact = 1 / (p * (1 - p) * x**2 + damping)
    excess = inverse_bias.relative_excess(np.array([[expected]]), np.array([[exact]]))
    assert excess == pytest.approx(expected / exact - 1)
    assert excess > 0


@given(st.integers(0, 10_000), st.floats(1e-3, 10))
def test_the_mean_inverse_is_never_below_the_inverse_of_the_mean(seed, damping):
    point = linear_point(seed, "binary", 4, 2)
    exact = np.linalg.inv(point.fisher + damping * np.eye(2))
    excess = inverse_bias.relative_excess(inverse_bias.mean_inverse(point, damping), exact)
    assert excess[0] >= -1e-9


def test_one_sample_step_is_the_naive_one():
    point, damping = POINTS["linear binary"], 0.05
    labels = point.draw_labels(np.random.default_rng(3))
    gradients = naive_gradients(point, labels[0])
    sampled = np.linalg.solve(gradients.T @ gradients / 30 + damping * np.eye(3), point.gradient)
    natural = np.linalg.solve(point.ggn + damping * np.eye(3), point.gradient)
    expected = np.sqrt((sampled @ point.ggn @ sampled) / (natural @ point.ggn @ natural))
    length, loss_ratio = one_sample.one_sample_step(point, labels, 0.7, damping)
    assert length == pytest.approx(expected, rel=1e-6)
    after = point.problem.at(point.theta - 0.7 * sampled).loss
    assert loss_ratio == pytest.approx(after / point.loss, rel=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_promised_decrease_is_the_explained_share_of_ones(seed, size):
    point = first_examples(linear_point(seed, "binary", 12, 4), size)
    gradients = point.example_gradients
    ones = np.ones(size)
    explained = gradients @ np.linalg.lstsq(gradients, ones)[0]
    assert few_examples.promised_decrease(point) == pytest.approx(explained @ ones / size, abs=1e-6)


def test_update_of_one_example_is_a_normalised_gradient():
    point = first_examples(POINTS["linear regression"], 1)
    assert few_examples.one_example_error(point) < 1e-9
    assert few_examples.one_example_error(POINTS["linear regression"]) > 0.1
    independent = [few_examples.independent_parameters(POINTS[name]) for name in LINEAR]
    assert independent == [3, 3, 6]


# Uses


def test_importances_are_naive_means_of_squares():
    point = POINTS["linear binary"]
    found = continual.importances(point, 7, np.random.default_rng(4))
    p = point.problem.likelihood.mean(point.predictions)[:, 0]
    inputs, targets = point.problem.model.inputs, point.problem.targets
    drawn = point.problem.likelihood.sample(point.predictions, np.random.default_rng(4))
    expected = {
        "exact": np.mean([q * (1 - q) * x**2 for q, x in zip(p, inputs, strict=True)], axis=0),
        "sampled": np.mean(
            [(q - y) ** 2 * x**2 for q, y, x in zip(p, drawn, inputs, strict=True)], axis=0
        ),
        "empirical": np.mean(
            [(q - y) ** 2 * x**2 for q, y, x in zip(p, targets, inputs, strict=True)], axis=0
        ),
        "likeliest": np.mean(
            [min(q, 1 - q) ** 2 * x**2 for q, x in zip(p, inputs, strict=True)], axis=0
        ),
    }
    gradients = [(q - y) * x for q, y, x in zip(p, targets, inputs, strict=True)]
    means = [np.mean(gradients[i : i + 7], axis=0) for i in (0, 7, 14, 21)]
    expected["batched"] = np.mean(np.square(means), axis=0)
    assert found.keys() == expected.keys()
    for name, diagonal in expected.items():
        np.testing.assert_allclose(found[name], diagonal, rtol=1e-12, err_msg=name)


def test_consolidated_parameters_minimise_the_penalised_loss():
    from scipy.optimize import minimize

    task, anchor = POINTS["linear binary"].problem, np.array([1.0, -3.0, 0.5])
    penalties = np.array([[0.1, 2.0, 0.0], [1e4, 1e-3, 5.0], [1e-8, 1e-8, 1e-8]])
    found = continual.consolidate(task, anchor, penalties)
    for theta, penalty in zip(found, penalties, strict=True):

        def loss(at, penalty=penalty):
            return task.at(at).loss + 0.5 * np.sum(penalty * (at - anchor) ** 2)

        expected = minimize(loss, anchor, tol=1e-12)
        assert loss(theta) <= expected.fun + 1e-10
        gradient = task.at(theta).gradient + penalty * (theta - anchor)
        np.testing.assert_allclose(gradient, 0, atol=1e-6)


def test_gap_of_least_squares_is_that_on_new_data():
    generator = np.random.default_rng(0)
    inputs, noise = generator.standard_normal((2, 20, 3)), generator.standard_normal((2, 20))
    new, more = generator.standard_normal((400_000, 3)), generator.standard_normal(400_000)
    for targets in takeuchi.CASES.values():
        y = targets(inputs, noise)
        gaps, traces = takeuchi.fitted_gaps(inputs, y)
        y_new = targets(new, more)
        for k in range(2):
            theta = np.linalg.lstsq(inputs[k], y[k])[0]
            residuals = inputs[k] @ theta - y[k]
            expected = np.mean((new @ theta - y_new) ** 2) / 2 - np.mean(residuals**2) / 2
            luck = np.mean(y_new**2) / 2 - np.mean(y[k] ** 2) / 2
            assert gaps[k] == pytest.approx(expected - luck, abs=0.02)
            hessian = inputs[k].T @ inputs[k] / 20
            covariance = (
                sum(r**2 * np.outer(x, x) for r, x in zip(residuals, inputs[k], strict=True)) / 20
            )
            assert traces[k] == pytest.approx(np.trace(np.linalg.inv(hessian) @ covariance))


def test_takeuchi_trace_is_the_naive_one():
    point = POINTS["linear binary"]
    covariance = sum(np.outer(g, g) for g in naive_gradients(point, point.problem.targets)) / 30
    hessian = derivative(lambda at: point.problem.at(at).gradient, point.theta)
    expected = np.trace(np.linalg.inv(hessian) @ covariance)
    assert takeuchi.takeuchi_trace(point) == pytest.approx(expected, rel=1e-6)


def test_class_sizes_are_like_zipfs():
    sizes = imbalance.class_sizes(1000, 10)
    assert sizes.sum() == 1000
    np.testing.assert_allclose(sizes[:5] / sizes[0], 1 / np.arange(1, 6), rtol=0.05)
    assert imbalance.class_sizes(12, 10).min() == 1


@pytest.fixture(scope="module")
def classes():
    return imbalance.drawn_problem(0, classes=3, features=2, examples=60)


def test_group_losses_are_naive_means(classes):
    theta = np.random.default_rng(0).standard_normal((2, classes.parameters))
    found = imbalance.group_losses(classes, theta)
    losses = classes.at(theta).losses
    first = classes.targets == 0  # 34 of 60 examples
    np.testing.assert_allclose(found["frequent"], [row[first].mean() for row in losses])
    np.testing.assert_allclose(found["rare"], [row[~first].mean() for row in losses])


def test_direction_with_the_root_is_the_naive_quotient(classes):
    theta = np.random.default_rng(1).standard_normal(classes.parameters)
    point = classes.at(theta)
    gradients = naive_gradients(point, classes.targets)
    expected = -gradients.mean(axis=0) / np.sqrt(np.mean(gradients**2, axis=0))
    found = direction(point, imbalance.METHODS["root"], 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_best_path_is_that_of_the_best_cell(classes):
    grid = {
        "step_sizes": {"low": 0.1, "high": 10.0, "count": 3},
        "dampings": {"low": 0.01, "high": 1.0, "count": 2},
    }
    path = imbalance.best_path(classes, "NGD", grid, 4)
    cells = np.array(list(itertools.product([0.1, 1.0, 10.0], [0.01, 1.0])))
    runs = descend(classes, "NGD", cells[:, 0], cells[:, 1], 4)
    best = np.nanargmin(runs.loss[-1])
    np.testing.assert_allclose(classes.at(path).loss, runs.loss[:, best], rtol=1e-9)


def test_class_traces_are_those_of_the_hessian(classes):
    theta = np.random.default_rng(2).standard_normal(classes.parameters)
    hessian = derivative(lambda at: classes.at(at).gradient, theta)
    expected = [np.trace(hessian[3 * k : 3 * k + 3, 3 * k : 3 * k + 3]) for k in range(3)]
    np.testing.assert_allclose(imbalance.class_traces(classes.at(theta)), expected, rtol=1e-6)


def test_progress_is_one_at_the_minimum():
    settings = {
        "problem": {"classes": 3, "features": 2, "examples": 60},
        "iterations": 60,
        "grids": {
            "NGD": {
                "step_sizes": {"low": 1.0, "high": 1.0, "count": 1},
                "dampings": {"low": 1e-6, "high": 1e-6, "count": 1},
            }
        },
    }
    table = imbalance.descents(settings, [0])
    assert table[["frequent", "rare"]].iloc[0].tolist() == [0, 0]
    np.testing.assert_allclose(table[["frequent", "rare"]].iloc[-1], 1, rtol=1e-6)


# Identities, at any draw


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_means_over_batches_are_the_three_formulas(seed, batch):
    measured = batches.enumerated(linear_point(seed, "binary", 5, 2), batch)
    assert max(measured.values()) < 1e-12


@given(st.integers(0, 10_000), st.sampled_from(["regression", "binary"]))
def test_labels_change_the_scale_of_kronecker_factors_of_one_output_only(seed, task):
    assert kronecker.scale_error(linear_point(seed, task, 6, 2)) < 1e-12


@given(st.integers(0, 10_000), st.sampled_from(TASKS))
def test_squared_sums_are_unbiased(seed, task):
    assert bartlett.batch_bias(linear_point(seed, task, 3, 2)) < 1e-12
