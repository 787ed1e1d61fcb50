"""A matrix that another library computed is named, whatever it confused; the examples are right."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import ROOT
from empirical_fisher.which import __main__ as command
from empirical_fisher.which.autodiff import differentiated
from empirical_fisher.which.cases import Case, CaseError, case, provided
from empirical_fisher.which.naming import COLUMNS, TOLERANCE, Verdict, _by_columns, name
from empirical_fisher.which.references import NAMES, exact, sampled, sampling_error

Array = np.ndarray
EXAMPLES = ROOT / "examples" / "which_fisher"
CASES = {problem: case(problem) for problem in provided()}
MEAN, SUM = "as a mean over the examples", "as a sum over the examples"


def example(problem: str) -> dict[str, Any]:
    return json.loads((EXAMPLES / f"{problem}.json").read_text("utf-8"))


# Naive loops, from the numbers of the example alone: derivatives are central differences.


def outputs(layers: list[Array], x: Array) -> list[float]:
    values = list(x)
    for place, layer in enumerate(layers):
        values = [sum(w * v for w, v in zip(row, values, strict=True)) for row in layer]
        if place < len(layers) - 1:
            values = [math.tanh(value) for value in values]
    return values


def loss(likelihood: str, f: list[float], y: float) -> float:
    if likelihood == "gaussian":
        return (f[0] - y) ** 2 / 2
    if likelihood == "bernoulli":
        return math.log(1 + math.exp(f[0])) - y * f[0]
    return math.log(sum(math.exp(each) for each in f)) - f[int(y)]


def layers_of(shown: dict[str, Any], theta: Array) -> list[Array]:
    layers, start = [], 0
    for weights in shown["weights"]:
        rows, columns = len(weights), len(weights[0])
        layers.append(theta[start : start + rows * columns].reshape(rows, columns))
        start += rows * columns
    return layers


def slope(function: Any, theta: Array, width: float) -> Array:
    """Central differences, of fourth order."""
    steps = width * np.eye(len(theta))
    near = [(function(theta + step) - function(theta - step)) / (2 * width) for step in steps]
    far = [(function(theta + 2 * s) - function(theta - 2 * s)) / (4 * width) for s in steps]
    return np.array([(4 * a - b) / 3 for a, b in zip(near, far, strict=True)])


def naive(shown: dict[str, Any]) -> dict[str, Array]:
    likelihood, theta = shown["likelihood"], np.array(shown["theta"])
    size, parameters = len(shown["targets"]), len(theta)
    found = {kind: np.zeros((parameters, parameters)) for kind in NAMES}
    mean_gradient = np.zeros(parameters)
    for x, y in zip(shown["inputs"], shown["targets"], strict=True):

        def f(at: Array, x: Array = x) -> Array:
            return np.array(outputs(layers_of(shown, at), x))

        def gradient(at: Array, y: float) -> Array:
            return slope(lambda near: loss(likelihood, list(f(near)), y), at, 1e-3)

        at_x = list(f(theta))
        jacobian = slope(f, theta, 1e-3).T
        if likelihood == "gaussian":  # labels one off have the variance of the model
            labels, likely = {at_x[0] - 1: 0.5, at_x[0] + 1: 0.5}, at_x[0]
        elif likelihood == "bernoulli":
            p = 1 / (1 + math.exp(-at_x[0]))
            labels, likely = {0.0: 1 - p, 1.0: p}, float(p > 0.5)
        else:
            total = sum(math.exp(each) for each in at_x)
            labels = {float(c): math.exp(each) / total for c, each in enumerate(at_x)}
            likely = max(labels, key=lambda label: labels[label])
        for label, p in labels.items():
            g = gradient(theta, label)
            found["fisher"] += p * np.outer(g, g) / size
        curvature = slope(
            lambda near: slope(lambda at: loss(likelihood, list(at), y), near, 1e-3),  # noqa: B023
            np.array(at_x),
            1e-3,
        )
        found["ggn"] += jacobian.T @ curvature @ jacobian / size
        found["jacobian_gram"] += jacobian.T @ jacobian / size
        found["hessian"] += slope(lambda at: gradient(at, y), theta, 1e-3) / size  # noqa: B023
        for kind, label in ("empirical_fisher", y), ("most_likely_fisher", likely):
            g = gradient(theta, label)
            found[kind] += np.outer(g, g) / size
        mean_gradient += gradient(theta, y) / size
    found["squared_gradient"] = np.outer(mean_gradient, mean_gradient)
    found["covariance"] = found["empirical_fisher"] - found["squared_gradient"]
    return found


@pytest.mark.parametrize("problem", CASES)
def test_the_examples_are_what_naive_loops_give(problem: str) -> None:
    shown = example(problem)
    for kind, matrix in naive(shown).items():
        np.testing.assert_allclose(matrix, shown["matrices"][kind], atol=1e-6, err_msg=kind)
        np.testing.assert_allclose(
            np.diag(matrix), shown["diagonals"][kind], atol=1e-6, err_msg=kind
        )


@pytest.mark.parametrize("problem", CASES)
def test_the_examples_are_what_the_library_gives(
    problem: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["which", "--show", problem])
    assert command.main() == 0
    made, kept = json.loads(capsys.readouterr().out), example(problem)
    assert made.keys() == kept.keys()
    for kind in NAMES:
        np.testing.assert_allclose(made["matrices"][kind], kept["matrices"][kind], atol=1e-12)
    assert made["sampled_fisher"]["samples"] == kept["sampled_fisher"]["samples"]
    np.testing.assert_allclose(made["gradient"], kept["gradient"], atol=1e-12)


def test_there_is_an_example_of_every_problem() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == {*CASES}


@pytest.mark.parametrize("problem", CASES)
def test_no_two_matrices_are_mistaken_for_each_other(problem: str) -> None:
    """But for those that theory says are equal, whatever the factor, and whole or diagonal."""
    found = CASES[problem]
    equal = [{"fisher", "ggn"}]
    if "network" not in problem:
        equal += [{"fisher", "hessian"}, {"ggn", "hessian"}]
    if "regression" in problem:
        equal += [{kind, "jacobian_gram"} for kind in ("fisher", "ggn")]
        equal += [{"hessian", "jacobian_gram"}] * ("network" not in problem)
    matrices = {kind: each for kind, each in exact(found).items() if each.any()}
    for kind, matrix in matrices.items():
        for other, reference in matrices.items():
            if other != kind and {kind, other} not in equal:
                for a, b in (matrix, reference), (np.diag(matrix), np.diag(reference)):
                    cosine = np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
                    assert math.sqrt(1 - min(cosine, 1) ** 2) > 10 * TOLERANCE, (kind, other)


# Every deviation


def named(problem: str, matrix: Array, samples: int | None = None) -> Verdict:
    return name(np.asarray(matrix), CASES[problem], samples)


@pytest.mark.parametrize("problem", CASES)
@pytest.mark.parametrize("kind", NAMES)
def test_sums_and_means_and_factors_of_two_are_told(problem: str, kind: str) -> None:
    matrix = exact(CASES[problem])[kind]
    size = CASES[problem].size
    if not matrix.any():
        assert kind in named(problem, matrix).kinds
        return
    of_loss = kind == "squared_gradient"
    scales = {
        1.0: "of the mean loss" if of_loss else MEAN,
        float(size): "times the number of examples" if of_loss else SUM,
        1 / size: "divided by the number of examples twice",
        float(size**2): "of the summed loss" if of_loss else "times the number of examples squared",
    }
    for factor, words in scales.items():
        for two, more in (1, ""), (2, ", 2 × too large"), (0.5, ", 2 × too small"):
            verdict = named(problem, two * factor * matrix)
            assert kind in verdict.kinds, verdict.text
            assert verdict.scale == words + more
            verdict = named(problem, np.diag(two * factor * matrix))
            assert kind in verdict.kinds
            assert verdict.text.startswith(f"It is the diagonal of {NAMES[verdict.kinds[0]]}")


def test_the_page_shows_what_the_command_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "which-fisher.md").read_text("utf-8")
    content, said = re.search(r"^\$ cat matrix.json\n(.*)\n\$ .*\n(.*)$", page, re.M).groups()
    assert asked(tmp_path, content, capsys) == (0, said)
    assert said == "It is the empirical Fisher, as a sum over the examples, 2 × too large."


def test_the_page_lists_the_problems_and_the_matrices() -> None:
    page = (ROOT / "docs" / "which-fisher.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \| (\d+) \|$", page, re.M)
    assert rows == [(key, str(each.size), str(each.parameters)) for key, each in CASES.items()]
    assert set(re.findall(r"^\| `(\w+)` \| .* \| \$", page, re.M)) == {*NAMES}


def test_what_is_near_a_matrix_and_not_it_is_told_with_its_distance() -> None:
    matrices = exact(CASES["binary_network"])
    assert named("binary_network", 1.01 * matrices["empirical_fisher"] + 0.01).text.startswith(
        f"It is none of the known ones; nearest is the empirical Fisher, {MEAN}, at a relative "
    )


@pytest.mark.parametrize("problem", CASES)
def test_equal_matrices_are_told_to_be_equal(problem: str) -> None:
    kinds = set(named(problem, exact(CASES[problem])["fisher"]).kinds)
    others = {"hessian"} if "network" not in problem else set()
    others |= {"jacobian_gram"} if "regression" in problem else set()
    assert kinds == {"fisher", "ggn"} | others
    text = named(problem, exact(CASES[problem])["ggn"]).text
    assert "they are the same matrix, and nothing can tell which was meant" in text
    assert "equal for every likelihood here (Proposition 1)" in text


@pytest.mark.parametrize("kind", ["empirical_fisher", "hessian"])
def test_a_loss_without_its_half_is_told(kind: str) -> None:
    """(f − y)² doubles gradients, so that squares are four times too large."""
    factor = {"empirical_fisher": 4, "hessian": 2}[kind]
    verdict = named("regression_network", factor * exact(CASES["regression_network"])[kind])
    assert verdict.kinds == (kind,)
    assert "The loss (f − y)² in the place of (f − y)²/2 does that." in verdict.text


def test_the_hessian_of_the_log_likelihood_is_told() -> None:
    verdict = named("binary_network", -exact(CASES["binary_network"])["hessian"])
    assert verdict.kinds == ("hessian",)
    assert "with the opposite sign" in verdict.scale


@pytest.mark.parametrize("problem", ["classes", "binary_network", "classes_network"])
def test_transposed_layers_are_told(problem: str) -> None:
    """θ is flattened from the transposes of the matrices, as of Flax's kernels."""
    theta = np.arange(CASES[problem].parameters)
    parts, start = [], 0
    for weights in provided()[problem]["weights"]:
        shape = np.shape(weights)
        parts.append(theta[start : start + np.size(weights)].reshape(shape).T.ravel())
        start += np.size(weights)
    order = np.concatenate(parts)
    matrix = exact(CASES[problem])["empirical_fisher"][np.ix_(order, order)]
    for given in matrix, np.diag(matrix), matrix * CASES[problem].size:
        verdict = named(problem, given)
        assert verdict.kinds == ("empirical_fisher",)
        assert COLUMNS in verdict.scale


def test_a_diagonal_written_as_a_matrix_is_told() -> None:
    matrix = np.diag(np.diag(exact(CASES["classes"])["fisher"]))
    assert "It is the diagonal of the Fisher" in named("classes", matrix).text


@pytest.mark.parametrize("problem", CASES)
def test_single_precision_and_four_printed_digits_are_enough(problem: str) -> None:
    matrix = exact(CASES[problem])["empirical_fisher"]
    for given in matrix.astype(np.float32), matrix.round(4):
        assert named(problem, given).kinds == ("empirical_fisher",)
    assert not named(problem, matrix * (1 + 3 * TOLERANCE)).kinds


# Sampled labels


@pytest.mark.parametrize("problem", ["regression_network", "binary", "classes"])
def test_the_standard_errors_are_those_of_many_draws(problem: str) -> None:
    found, generator = CASES[problem], np.random.default_rng(1)
    point, repeats = found.point, 2000
    one = np.array([sampled(found, 1, generator) for _ in range(repeats)])
    np.testing.assert_allclose(
        one.std(axis=0), sampling_error(found, 1), rtol=0.25, atol=1e-3 * np.abs(one).max()
    )
    f, likelihood = point.predictions, point.problem.likelihood
    batches = []
    for _ in range(repeats):
        residual = likelihood.residual(f, likelihood.sample(f, generator))
        g = point.problem.model.pull_back(point.theta, residual) / found.size
        batches.append(found.size * np.outer(g, g))
    error = sampling_error(found, 1, batched=True)
    np.testing.assert_allclose(np.std(batches, axis=0), error, rtol=0.15)
    deviation = np.abs(np.mean(batches, axis=0) - exact(found)["fisher"])
    assert np.all(deviation <= 5 * error / math.sqrt(repeats))


@pytest.mark.parametrize("problem", CASES)
def test_a_fisher_of_sampled_labels_is_told_from_the_others(problem: str) -> None:
    found, samples = CASES[problem], 3000
    for seed in range(5):
        matrix = sampled(found, samples, np.random.default_rng(seed))
        for given, words in (matrix, MEAN), (found.size * matrix, SUM), (np.diag(matrix), MEAN):
            verdict = named(problem, given, samples)
            assert verdict.kinds == ("fisher",), verdict.text
            assert verdict.scale == words
            assert "standard errors" in verdict.text
    for kind, matrix in exact(found).items():
        if kind not in named(problem, exact(found)["fisher"]).kinds and matrix.any():
            assert named(problem, matrix, samples).kinds == (kind,)


def test_a_biased_fisher_of_sampled_labels_is_none() -> None:
    matrix = 1.3 * sampled(CASES["classes"], 3000, np.random.default_rng(0))
    verdict = named("classes", matrix, 3000)
    assert not verdict.kinds
    assert verdict.text.startswith("It is none of the known ones; nearest is the Fisher")


def test_too_few_samples_to_tell_are_told() -> None:
    verdict = named("classes", sampled(CASES["classes"], 3, np.random.default_rng(0)), 3)
    assert not verdict.kinds
    assert "3 samples per example are too few to tell" in verdict.text
    assert verdict.text.endswith("Draw more.")


@pytest.mark.parametrize("problem", CASES)
def test_the_sampled_fisher_of_an_example_is_recognised(problem: str) -> None:
    shown = example(problem)["sampled_fisher"]
    verdict = named(problem, shown["matrix"], shown["samples"])
    assert verdict.kinds == ("fisher",), verdict.text
    assert "as `samples`" in named(problem, shown["matrix"]).text


# What is none of them


def test_an_unusual_factor_is_told_with_the_matrix() -> None:
    verdict = named("classes", 0.37 * exact(CASES["classes"])["empirical_fisher"])
    assert not verdict.kinds
    assert verdict.text.startswith("It is 0.37 times the empirical Fisher as a mean")


def test_a_matrix_that_is_not_symmetric_is_none() -> None:
    matrix = exact(CASES["binary"])["empirical_fisher"].copy()
    matrix[0, 2] += 1
    assert "they are symmetric, and here row 1, column 3 is" in named("binary", matrix).text


def test_zero_is_the_gaussians_most_likely_target_or_nothing() -> None:
    assert named("regression", np.zeros((3, 3))).kinds == ("most_likely_fisher",)
    assert not named("binary", np.zeros((3, 3))).kinds


def test_a_power_of_two_of_examples_leaves_open_which_factor_it_is() -> None:
    described = {**provided()["regression_network"]}
    described |= {key: described[key][:4] for key in ("inputs", "targets")}
    found = case(described)
    text = name(4 * exact(found)["empirical_fisher"], found).text
    assert f"It is the empirical Fisher, {SUM}." in text
    assert f"The same numbers are also it {MEAN}, 4 × too large" in text


def test_the_order_of_columns_is_a_permutation() -> None:
    found = CASES["classes_network"]
    assert sorted(_by_columns(found)) == [*range(found.parameters)]


# Automatic differentiation


@pytest.mark.parametrize("problem", [problem for problem in CASES if "network" in problem])
def test_automatic_differentiation_gives_the_same(problem: str) -> None:
    pytest.importorskip("jax")
    found = CASES[problem]
    by_jax = differentiated(found)
    for kind, matrix in exact(found).items():
        np.testing.assert_allclose(by_jax[kind], matrix, atol=1e-12, err_msg=kind)


def test_the_check_fails_if_one_matrix_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(found: Case) -> dict[str, Array]:
        return {**exact(found), "hessian": exact(found)["hessian"] + 1e-6}

    for other, agree in (exact, True), (off, False):
        monkeypatch.setattr("empirical_fisher.which.autodiff.differentiated", other)
        text, known = command.checked()
        assert known is agree
        assert len(text.splitlines()) == len(CASES) * len(NAMES)


@pytest.mark.long
def test_the_command_checks_itself_against_automatic_differentiation() -> None:
    pytest.importorskip("jax")
    ended = subprocess.run(
        [sys.executable, "-m", "empirical_fisher.which", "--check"],
        cwd=ROOT / "src",
        capture_output=True,
        encoding="utf-8",
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_without_jax_the_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(CaseError, match=r"--check needs the package jax: pip install"):
        command.checked()


# The command, and files that are wrong


def asked(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and all that is printed for a file of some text."""
    path = folder / "my matrix.json"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["which", str(path)])
        code = command.main()
    printed = capsys.readouterr()
    return code, (printed.out + printed.err).replace(f"{path}: ", "").strip()


def test_the_command_says_what_a_file_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    matrix = example("binary")["matrices"]["empirical_fisher"]
    text = json.dumps({"problem": "binary", "matrix": matrix})
    assert asked(tmp_path, text, capsys) == (0, f"It is the empirical Fisher, {MEAN}.")
    own = {key: example("binary")[key] for key in ("likelihood", "inputs", "targets", "weights")}
    text = json.dumps({"problem": own, "matrix": matrix})
    assert asked(tmp_path, text, capsys) == (0, f"It is the empirical Fisher, {MEAN}.")
    text = json.dumps({"problem": "binary", "matrix": [1, 2, 3]})
    code, said = asked(tmp_path, text, capsys)
    assert code == 1
    assert said.startswith("It is none of the known ones; nearest is the diagonal of ")


OWN = {"likelihood": "bernoulli", "inputs": [[1, 2]], "targets": [1], "weights": [[[1, 2]]]}
SQUARE = [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, column 2: not JSON (Expecting property name enclosed in double quotes)"),
        ("[1]", "an object with `problem` and `matrix` is expected, and it is a list"),
        ({"problem": "binary"}, "the file lacks matrix"),
        (
            {"problem": "binary", "matrx": []},
            "the file has an unknown key 'matrx' (did you mean matrix?); there are problem, "
            "matrix, samples",
        ),
        (
            {"problem": "binray", "matrix": []},
            "no problem 'binray' (did you mean binary?); there are regression, binary, classes, "
            "regression_network, binary_network, classes_network",
        ),
        (
            {"problem": 3, "matrix": []},
            "`problem` must be the name of a problem, or an object with the keys likelihood, "
            "inputs, targets, weights, and not a number",
        ),
        ({"problem": "binary", "matrix": []}, "`matrix` must be a list of numbers"),
        ({"problem": "binary", "matrix": None}, "`matrix` must be a list of numbers"),
        (
            {"problem": "binary", "matrix": [[1, 2], [3]]},
            "`matrix` must be a list of rows of numbers, all of one length",
        ),
        (
            {"problem": "binary", "matrix": [["1", 2], [3, 4]]},
            "`matrix` must be a list of rows of numbers, all of one length",
        ),
        (
            {"problem": "binary", "matrix": [[1, 2], [math.nan, 4]]},
            "`matrix`: row 2, column 1 is nan, which is not a finite number",
        ),
        (
            {"problem": "binary", "matrix": [1, math.inf, 0]},
            "`matrix`: entry 2 is inf, which is not a finite number",
        ),
        (
            {"problem": "binary", "matrix": SQUARE},
            "the matrix is 2 × 2; this problem has 3 parameters, so that it must be 3 × 3, or a "
            "list of 3 numbers for a diagonal",
        ),
        (
            {"problem": "binary", "matrix": [1, 2, 3], "samples": 0},
            "`samples` is 0; it must be a whole number from 1 on",
        ),
        ({"problem": {}, "matrix": SQUARE}, "`problem` lacks likelihood, inputs, targets, weights"),
        (
            {"problem": {**OWN, "likelihood": "poisson"}, "matrix": SQUARE},
            "`likelihood` is 'poisson'; there are gaussian, bernoulli, categorical",
        ),
        (
            {"problem": {**OWN, "targets": [2]}, "matrix": SQUARE},
            "`problem`: the labels of a binary problem must be 0 and 1, and entry 0 is 2.0; map "
            "them first, for example by (y == y.max()) * 1.0",
        ),
        (
            {"problem": {**OWN, "targets": [1, 0]}, "matrix": SQUARE},
            "there are 2 targets for 1 rows of inputs",
        ),
        (
            {"problem": {**OWN, "weights": [[[1, 2, 3]]]}, "matrix": SQUARE},
            "matrix 1 of `weights` has 3 columns and is given vectors of 2 numbers; it must have 2 "
            "columns",
        ),
        (
            {"problem": {**OWN, "weights": []}, "matrix": SQUARE},
            "`weights` must be a list of one matrix, for W x, or of two, for V tanh(W x)",
        ),
        (
            {"problem": {**OWN, "weights": [SQUARE]}, "matrix": SQUARE},
            "the last matrix of `weights` has 2 rows; a bernoulli likelihood has 1 output, so that "
            "it must have one row",
        ),
        (
            {"problem": {**OWN, "likelihood": "categorical"}, "matrix": SQUARE},
            "the last matrix of `weights` has one row; it needs one for each class",
        ),
        (
            {"problem": {**OWN, "weights": [[[1] * 2] * 900, [[1] * 900]]}, "matrix": SQUARE},
            "1 examples and 2700 parameters are too many: all gradients are written down, for "
            "every outcome; take a smaller problem",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line(
    content: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    assert asked(tmp_path, text, capsys) == (2, message)


def test_a_file_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["which", "absent.json"])
    assert command.main() == 2
    assert capsys.readouterr().err == "absent.json: No such file or directory\n"


@pytest.mark.parametrize("arguments", [[], ["a.json", "--check"], ["--check", "--show", "binary"]])
def test_one_thing_is_asked_for_at_a_time(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["which", *arguments])
    with pytest.raises(SystemExit):
        command.main()
    assert "give a file, or --show PROBLEM, or --check" in capsys.readouterr().err


def test_a_case_has_its_sizes() -> None:
    found: Case = CASES["classes_network"]
    assert (found.size, found.parameters) == (7, 10)
