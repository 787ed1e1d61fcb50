"""The matrices, ellipses and contours of Figures 2 and 4 against the oracle and the paper."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import CONFIG, oracle_terms, paper_problem, paper_table, random_problem
from empirical_fisher.data import datasets
from empirical_fisher.experiments.misspecification import experiment as misspecification
from empirical_fisher.experiments.misspecification.experiment import MATRICES
from empirical_fisher.problems import linear_problem

SETTINGS = CONFIG["misspecification"]["logistic"]
ENTRIES = {"11": (0, 0), "12": (0, 1), "22": (1, 1)}
COLUMNS = [
    *("theta_1", "theta_2", "loss", "accuracy"),
    *("fisher_11", "fisher_12", "fisher_22"),
    *("empirical_fisher_11", "empirical_fisher_12", "empirical_fisher_22"),
    *("hessian_11", "hessian_12", "hessian_22"),
]
# At the minima: θ, accuracy, Fisher and empirical Fisher
MEASURED = {
    "correct": (
        [-0.489588, -0.506373],
        0.733,
        [0.544325, -0.091949, 0.556626],
        [0.538859, -0.136082, 0.537102],
    ),
    "misspecified_a": (
        [-0.588650, -0.594138],
        0.856,
        [0.466464, -0.060042, 0.481405],
        [0.683780, -0.146483, 0.759975],
    ),
    "misspecified_b": (
        [-0.736535, -0.749526],
        0.852,
        [0.345111, -0.105921, 0.357262],
        [0.295463, 0.101713, 0.279976],
    ),
}


@pytest.fixture(scope="module", params=MEASURED)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def point(name):
    problem = paper_problem(SETTINGS["problems"][name]["dataset"])
    return problem.at(problem.minimizer())


@pytest.fixture(scope="module")
def row(point):
    return misspecification.summary(point, classification=True)


def test_the_paper_has_these_problems():
    assert list(SETTINGS["problems"]) == list(MEASURED)


def test_minimum_is_the_oracles(point):
    expected = oracle.minimum_logistic(point.problem.model.inputs, point.problem.targets)
    assert_allclose(point.theta, expected, rtol=1e-11)


def test_minimum_is_in_the_window(name, point):
    for theta, window in zip(
        point.theta, SETTINGS["problems"][name]["window"].values(), strict=True
    ):
        assert window[0] < theta < window[1]


def test_summary_has_one_row_of_these_columns(row):
    assert list(row) == COLUMNS
    assert len(row) == 1


def test_summary_is_as_measured(name, row):
    theta, accuracy, fisher, empirical_fisher = MEASURED[name]
    assert row["accuracy"].item() == accuracy
    assert_allclose(row[["theta_1", "theta_2"]], [theta], atol=1e-6)
    for matrix, values in (
        ("fisher", fisher),
        ("hessian", fisher),
        ("empirical_fisher", empirical_fisher),
    ):
        assert_allclose(row[[f"{matrix}_{ij}" for ij in ENTRIES]], [values], atol=1e-6)


def test_summary_is_the_oracles(point, row):
    loss, _, fisher, empirical_fisher, hessian = oracle_terms(point.problem)(point.theta)
    assert_allclose(row["loss"], [loss], rtol=1e-12)
    for matrix, expected in zip(MATRICES, (fisher, empirical_fisher, hessian), strict=True):
        for ij, index in ENTRIES.items():
            assert_allclose(row[f"{matrix}_{ij}"], expected[index], rtol=1e-11)


def test_accuracy_counts_the_examples_on_their_side_of_the_line(point):
    inputs, targets = point.problem.model.inputs, point.problem.targets
    right = sum((x @ point.theta > 0) == (y == 1) for x, y in zip(inputs, targets, strict=True))
    assert misspecification.accuracy(point) == right / len(targets)


def test_regression_has_no_accuracy():
    problem = random_problem("regression", features=2)
    row = misspecification.summary(problem.at(problem.minimizer()), classification=False)
    assert list(row) == COLUMNS
    assert np.isnan(row["accuracy"].item())
    assert row.drop(columns="accuracy").notna().all(axis=None)


def test_ellipses_are_level_sets_of_the_summed_matrices(point):
    radius = SETTINGS["ellipse_radius"]
    table = misspecification.ellipses(point, radius)
    assert list(table) == ["matrix", "theta_1", "theta_2"]
    assert table["matrix"].unique().tolist() == list(MATRICES)
    for name, curve in table.groupby("matrix"):
        offset = curve[["theta_1", "theta_2"]].to_numpy() - point.theta
        summed = point.problem.size * getattr(point, name)
        assert_allclose(np.einsum("pi,ij,pj->p", offset, summed, offset), radius**2, rtol=1e-11)


def test_ellipse_by_hand():
    """B = diag(4, 1/9) has the half-axes radius/2 and 3 radius."""
    curve = misspecification.ellipse(np.array([1.0, -1.0]), np.diag([4.0, 1 / 9]), 2.0)
    assert_allclose(curve[::45], [[2, -1], [1, 5], [0, -1], [1, -7], [2, -1]], atol=1e-14)


def test_ellipse_is_closed_and_goes_all_the_way_round():
    matrix = np.array([[2.0, -0.7], [-0.7, 0.5]])
    center = np.array([0.3, 4.0])
    curve = misspecification.ellipse(center, matrix, 0.5)
    assert curve.shape == (181, 2)
    assert_allclose(curve[0], curve[-1], atol=1e-14)
    around = np.unwrap(np.arctan2(*(curve - center).T[::-1]))
    assert_allclose(abs(around[-1] - around[0]), 2 * np.pi, rtol=1e-12)
    assert_allclose(curve[:-1].mean(axis=0), center, rtol=1e-12)


def test_contours_are_the_losses_on_a_grid(point):
    problem = point.problem
    table = misspecification.contours(problem, (-0.7, -0.3), (0.0, 0.2), 3)
    assert list(table) == ["theta_1", "theta_2", "loss"]
    places = [[a, b] for a in (-0.7, -0.5, -0.3) for b in (0.0, 0.1, 0.2)]
    assert_allclose(table[["theta_1", "theta_2"]], places, rtol=1e-15, atol=1e-16)
    losses = [oracle_terms(problem)(np.array(place))[0] for place in places]
    assert_allclose(table["loss"], losses, rtol=1e-12)


def test_windows_of_the_contours_end_where_they_should():
    table = misspecification.contours(random_problem("binary", features=2), (-1, 3), (5, 6), 4)
    corners = table[["theta_1", "theta_2"]].iloc[[0, 3, -4, -1]]
    assert_array_equal(corners, [[-1, 5], [-1, 6], [3, 5], [3, 6]])


# Figure 4


@pytest.mark.parametrize("name", CONFIG["misspecification"]["linear"]["problems"])
def test_linear_regression_is_the_oracle_s(name):
    """Features (x, 1) with the bias last; the prior is in the Hessian, not in the matrices."""
    settings = CONFIG["misspecification"]["linear"]
    table, task = paper_table(settings["problems"][name]["dataset"])
    data = datasets.from_table(table, task)
    inputs, targets, _ = datasets.design(data, bias=settings["bias"])
    assert_array_equal(inputs, np.stack([table["x"], np.ones(1000)], axis=-1))
    problem = linear_problem(inputs, targets, "regression", settings["prior_variance"])
    [row] = misspecification.summary(problem.at(problem.minimizer()), classification=False).to_dict(
        "records"
    )

    theta = oracle.minimum_linear(inputs, targets, settings["prior_variance"])
    assert_allclose([row["theta_1"], row["theta_2"]], theta, rtol=1e-10)
    assert np.isnan(row["accuracy"])
    _, _, fisher, empirical_fisher, hessian = oracle.linear_terms(theta, inputs, targets)
    hessian = hessian + np.eye(2) / (1000 * settings["prior_variance"])
    for matrix, expected in zip(MATRICES, (fisher, empirical_fisher, hessian), strict=True):
        for entry, place in ENTRIES.items():
            assert_allclose(row[f"{matrix}_{entry}"], expected[place], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", CONFIG["misspecification"]["linear"]["problems"])
def test_windows_of_figure_4_hold_the_minimum_and_its_ellipses(name):
    settings = CONFIG["misspecification"]["linear"]
    case = settings["problems"][name]
    data = datasets.from_table(*paper_table(case["dataset"]))
    problem = linear_problem(*datasets.design(data, bias=True), settings["prior_variance"])
    curves = misspecification.ellipses(problem.at(problem.minimizer()), settings["ellipse_radius"])
    for axis, (low, high) in case["window"].items():
        assert high - low == pytest.approx(0.3)
        assert curves[axis].between(low, high).all()
