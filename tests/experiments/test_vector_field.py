"""Figure 1's fields, flows and fit against the oracle's loops and Euler steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import CONFIG
from empirical_fisher.data.sources.lognormal_line import lognormal_line
from empirical_fisher.experiments.vector_field import experiment as vector_field

SETTINGS = CONFIG["vector_field"]
PRIOR_VARIANCE, DAMPING = SETTINGS["prior_variance"], SETTINGS["damping"]
SCALES, STARTS = SETTINGS["scales"], SETTINGS["trajectories"]["starts"]
STEP = SETTINGS["trajectories"]["step"]
PLACES = np.array([[-1.0, -1.0], [2.0, 2.0], [5.0, 0.5], [0.25, 4.0]])

every_method = pytest.mark.parametrize("method", SCALES)


@pytest.fixture(scope="module")
def table():
    parameters = CONFIG["datasets"][SETTINGS["dataset"]]["source"]["lognormal_line"]
    return lognormal_line(**parameters)


@pytest.fixture(scope="module")
def problem(table):
    return vector_field.line_problem(table, PRIOR_VARIANCE)


@pytest.fixture(scope="module")
def small(table):
    """The first points only, for paths that the oracle follows step by step."""
    return vector_field.line_problem(table.head(40), PRIOR_VARIANCE)


def oracle_direction(problem, method, place):
    x, y = problem.model.inputs[:, 1], problem.targets
    return oracle.vector_field_direction(
        method, *place, x, y, PRIOR_VARIANCE, DAMPING, SCALES[method]
    )


def flow(problem, places, method, scale):
    return vector_field.flow(problem, {method: scale}, DAMPING)(places[None])[0]


def follow(problem, *, points, kept, step=STEP):
    return vector_field.trajectories(
        problem, STARTS, SCALES, DAMPING, step=step, points=points, kept=kept
    )


@pytest.fixture(scope="module")
def paths(small):
    return follow(small, points=60, kept=12)


def test_parameters_are_intercept_and_slope(problem, table):
    assert_array_equal(problem.model.inputs, np.column_stack([np.ones(1000), table["x"]]))
    assert_allclose(problem.at([2.0, 0.0]).predictions[:, 0], 2.0, rtol=1e-15)


@every_method
def test_flow_is_the_oracles(problem, method):
    velocity = flow(problem, PLACES, method, SCALES[method])
    for place, found in zip(PLACES, velocity, strict=True):
        assert_allclose(found, oracle_direction(problem, method, place), rtol=1e-9)


@every_method
def test_flow_of_any_shape(problem, method):
    scale = SCALES[method]
    expected = flow(problem, PLACES, method, scale)
    square = flow(problem, PLACES.reshape(2, 2, 2), method, scale)
    alone = flow(problem, PLACES[1], method, scale)
    assert_allclose(square, expected.reshape(2, 2, 2), rtol=1e-12)
    assert_allclose(alone, expected[1], rtol=1e-12)


def test_natural_flow_points_at_the_minimum(problem):
    """Least squares is quadratic: the field of NGD is θ* − θ, but for its tiny damping."""
    velocity = flow(problem, PLACES, "NGD", 1.0)
    assert_allclose(velocity, problem.minimizer() - PLACES, rtol=1e-6)


def test_field_tabulates_the_flow_method_by_method(problem):
    table = vector_field.field(problem, PLACES, SCALES, DAMPING)
    assert list(table) == ["method", "b", "theta", "db", "dtheta"]
    assert table["method"].tolist() == [method for method in SCALES for _ in PLACES]
    for method, rows in table.groupby("method"):
        assert_array_equal(rows[["b", "theta"]], PLACES)
        velocity = flow(problem, PLACES, method, SCALES[method])
        assert_array_equal(rows[["db", "dtheta"]], velocity)


def test_square():
    expected = [[-1, -1], [-1, 2], [-1, 5], [2, -1], [2, 2], [2, 5], [5, -1], [5, 2], [5, 5]]
    assert_array_equal(vector_field.square(-1.0, 5.0, 3), expected)
    assert vector_field.square(**SETTINGS["window"], count=15).shape == (225, 2)


@every_method
@pytest.mark.parametrize("start", range(len(STARTS)))
def test_trajectories_are_the_oracles_euler_steps(small, paths, method, start):
    expected = oracle.euler(
        lambda place: oracle_direction(small, method, place), STARTS[start], STEP, 60
    )
    path = paths[(paths["method"] == method) & (paths["start"] == start)]
    assert_allclose(path[["b", "theta"]], expected[path["step"]], rtol=1e-9)


def test_trajectories_are_in_order(paths):
    assert list(paths) == ["method", "start", "step", "b", "theta"]
    runs = list(dict.fromkeys(zip(paths["method"], paths["start"], strict=True)))
    assert runs == [(method, start) for method in SCALES for start in range(len(STARTS))]
    for (_, start), path in paths.groupby(["method", "start"]):
        assert_array_equal(path[["b", "theta"]].iloc[0], STARTS[start])
        assert np.all(np.diff(path["step"]) > 0)


@pytest.mark.parametrize(("points", "kept"), [(60, 12), (60, 3), (60, 60), (5, 400), (2, 8)])
def test_kept_steps_contain_the_first_and_the_last(small, points, kept):
    check_kept_steps(small, points, kept)


def test_two_kept_steps_are_the_first_and_the_last(small):
    check_kept_steps(small, 60, 2)


def check_kept_steps(problem, points, kept):
    for _, path in follow(problem, points=points, kept=kept).groupby(["method", "start"]):
        steps = path["step"].to_numpy()
        assert (steps[0], steps[-1]) == (0, points - 1)
        assert 2 <= len(steps) <= min(kept, points)
        assert np.all(np.diff(steps) > 0)


def test_kept_steps_do_not_change_the_path(small, paths):
    every = follow(small, points=60, kept=10**4)
    steps = paths["step"].unique()
    assert len(steps) < every["step"].nunique()
    kept = every[every["step"].isin(steps)].reset_index(drop=True)
    assert_array_equal(kept, paths)


def test_natural_trajectories_end_at_the_fit(small):
    paths = follow(small, points=200, kept=5, step=0.2)
    ends = paths[paths["method"] == "NGD"].groupby("start").last()
    assert_allclose(ends[["b", "theta"]], [small.minimizer()] * len(STARTS), rtol=1e-7)


def test_fit_is_the_oracles_minimum(problem):
    fit = vector_field.fit(problem)
    inputs, targets = problem.model.inputs, problem.targets
    theta = oracle.minimum_linear(inputs, targets, PRIOR_VARIANCE)
    assert list(fit) == ["b", "theta", "loss"]
    assert_allclose(fit[["b", "theta"]], [theta], rtol=1e-11)
    assert_allclose(fit["loss"], [oracle_loss(problem, theta)], rtol=1e-12)


def test_contours_are_the_oracles_losses(problem):
    table = vector_field.contours(problem, PLACES)
    assert list(table) == ["b", "theta", "loss"]
    assert_array_equal(table[["b", "theta"]], PLACES)
    assert_allclose(table["loss"], [oracle_loss(problem, place) for place in PLACES], rtol=1e-12)


def oracle_loss(problem, place):
    data = oracle.linear_terms(place, problem.model.inputs, problem.targets)[0]
    return data + oracle.prior_precision(problem.size, PRIOR_VARIANCE) * place @ place / 2
