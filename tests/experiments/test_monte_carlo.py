"""The one-sample Fisher against enumeration, closed forms and naive loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import verdicts
from empirical_fisher.data_terms import DataTerms
from empirical_fisher.experiments.monte_carlo import claims as claims_monte_carlo
from empirical_fisher.experiments.monte_carlo import costs, errors
from empirical_fisher.experiments.monte_carlo import experiment as monte_carlo
from empirical_fisher.experiments.noise import experiment as noise
from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.experiments.shared_problems import CLASSES, TASKS
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.search import Schedule, trace

POINTS = noise.random_points(seed=1, count=1, size=30, features=2)
SCHEDULE = Schedule(iterations=6, divergence_factor=100.0)


@pytest.mark.parametrize("name", ["regression 1", "binary 1"])
def test_error_of_one_sample_is_that_of_the_closed_form(name):
    """For one natural parameter, E‖F̂ − F‖² = Σ_n var(r_n²) ‖x_n‖⁴ / N²."""
    point = POINTS[name]
    lengths = np.sum(point.problem.model.inputs**2, axis=1)
    if name.startswith("binary"):
        p = point.problem.likelihood.mean(point.predictions)[:, 0]
        variance = p * (1 - p) * (1 - 2 * p) ** 2
    else:
        variance = np.full(30, 2.0)  # of a squared standard normal number
    expected = np.sqrt(np.sum(variance * lengths**2)) / 30 / np.linalg.norm(point.fisher)
    by_samples, overall, _ = errors.errors(point, seed=0, repeats=200, doublings=4)
    found = by_samples.set_index("samples")["error"]
    assert found[1] == pytest.approx(expected, rel=0.3)
    assert found[16] == pytest.approx(expected / 4, rel=0.15)
    assert overall["expected"].item() == pytest.approx(expected / np.sqrt(3200), rel=0.1)
    assert overall["error"].item() < 3 * overall["expected"].item()
    assert exponent(by_samples["samples"], by_samples["error"]) == pytest.approx(-0.5, abs=0.1)


def test_logistic_sample_is_exact_where_both_labels_are_even():
    """At p = 1/2 both labels have the same squared residual: the sample is the Fisher."""
    problem = POINTS["binary 1"].problem
    point = problem.at(np.zeros(2))
    sampled = point.sampled_fisher(point.draw_labels(np.random.default_rng(0)))
    np.testing.assert_allclose(sampled, point.fisher, rtol=1e-12)


def measured(points=POINTS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of all draws, and of five trials."""
    tables = {name: errors.errors(point, 0, 50, 6, 5) for name, point in points.items()}
    return tuple(
        stacked({name: parts[i] for name, parts in tables.items()}, "dataset") for i in (1, 2)
    )


def counted() -> pd.DataFrame:
    tables = {
        name.split()[0]: costs.costs(point.problem, point.theta) for name, point in POINTS.items()
    }
    return stacked(tables, "task")


def finals(*losses: float):
    """One data set, on which runs of both settings end so, and EFGD at 2 on either grid."""
    fresh = [
        {"setting": name, "run": run, "final_loss": loss}
        for name in ("cell", "tuned")
        for run, loss in enumerate(losses)
    ]
    rival = {"setting": "EFGD", "run": 0, "final_loss": 2.0}
    cells = {
        method: pd.DataFrame({"dataset": ["A"], "method": [method], "final_loss": [final]})
        for method, final in (("NGD", 1), ("EFGD", 2))
    }
    return {"A": pd.DataFrame([*fresh, rival])}, {"A": cells}


def test_costs_are_counted():
    counts = counted().set_index(["task", "matrix", "needed_for"])
    for task in TASKS:
        empirical = counts.loc[(task, "empirical_fisher", "matrix")]
        sampled = counts.loc[(task, "sampled_fisher", "matrix")]
        assert empirical["gradients"] == sampled["gradients"] == 1
        assert empirical["outer_products"] == sampled["outer_products"] == 1
        assert (empirical["draws"], sampled["draws"]) == (0, 1)
        assert counts.loc[(task, "empirical_fisher", "step"), "gradients"] == 1
        assert counts.loc[(task, "sampled_fisher", "step"), "gradients"] == 2
    assert counts.loc[("multiclass", "fisher", "matrix"), "gradients"] == CLASSES - 1


def test_ledger_believes_what_was_measured():
    claims = verdicts(claims_monte_carlo.claims(*measured(), counted(), *finals(1.9)))
    assert claims.pop("cost-of-a-step") == "no"
    assert set(claims.values()) == {"yes"}


def test_ledger_says_when_the_labels_decide():
    rows = claims_monte_carlo.claims(*measured(), counted(), *finals(1.9, 1.9, np.inf))
    [tuned] = [row for row in rows if row.id == "monte_carlo.tuned"]
    assert (tuned.holds, tuned.trials, tuned.agree) == ("yes", 3, 2)


def test_trials_are_groups_of_repetitions():
    point = POINTS["binary 1"]
    _, whole, both = errors.errors(point, seed=0, repeats=6, doublings=3, trials=2)
    _, first, _ = errors.errors(point, seed=0, repeats=3, doublings=3)
    scale = whole["expected"].item() * np.sqrt(2)  # of half of the draws
    assert both["distance"][0] * scale == pytest.approx(first["error"].item())
    by_samples, _, alone = errors.errors(point, seed=0, repeats=3, doublings=3)
    assert both["slope"][0] == pytest.approx(alone["slope"].item())
    lines = np.polyfit(np.log(by_samples["samples"]), np.log(by_samples["error"]), 1)
    assert alone["slope"].item() == pytest.approx(lines[0])


def test_ledger_says_no_to_a_biased_sample_and_to_lost_runs(monkeypatch):
    """The data's labels instead of the model's: the empirical Fisher, as an estimate."""

    def targets(point, generator):
        return np.broadcast_to(point.targets, (1, *point.losses.shape))

    monkeypatch.setattr(DataTerms, "draw_labels", targets)
    broken = claims_monte_carlo.claims(*measured(), counted(), *finals(np.inf))
    claims = verdicts(broken)
    assert claims["unbiased"] == "no"
    assert claims["rate"] == "no"
    assert claims["in-place-of-the-fisher"] == "no"
    assert claims["tuned"] == "no"
    [tuned] = [claim for claim in broken if claim.id == "monte_carlo.tuned"]
    assert "diverges" in tuned.measured


def test_descent_with_an_exact_sample_is_natural_gradient_descent(monkeypatch):
    """With the Fisher in the sample's place the runs are those of the solver."""
    monkeypatch.setattr(DataTerms, "sampled_fisher", lambda point, labels: point.fisher)
    problem = POINTS["binary 1"].problem
    generators = [np.random.default_rng(0)] * 2
    loss = monte_carlo.descend(
        problem, np.array([0.5, 0.7]), np.array([0.1, 0.2]), SCHEDULE, generators
    )
    for run, cell in enumerate([(0.5, 0.1), (0.7, 0.2)]):
        expected = trace(problem, "NGD", *cell, SCHEDULE)["loss"]
        np.testing.assert_allclose(loss[:, run], expected, rtol=1e-10)


def settled(**changed):
    arguments = {
        "problem": POINTS["binary 1"].problem,
        "cell": (1.0, 1e-3),
        "step_sizes": np.array([0.1, 1.0]),
        "dampings": np.array([1e-2, 1.0, 100.0]),
        "schedule": SCHEDULE,
        "seed": 4,
        "tuning": 3,
        "runs": 2,
    }
    return monte_carlo.experiment(**{**arguments, **changed})


def test_experiment_finds_its_settings_and_its_losses_again():
    tables = settled()
    ends, finals, traces = (tables[name] for name in ("ends", "finals", "traces"))
    assert len(ends) == 1 + 2 * 3
    assert ends["setting"].iloc[0] == "cell"
    grid = ends.iloc[1:]
    tuned = grid[grid["setting"] == "tuned"]
    assert tuned["highest"].item() == grid["highest"].min()
    cell = tuned["step_size"].to_numpy(), tuned["damping"].to_numpy()
    problem = POINTS["binary 1"].problem
    fresh = monte_carlo.descend(problem, *cell, SCHEDULE, [np.random.default_rng([4, 3 + 1])])
    run = traces[(traces["setting"] == "tuned") & (traces["run"] == 1)]["loss"]
    np.testing.assert_allclose(run, fresh[:, 0], rtol=1e-12)
    last = finals[(finals["setting"] == "tuned") & (finals["run"] == 1)]["final_loss"]
    assert last.item() == pytest.approx(fresh[-1, 0], rel=1e-12)


def test_the_rival_has_the_same_cells():
    problem = POINTS["binary 1"].problem
    losses = [
        trace(problem, "EFGD", step_size, damping, SCHEDULE)["loss"].iloc[-1]
        for step_size in (0.1, 1.0)
        for damping in (1e-2, 1.0, 100.0)
    ]
    finals = settled()["finals"]
    rival = finals[finals["setting"] == "EFGD"]["final_loss"].item()
    assert rival == pytest.approx(min(losses), rel=1e-12)


def test_diverged_runs_are_infinite_and_their_traces_end_there():
    tables = settled(
        problem=POINTS["regression 1"].problem,
        cell=(1e3, 1.0),
        step_sizes=np.array([1e3]),
        dampings=np.array([1e8]),
        tuning=2,
    )
    assert tables["ends"]["diverged"].tolist() == [2, 0]
    finals = tables["finals"]
    assert np.isinf(finals[finals["setting"] == "cell"]["final_loss"]).all()
    traces = tables["traces"]
    cell = traces[traces["setting"] == "cell"]
    assert cell["iteration"].max() < SCHEDULE.iterations
    assert cell["loss"].max() > 100 * cell["loss"].iloc[0]
