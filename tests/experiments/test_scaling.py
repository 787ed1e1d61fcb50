"""The experiments of §4.3 against closed forms and loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import oracle_terms, verdicts
from empirical_fisher import preconditioners
from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.experiments.scaling import claims as claims_scaling
from empirical_fisher.experiments.scaling import experiment as scaling
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule

DISTANCES = np.logspace(-2, 4, 13)
DAMPINGS = [0.0, 1.0, 1e4]
STEP_SIZES = np.logspace(-3, 7, 81)
SCHEDULE = Schedule(iterations=20, divergence_factor=100.0)
TABLES = ("updates", "directions", "runs", "descent", "lowest")


@pytest.fixture(scope="module")
def cases() -> dict[str, scaling.Landscape]:
    """Badly scaled features and a bias."""
    generator = np.random.default_rng(0)
    features = generator.standard_normal((60, 3)) @ np.diag([1.0, 30.0, 0.1]) + [0.0, 50.0, 1.0]
    inputs = np.column_stack([features, np.ones(60)])
    targets = inputs @ [1.0, 0.1, 5.0, 20.0] + generator.standard_normal(60)
    return scaling.landscapes("Data", linear_problem(inputs, targets, "regression"))


def test_linearly_dependent_features_are_refused() -> None:
    features = np.random.default_rng(0).standard_normal((20, 2))
    inputs = np.column_stack([features, features @ [1.0, -2.0]])
    problem = linear_problem(inputs, features[:, 0] + 1.0, "regression")
    with pytest.raises(DatasetError, match="linearly dependent"):
        scaling.landscapes("Data", problem)


@pytest.fixture(scope="module")
def tables(cases: dict[str, scaling.Landscape]) -> dict[str, pd.DataFrame]:
    return measure(cases)


def measure(cases: dict[str, scaling.Landscape]) -> dict[str, pd.DataFrame]:
    measured = (
        scaling.steps(cases, 4, 0, DISTANCES, DAMPINGS),
        scaling.angles(cases["Data"], 50, 0, DISTANCES),
        scaling.starts(cases, [0.5, 2.0, 8.0, 32.0, 64.0], STEP_SIZES, 1e-10, SCHEDULE),
        scaling.path(cases["Data"], STEP_SIZES, 1e-10, SCHEDULE),
        scaling.lowest(cases["Data"], 50, 0, DISTANCES),
    )
    return dict(zip(TABLES, measured, strict=True))


def held(tables: dict[str, pd.DataFrame]) -> dict[str, str]:
    names = ("updates", "directions", "lowest", "runs")
    return verdicts(claims_scaling.claims(*(tables[name] for name in names), "Data"))


def test_the_lowest_cosine_of_a_ray_is_that_of_its_points(cases, tables) -> None:
    case = cases["Data"]
    terms = oracle_terms(case.problem)
    for ray in (0, 7):
        cosines = []
        for distance in DISTANCES:
            theta = case.minimum + distance * case.rays(50, 0)[ray]
            _, gradient, fisher, empirical, _ = terms(theta)
            a, b = np.linalg.solve(empirical, gradient), np.linalg.solve(fisher, gradient)
            cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        assert tables["lowest"]["lowest"][ray] == pytest.approx(min(cosines), abs=1e-9)
    assert tables["lowest"]["lowest"].min() == pytest.approx(tables["directions"]["lowest"].min())


def test_rays_that_are_opposite_in_some_groups_only_make_it_depend_on_the_rays(tables) -> None:
    table = pd.DataFrame({"ray": range(20), "lowest": [-0.95] * 7 + [0.0] * 13})
    rows = claims_scaling.claims(
        tables["updates"], tables["directions"], table, tables["runs"], "Data"
    )
    [claim] = [row for row in rows if row.id == "scaling.opposite"]
    assert (claim.holds, claim.trials, claim.agree) == ("yes", 10, 7)


def test_updates_on_two_points_are_those_of_the_closed_form(tables) -> None:
    table = tables["updates"].query("problem == 'TwoPoints'")
    theta = table["distance"] / 2
    np.testing.assert_allclose(table["gradient_norm"], theta, rtol=1e-12)
    own, natural = theta / (theta**2 + 0.25 + table["damping"]), theta / (1 + table["damping"])
    expected = np.where(table["method"] == "EFGD", own, natural)
    np.testing.assert_allclose(table["step_norm"], expected, rtol=1e-12)


def test_updates_along_rays_against_a_loop(cases, tables) -> None:
    case = cases["Data"]
    vectors = case.rays(4, 0)
    terms = oracle_terms(case.problem)
    lowest = terms(case.minimum)[0]
    table = tables["updates"].query("problem == 'Data'")
    assert len(table) == 2 * len(DAMPINGS) * 4 * len(DISTANCES)
    for row in table.sample(40, random_state=0).itertuples():
        theta = case.minimum + row.distance * vectors[row.ray]
        loss, gradient, fisher, empirical, _ = terms(theta)
        assert loss == pytest.approx((1 + row.distance**2) * lowest, rel=1e-8)
        matrix = fisher if row.method == "NGD" else empirical
        step = np.linalg.solve(matrix + row.damping * np.eye(4), gradient)
        assert row.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
        assert row.step_norm == pytest.approx(np.linalg.norm(step), rel=1e-6)


def test_angles_against_a_loop(cases, tables) -> None:
    case = cases["Data"]
    terms = oracle_terms(case.problem)
    for row in tables["directions"].iloc[[0, 6, 12]].itertuples():
        plain, metric = [], []
        for vector in case.rays(50, 0):
            theta = case.minimum + row.distance * vector
            _, gradient, fisher, empirical, _ = terms(theta)
            a, b = np.linalg.solve(empirical, gradient), np.linalg.solve(fisher, gradient)
            plain.append(a @ b / np.sqrt((a @ a) * (b @ b)))
            metric.append(a @ fisher @ b / np.sqrt((a @ fisher @ a) * (b @ fisher @ b)))
        found = [row.lowest, row.median, row.highest, row.obtuse, row.fisher_lowest]
        expected = [*np.quantile(plain, [0, 0.5, 1]), np.mean(np.less(plain, 0)), min(metric)]
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_runs_from_two_points_against_the_recursion(tables) -> None:
    table = tables["runs"].query("problem == 'TwoPoints' and method == 'EFGD'")
    finished = 0
    for row in table.itertuples():
        theta = row.multiple
        for _ in range(SCHEDULE.iterations):
            theta -= row.step_size * theta / (theta**2 + 0.25 + 1e-10)
            if theta**2 + 0.25 > 100 * (row.multiple**2 + 0.25):
                break
        else:
            finished += 1
            left = theta**2 / row.multiple**2
            assert row.works == (left <= scaling.WORKS)
            if row.step_size < 0.5:  # beyond, rounding grows from step to step
                assert row.remaining == pytest.approx(left, rel=1e-6, abs=1e-12)
            continue
        assert np.isnan(row.remaining)
        assert not row.works
    assert 0 < finished < len(table)


def test_natural_gradient_leaves_the_same_share_from_everywhere(tables) -> None:
    table = tables["runs"].query("method == 'NGD'")
    step_size = table["step_size"].to_numpy()
    expected = np.abs(1 - step_size) ** (2 * SCHEDULE.iterations)
    finished = table["remaining"].notna().to_numpy()
    np.testing.assert_array_equal(table["works"], expected <= scaling.WORKS)
    np.testing.assert_allclose(table["remaining"][finished], expected[finished], atol=1e-6)


def test_windows_are_the_ends_of_what_works() -> None:
    rows = {"problem": "P", "method": "EFGD", "multiple": [1, 1, 1, 2], "distance": [1, 1, 1, 2]}
    table = pd.DataFrame({**rows, "step_size": [0.1, 0.2, 0.4, 0.1]})
    table["works"] = [True, False, True, False]
    found = claims_scaling.windows(table)
    assert found["working"].tolist() == [2, 0]
    assert found["lowest"].tolist()[0] == 0.1
    assert found["highest"].tolist()[0] == 0.4
    assert found[["lowest", "highest"]].iloc[1].isna().all()


def test_path_is_the_best_run_from_zero(cases, tables) -> None:
    terms = oracle_terms(cases["Data"].problem)
    best = np.inf
    for step_size in STEP_SIZES:
        theta = np.zeros(4)
        first = terms(theta)[0]
        for _ in range(SCHEDULE.iterations):
            loss, gradient, _, empirical, _ = terms(theta)
            if loss > 100 * first:
                break
            theta = theta - step_size * np.linalg.solve(empirical + 1e-10 * np.eye(4), gradient)
        else:
            final = terms(theta)[0]
            if final < best:
                best, chosen = final, step_size
    assert tables["descent"]["step_size"].iloc[0] == chosen
    assert tables["descent"]["loss"].iloc[-1] == pytest.approx(best, rel=1e-5)


def test_claims_on_updates_hold(tables) -> None:
    found = held(tables)
    found.pop("opposite")  # a matter of the data
    assert found == {
        "update-EFGD": "yes",
        "update-NGD": "yes",
        "update-damped": "in part",
        "start-EFGD": "yes",
        "start-NGD": "yes",
        "start-law": "yes",
        "opposite-fisher-metric": "yes",
    }


def test_the_fisher_in_place_of_the_empirical_fisher_breaks_the_claims(monkeypatch, cases) -> None:
    monkeypatch.setitem(preconditioners.MATRICES, "empirical_fisher", lambda point: point.fisher)
    broken = held(measure(cases))
    for claim in ("update-EFGD", "update-damped", "start-EFGD", "start-law", "opposite"):
        assert broken[claim] == "no", claim
    assert broken["opposite-fisher-metric"] == "in part"


def test_swapped_methods_break_the_claims(tables) -> None:
    swap = {"NGD": "EFGD", "EFGD": "NGD"}
    swapped = {
        name: table.assign(method=table["method"].map(swap)) if "method" in table else table
        for name, table in tables.items()
    }
    broken = held(swapped)
    for claim in ("update-EFGD", "update-NGD", "start-EFGD", "start-NGD", "start-law"):
        assert broken[claim] == "no", claim


def test_step_sizes_that_never_work_bear_out_nothing(tables) -> None:
    hopeless = held(tables | {"runs": tables["runs"].assign(works=False)})
    for claim in ("start-EFGD", "start-NGD", "start-law"):
        assert hopeless[claim] == "no", claim
