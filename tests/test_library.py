"""The package's public face, and what the mathematics needs to be installed."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import empirical_fisher
from conftest import ROOT

PACKAGE = ROOT / "src" / "empirical_fisher"
MATHEMATICS = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def said(code: str) -> str:
    """What a Python of its own prints."""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=PACKAGE.parent
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_quick_tour_runs_and_prints_what_it_shows() -> None:
    tried = doctest.testmod(empirical_fisher)
    assert tried.attempted > 10
    assert tried.failed == 0


@pytest.mark.parametrize("name", empirical_fisher.__all__)
def test_a_public_name_is_the_one_of_its_module(name: str) -> None:
    value = getattr(empirical_fisher, name)
    assert value.__doc__
    if not inspect.ismodule(value):
        assert value is vars(sys.modules[value.__module__])[name]
        assert value.__module__.removeprefix("empirical_fisher.") in MATHEMATICS
    assert name in dir(empirical_fisher)


def test_editors_and_type_checkers_see_the_public_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = [alias.asname for node in block.body for alias in node.names]
    assert sorted(seen) == sorted(empirical_fisher.__all__)


def test_a_name_that_is_not_there_is_told_as_python_tells_it() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Probelm' from 'empirical_fisher'"):
        exec("from empirical_fisher import Probelm")


def test_help_shows_the_tour_and_every_public_name() -> None:
    text = said("import empirical_fisher; help(empirical_fisher)")
    assert "A likelihood ``p(y | f)``, a model ``f(x, θ)`` and targets make a problem." in text
    missing = [name for name in empirical_fisher.__all__ if name not in text]
    assert missing == []


def test_the_package_is_there_at_once_and_loads_what_is_asked_for() -> None:
    code = """
import json, sys
import empirical_fisher
first = sorted(sys.modules)
from empirical_fisher import Gaussian
print(json.dumps([first, sorted(sys.modules)]))
"""
    first, then = map(set, json.loads(said(code)))
    assert not {"numpy", "scipy", "pandas"} & first
    assert {name for name in first if name.startswith("empirical_fisher")} == {"empirical_fisher"}
    assert "empirical_fisher.likelihoods" in then
    assert not {"pandas", "empirical_fisher.solvers"} & then


def installed(names: set[str]) -> set[str]:
    """Packages that installing some brings, on this platform and without any extra."""
    found: set[str] = set()
    waiting = {canonicalize_name(name) for name in names}
    while waiting:
        name = waiting.pop()
        found.add(name)
        needed = [Requirement(line) for line in requires(name) or ()]
        plain = {each.name for each in needed if not each.marker or each.marker.evaluate()}
        waiting |= {canonicalize_name(each) for each in plain} - found
    return found


def test_the_mathematics_needs_no_package_but_those_that_pip_installs_with_it() -> None:
    """Tried in a Python that finds no other, by importing everything."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    allowed = installed({Requirement(line).name for line in project["dependencies"]})
    assert len(allowed) <= 6
    hidden = [
        name
        for name, packages in packages_distributions().items()
        if not {canonicalize_name(each) for each in packages} & allowed
    ]
    assert {"matplotlib", "sklearn", "snakemake", "yaml"} <= {*hidden}
    code = f"""
import sys
from importlib import import_module

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(hidden)}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
from empirical_fisher import *
for name in {MATHEMATICS}:
    import_module(f"empirical_fisher.{{name}}")
import empirical_fisher, doctest
print(doctest.testmod(empirical_fisher).failed)
"""
    assert said(code) == "0\n"
