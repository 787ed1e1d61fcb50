"""Problems against differences, the oracle's loops, closed forms, SciPy and scikit-learn."""

import dataclasses
from itertools import product

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

import oracle
from conftest import (
    CLASSES,
    DESIGNS,
    FEATURES,
    SIZE,
    TASKS,
    derivative,
    draw_inputs,
    draw_targets,
    oracle_terms,
    paper_problem,
    random_problem,
)
from empirical_fisher import models
from empirical_fisher.likelihoods import Bernoulli, Gaussian
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.problems import MinimizerNotFoundError, Problem, linear_problem

PRIORS = (np.inf, 0.5)
QUANTITIES = ("loss", "gradient", "fisher", "empirical_fisher", "hessian")
MATRICES = ("fisher", "ggn", "empirical_fisher", "hessian")
SEVERAL = (
    *QUANTITIES,
    "predictions",
    "residuals",
    "losses",
    "example_gradients",
    "ggn",
)

linear_cases = pytest.mark.parametrize(
    "problem",
    [
        pytest.param(random_problem(*case), id="-".join(map(str, case)))
        for case in product(TASKS, DESIGNS, PRIORS)
    ],
)


def tanh_problem(likelihood, prior_variance=np.inf):
    inputs = draw_inputs("dense")
    task = "binary" if isinstance(likelihood, Bernoulli) else "regression"
    targets = draw_targets(task, len(inputs))
    return Problem(likelihood, TanhNetwork(inputs, hidden=2), targets, prior_variance)


nonlinear_cases = pytest.mark.parametrize(
    "problem",
    [
        pytest.param(tanh_problem(likelihood, prior), id=f"{type(likelihood).__name__}-{prior}")
        for likelihood, prior in product((Gaussian(), Bernoulli()), PRIORS)
    ],
)


def draw_theta(problem, *lead, seed=0):
    return np.random.default_rng([seed, 2]).standard_normal((*lead, problem.parameters))


def transposed(matrix):
    return np.swapaxes(matrix, -1, -2)


def test_designs_take_the_two_paths_of_the_linear_model():
    share = {design: np.mean(draw_inputs(design) != 0) for design in DESIGNS}
    assert share["sparse"] < models.SPARSE_BELOW < share["dense"]


def test_sparse_and_dense_products_agree(monkeypatch):
    for task in TASKS:
        sparse = random_problem(task, "sparse").at(draw_theta(random_problem(task)))
        values = {name: getattr(sparse, name) for name in SEVERAL}
        with monkeypatch.context() as patch:
            patch.setattr(models, "SPARSE_BELOW", 0.0)
            dense = random_problem(task, "sparse").at(sparse.theta)
            for name, value in values.items():
                assert_allclose(getattr(dense, name), value, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize(("nonzeros", "sparse"), [(5, True), (6, False), (7, False)])
def test_inputs_are_kept_sparse_where_less_than_a_quarter_is_not_zero(nonzeros, sparse):
    inputs = np.zeros((6, 4))
    inputs.flat[:nonzeros] = 1.0
    model = models.LinearModel(inputs)
    assert model.outputs == 1
    assert scipy.sparse.issparse(model._design) == sparse


@pytest.mark.parametrize("design", DESIGNS)
def test_products_of_features_are_kept_where_they_are_few(design, monkeypatch):
    """A symmetric matrix an example, of the features that it has."""
    inputs = draw_inputs(design)
    count = 0
    for example in inputs:
        used = FEATURES if design == "dense" else np.count_nonzero(example)
        count += len([(i, j) for i in range(used) for j in range(i, used)])
    for most, kept in ((count, True), (count - 1, False)):
        monkeypatch.setattr(models, "PAIRS", most)
        pairs = models.LinearModel(inputs)._pairs
        assert (pairs is not None) == kept
        if kept and design == "dense":
            assert pairs.size == count


@pytest.mark.parametrize("cached", [1, FEATURES, 5 * FEATURES, 2 * SIZE * FEATURES])
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("task", TASKS)
def test_matrices_of_many_features_are_the_same(task, design, cached, monkeypatch):
    """Summed by single rows, several at a time (with some left over) or all at once."""
    monkeypatch.setattr(models, "PAIRS", 0)
    monkeypatch.setattr(models, "CACHED", cached)
    problem = random_problem(task, design)
    theta = draw_theta(problem, 2)
    for lead in range(2):
        expected = dict(zip(QUANTITIES, oracle_terms(problem)(theta[lead]), strict=True))
        for name in ("fisher", "empirical_fisher", "hessian"):
            value = getattr(problem.at(theta), name)[lead]
            assert_allclose(value, expected[name], rtol=1e-12, atol=1e-14, err_msg=name)


# Derivatives


@linear_cases
def test_gradient_is_the_derivative_of_the_loss(problem):
    theta = draw_theta(problem)
    slope = derivative(lambda theta: problem.at(theta).loss, theta)
    assert_allclose(problem.at(theta).gradient, slope, rtol=1e-8, atol=1e-10)


@linear_cases
def test_hessian_is_the_derivative_of_the_gradient(problem):
    theta = draw_theta(problem)
    slope = derivative(lambda theta: problem.at(theta).gradient, theta)
    assert_allclose(problem.at(theta).hessian, slope, rtol=1e-8, atol=1e-10)


@nonlinear_cases
def test_derivatives_of_a_nonlinear_model(problem):
    theta = draw_theta(problem)
    point = problem.at(theta)
    slope = derivative(lambda theta: problem.at(theta).loss, theta)
    curvature = derivative(lambda theta: problem.at(theta).gradient, theta)
    assert_allclose(point.gradient, slope, rtol=1e-8, atol=1e-10)
    assert_allclose(point.hessian, curvature, rtol=1e-8, atol=1e-10)
    # the curvature of the model is a good part of it, and no part of Fisher and GGN
    prior = problem.prior_precision * np.eye(problem.parameters)
    assert np.linalg.norm(point.hessian - point.ggn - prior) > 0.01 * np.linalg.norm(point.ggn)
    assert_allclose(point.fisher, point.ggn, rtol=1e-12, atol=1e-15)


# Definitions


@linear_cases
@pytest.mark.parametrize("name", QUANTITIES)
def test_quantities_match_the_oracle(problem, name):
    """Loops over examples and outcomes; the prior is in loss, gradient and Hessian only."""
    theta = draw_theta(problem)
    data = dict(zip(QUANTITIES, oracle_terms(problem)(theta), strict=True))
    precision = oracle.prior_precision(problem.size, problem.prior_variance)
    prior = {
        "loss": precision * theta @ theta / 2,
        "gradient": precision * theta,
        "hessian": precision * np.eye(len(theta)),
    }
    expected = data[name] + prior.get(name, 0.0)
    assert_allclose(getattr(problem.at(theta), name), expected, rtol=1e-12, atol=1e-14)


def test_clipped_quantities_match_the_oracle():
    inputs, targets = 20 * draw_inputs("dense"), draw_targets("binary")
    problem = linear_problem(inputs, targets, "binary", probability_clip=1e-8)
    theta = draw_theta(problem)
    assert np.abs(problem.at(theta).predictions).max() > 40
    for name, expected in zip(QUANTITIES, oracle_terms(problem)(theta), strict=True):
        assert_allclose(getattr(problem.at(theta), name), expected, rtol=1e-12, err_msg=name)


@linear_cases
def test_ggn_is_the_fisher(problem):
    point = problem.at(draw_theta(problem))
    assert_allclose(point.ggn, point.fisher, rtol=1e-12, atol=1e-15)


@linear_cases
def test_matrices_are_weighted_grams_of_the_jacobian(problem):
    point = problem.at(draw_theta(problem))
    jacobian = problem.model.jacobian(point.theta)
    assert jacobian.shape == (problem.size, problem.likelihood.outputs, problem.parameters)
    weights = {
        "ggn": problem.likelihood.hessian(point.predictions),
        "fisher": problem.likelihood.fisher(point.predictions),
        "empirical_fisher": np.einsum("nm,nk->nmk", point.residuals, point.residuals),
    }
    for name, weight in weights.items():
        total = np.einsum("nmp,nmk,nkq->pq", jacobian, weight, jacobian)
        assert_allclose(getattr(point, name), total / problem.size, rtol=1e-12, atol=1e-14)


def test_jacobian_is_the_derivative_of_the_predictions():
    for task in TASKS:
        problem = random_problem(task)
        theta = draw_theta(problem)
        slope = derivative(problem.model.predict, theta)
        assert_allclose(problem.model.jacobian(theta), slope, rtol=1e-8, atol=1e-10)
        many = problem.model.jacobian(draw_theta(problem, 2, 5))
        assert_allclose(many, np.broadcast_to(slope, (2, 5, *slope.shape)), rtol=1e-8, atol=1e-10)


@linear_cases
def test_example_gradients_make_gradient_and_empirical_fisher(problem):
    point = problem.at(draw_theta(problem))
    gradients = point.example_gradients
    prior = problem.prior_precision * point.theta
    assert gradients.shape == (problem.size, problem.parameters)
    assert_allclose(gradients.mean(axis=0), point.gradient - prior, rtol=1e-12, atol=1e-14)
    total = np.zeros_like(point.empirical_fisher)
    for gradient in gradients:
        total += np.outer(gradient, gradient)
    assert_allclose(point.empirical_fisher, total / problem.size, rtol=1e-12, atol=1e-14)


@linear_cases
def test_matrices_are_symmetric_and_positive_semidefinite(problem):
    point = problem.at(draw_theta(problem, 5))
    for name in MATRICES:
        matrix = getattr(point, name)
        assert_allclose(matrix, transposed(matrix), rtol=1e-13, atol=1e-15, err_msg=name)
        eigenvalues = np.linalg.eigvalsh(matrix)
        assert np.all(eigenvalues[..., 0] >= -1e-14 * eigenvalues[..., -1]), name


@linear_cases
def test_leading_axes_are_one_by_one(problem):
    check_leading_axes(problem)


@nonlinear_cases
def test_leading_axes_are_one_by_one_in_a_nonlinear_model(problem):
    check_leading_axes(problem)


def check_leading_axes(problem):
    theta = draw_theta(problem, 2, 3)
    together = problem.at(theta)
    for index in np.ndindex(2, 3):
        alone = problem.at(theta[index])
        for name in SEVERAL:
            value, one = getattr(together, name), getattr(alone, name)
            assert value.shape == (2, 3, *one.shape), name
            assert_allclose(value[index], one, rtol=1e-9, atol=1e-14, err_msg=name)


# Minima


@pytest.mark.parametrize("design", DESIGNS)
def test_minimizer_of_least_squares_is_the_solution_of_lstsq(design):
    problem = random_problem("regression", design)
    expected = np.linalg.lstsq(problem.model.inputs, problem.targets)[0]
    assert_allclose(problem.minimizer(), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("prior_variance", [0.1, 3.0])
def test_minimizer_with_a_prior_is_ridge_regression(design, prior_variance):
    problem = random_problem("regression", design, prior_variance)
    inputs, targets = problem.model.inputs, problem.targets
    matrix = inputs.T @ inputs + np.eye(problem.parameters) / prior_variance
    expected = np.linalg.solve(matrix, inputs.T @ targets)
    assert_allclose(problem.minimizer(), expected, rtol=1e-11, atol=1e-13)
    normal_equations = oracle.minimum_linear(inputs, targets, prior_variance)
    assert_allclose(problem.minimizer(), normal_equations, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
def test_minimizer_is_scikit_learns(task, design, prior_variance):
    """Its C is the variance of the prior."""
    problem = random_problem(task, design, prior_variance)
    theta = problem.minimizer()
    fitted = LogisticRegression(
        C=prior_variance, fit_intercept=False, solver="newton-cg", tol=1e-10, max_iter=1000
    ).fit(problem.model.inputs, problem.targets)
    coefficients = theta.reshape(-1, FEATURES)
    if task == "multiclass":  # without a prior, adding the same to all classes changes nothing
        coefficients = coefficients - coefficients.mean(axis=0)
    assert_allclose(coefficients, fitted.coef_, atol=1e-6)


@linear_cases
def test_minimizer_is_scipys(problem):
    terms, precision = oracle_terms(problem), problem.prior_precision
    found = scipy.optimize.minimize(
        lambda theta: terms(theta)[0] + precision * theta @ theta / 2,
        np.zeros(problem.parameters),
        jac=lambda theta: terms(theta)[1] + precision * theta,
        method="BFGS",
        options={"gtol": 1e-7},
    )
    point = problem.at(problem.minimizer())
    assert_allclose(np.linalg.norm(point.gradient), 0, atol=1e-13)
    assert_allclose(point.loss, found.fun, rtol=1e-10)
    mean = problem.likelihood.mean
    assert_allclose(mean(point.predictions), mean(problem.at(found.x).predictions), atol=1e-4)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e3, 1e9])
def test_minimizer_of_logistic_regression_is_the_oracles(scale):
    inputs, targets = draw_inputs("dense"), draw_targets("binary")
    problem = linear_problem(scale * inputs, targets, "binary")
    assert_allclose(scale * problem.minimizer(), oracle.minimum_logistic(inputs, targets), 1e-9)


def test_minimizer_on_raw_features():
    """Boston's columns differ in scale by three orders of magnitude."""
    problem = paper_problem("Boston")
    expected = np.linalg.lstsq(problem.model.inputs, problem.targets)[0]
    assert_allclose(problem.minimizer(), expected, rtol=1e-9)


def test_minimizer_on_very_badly_scaled_features():
    scales = np.array([1.0, 1e5, 1e-5, 1.0])
    inputs, targets = draw_inputs("dense"), draw_targets("regression")
    expected = np.linalg.lstsq(inputs, targets)[0]
    problem = linear_problem(inputs * scales, targets, "regression")
    assert_allclose(scales * problem.minimizer(), expected, rtol=1e-6)


def overlapping_classes(seed):
    """Logistic regression with a minimum, on features of several scales."""
    generator = np.random.default_rng(seed)
    features = generator.integers(1, 5)
    scales = 10.0 ** generator.integers(-3, 4, features)
    inputs = generator.standard_normal((60, features))
    targets = (generator.random(60) < 1 / (1 + np.exp(-inputs[:, 0]))) * 1.0
    return linear_problem(inputs * scales, targets, "binary")


@pytest.mark.parametrize("distance", [1e-6, 1.0])
def test_minimizer_is_the_same_from_elsewhere(distance):
    problem = random_problem("binary", prior_variance=10.0)
    expected = problem.minimizer()
    start = expected + distance * np.arange(problem.parameters)
    assert_allclose(problem.minimizer(start), expected, rtol=1e-9)


def test_minimizer_is_found_if_there_is_one():
    lost = []
    for seed in range(120):
        problem = overlapping_classes(seed)
        try:
            point = problem.at(problem.minimizer())
        except MinimizerNotFoundError:
            lost.append(seed)
        else:
            start = problem.at(np.zeros(problem.parameters))
            assert np.linalg.norm(point.gradient) < 1e-10 * np.linalg.norm(start.gradient)
    assert not lost


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_minimizer_whatever_the_unit_of_the_targets(unit):
    problem = random_problem("regression")
    scaled = linear_problem(problem.model.inputs, unit * problem.targets, "regression")
    assert_allclose(scaled.minimizer(), unit * problem.minimizer(), rtol=1e-9)


def test_minimizer_where_the_fit_is_exact():
    inputs, theta = draw_inputs("dense"), np.arange(1.0, 1.0 + FEATURES)
    assert_allclose(linear_problem(inputs, inputs @ theta, "regression").minimizer(), theta, 1e-12)


def test_minimizer_with_a_feature_that_is_always_zero():
    """Its parameter is arbitrary; the others are what they are without it."""
    inputs, targets = draw_inputs("dense"), draw_targets("regression")
    expected = np.linalg.lstsq(inputs[:, 1:], targets)[0]
    inputs[:, 0] = 0.0
    for task in ("regression", "binary"):
        problem = linear_problem(inputs, draw_targets(task), task)
        point = problem.at(problem.minimizer())
        assert_allclose(point.gradient, 0, atol=1e-13)
        if task == "regression":
            assert_allclose(point.theta[1:], expected, rtol=1e-11)


def separable(task, kind):
    """Classes told apart by a line or, quasi-separable, by a feature that few examples have."""
    inputs = draw_inputs("dense")
    if kind == "quasi-separable":
        inputs[:, 3] = np.arange(SIZE) < 3
        targets = draw_targets(task)
        targets[:3] = 1.0
        return inputs, targets
    scores = inputs @ np.random.default_rng(3).standard_normal((FEATURES, CLASSES))
    targets = np.argmax(scores, axis=1) if task == "multiclass" else scores[:, 0] > 0
    return inputs, targets * 1.0


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("kind", ["separable", "quasi-separable"])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_separable_classes_have_no_minimum(task, kind, scale):
    inputs, targets = separable(task, kind)
    with pytest.raises(MinimizerNotFoundError, match="prior variance"):
        linear_problem(scale * inputs, targets, task).minimizer()


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_prior_gives_separable_classes_a_minimum(task):
    problem = linear_problem(*separable(task, "separable"), task, prior_variance=1.0)
    assert_allclose(problem.at(problem.minimizer()).gradient, 0, atol=1e-13)


# Parts


@pytest.mark.parametrize("task", ["Regression", "poisson", "softmax", "logistic", "auto", ""])
def test_unknown_task(task):
    with pytest.raises(ValueError, match="regression, binary or multiclass"):
        linear_problem(draw_inputs("dense"), draw_targets("binary"), task)


def test_problems_are_values():
    problem = random_problem("binary")
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.targets = 1 - problem.targets


@linear_cases
def test_counts(problem):
    assert problem.size == SIZE
    assert problem.parameters == FEATURES * problem.likelihood.outputs
    assert problem.prior_precision == oracle.prior_precision(SIZE, problem.prior_variance)


def test_parameters_of_several_outputs_stand_one_output_after_the_other():
    problem = random_problem("multiclass")
    theta = draw_theta(problem)
    predictions = problem.at(theta).predictions
    for output in range(CLASSES):
        column = problem.model.inputs @ theta[FEATURES * output : FEATURES * (output + 1)]
        assert_allclose(predictions[:, output], column, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("task", TASKS)
def test_no_points_have_no_matrices(task, design):
    """As where all runs of a batch have ended."""
    problem = random_problem(task, design)
    matrices = problem.at(np.empty((0, problem.parameters))).fisher
    assert matrices.shape == (0, problem.parameters, problem.parameters)


def test_no_more_zeros_are_written_out_at_once_than_fit_in_the_cache(monkeypatch):
    monkeypatch.setattr(models, "PAIRS", 0)
    monkeypatch.setattr(models, "CACHED", 5 * FEATURES + 1)
    problem = random_problem("binary", "sparse")
    write_out, sizes = models.LinearModel._dense_rows, []

    def recorded(model, block=slice(None)):
        rows = write_out(model, block)
        sizes.append(len(rows))
        return rows

    monkeypatch.setattr(models.LinearModel, "_dense_rows", recorded)
    assert problem.at(np.zeros(FEATURES)).fisher.shape == (FEATURES, FEATURES)
    assert sizes == [5] * (SIZE // 5) + [SIZE % 5]


# Arguments


@pytest.mark.parametrize(
    ("task", "targets", "message"),
    [
        ("binary", [-1.0, 1, 1], r"binary problem must be 0 and 1, and entry 0 is -1.0; map them"),
        ("binary", [1.0, 2, 1], "entry 1 is 2.0"),
        (
            "multiclass",
            [1.0, 2, 3],
            r"labels of 3 classes must be 0, …, 2, and are 1, 2, 3; number",
        ),
        ("multiclass", [0.0, 1.5, 1], "must be 0, …, 2, and are 0, 1, 1.5"),
        ("multiclass", [0.0, np.nan, 1], "and are 0, 1, nan"),
        ("regression", [0.0, np.inf, 1], "targets must be finite, and entry 1 is inf"),
        ("regression", [[0.0], [2], [1]], r"must have the shape \(N,\), and not \(3, 1\); flatten"),
        ("binary", [[0.0], [1], [1]], r"must have the shape \(N,\), and not \(3, 1\)"),
        ("multiclass", [[0.0], [2], [1]], r"must have the shape \(N,\), and not \(3, 1\)"),
        ("regression", [0.0, 1], "2 targets for 3 rows of inputs"),
        ("Binary", [0.0, 1, 1], "task is 'Binary'; it must be"),
    ],
)
def test_wrong_targets_are_refused_in_words(task, targets, message):
    with pytest.raises(ValueError, match=message):
        linear_problem(np.ones((3, 2)), np.array(targets), task)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones(3), r"inputs must have the shape \(N, D\).*and not \(3,\)"),
        (np.ones((0, 2)), "at least one example"),
        (np.array([[1.0], [np.nan], [1.0]]), "the inputs must be finite"),
        (scipy.sparse.csr_array([[1.0], [np.inf], [1.0]]), "the inputs must be finite"),
    ],
)
def test_wrong_inputs_are_refused_in_words(inputs, message):
    with pytest.raises(ValueError, match=message):
        linear_problem(inputs, np.array([0.0, 1.0, 1.0]), "binary")


@pytest.mark.parametrize("variance", [0.0, -1.0, np.nan])
def test_a_wrong_prior_is_refused_in_words(variance):
    with pytest.raises(ValueError, match=f"variance is {variance}; it must be positive"):
        linear_problem(np.ones((2, 1)), np.array([0.0, 1.0]), "binary", variance)
