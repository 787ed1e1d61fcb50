"""The house: which part of the library may know which, and how large its rooms may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conftest import ROOT
from empirical_fisher.pipeline.provenance import imports

PACKAGE = ROOT / "src" / "empirical_fisher"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 365  # lines of a module

MAY_KNOW = {
    "mathematics": {"mathematics"},
    "pipeline": {"pipeline"},
    "data": {"data", "mathematics", "pipeline"},
    "experiments": {"data", "experiments", "mathematics", "pipeline"},
    "which": {"mathematics", "which"},
}


def wing(path: Path) -> str:
    """The part of the library that a module is in."""
    first, *rest = path.relative_to(PACKAGE).parts
    return first if rest else "mathematics"


def topic(path: Path) -> str | None:
    """The topic whose folder a module is in, if it is in one."""
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if parts[0] == "experiments" and len(parts) == 3 else None


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_knows_only_the_wings_it_may(path: Path) -> None:
    known = {name(module): wing(module) for module in imports(PACKAGE, path)}
    assert not {module for module, other in known.items() if other not in MAY_KNOW[wing(path)]}


@pytest.mark.parametrize("path", [each for each in FILES if topic(each)], ids=name)
def test_no_topic_knows_another(path: Path) -> None:
    others = {topic(module) for module in imports(PACKAGE, path)} - {None, topic(path)}
    assert not others


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_imports_the_package_in_ways_that_are_followed(path: Path) -> None:
    """Rules name as their inputs what `provenance.imports` finds; it passes over plain imports."""
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    names = [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    assert not [each for each in names if each.partition(".")[0] == PACKAGE.name]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize(
    "path",
    [each for each in FILES if each.name == "__init__.py" and wing(each) != "mathematics"],
    ids=name,
)
def test_the_first_file_of_a_folder_says_what_the_folder_is_for_and_does_nothing(
    path: Path,
) -> None:
    """It runs with every module of the folder, and no rule names it as an input.

    The package's own has the public names; `test_library.py` is about it.
    """
    body = ast.parse(path.read_text("utf-8")).body
    assert ast.get_docstring(ast.Module(body, []))
    code = [node for node in body[1:] if not isinstance(node, ast.Assign)]
    assert not code


def test_opening_the_library_shows_the_mathematics_and_four_wings() -> None:
    shown = [path for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"]
    shown = [path for path in shown if not path.name.startswith("_")]
    folders = {path.name for path in shown if path.is_dir()}
    assert folders == {"data", "experiments", "pipeline", "which"}
    assert len(shown) - len(folders) <= 16
