"""Sparse inputs: the same numbers as dense ones, and nothing as large as the dense matrix."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from conftest import METHODS, TASKS, draw_inputs, draw_targets
from empirical_fisher.bounds import Terms
from empirical_fisher.data_terms import MOST_PARAMETERS, TooManyParametersError
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace

SCHEDULE = Schedule(iterations=8, divergence_factor=10.0)
EXAMPLES, FEATURES = 4000, 3000  # 96 MB if dense


def wide_inputs(seed=0, signs=False):
    """Ten features per example; some features occur in no example, the last one in all."""
    generator = np.random.default_rng(seed)
    rows = np.repeat(np.arange(EXAMPLES), 10)
    columns = generator.integers(0, FEATURES - 100, size=len(rows))
    values = generator.random(len(rows)) + 0.1
    if signs:
        values *= generator.choice([-1, 1], len(rows))
    inputs = scipy.sparse.lil_array((EXAMPLES, FEATURES))
    inputs[rows, columns] = values
    inputs[:, [-1]] = 1.0
    return scipy.sparse.csr_array(inputs)


def both(task, prior_variance=np.inf):
    """A problem with dense inputs, and with the same inputs as a sparse array."""
    inputs, targets = draw_inputs("sparse"), draw_targets(task)
    return [
        linear_problem(X, targets, task, prior_variance)
        for X in (inputs, scipy.sparse.csr_array(inputs))
    ]


@pytest.mark.parametrize("task", TASKS)
def test_every_quantity_is_the_dense_ones(task):
    dense, sparse = both(task, prior_variance=2.0)
    assert scipy.sparse.issparse(sparse.model.inputs)
    theta = np.random.default_rng(1).standard_normal((5, dense.parameters))
    for name in ("loss", "gradient", "example_gradients", "fisher", "empirical_fisher", "hessian"):
        found, wanted = (getattr(problem.at(theta), name) for problem in (sparse, dense))
        assert_allclose(found, wanted, rtol=1e-12, atol=1e-14, err_msg=name)
    assert_allclose(sparse.minimizer(), dense.minimizer(), rtol=1e-6)


def test_gram_by_rows_is_the_dense_ones(monkeypatch):
    monkeypatch.setattr("empirical_fisher.models.PAIRS", 0)
    monkeypatch.setattr("empirical_fisher.models.CACHED", 20)
    dense, sparse = both("multiclass")
    theta = np.ones(dense.parameters)
    assert_array_equal(sparse.at(theta).fisher, dense.at(theta).fisher)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
def test_the_search_is_the_dense_ones(task, method):
    grid = cells(
        10.0 ** np.arange(-9, 3, 0.5), None if method == "GD" else 10.0 ** np.arange(-3, 2)
    )
    tables = [evaluate(p, method, *grid, SCHEDULE, certified=True) for p in both(task)]
    assert_array_equal(tables[0]["status"], tables[1]["status"])
    for name in ("final_loss", "bound"):
        assert_allclose(tables[1][name], tables[0][name], rtol=1e-9)


@pytest.mark.parametrize("signs", [False, True])
def test_the_highest_curvature_is_bounded_from_above(signs):
    inputs = wide_inputs(signs=signs)
    problem = linear_problem(inputs, np.zeros(EXAMPLES), "regression")
    [largest] = scipy.sparse.linalg.svds(inputs, 1, return_singular_vectors=False, rng=0)
    exact, bound = largest**2 / EXAMPLES, Terms(problem, 1.0).highest
    assert exact * (1 - 1e-9) <= bound
    if not signs:
        assert bound <= exact * (1 + 1e-3), "of inputs without signs it is the curvature itself"


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_gradient_descent_never_writes_out_a_wide_matrix(task):
    inputs = wide_inputs()
    truth = np.random.default_rng(1).standard_normal(FEATURES)
    scores = inputs @ truth
    targets = scores if task == "regression" else np.digitize(scores, [-1, 1][: TASKS.index(task)])
    tracemalloc.start()
    problem = linear_problem(inputs, targets, task)
    grid = cells(10.0 ** np.arange(-12, 3, 0.2))
    full = evaluate(problem, "GD", *grid, SCHEDULE)
    part = evaluate(problem, "GD", *grid, SCHEDULE, certified=True)
    best = best_cell(problem, "GD", part, SCHEDULE)
    run = trace(problem, "GD", best["step_size"].item(), np.nan, SCHEDULE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * EXAMPLES * FEATURES / 2

    pruned = part["status"] == "pruned"
    assert pruned.any()
    finished = pruned & (full["status"] == "finished")
    assert (part["bound"][finished] <= full["final_loss"][finished]).all()
    assert best.equals(best_cell(problem, "GD", full, SCHEDULE))
    assert run["loss"].iloc[-1] == best["final_loss"].item() < run["loss"][0]
    assert run["cosine"].isna().all()


@pytest.mark.parametrize("method", ["NGD", "EFGD"])
@pytest.mark.parametrize("certified", [False, True])
def test_matrices_that_are_too_large_are_refused_in_words(method, certified):
    problem = linear_problem(wide_inputs(), np.arange(EXAMPLES) % 2, "binary")
    with pytest.raises(TooManyParametersError) as refused:
        evaluate(problem, method, np.ones(1), np.ones(1), SCHEDULE, certified=certified)
    for word in (str(FEATURES), "of 72 MB", f"limit is {MOST_PARAMETERS}", "methods: [GD]"):
        assert word in str(refused.value)


def test_the_limit_is_on_the_number_of_parameters():
    classes = 4
    targets = np.arange(20) % classes
    at_limit = linear_problem(np.ones((20, MOST_PARAMETERS // classes)), targets, "multiclass")
    assert at_limit.at(np.zeros(MOST_PARAMETERS)).fisher.shape == (MOST_PARAMETERS,) * 2
    above = linear_problem(np.ones((20, MOST_PARAMETERS // classes + 1)), targets, "multiclass")
    for name in ("fisher", "ggn", "empirical_fisher", "hessian"):
        with pytest.raises(TooManyParametersError):
            getattr(above.at(np.zeros(above.parameters)), name)
