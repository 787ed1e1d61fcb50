"""The files that name dependencies agree with each other."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from conftest import ROOT
from pipeline import WORKFLOW

NAME = "empirical-fisher"
EXTRAS = ("docs", "slurm", "test")  # each has what the main lock file has, the pipeline's
LOCK_FILES = ("requirements.txt", *(f"requirements-{extra}.txt" for extra in EXTRAS))

# Conda splits these packages; the part that we use goes by another name than on PyPI.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def direct(*extras: str) -> dict[str, SpecifierSet]:
    """Direct dependencies in pyproject.toml and of some extras, with their bounds.

    An extra that asks for the project itself, with other extras, has theirs as well.
    """
    optional = project()["optional-dependencies"]
    listed = [*project()["dependencies"], *(line for extra in extras for line in optional[extra])]
    requirements = [Requirement(line) for line in listed]
    others = {extra for each in requirements if each.name == NAME for extra in each.extras}
    bounds = {canonicalize_name(each.name): each.specifier for each in requirements}
    bounds.pop(NAME, None)
    return bounds | direct(*others) if others else bounds


def blocks(lock_file: str) -> list[str]:
    """One text per pin: the pin's own line and the lines of hashes that follow it."""
    text = (ROOT / lock_file).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines))


def pins(lock_file: str) -> dict[str, str]:
    pairs = [re.match(r"([\w.-]+)==([^\s;]+)", block).groups() for block in blocks(lock_file)]
    assert len(dict(pairs)) == len(pairs), f"{lock_file} pins a package twice"
    return {canonicalize_name(name): version for name, version in pairs}


def conda() -> dict[str, str]:
    """What environment.yml asks for: the text after each package's name."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pairs = [re.fullmatch(r"([\w.-]+)(.*)", line).groups() for line in listed]
    assert len(dict(pairs)) == len(pairs), "environment.yml names a package twice"
    return {CONDA_NAMES.get(name, name): wanted for name, wanted in pairs}


def test_conda_environment_names_the_direct_dependencies_at_the_pinned_versions() -> None:
    pinned = pins("requirements.txt")
    wanted = {name: f"=={pinned[name]}" for name in direct("pipeline")}
    assert conda() == {**wanted, "python": project()["requires-python"]}


def test_every_rule_refers_to_that_environment_and_to_no_other() -> None:
    assert {*re.findall(r'conda:\n +"(.*)"', WORKFLOW)} == {"../../environment.yml"}


@pytest.mark.parametrize(
    ("lock_file", "extra"),
    [
        ("requirements.txt", "pipeline"),
        *((f"requirements-{extra}.txt", extra) for extra in EXTRAS),
    ],
)
def test_pins_satisfy_the_bounds_of_pyproject(lock_file: str, extra: str) -> None:
    pinned = pins(lock_file)
    unmet = {
        name: f"{pinned.get(name)} is not {bounds}"
        for name, bounds in direct(extra).items()
        if name not in pinned or pinned[name] not in bounds
    }
    assert not unmet


def test_all_that_is_optional_is_tested() -> None:
    """Numbers from automatic differentiation, too, where the tests are installed."""
    assert {*direct("jax"), *direct("pipeline")} <= {*direct("test")}


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_lock_file_of_an_extra_holds_every_pin_of_the_main_one(extra: str) -> None:
    assert pins("requirements.txt").items() <= pins(f"requirements-{extra}.txt").items()


@pytest.mark.parametrize("lock_file", [*LOCK_FILES, "requirements-uv.txt"])
def test_every_pin_has_hashes_and_no_address(lock_file: str) -> None:
    unhashed = [block for block in blocks(lock_file) if "--hash=sha256:" not in block]
    assert not unhashed
    text = (ROOT / lock_file).read_text("utf-8")
    assert not re.search(r"://|file:|^\s*(-i|-f|--\w*index\w*|--find-links)\b", text, re.MULTILINE)


@pytest.mark.parametrize("lock_file", [*LOCK_FILES, "requirements-uv.txt"])
def test_lock_files_say_how_to_regenerate_them(lock_file: str) -> None:
    header = (ROOT / lock_file).read_text("utf-8").split("\n", 3)[:3]
    assert f"-o {lock_file}" in " ".join(header)


def test_classifiers_list_every_supported_python() -> None:
    supported = SpecifierSet(project()["requires-python"])
    listed = {
        each.rpartition(" ")[2] for each in project()["classifiers"] if re.search(r"3\.\d+$", each)
    }
    assert listed == {f"3.{minor}" for minor in range(50) if f"3.{minor}" in supported}


def test_citation_names_the_version_of_the_package_and_the_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project()["version"]
    paper = citation["references"][0]
    assert paper["title"] in citation["message"]
    assert paper["identifiers"][0]["value"] == "arXiv:1905.12558"
