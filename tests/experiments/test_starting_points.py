"""Figure 6's descents against closed forms and the oracle's runs."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import oracle
from conftest import CONFIG, oracle_terms, random_problem
from empirical_fisher.experiments.optimization.starting_points import constant_problem, descents
from empirical_fisher.search import Schedule

LINE = CONFIG["starting_points"]["line"]
SCHEDULE = Schedule(iterations=6, divergence_factor=100.0)


def test_the_line_is_the_paper_s():
    """``L = ((θ − ½)² + (θ + ½)²) / 4 = θ²/2 + 1/8``."""
    problem = constant_problem(LINE["targets"])
    theta = np.linspace(-3, 3, 7)[:, None]
    assert_allclose(problem.at(theta).loss, theta[:, 0] ** 2 / 2 + 1 / 8, rtol=1e-14)
    assert_allclose(problem.minimizer(), 0, atol=1e-12)


@pytest.mark.parametrize("start", LINE["starts"])
def test_ngd_shrinks_theta_by_the_same_factor_from_everywhere(line, start):
    run = line[(line["method"] == "NGD") & (line["start"] == start)]
    factor = 1 - LINE["step_size"] / (1 + LINE["damping"])
    assert_allclose(
        run["excess"], start**2 / 2 * factor ** (2 * run["iteration"]), rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("start", LINE["starts"])
def test_efgd_shrinks_theta_by_a_factor_that_depends_on_it(line, start):
    """``g = θ`` and ``EF = ((θ − ½)² + (θ + ½)²) / 2 = θ² + ¼``."""
    run = line[(line["method"] == "EFGD") & (line["start"] == start)]
    theta, losses = start, []
    for _ in range(LINE["iterations"] + 1):
        losses.append(theta**2 / 2 + 1 / 8)
        theta -= LINE["step_size"] * theta / (theta**2 + 1 / 4 + LINE["damping"])
    assert_allclose(run["loss"], losses, rtol=1e-10)


@pytest.mark.parametrize("method", ["NGD", "EFGD"])
def test_descents_are_the_oracle_s_runs(method):
    problem = random_problem("regression", features=3)
    minimum = problem.minimizer()
    cells = pd.DataFrame({"method": [method], "step_size": 0.3, "damping": 0.01})
    starts = [(c, c * minimum) for c in (0.5, 0.0)]
    table = descents(problem, minimum, cells, starts, SCHEDULE)
    assert list(table) == ["method", "start", "iteration", "loss", "excess"]
    for start, theta in starts:
        run = table[table["start"] == start]
        expected = oracle.run(
            oracle_terms(problem), problem.size, theta, method, 0.3, 0.01, 6, 100.0
        )
        assert_allclose(run["loss"], expected["loss"], rtol=1e-10)
        assert_allclose(run["loss"] - run["excess"], problem.at(minimum).loss, rtol=1e-12)
        assert run["iteration"].tolist() == list(range(7))


@pytest.mark.parametrize(("factor", "steps"), [(20.0, 3), (100.0, 4)])
def test_a_descent_stops_where_its_schedule_calls_it_diverged(factor, steps):
    """The loss ``θ²/2 + 1/8`` from ``θ = 1`` on, which steps of size 3 turn into ``−2 θ``."""
    problem = constant_problem([0.5, -0.5])
    cells = pd.DataFrame({"method": ["NGD"], "step_size": 3.0, "damping": 0.0})
    table = descents(problem, np.zeros(1), cells, [(1.0, np.ones(1))], Schedule(6, factor))
    assert table["iteration"].tolist() == list(range(steps + 1))
