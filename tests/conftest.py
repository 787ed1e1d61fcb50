"""What several tests build: problems on small random data, the paper's data sets, a tiny run."""

import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import settings

import oracle
from empirical_fisher.data import datasets
from empirical_fisher.data.preparation import prepare
from empirical_fisher.data.sources.kinds import load
from empirical_fisher.experiments.optimization.starting_points import constant_problem, descents
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule

ROOT = Path(__file__).resolve().parents[1]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))

TASKS = ("regression", "binary", "multiclass")
DESIGNS = ("dense", "sparse")
METHODS = ("GD", "NGD", "EFGD")
CLASSES = 3
SIZE, FEATURES = 36, 4  # of the random problems, unless told

settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=10)
settings.load_profile("thorough")


def draw_inputs(design, size=SIZE, features=FEATURES, seed=0):
    """Standard normals; in a sparse design five in six are zero, but no whole column is."""
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((size, features))
    if design == "sparse":
        zero = generator.random(inputs.shape) < 0.85
        zero[:features] = ~np.eye(features, dtype=bool)
        inputs[zero] = 0.0
    return inputs


def draw_targets(task, size=SIZE, seed=0):
    """Targets that do not depend on the inputs; every label as often."""
    generator = np.random.default_rng([seed, 1])
    if task == "regression":
        return 1.0 + 2.0 * generator.standard_normal(size)
    return generator.permutation(np.arange(size) % (2 if task == "binary" else CLASSES)) * 1.0


def random_problem(task, design="dense", prior_variance=np.inf, *, seed=0, **shape):
    """A problem whose classes, if it has any, no line separates (with the seed and size given)."""
    inputs = draw_inputs(design, seed=seed, **shape)
    return linear_problem(inputs, draw_targets(task, len(inputs), seed), task, prior_variance)


def paper_table(name):
    """A data set of config.yaml as its CSV holds it, and its task."""
    entry = CONFIG["datasets"][name]
    table, facts = prepare(load(entry, ROOT), entry)
    return table, facts["task"]


def paper_problem(name, *, bias=False):
    """A data set of config.yaml as a problem."""
    return linear_problem(*datasets.design(datasets.from_table(*paper_table(name)), bias=bias))


@pytest.fixture(scope="session")
def line():
    """Figure 6, left, as its rule makes it."""
    settings = CONFIG["starting_points"]["line"]
    cell = {name: settings[name] for name in ("step_size", "damping")}
    cells = pd.DataFrame({"method": ["NGD", "EFGD"], **cell})
    starts = [(start, np.array([start])) for start in settings["starts"]]
    schedule = Schedule(settings["iterations"], CONFIG["optimization"]["divergence_factor"])
    problem = constant_problem(settings["targets"])
    return descents(problem, np.zeros(1), cells, starts, schedule)


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A copy of the repository and a tiny run of everything, made once for all workers of xdist."""
    from pipeline import once, whole_run

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return once(shared / "whole", whole_run)


@pytest.fixture(scope="session")
def repository(whole):
    """The copy of the repository. Only test_pipeline.py may run in it and change it."""
    return whole / "repository"


@pytest.fixture(scope="session")
def run(whole):
    """The run, which tests may only look at: elsewhere, two cores, every cell of a grid."""
    from pipeline import Run

    return Run(whole / "run", (whole / "said.txt").read_text("utf-8"))


def oracle_terms(problem):
    """The oracle's loss, gradient, Fisher, empirical Fisher and Hessian, of the data alone."""
    inputs, targets = problem.model.inputs, problem.targets
    family = type(problem.likelihood).__name__
    if family == "Gaussian":
        return lambda theta: oracle.linear_terms(theta, inputs, targets)
    if family == "Bernoulli":
        clip = problem.likelihood.probability_clip
        return lambda theta: oracle.logistic_terms(theta, inputs, targets, clip)
    return lambda theta: oracle.softmax_terms(theta, inputs, targets, problem.likelihood.classes)


def derivative(function, x, step=1e-4):
    """Derivative of an array-valued function by differences of the fourth order, last axis x's."""
    columns = []
    for unit in np.eye(len(x)):
        near = function(x + step * unit) - function(x - step * unit)
        far = function(x + 2 * step * unit) - function(x - 2 * step * unit)
        columns.append((8 * near - far) / (12 * step))
    return np.stack(columns, axis=-1)


def verdicts(claims):
    """Whether each claim holds, by its id without the topic."""
    return {claim.id.partition(".")[2]: claim.holds for claim in claims}


@contextmanager
def refusal(*parts):
    """The error of a data set, in one line that says all this."""
    with pytest.raises(datasets.DatasetError) as error:
        yield
    message = str(error.value)
    assert "\n" not in message and "Traceback" not in message
    for part in parts:
        assert part in message
