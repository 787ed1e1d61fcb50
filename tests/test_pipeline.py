"""The whole pipeline, by its own command and with the tiny grids of tests/config.yaml.

It runs twice: elsewhere, in a folder of its own, on two cores, every cell of a grid in one job
(conftest.py has this run); and in place, in a copy of the repository, on one core: a part of it, or
all of it in the long tests. With pytest-xdist use --dist loadfile, so that one worker has all these
tests (--dist loadgroup does not group with pytest 9.2).
"""

from __future__ import annotations

import csv
import functools
import itertools
import math
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import numpy as np
import pytest
import yaml
from docutils.core import publish_doctree
from PIL import Image

import browser
import oracle
from conftest import CONFIG, ROOT, paper_problem, paper_table
from empirical_fisher.search import Schedule, evaluate
from pipeline import ELSEWHERE, IN_PLACE, TINY, Run, overlaid, snakemake, tiny_run

OPTIMIZATION = TINY["optimization"]
DATASETS, METHODS = OPTIMIZATION["datasets"], OPTIMIZATION["methods"]
RUNS = list(itertools.product(DATASETS, METHODS))
ALL_RUNS = list(itertools.product([*DATASETS, *OPTIMIZATION["appendix_datasets"]], METHODS))
LEFT_OUT = {*CONFIG["optimization"]["appendix_datasets"], "WineNetwork"}
LEFT_OUT -= {*OPTIMIZATION["appendix_datasets"]}
USED = [name for name in CONFIG["datasets"] if name not in LEFT_OUT]
PROBLEMS = TINY["misspecification"]["logistic"]["problems"]
Terms = Callable[[np.ndarray], oracle.Terms]


def table(path: Path) -> dict[str, np.ndarray]:
    """The columns of a CSV; floats where they all are, NaN for an empty entry."""
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    columns = zip(*rows, strict=True)
    return {name: as_array(entries) for name, entries in zip(names, columns, strict=True)}


def as_array(entries: tuple[str, ...]) -> np.ndarray:
    try:
        return np.array([float(entry) if entry else math.nan for entry in entries])
    except ValueError:
        return np.array(entries)


# What there is at the end

GRID = ["step_size", "damping", "status", "iterations", "final_loss", "bound"]
TRACE = ["iteration", "loss", "gradient_norm", "step_norm", "cosine"]
ENTRIES = ("11", "12", "22")
MATRICES = ("fisher", "empirical_fisher", "hessian")
COUNTS = {axis: OPTIMIZATION[axis]["count"] for axis in ("step_sizes", "dampings")}
TABLES = {
    "data/LognormalLine.csv": (["x", "target"], 1000),
    **{
        f"data/{problem['dataset']}.csv": (["x1", "x2", "target"], 1000)
        for problem in PROBLEMS.values()
    },
    **{
        f"results/grid/{dataset}/{method}.csv": (
            GRID,
            COUNTS["step_sizes"] * (1 if method == "GD" else COUNTS["dampings"]),
        )
        for dataset, method in ALL_RUNS
    },
    **{
        f"results/traces/{dataset}/{method}.csv": (TRACE, OPTIMIZATION["iterations"] + 1)
        for dataset, method in ALL_RUNS
    },
    "results/hyperparameters.csv": (
        [
            *("dataset", "method", "step_size", "damping", "final_loss", "ties", "edge"),
            *("orders", "other_winners", "lowest_loss_of_orders", "highest_loss_of_orders"),
        ],
        len(ALL_RUNS),
    ),
    "results/sensitivity.csv": (
        [
            *("dataset", "method", "cells", "good_cells", "good_share"),
            *("step_size_decades", "damping_decades"),
        ],
        len(ALL_RUNS),
    ),
    "results/vector_field/field.csv": (
        ["method", "b", "theta", "db", "dtheta"],
        3 * TINY["vector_field"]["arrows"] ** 2,
    ),
    "results/vector_field/trajectories.csv": (
        ["method", "start", "step", "b", "theta"],
        3 * 4 * TINY["vector_field"]["trajectories"]["kept"],
    ),
    "results/misspecification/logistic.csv": (
        [
            *("problem", "theta_1", "theta_2", "loss", "accuracy"),
            *(f"{matrix}_{entry}" for matrix in MATRICES for entry in ENTRIES),
        ],
        len(PROBLEMS),
    ),
}
FIGURES = {
    1: "figure1_vector_fields",
    2: "figure2_misspecification",
    3: "figure3_optimization",
    "sensitivity": "sensitivity",
}


@pytest.mark.parametrize("path", TABLES)
def test_a_promised_table_has_its_columns_and_rows(run: Run, path: str) -> None:
    columns, rows = TABLES[path]
    found = table(run.folder / path)
    assert list(found) == columns
    assert {len(entries) for entries in found.values()} == {rows}


def test_every_table_is_utf_8_with_bare_newlines(run: Run) -> None:
    for path in run.files("data/*.csv", "results/**/*.csv"):
        text = (run.folder / path).read_bytes().decode("utf-8")
        assert text.endswith("\n") and "\n\n" not in text, path
        assert "\r" not in text, path


@pytest.mark.parametrize("name", USED)
def test_the_data_are_those_of_their_source_bit_for_bit(run: Run, name: str) -> None:
    wanted, task = paper_table(name)
    found = table(run.folder / f"data/{name}.csv")
    assert list(found) == [*wanted.drop(columns="target"), "target"]
    for column in found:
        np.testing.assert_array_equal(found[column], wanted[column])
    facts = yaml.safe_load((run.folder / f"data/{name}.yaml").read_text("utf-8"))
    assert (facts["task"], facts["rows"]) == (task, len(wanted))
    assert (facts["features"], facts["layout"]) == (wanted.shape[1] - 1, "wide")


@pytest.mark.parametrize("name", FIGURES.values())
def test_a_figure_is_there_as_pdf_svg_and_png_of_200_dots_per_inch(run: Run, name: str) -> None:
    assert "<svg" in (run.folder / f"figures/{name}.svg").read_text("utf-8")
    assert (run.folder / f"figures/{name}.pdf").read_bytes().startswith(b"%PDF-")
    with Image.open(run.folder / f"figures/{name}.png") as image:
        assert image.format == "PNG"
        np.testing.assert_allclose(image.info["dpi"], 200, atol=0.1)
        assert min(image.size) > 300
        assert len(image.convert("L").getcolors()) > 10, "it is blank"


def test_nothing_half_written_is_left(run: Run) -> None:
    made = [path for path in run.files("**/*") if not path.startswith(".snakemake/")]
    usual = r"(\w+/)+[\w-]+\.(csv|log|md|pdf|png|svg|yaml)|results/(report|snakemake)\.html"
    odd = [path for path in made if not re.fullmatch(usual, path)]
    assert odd == []
    assert [path for path in made if path.startswith("results/") and "-of-" in path] == []


def test_every_job_has_a_log_and_none_has_a_warning(run: Run) -> None:
    logs = run.files("logs/**/*.log")
    assert len(logs) == run.output.count("Finished jobid") - 1, "all but the rule all have one"
    texts = {path: (run.folder / path).read_text("utf-8") for path in logs}
    assert [path for path, text in texts.items() if not text.endswith("done\n")] == []
    for text in (run.output, *texts.values()):
        assert not re.search(r"\b(\w*Warning|\w*Error|Traceback|WARNING|ERROR)\b", text), text


def test_a_search_says_first_what_it_costs(run: Run) -> None:
    logs = run.files("logs/grid/**/*.log")
    assert logs
    estimate = r"\d+ cells × 5 iterations, about \d+ (s|min) on one core at most"
    for path in logs:
        first = (run.folder / path).read_text("utf-8").splitlines()[0]
        assert re.search(rf" INFO {estimate}; here \d+ of them, in about \d+ MB$", first)


# Figure 3 against the oracle


@functools.cache
def oracle_terms(folder: Path, dataset: str) -> tuple[Terms, int, int]:
    """The oracle's loss and derivatives on a data set; numbers of examples and parameters."""
    columns = table(folder / f"data/{dataset}.csv")
    y = columns.pop("target")
    X = np.column_stack([*columns.values(), np.ones(len(y))])
    if CONFIG["datasets"][dataset]["task"] == "regression":
        return lambda theta: oracle.linear_terms(theta, X, y), *X.shape
    labels = (y == y.max()).astype(float)
    return lambda theta: oracle.logistic_terms(theta, X, labels), *X.shape


def oracle_run(
    folder: Path, dataset: str, method: str, step_size: float, damping: float
) -> dict[str, Any]:
    terms, size, parameters = oracle_terms(folder, dataset)
    return oracle.run(
        terms,
        size,
        np.zeros(parameters),
        method,
        step_size,
        None if math.isnan(damping) else damping,
        OPTIMIZATION["iterations"],
        OPTIMIZATION["divergence_factor"],
    )


@functools.cache
def oracle_grid(folder: Path, dataset: str, method: str) -> list[dict[str, Any]]:
    """Every cell of the grid, at the very step sizes and dampings that the CSV has."""
    cells = table(folder / f"results/grid/{dataset}/{method}.csv")
    terms, size, parameters = oracle_terms(folder, dataset)
    return oracle.grid(
        terms,
        size,
        np.zeros(parameters),
        method,
        list(dict.fromkeys(cells["step_size"])),
        list(dict.fromkeys(cells["damping"])),
        OPTIMIZATION["iterations"],
        OPTIMIZATION["divergence_factor"],
    )


def axis(name: str) -> list[float]:
    """Step sizes or dampings, from the configuration alone."""
    low, high, count = (OPTIMIZATION[name][key] for key in ("low", "high", "count"))
    return [low * (high / low) ** (k / (count - 1)) for k in range(count)]


def row_of(path: Path, dataset: str, method: str) -> dict[str, Any]:
    """The row of a data set and a method in a table that has one of each."""
    columns = table(path)
    [row] = np.flatnonzero((columns["dataset"] == dataset) & (columns["method"] == method))
    return {name: entries[row] for name, entries in columns.items()}


def chosen(folder: Path, dataset: str, method: str) -> dict[str, Any]:
    return row_of(folder / "results/hyperparameters.csv", dataset, method)


WITH_LOOPS = [entry for entry in RUNS if entry[0] != "a1a"]  # whose loops take too long


@pytest.mark.parametrize(("dataset", "method"), RUNS)
def test_the_grid_has_every_cell_step_sizes_first(run: Run, dataset: str, method: str) -> None:
    cells = table(run.folder / f"results/grid/{dataset}/{method}.csv")
    dampings = [math.nan] if method == "GD" else axis("dampings")
    wanted = list(itertools.product(axis("step_sizes"), dampings))
    found = np.column_stack([cells["step_size"], cells["damping"]])
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize(("dataset", "method"), WITH_LOOPS)
def test_the_grid_is_the_oracles(run: Run, dataset: str, method: str) -> None:
    cells = table(run.folder / f"results/grid/{dataset}/{method}.csv")
    wanted = oracle_grid(run.folder, dataset, method)
    assert list(cells["status"]) == [row["status"] for row in wanted]
    assert list(cells["iterations"]) == [row["iterations"] for row in wanted]
    losses = np.array([row["final_loss"] for row in wanted], dtype=float)
    np.testing.assert_allclose(cells["final_loss"], losses, rtol=1e-8)
    assert np.isnan(cells["bound"]).all(), "no cell is pruned"


def test_a_diverged_cell_of_a1a_is_the_oracles(run: Run) -> None:
    cells = table(run.folder / "results/grid/a1a/NGD.csv")
    *_, cell = np.flatnonzero(cells["status"] == "diverged")
    pair = cells["step_size"][cell], cells["damping"][cell]
    wanted = oracle_run(run.folder, "a1a", "NGD", *pair)
    assert (wanted["status"], wanted["iterations"]) == ("diverged", cells["iterations"][cell])


def test_hyperparameters_stand_in_the_order_of_the_configuration(run: Run) -> None:
    columns = table(run.folder / "results/hyperparameters.csv")
    assert list(zip(columns["dataset"], columns["method"], strict=True)) == ALL_RUNS


@pytest.mark.parametrize(("dataset", "method"), WITH_LOOPS)
def test_the_best_cell_is_the_oracles(run: Run, dataset: str, method: str) -> None:
    found = chosen(run.folder, dataset, method)
    wanted = oracle.best(oracle_grid(run.folder, dataset, method))
    assert found["step_size"] == wanted["step_size"]
    assert found["damping"] == wanted["damping"] or method == "GD"
    assert found["ties"] == wanted["ties"]
    np.testing.assert_allclose(found["final_loss"], wanted["final_loss"], rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_best_cell_of_a1a_has_the_lowest_loss_of_its_grid(run: Run, method: str) -> None:
    cells = table(run.folder / f"results/grid/a1a/{method}.csv")
    found = chosen(run.folder, "a1a", method)
    best = np.nanargmin(cells["final_loss"])
    ties = cells["final_loss"] <= cells["final_loss"][best] * (1 + 1e-9)
    assert np.sum(ties) == found["ties"] == 1
    for name in ("step_size", "damping", "final_loss"):
        np.testing.assert_equal(found[name], cells[name][best])


@pytest.mark.parametrize(("dataset", "method"), RUNS)
def test_the_trace_of_the_best_cell_is_the_oracles(run: Run, dataset: str, method: str) -> None:
    found = table(run.folder / f"results/traces/{dataset}/{method}.csv")
    best = chosen(run.folder, dataset, method)
    wanted = oracle_run(run.folder, dataset, method, best["step_size"], best["damping"])
    assert found["loss"][-1] == best["final_loss"], "the very run of the grid, to the last bit"
    np.testing.assert_array_equal(found["iteration"], range(wanted["iterations"] + 1))
    for name in TRACE[1:]:
        values = np.array(wanted[name], dtype=float)  # None, for not defined, becomes NaN
        if name == "cosine":  # left out where the gradient is nothing but rounding
            rounding = found["gradient_norm"] < 1e-12 * found["gradient_norm"][0]
            values[rounding & np.isnan(found[name])] = np.nan
        noise = 1e-9 * np.nanmax(np.abs(values), initial=0)
        np.testing.assert_allclose(found[name], values, 1e-7, noise, err_msg=name)


@pytest.mark.parametrize(("dataset", "method"), WITH_LOOPS)
def test_the_good_part_of_the_grid_is_the_oracles(run: Run, dataset: str, method: str) -> None:
    """The cells within 1 % of the best: how many, and over how many decades."""
    found = row_of(run.folder / "results/sensitivity.csv", dataset, method)
    grid = oracle_grid(run.folder, dataset, method)
    finished = [row for row in grid if row["status"] == "finished"]
    least = min(row["final_loss"] for row in finished)
    good = [row for row in finished if row["final_loss"] <= 1.01 * least]
    assert (found["cells"], found["good_cells"]) == (len(grid), len(good))
    assert found["good_share"] == len(good) / len(grid)
    for name in ("step_size", "damping") if method != "GD" else ("step_size",):
        values = [row[name] for row in good]
        decades = math.log10(max(values)) - math.log10(min(values))
        np.testing.assert_allclose(found[f"{name}_decades"], decades, rtol=1e-9, atol=1e-12)


def test_a_certified_search_drops_only_cells_that_are_worse(
    repository: Path, tmp_path: Path
) -> None:
    """On a grid so large that most of its cells still wait when the first ones end."""
    overlay = tmp_path / "large.yaml"
    overlay.write_text(
        "optimization: {search: certified, step_sizes: {low: 1.0e-20, high: 1.0e+10, count: 61}}"
    )
    target = "results/grid/BreastCancer/NGD.csv"
    options = ("--cores", "2", "--directory", tmp_path, *IN_PLACE, overlay)
    ended = snakemake(repository, target, *options)
    assert ended.returncode == 0, ended.stdout
    cells = table(tmp_path / target)
    pruned = cells["status"] == "pruned"
    assert 0.3 < np.mean(pruned) < 1

    problem = paper_problem("BreastCancer", bias=True)
    schedule = Schedule(OPTIMIZATION["iterations"], OPTIMIZATION["divergence_factor"])
    every = evaluate(problem, "NGD", cells["step_size"], cells["damping"], schedule)
    losses = every["final_loss"].to_numpy()
    assert (cells["status"] == every["status"])[~pruned].all()
    np.testing.assert_allclose(cells["final_loss"][~pruned], losses[~pruned], rtol=1e-9)
    assert (cells["bound"][pruned] > 1.01 * np.nanmin(losses)).all()
    assert not (cells["bound"][pruned] > losses[pruned]).any(), "a bound is below the true loss"
    assert np.isnan(cells["final_loss"][pruned]).all()
    assert np.isnan(cells["bound"][~pruned]).all()


# Figure 1 against the oracle


@pytest.fixture(scope="session")
def line(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """The points of Figure 1, drawn by the oracle."""
    source = TINY["datasets"][TINY["vector_field"]["dataset"]]["source"]["lognormal_line"]
    x, y = oracle.lognormal_line(**source)
    columns = table(run.folder / "data/LognormalLine.csv")
    np.testing.assert_allclose([columns["x"], columns["target"]], [x, y], rtol=1e-13)
    return x, y


def oracle_field(
    line: tuple[np.ndarray, np.ndarray], method: str
) -> Callable[[np.ndarray], np.ndarray]:
    settings = TINY["vector_field"]
    constants = settings["prior_variance"], settings["damping"], settings["scales"][method]
    return lambda point: oracle.vector_field_direction(method, *point, *line, *constants)


@pytest.mark.parametrize("method", ["GD", "NGD", "EFGD"])
def test_the_vector_field_is_the_oracles(
    run: Run, line: tuple[np.ndarray, np.ndarray], method: str
) -> None:
    columns = table(run.folder / "results/vector_field/field.csv")
    assert list(dict.fromkeys(columns["method"])) == ["GD", "NGD", "EFGD"]
    rows = columns["method"] == method
    window = TINY["vector_field"]["window"]
    ticks = np.linspace(window["low"], window["high"], TINY["vector_field"]["arrows"])
    points = np.array(list(itertools.product(ticks, ticks)))
    np.testing.assert_allclose([columns["b"][rows], columns["theta"][rows]], points.T, rtol=1e-15)
    wanted = np.array([oracle_field(line, method)(point) for point in points]).T
    np.testing.assert_allclose([columns["db"][rows], columns["dtheta"][rows]], wanted, rtol=1e-9)


@pytest.mark.parametrize("method", ["GD", "NGD", "EFGD"])
def test_the_trajectories_are_the_oracles(
    run: Run, line: tuple[np.ndarray, np.ndarray], method: str
) -> None:
    columns = table(run.folder / "results/vector_field/trajectories.csv")
    settings = TINY["vector_field"]["trajectories"]
    for start in (0, len(settings["starts"]) - 1):
        rows = (columns["method"] == method) & (columns["start"] == start)
        steps = columns["step"][rows].astype(int)
        assert (steps[0], steps[-1]) == (0, settings["points"] - 1)
        assert (np.diff(steps) > 0).all()
        path = oracle.euler(
            oracle_field(line, method),
            settings["starts"][start],
            settings["step"],
            settings["points"],
        )
        found = np.column_stack([columns["b"][rows], columns["theta"][rows]])
        np.testing.assert_allclose(found, path[steps], rtol=1e-10)


def test_the_fit_and_the_contours_are_the_oracles(
    run: Run, line: tuple[np.ndarray, np.ndarray]
) -> None:
    settings = TINY["vector_field"]
    X, y = np.column_stack([np.ones(len(line[0])), line[0]]), line[1]
    precision = oracle.prior_precision(len(y), settings["prior_variance"])

    def loss(point: np.ndarray) -> float:
        return oracle.linear_terms(point, X, y)[0] + 0.5 * precision * float(point @ point)

    fit = table(run.folder / "results/vector_field/fit.csv")
    minimum = oracle.minimum_linear(X, y, settings["prior_variance"])
    wanted = [[minimum[0]], [minimum[1]], [loss(minimum)]]
    np.testing.assert_allclose([fit["b"], fit["theta"], fit["loss"]], wanted, rtol=1e-9)

    surface = table(run.folder / "results/vector_field/contours.csv")
    assert len(surface["loss"]) == settings["contour_points"] ** 2
    losses = [loss(point) for point in np.column_stack([surface["b"], surface["theta"]])]
    np.testing.assert_allclose(surface["loss"], losses, rtol=1e-12)


# Figure 2 against the oracle


def drawn(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The points of one problem, drawn by the oracle."""
    source = TINY["datasets"][PROBLEMS[name]["dataset"]]["source"]["gaussian_classes"]
    return oracle.gaussian_classes(**source)


def of_problem(columns: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {key: entries[columns["problem"] == name] for key, entries in columns.items()}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_matrices_at_the_minimum_are_the_oracles(run: Run, name: str) -> None:
    found = of_problem(table(run.folder / "results/misspecification/logistic.csv"), name)
    X, y = drawn(name)
    minimum = oracle.minimum_logistic(X, y)
    loss, _, *matrices = oracle.logistic_terms(minimum, X, y)
    accuracy = np.mean([(x @ minimum > 0) == (label == 1) for x, label in zip(X, y, strict=True)])
    wanted = {"theta_1": minimum[0], "theta_2": minimum[1], "loss": loss, "accuracy": accuracy}
    for matrix, values in zip(MATRICES, matrices, strict=True):
        wanted |= {f"{matrix}_11": values[0, 0], f"{matrix}_22": values[1, 1]}
        wanted |= {f"{matrix}_12": values[0, 1]}
    for key, value in wanted.items():
        np.testing.assert_allclose(found[key], [value], rtol=1e-9, err_msg=key)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_contours_of_a_problem_are_the_oracles(run: Run, name: str) -> None:
    found = of_problem(table(run.folder / "results/misspecification/logistic_contours.csv"), name)
    count = TINY["misspecification"]["logistic"]["contour_points"]
    ticks = [np.linspace(*PROBLEMS[name]["window"][key], count) for key in ("theta_1", "theta_2")]
    points = np.array(list(itertools.product(*ticks)))
    np.testing.assert_allclose([found["theta_1"], found["theta_2"]], points.T, rtol=1e-15)
    losses = [oracle.logistic_terms(point, *drawn(name))[0] for point in points]
    np.testing.assert_allclose(found["loss"], losses, rtol=1e-12)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("name", PROBLEMS)
def test_an_ellipse_is_where_the_quadratic_form_is_its_radius_squared(
    run: Run, name: str, matrix: str
) -> None:
    """θ = θ* + r (N B)^(−1/2) u is (θ − θ*)ᵀ N B (θ − θ*) = r², all the way round."""
    point = of_problem(table(run.folder / "results/misspecification/logistic.csv"), name)
    curves = of_problem(table(run.folder / "results/misspecification/logistic_ellipses.csv"), name)
    rows = curves["matrix"] == matrix
    d1, d2 = (curves[key][rows] - point[key] for key in ("theta_1", "theta_2"))
    b11, b12, b22 = (point[f"{matrix}_{entry}"] for entry in ENTRIES)
    size = TINY["datasets"][PROBLEMS[name]["dataset"]]["source"]["gaussian_classes"]["size"]
    form = size * (b11 * d1**2 + 2 * b12 * d1 * d2 + b22 * d2**2)
    radius = TINY["misspecification"]["logistic"]["ellipse_radius"]
    np.testing.assert_allclose(form, radius**2, rtol=1e-9)
    turns = np.unwrap(np.arctan2(d2, d1))
    np.testing.assert_allclose(abs(turns[-1] - turns[0]), 2 * np.pi, rtol=1e-9)


# What runs again, and when


def planned(repository: Path, *options: str | Path) -> set[str]:
    """Files that the next run would make, of those that this module is about."""
    plan = snakemake(repository, "--dry-run", *options)
    assert plan.returncode == 0, plan.stdout
    outputs = re.findall(r"^    output: (.*)$", plan.stdout, re.MULTILINE)
    return {path for line in outputs for path in line.split(", ")} & (DATA | EXPERIMENTS)


def figure(key: int | str) -> set[str]:
    return {f"figures/{FIGURES[key]}.{suffix}" for suffix in ("pdf", "png", "svg")}


# Of all data sets and methods together
JOINT = {"results/hyperparameters.csv", "results/sensitivity.csv"}
JOINT |= figure(3) | figure("sensitivity")


def searched(datasets: list[str] = DATASETS, methods: list[str] = METHODS) -> set[str]:
    """All that follows from the grids of these data sets and methods."""
    kinds = ("grid", "best", "traces")
    cells = itertools.product(kinds, datasets, methods)
    tables = {f"results/{kind}/{dataset}/{method}.csv" for kind, dataset, method in cells}
    return tables | JOINT


FIELD = {
    f"results/vector_field/{name}.csv" for name in ("fit", "field", "contours", "trajectories")
} | figure(1)
MISSPECIFICATION = {
    f"results/misspecification/logistic{name}.csv" for name in ("", "_ellipses", "_contours")
} | figure(2)
DATA = {f"data/{name}.csv" for name in USED}
EXPERIMENTS = searched() | FIELD | MISSPECIFICATION


def test_a_second_run_has_nothing_to_do(repository: Path, run: Run) -> None:
    plan = snakemake(repository, "--dry-run", "--directory", run.folder, *ELSEWHERE)
    assert plan.returncode == 0
    assert "Nothing to be done" in plan.stdout


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ("optimization: {dampings: {count: 2}}", searched(methods=["NGD", "EFGD"])),
        ("optimization: {probability_clip: 1.0e-8}", searched(["BreastCancer", "a1a"])),
        ("optimization: {datasets: [a1a]}", JOINT),
        ("misspecification: {logistic: {ellipse_radius: 2.0}}", MISSPECIFICATION),
        ("vector_field: {arrows: 5}", FIELD),
        (
            "datasets: {LognormalLine: {source: {lognormal_line: {slope: 3.0}}}}",
            {"data/LognormalLine.csv"} | FIELD,
        ),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it_and_nothing_else(
    repository: Path, run: Run, tmp_path: Path, changes: str, again: set[str]
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(changes, encoding="utf-8")
    assert planned(repository, "--directory", run.folder, *ELSEWHERE, overlay) == again


def test_adding_a_data_set_reruns_no_job_of_another(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay.yaml"
    added = "{task: multiclass, source: {sklearn: iris}, methods: [GD, EFGD]}"
    names = ", ".join([*DATASETS, "Iris"])
    overlay.write_text(f"datasets: {{Iris: {added}}}\noptimization: {{datasets: [{names}]}}")
    plan = snakemake(repository, "--dry-run", "--directory", run.folder, *ELSEWHERE, overlay)
    assert plan.returncode == 0, plan.stdout
    lines = re.findall(r"^    output: (.*)$", plan.stdout, re.MULTILINE)
    outputs = {path for line in lines for path in line.split(", ")}
    own = {path for path in outputs if "Iris" in path}
    methods = ("GD", "EFGD")
    assert {f"results/traces/Iris/{method}.csv" for method in methods} | {"data/Iris.csv"} <= own
    assert not any("NGD" in path for path in own)
    assert outputs >= JOINT
    others = [name for name in CONFIG["datasets"] if any(name in path for path in outputs - own)]
    assert others == []


def test_adding_methods_reruns_no_job_of_another(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    """A recipe, and a file of one's own; the topics that are about the paper's methods rest."""
    overlay = tmp_path / "overlay.yaml"
    (tmp_path / "mine.py").write_text("def mine(point):\n    return point.fisher\n", "utf-8")
    overlay.write_text(
        "methods:\n  Diagonal: {matrix: fisher, structure: diagonal}\n"
        "  Mine: {python: mine.py:mine}\n"
        f"optimization: {{methods: [{', '.join(METHODS)}, Diagonal, Mine]}}\n"
    )
    plan = snakemake(repository, "--dry-run", "--directory", run.folder, *ELSEWHERE, overlay)
    assert plan.returncode == 0, plan.stdout
    lines = re.findall(r"^    output: (.*)$", plan.stdout, re.MULTILINE)
    outputs = {path for line in lines for path in line.split(", ")}
    own = {path for path in outputs if Path(path).name in ("Diagonal.csv", "Mine.csv")}
    assert own >= searched(methods=["Diagonal", "Mine"]) - JOINT
    others = {path for path in outputs - own if "/Diagonal/" not in path and "/Mine/" not in path}
    appendix = {path.replace(FIGURES[3], "figure5_optimization_appendix") for path in figure(3)}
    assert others == JOINT | appendix | {"results/robustness/row_orders.csv"}


# Faults of the user's


def test_a_mistake_in_the_configuration_ends_the_run_before_any_job(
    repository: Path, tmp_path: Path
) -> None:
    overlay, folder = tmp_path / "overlay.yaml", tmp_path / "folder"
    overlay.write_text("vector_field: {arows: 3, damping: 1e-3}", encoding="utf-8")
    ended = snakemake(repository, "--cores", "1", "--directory", folder, *IN_PLACE, overlay)
    assert ended.returncode == 1
    _, _, told = ended.stdout.partition("The configuration has faults:\n")
    assert [line.partition(";")[0] for line in told.splitlines()] == [
        "vector_field.arows: unknown key (did you mean arrows?)",
        'vector_field.damping: is "1e-3"',
    ]
    assert "Traceback" not in ended.stdout
    made = [path for path in folder.rglob("*") if ".snakemake" not in path.parts]
    assert made == []


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """A file with another content for a while, and then as it was, time and all."""
    before, times = path.read_bytes(), path.stat()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_configuration_that_is_not_yaml_is_told_with_its_line(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    with changed(repository / "config.yaml", b"datasets:\n  a1a: [1, 2\n  b: 3\n"):
        ended = snakemake(repository, "--dry-run", "--directory", tmp_path)
    assert ended.returncode == 1
    assert re.search(r"config\.yaml, line 3, column \d+: not valid YAML", ended.stdout)
    assert "Traceback" not in ended.stdout


def test_a_damaged_snapshot_is_told_and_stops_only_what_needs_it(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    path = repository / "data" / "snapshots" / "a1a.libsvm"
    with changed(path, path.read_bytes().replace(b"+1", b"-1", 1)):
        targets = ("data/a1a.csv", "data/Boston.csv")
        ended = snakemake(repository, "--cores", "2", "--directory", tmp_path, *targets)
    assert ended.returncode == 1
    assert re.search(r"datasets\.a1a: \S*a1a\.libsvm has SHA-256 .* restore it", ended.stdout)
    assert "Traceback" not in ended.stdout
    assert {made.name for made in (tmp_path / "data").iterdir()} == {"Boston.csv", "Boston.yaml"}


def test_a_file_of_the_user_s_is_prepared_again_once_it_changes(
    repository: Path, tmp_path: Path
) -> None:
    own, overlay, folder = tmp_path / "own.csv", tmp_path / "own.yaml", tmp_path / "folder"
    overlay.write_text(
        "datasets: {Own: {source: {file: own.csv}, target: y, categorical: one-hot}}",
        encoding="utf-8",
    )
    options = ("--directory", folder, "--configfile", overlay)
    order = ("data/Own.csv", "--cores", "1", *options)
    gone = snakemake(repository, *order)
    assert gone.returncode == 1
    assert re.search(
        r"datasets\.Own: there is no file \S*own\.csv; a relative path starts from", gone.stdout
    )
    assert "Traceback" not in gone.stdout
    for text, wanted in (
        ("x,y\nu,1.5\nv,2.5\n", "x=u,x=v,target\n1,0,1.5\n0,1,2.5\n"),
        ("x,y\n3,1.5\n4,2.0\n", "x,target\n3,1.5\n4,2.0\n"),
    ):
        own.write_text(text, encoding="utf-8")
        assert snakemake(repository, *order).returncode == 0
        assert (folder / "data" / "Own.csv").read_text("utf-8") == wanted


# The run in place


MADE = ("data/*.csv", "data/*.yaml", "results/**/*.csv", "figures/*")
PART = (
    "results/traces/BreastCancer/NGD.csv",
    "results/noise/paths.csv",
    "figures/figure1_vector_fields.pdf",
)


@pytest.fixture(scope="module")
def part_in_place(repository: Path, run: Run) -> Run:
    """A part of the run in place."""
    return tiny_run(repository, repository, 1, *IN_PLACE, "--", *PART)


@pytest.fixture(scope="module")
def run_in_place(repository: Path, run: Run) -> Run:
    """The run in place."""
    return tiny_run(repository, repository, 1, *IN_PLACE)


def test_a_part_of_the_run_in_place_makes_the_same_bytes(run: Run, part_in_place: Run) -> None:
    """Whatever the folder, the number of cores and of shards, and whether cells may be pruned."""
    assert {*PART} <= {*part_in_place.files(*MADE)}
    assert different(run, part_in_place) == []


@pytest.mark.long
def test_the_run_in_place_makes_the_same_bytes(run: Run, run_in_place: Run) -> None:
    assert run.files(*MADE) == run_in_place.files(*MADE)
    assert different(run, run_in_place) == []


def different(run: Run, run_in_place: Run) -> list[str]:
    """Files of the run in place that are not the other run's."""
    return [
        path
        for path in run_in_place.files(*MADE)
        if (run.folder / path).read_bytes() != (run_in_place.folder / path).read_bytes()
    ]


EDITED = pytest.mark.parametrize(
    ("path", "again"),
    [
        ("src/empirical_fisher/pipeline/layout.py", set().union(*map(figure, FIGURES))),
        ("src/empirical_fisher/search.py", searched()),
        ("src/empirical_fisher/pipeline/tables.py", DATA | EXPERIMENTS),
        ("src/empirical_fisher/pipeline/configuration.py", set()),
        ("src/empirical_fisher/experiments/misspecification/figure.py", figure(2)),
        ("data/snapshots/boston.csv", {"data/Boston.csv"} | searched(["Boston"])),
    ],
)


@EDITED
def test_an_edited_file_reruns_what_stands_on_it_and_nothing_else(
    repository: Path, run: Run, path: str, again: set[str]
) -> None:
    with changed(repository / path, (repository / path).read_bytes() + b"\n# edited\n"):
        assert planned(repository, "--directory", run.folder, *ELSEWHERE) == again


@pytest.mark.long
@EDITED
def test_an_edited_file_reruns_the_same_in_place(
    repository: Path, run_in_place: Run, path: str, again: set[str]
) -> None:
    with changed(repository / path, (repository / path).read_bytes() + b"\n# edited\n"):
        assert planned(repository, *IN_PLACE) == again


def test_a_touched_file_reruns_nothing(repository: Path, run: Run) -> None:
    path = repository / "src/empirical_fisher/problems.py"
    with changed(path, path.read_bytes()):
        assert planned(repository, "--directory", run.folder, *ELSEWHERE) == set()


# Captions


def caption(number: int, config: dict[str, Any]) -> str:
    """A figure's caption as Snakemake's report renders it, but strict about what is not there."""
    text = (ROOT / "workflow" / "report" / f"figure{number}.rst").read_text("utf-8")
    jinja = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    rendered = jinja.from_string(text).render(snakemake=SimpleNamespace(config=config))
    warning = 2
    publish_doctree(rendered, settings_overrides={"halt_level": warning, "report_level": 5})
    return " ".join(rendered.split())


@pytest.mark.parametrize(
    ("number", "mentions"),
    [
        (
            1,
            [
                "(seed 0, size 1000, ",
                "from 4 starting points",
                "50000 explicit Euler steps of length 0.001",
            ],
        ),
        (
            2,
            [
                "(seed 0, size 1000, ",
                "θ* + 3.0 B",
                "Correct model",
                "Misspecified (A)",
                "Misspecified (B)",
            ],
        ),
        (
            3,
            [
                "241 step sizes from 1e-20 to 1e+10",
                "41 dampings from 1e-10 to 1e+10",
                "the lowest loss after 100 iterations",
                "relative 1e-9",
                "the fewest iterations until its loss comes within 1 % of the lowest",
                "the smallest sum of log losses, the smaller step size, and the larger damping",
                "on the edge of the grid",
                "(number of orders: BreastCancer 16, Boston 10)",
                "rounding errors only",
                "exceeds 100.0 times",
                "exact, not clipped",
                "Nothing in this figure is random",
            ],
        ),
    ],
)
def test_a_caption_says_what_the_figure_hides(number: int, mentions: list[str]) -> None:
    rendered = caption(number, CONFIG)
    assert [mention for mention in mentions if mention not in rendered] == []


def test_the_caption_tells_when_probabilities_are_clipped() -> None:
    config = overlaid("optimization: {probability_clip: 1.0e-8}")
    assert "clipped to [1e-08, 1 − 1e-08]" in caption(3, config)


# The report


def report_of(repository: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    options = ("--directory", folder, "--reporter", "page", *ELSEWHERE)
    return snakemake(repository, *options, PYTHONPATH="workflow/report")


@pytest.fixture(scope="session")
def report(repository: Path, run: Run) -> Path:
    """The report of the run, beside its results."""
    ended = report_of(repository, run.folder)
    assert ended.returncode == 0, ended.stdout
    return run.folder / "results" / "report.html"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_reads_well_in_a_browser(report: Path, chromium: Any, width: int) -> None:
    browser.visit(chromium, report, width)
    assert browser.complaints(chromium) == []
    assert browser.broken_images(chromium) == []
    assert browser.overhang(chromium) <= 0
    assert browser.dead_links(chromium) == []
    assert browser.faults_of_access(chromium) == []
    levels = browser.headings(chromium)
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_report_shows_every_figure_with_its_caption_and_links_its_tables(
    report: Path, chromium: Any
) -> None:
    browser.visit(chromium, report, 1280)
    shown = {
        each.get_attribute("id"): each for each in chromium.find_elements("tag name", "figure")
    }
    assert set(shown) == {path.stem for path in report.parents[1].glob("figures/*.svg")}
    for name, each in shown.items():
        caption = each.find_element("tag name", "figcaption").get_attribute("textContent")
        assert len(caption) > 200, name
        ends = [link.get_attribute("href") for link in each.find_elements("tag name", "a")]
        assert ends[0].endswith(f"figures/{name}.pdf")
        assert all(end.endswith(".csv") for end in ends[1:]) and len(ends) > 1


def test_the_report_shows_the_code_of_what_made_and_drew_a_figure(
    report: Path, chromium: Any
) -> None:
    browser.visit(chromium, report, 1280)
    figure = chromium.find_element("id", "figure1_vector_fields")
    code = [each.get_attribute("textContent") for each in figure.find_elements("tag name", "pre")]
    names = ("def experiment(", "def vector_fields(")
    assert [name in text for name, text in zip(names, code, strict=True)] == [True, True]


def test_the_report_tells_every_claim_once(report: Path, run: Run) -> None:
    claims = table(run.folder / "results" / "claims.csv")
    text = report.read_text("utf-8")
    told = re.findall(r'<article class="claim" id="(.*?)" data-answer="(.*?)"', text)
    agree = [a == b for a, b in zip(claims["agree"], claims["trials"], strict=True)]
    said = [holds if one else "depends" for holds, one in zip(claims["holds"], agree, strict=True)]
    assert sorted(told) == sorted(zip(claims["id"], said, strict=True))
    assert "Other claims" not in text, "a chapter of story.yaml has to list them"


def test_the_report_needs_no_other_file_and_no_network(report: Path) -> None:
    text = report.read_text("utf-8")
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]{0,20})', text)
    assert [source for source in loaded if not source.startswith("data:")] == []
    assert "url(" not in text and "@import" not in text and "fetch(" not in text
    assert "system-message" not in text, "a caption's markup is wrong"
    assert len(text.encode()) < 6e6


def test_a_report_made_again_has_the_same_bytes(repository: Path, run: Run, report: Path) -> None:
    before = report.read_bytes()
    assert report_of(repository, run.folder).returncode == 0
    assert report.read_bytes() == before


def test_a_report_of_what_has_not_been_run_says_so(repository: Path, tmp_path: Path) -> None:
    ended = report_of(repository, tmp_path)
    assert ended.returncode == 1
    assert re.search(r"figures/\S+\.svg marked for report but does not exist", ended.stdout)
    assert not (tmp_path / "results").exists()
