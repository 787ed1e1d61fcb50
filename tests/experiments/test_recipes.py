"""Recipes of a configuration become methods, and each mistake in one is told in a line."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import CONFIG, random_problem
from empirical_fisher.experiments import recipes
from empirical_fisher.methods import DEFAULTS, STANDARD, Method
from empirical_fisher.preconditioners import STRUCTURES
from empirical_fisher.solvers import descend
from pipeline import SCHEMA, faults

RECIPE = SCHEMA["properties"]["methods"]["additionalProperties"]["properties"]


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text("import numpy as np\n\n" + textwrap.dedent(text), encoding="utf-8")
    return path


def told(recipe: dict[str, Any], file: Path | None = None) -> list[str]:
    return recipes.faults({"Mine": recipe}, {"Mine": file} if file else {})


def test_the_methods_of_the_configuration_are_those_of_the_paper() -> None:
    found = {name: recipes.read(name, recipe) for name, recipe in CONFIG["methods"].items()}
    assert {name: found[name] for name in STANDARD} == STANDARD
    assert CONFIG["optimization"]["methods"] == [*STANDARD]
    assert recipes.faults(CONFIG["methods"], {}) == []


def test_the_schema_has_the_matrices_structures_and_keys_that_there_are() -> None:
    assert set(RECIPE["matrix"]["enum"]) == set(STRUCTURES)
    every = {name for structures in STRUCTURES.values() for name in structures}
    assert set(RECIPE["structure"]["enum"]) == every
    assert set(RECIPE) == {*DEFAULTS, *recipes.LOOK, "python", "options"}


def test_a_recipe_is_a_method_without_its_look() -> None:
    recipe = {"matrix": "sampled_fisher", "samples": 2, "label": "two", "color": "#000000"}
    assert recipes.read("Two", recipe) == Method("Two", "sampled_fisher", samples=2)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "methods: {Mine: {matrx: fisher}}",
            "methods.Mine.matrx: unknown key (did you mean matrix?); allowed: " + ", ".join(RECIPE),
        ),
        (
            "methods: {Mine: {matrix: fischer}}",
            'methods.Mine.matrix: is "fischer" (did you mean fisher?); '
            f"allowed: {', '.join(RECIPE['matrix']['enum'])}",
        ),
        (
            "methods: {Mine: {matrix: fisher, power: 2}}",
            "methods.Mine.power: is 2; allowed: 1, 0.5",
        ),
        (
            "methods: {Mine: {matrix: fisher, average: 1.0}}",
            "methods.Mine.average: is 1.0; it must be less than 1",
        ),
        (
            "methods: {Mine: {python: mine}}",
            'methods.Mine.python: "mine" can\'t be a function of a Python file; write it like '
            "mine.py:direction",
        ),
        (
            "methods: {Mine: {matrix: fisher, color: red}}",
            'methods.Mine.color: "red" can\'t be a colour; write it like "#0077BB"',
        ),
        (
            "methods: {a/b: {matrix: fisher}}",
            "methods: \"a/b\" can't be a name; use letters, digits, '_' and '-' only",
        ),
        ("methods: {ngd: {matrix: fisher}}", "methods.ngd: differs from NGD only in upper and"),
        (
            "{methods: {Mine: {matrix: ggn}}, optimization: {methods: [NGD, EFGD, Mien]}}",
            'optimization.methods.2: unknown method "Mien" (did you mean Mine?); allowed: GD',
        ),
    ],
)
def test_what_the_schema_refuses(text: str, line: str) -> None:
    [found] = faults(text)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("recipe", "lines"),
    [
        ({}, ["methods.Mine: has neither a matrix nor python; one of them says what the"]),
        (
            {"matrix": "hessian", "structure": "kronecker", "power": 0.5},
            [
                "methods.Mine.structure: hessian has no structure 'kronecker'; there are: full",
                "methods.Mine.power: the Hessian may be indefinite",
            ],
        ),
        ({"matrix": "fisher", "options": {}}, ["methods.Mine.options: belong to python"]),
    ],
)
def test_what_does_not_exist_is_refused(recipe: dict[str, Any], lines: list[str]) -> None:
    found = told(recipe)
    assert len(found) == len(lines)
    for one, line in zip(found, lines, strict=True):
        assert one.startswith(line)


def test_the_methods_of_the_paper_stay_what_they_are() -> None:
    changed = {"NGD": {"matrix": "hessian"}, "EFGD": {"matrix": "empirical_fisher", "power": 0.5}}
    assert recipes.faults(changed, {}) == [
        "methods.NGD: is {matrix: fisher} in the paper; give yours another name",
        "methods.EFGD: is {matrix: empirical_fisher} in the paper; give yours another name",
    ]
    assert recipes.faults({"NGD": {"matrix": "fisher", "label": "natural"}}, {}) == []


# One's own


SOUND = {
    "a matrix": """
        def mine(point, share):
            return share * point.fisher + (1 - share) * point.empirical_fisher
        """,
    "a direction": """
        def mine(point, damping, state, rng, share=1.0):
            memory = share * (0.0 if state is None else state) + point.gradient
            return -memory / (1 + damping[..., None]), memory
        """,
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_a_method_of_ones_own_is_used(tmp_path: Path, text: str) -> None:
    recipe = {"python": "mine.py:mine", "options": {"share": 0.5}}
    path = written(tmp_path, text)
    assert told(recipe, path) == []
    method = recipes.read("Mine", recipe, path)
    run = descend(random_problem("binary"), method, 0.5, 1.0, 5)
    assert run.status.tolist() == ["finished"]
    assert run.loss[-1] < run.loss[0]
    assert [each.name for each in tmp_path.iterdir()] == ["mine.py"]


BROKEN = {
    "def mine(point:\n  pass": "line 3: is not Python: '(' was never closed",
    "raise OSError('no disk')": "can't be run: OSError: no disk (line 3)",
    "import sys\nsys.exit(3)": "can't be run: SystemExit: 3 (line 4)",
    "def other(point): ...": "has no function mine; there are: other",
    "mine = 3": "has no function mine",
    "def mine(theta): ...": "mine takes (theta); it must take (point, …) to be a matrix or (point, "
    "damping, state, rng, …) to be a direction",
    "def mine(point, rng): ...": "mine takes (point, rng); it must take",
    "def mine(point): ...": "mine returned nothing on a toy problem (regression, P = 3); it must "
    "be an array of shape (4, 3, 3)",
    "def mine(point): return point.gradient": "returned an array of shape (4, 3) on a toy",
    "def mine(point): return list(point.fisher)": "mine returned a list on a toy problem",
    "def mine(point): return np.broadcast_to(np.eye(3, dtype=int), point.fisher.shape)": "mine "
    "returned numbers of type int64 on a toy problem (regression, P = 3); they must be floats",
    "def mine(point): return point.fisher / 0 * 0": "mine returned a number that is not finite",
    "def mine(point): return point.fisher * point.theta[..., None]": "mine returned a matrix that "
    "is not symmetric on a toy problem (regression, P = 3)",
    "def mine(point): return np.stack([np.outer(each, each) for each in np.atleast_2d("
    "point.gradient)])": "with θ of shape (3,); it must be an array of shape (3, 3)",
    "def mine(point): return point.fisher * np.mean(point.loss)": "mine mixes the runs on a toy "
    "problem (regression, P = 3): another θ in the first changed the others",
    "def mine(point): return point.fisher * np.random.rand()": "mine returned other numbers when "
    "called again on a toy problem (regression, P = 3); draw from rng alone",
    "def mine(point):\n    return point.fishr": "mine failed on a toy problem (regression, P = 3): "
    "AttributeError: 'Point' object has no attribute 'fishr' (line 4)",
    "def mine(point, rank): ...": "options don't fit mine: missing a required argument: 'rank'",
    "def mine(point, damping, state, rng): return -point.gradient": "mine returned an array of "
    "shape (4, 3) on a toy problem (regression, P = 3); it must return a pair, the direction and",
    "def mine(point, damping, state, rng): return point.loss, None": "mine returned an array of "
    "shape (4,) on a toy problem (regression, P = 3); it must be an array of shape (4, 3)",
    "def mine(point, damping, state, rng): return -point.gradient / state, None": "mine failed on "
    "a toy problem (regression, P = 3): TypeError",
    "def mine(point, damping, state, rng): return -point.gradient * (state or 1), 1e400": "mine "
    "returned a number that is not finite",
    "def mine(point): return point.fisher[..., :3, :3]": "(multiclass, P = 9); it must be an array "
    "of shape (4, 9, 9)",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_a_method_of_ones_own_does_wrong_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    with np.errstate(all="ignore"):
        [line] = told({"python": "mine.py:mine"}, written(tmp_path, text))
    assert line.startswith("methods.Mine.python: ")
    assert "\n" not in line and len(line) < 400
    assert BROKEN[text] in line


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    [line] = told({"python": "mine.py:mine"}, tmp_path / "mine.py")
    assert line == f"methods.Mine.python: {tmp_path}/mine.py: No such file or directory"


def test_what_a_recipe_says_beside_a_function_has_to_fit_it(tmp_path: Path) -> None:
    path = written(tmp_path, "def mine(point, damping, state, rng): return -point.gradient, None")
    [line] = told({"python": "mine.py:mine", "momentum": 0.9}, path)
    assert line.startswith("methods.Mine.momentum: a direction of one's own is the whole method")
    [line] = told({"python": "mine.py:mine", "options": {"a": 1}}, path)
    assert line == (
        "methods.Mine.python: options don't fit mine: got an unexpected keyword argument 'a'"
    )
