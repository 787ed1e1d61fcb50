"""The synthetic sets to the last digit: against the oracle, and values written down here."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import CONFIG
from empirical_fisher.data.sources.gaussian_classes import gaussian_classes
from empirical_fisher.data.sources.lognormal_line import lognormal_line
from empirical_fisher.data.sources.normal_line import normal_line

SOURCES = {name: entry["source"] for name, entry in CONFIG["datasets"].items()}
LINE = SOURCES["LognormalLine"]["lognormal_line"]
CLASSES = {
    name: source["gaussian_classes"]
    for name, source in SOURCES.items()
    if "gaussian_classes" in source
}
LAST_DIGIT = {"rtol": 1e-14, "atol": 1e-15}

every_set_of_classes = pytest.mark.parametrize("parameters", CLASSES.values(), ids=CLASSES)


def draws(count, seed=0):
    return np.random.RandomState(seed).standard_normal(count)


def test_line_of_figure_1():
    table = lognormal_line(**LINE)
    assert list(table) == ["x", "target"]
    assert len(table) == 1000
    assert_array_equal(table["x"][:3].round(8), [3.75481591, 1.35001797, 2.08350899])
    assert_array_equal(table["target"][:3].round(8), [10.06559451, 5.59250983, 5.74470316])


def test_line_is_the_oracles():
    table = lognormal_line(**LINE)
    x, y = oracle.lognormal_line(**LINE)
    assert_allclose(table["x"], x, **LAST_DIGIT)
    assert_allclose(table["target"], y, **LAST_DIGIT)


def test_line_draws_inputs_first_and_noise_last():
    table = lognormal_line(
        seed=3, size=5, log_mean=0.5, log_scale=2.0, intercept=-1.0, slope=3.0, noise=0.1
    )
    normals = draws(10, seed=3)
    assert_allclose(np.log(table["x"]), 0.5 + 2.0 * normals[:5], rtol=1e-13)
    noise = (table["target"] + 1.0 - 3.0 * table["x"]) / 0.1
    assert_allclose(noise, normals[5:], rtol=1e-11)


def test_line_without_noise_is_straight():
    table = lognormal_line(**{**LINE, "noise": 0.0})
    assert_allclose(table["target"], 2.0 + 2.0 * table["x"], rtol=1e-15)


@every_set_of_classes
def test_classes_are_the_oracles(parameters):
    table = gaussian_classes(**parameters)
    assert list(table) == ["x1", "x2", "target"]
    assert len(table) == 1000
    inputs, targets = oracle.gaussian_classes(**parameters)
    assert_allclose(table[["x1", "x2"]], inputs, **LAST_DIGIT)
    assert_array_equal(table["target"], targets)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("GaussianCorrect", [4.52810469, 1.80031442], [-3.28380284, -3.62194074]),
        ("GaussianScales", [6.79215704, 2.70047163], [-2.64190142, -2.81097037]),
        ("GaussianCorrelations", [3.28593703, 0.0125887], [-3.89272546, -3.99416683]),
    ],
)
def test_classes_of_figure_2(name, first, last):
    inputs = gaussian_classes(**CLASSES[name])[["x1", "x2"]].to_numpy()
    assert_array_equal(inputs[[0, -1]].round(8), [first, last])


@every_set_of_classes
def test_classes_draw_class_0_first(parameters):
    """The points are m + z C₀, then −m + z C₁, with z one stream of normals, rows first."""
    table = gaussian_classes(**parameters)
    z = draws(2000).reshape(2, 500, 2)
    mean, halves = np.array(parameters["mean"]), table[["x1", "x2"]].to_numpy().reshape(2, 500, 2)
    for sign, label, half in ((1, 0, halves[0]), (-1, 1, halves[1])):
        back = (half - sign * mean) @ np.linalg.inv(parameters[f"scale_{label}"])
        assert_allclose(back, z[label], rtol=1e-10, atol=1e-12)
    assert_array_equal(table["target"], np.repeat([0, 1], 500))


def test_class_covariances():
    """A row vector z makes the covariance CᵀC: the order matters for a C that is not symmetric."""
    scale = np.array([[1.0, 2.0], [0.0, 0.5]])
    table = gaussian_classes(seed=1, size=20000, mean=[0, 0], scale_0=scale, scale_1=-scale)
    for _, points in table.groupby("target"):
        covariance = np.cov(points[["x1", "x2"]].T)
        assert_allclose(covariance, scale.T @ scale, atol=0.15)
        assert np.abs(covariance - scale @ scale.T).max() > 1


@pytest.mark.parametrize("size", [2, 10])
def test_shapes(size):
    line = lognormal_line(**{**LINE, "size": size})
    classes = gaussian_classes(**{**CLASSES["GaussianCorrect"], "size": size})
    assert line.shape == (size, 2)
    assert classes.shape == (size, 3)
    assert classes["target"].tolist() == [0] * (size // 2) + [1] * (size // 2)


def test_every_set_is_freshly_seeded():
    before = lognormal_line(**LINE)
    gaussian_classes(**CLASSES["GaussianScales"])
    np.random.seed(7)
    assert_array_equal(lognormal_line(**LINE), before)
    assert not np.allclose(lognormal_line(**{**LINE, "seed": 1}), before)


LINES = {name: source["normal_line"] for name, source in SOURCES.items() if "normal_line" in source}


@pytest.mark.parametrize(
    ("name", "mean", "noise"),
    [
        ("LineCorrect", lambda x: x + 1, 1),
        ("LineNoise", lambda x: x + 1, 2),
        ("LineCurved", lambda x: x + 1 + x**2 / 2, 1),
    ],
)
def test_lines_of_figure_4(name, mean, noise):
    """Inputs first, noise last, from the generator seeded with 0."""
    table = normal_line(**LINES[name])
    assert list(table) == ["x", "target"]
    normals = draws(2000)
    assert_array_equal(table["x"], normals[:1000])
    assert_allclose((table["target"] - mean(table["x"])) / noise, normals[1000:], atol=1e-13)
