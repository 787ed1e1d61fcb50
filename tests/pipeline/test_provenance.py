"""A rule stands on the source files that its script runs, and on no others."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import empirical_fisher
from conftest import ROOT
from empirical_fisher.pipeline.provenance import code_files, imports
from empirical_fisher.pipeline.step import find
from pipeline import RULES, rules

PACKAGE = ROOT / "src" / "empirical_fisher"
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
)

# Imports each module afresh and tells which modules of the package are then there.
IMPORTER = """
import importlib, json, sys
loaded = {}
for name in sys.argv[1:]:
    for module in [m for m in sys.modules if m.startswith("empirical_fisher")]:
        del sys.modules[module]
    importlib.import_module(f"empirical_fisher.{name}")
    loaded[name] = [m for m in sys.modules if m.startswith("empirical_fisher.")]
print(json.dumps(loaded))
"""


def closure(*modules: str) -> set[str]:
    """Names of the modules that some modules stand on, themselves included."""
    paths = [Path(path).relative_to(PACKAGE) for path in code_files(PACKAGE, modules)]
    return {".".join(path.with_suffix("").parts) for path in paths}


REPORT = ROOT / "workflow" / "report"


def library_imports(script: Path) -> set[str]:
    """Modules of the package that a script imports, wherever in it, or a page that it writes."""
    names = re.findall(r"^import (\w+)$", script.read_text(encoding="utf-8"), re.M)
    pages = [path for name in names if (path := REPORT / name / "__init__.py").exists()]
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for importing in (script, *pages)
        for path in imports(PACKAGE, importing)
    }


def jobs() -> dict[str, tuple[set[str], Path]]:
    """The modules and steps that each rule names in code(…), and the rule's script."""
    found = {}
    for name, body in rules().items():
        for script in re.findall(r'script:\s*"(.*?)"', body):
            [named] = re.findall(r"\bcode\((.*?)\)", body, re.S)
            found[name] = set(re.findall(r'"([\w.:{}]+)"', named)), (RULES / script).resolve()
    return found


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """For each module the modules of the package that Python has loaded once it is imported."""
    command = [sys.executable, "-c", IMPORTER, *MODULES]
    answer = subprocess.run(
        command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=120
    )
    names = json.loads(answer.stdout)
    return {
        key: {name.partition(".")[2] for name in value} & set(MODULES)
        for key, value in names.items()
    }


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose modules import each other in every way that is followed."""
    texts = {
        "top": "import os\nfrom . import left, right\nfrom numpy import linalg\n",
        "left": "from .bottom import something\n",
        "right": "def later():\n    from .lazy import something\n    return something\n",
        "bottom": "from . import top  # a circle\n",
        "lazy": "",
        "apart": "",
        "wing/__init__": "",
        "wing/near": "from . import far, nothing\n",
        "wing/far": "from ..apart import something\n",
        "absolute": "from package.wing import near\nfrom package.lazy import something\n",
        "whole": "from package import something\n",
    }
    for name, text in texts.items():
        path = tmp_path / "package" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "package"


@pytest.mark.parametrize(
    ("modules", "files"),
    [
        (["apart"], ["apart"]),
        (["right"], ["lazy", "right"]),
        (["left"], ["bottom", "lazy", "left", "right", "top"]),
        (["right", "apart", "right"], ["apart", "lazy", "right"]),
        (["wing.near"], ["apart", "wing/far", "wing/near"]),
        (["absolute"], ["absolute", "apart", "lazy", "wing/far", "wing/near"]),
        (["whole"], ["whole"]),
        ([], []),
    ],
)
def test_sources_follow_imports_to_the_end_once_and_sorted(
    package: Path, modules: list[str], files: list[str]
) -> None:
    assert code_files(package, modules) == [str(package / f"{name}.py") for name in files]


def test_an_unknown_module_is_an_error(package: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"mispelt\.py"):
        code_files(package, ["mispelt"])


@pytest.mark.parametrize("module", MODULES)
def test_sources_hold_all_that_python_loads(loaded: dict[str, set[str]], module: str) -> None:
    assert loaded[module] <= closure(module)


@pytest.mark.parametrize("module", MODULES)
def test_sources_hold_no_more_than_python_loads_sooner_or_later(
    loaded: dict[str, set[str]], module: str
) -> None:
    """What is not loaded at once is imported inside a function, or by what is imported so."""
    late = closure(module) - loaded[module]
    found: set[str] = set()
    for name in closure(module):
        path = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
        found |= library_imports(path) - loaded[name]
    assert late <= found.union(*(loaded[name] for name in found))


def test_no_module_takes_a_name_from_the_package_itself() -> None:
    """Its file is in no rule's inputs, so nothing may depend on it."""
    names = "|".join(name for name in empirical_fisher.__all__ if name != "search")
    taken = re.compile(rf"^\s*from (?:empirical_fisher|\.+) import \(?[^)\n]*\b({names})\b", re.M)
    files = [*PACKAGE.rglob("*.py"), *(ROOT / "workflow").rglob("*.py"), ROOT / "Snakefile"]
    found = {path for path in files if taken.search(path.read_text("utf-8"))}
    assert found == set()


def test_figures_stand_on_tables_and_looks_alone() -> None:
    """Editing the search redraws nothing as long as the numbers stay."""
    looks = {f"pipeline.{name}" for name in ("files", "layout", "numerals", "style")}
    assert closure("experiments.optimization.figure") == {"experiments.optimization.figure", *looks}
    assert closure("pipeline.tables") == {"pipeline.files", "pipeline.tables"}


CLAIMING = {module for module in MODULES if ".claims" in module} | {"pipeline.ledger"}
DRAWING = {module for module in MODULES if module.endswith(".figure")}
LOOKS = {"pipeline.layout", "pipeline.style"}
ADAPTER = "pipeline.step"  # what it writes a result with it imports when it does


@pytest.mark.parametrize("module", sorted(set(MODULES) - CLAIMING - {ADAPTER}))
def test_nothing_that_computes_stands_on_the_claims(module: str) -> None:
    """Rewording a claim reruns no experiment."""
    assert not closure(module) & CLAIMING


@pytest.mark.parametrize("module", sorted(set(MODULES) - DRAWING - LOOKS - {ADAPTER}))
def test_nothing_that_computes_stands_on_the_figures(module: str) -> None:
    """Editing the figures reruns no experiment."""
    assert not closure(module) & (DRAWING | LOOKS)


@pytest.mark.parametrize("module", sorted(DRAWING | LOOKS))
def test_figures_compute_no_experiment(module: str) -> None:
    """Editing an experiment redraws a figure by its tables only."""
    assert not closure(module) & {"problems", "solvers", "search", "models"}


def test_every_rule_has_been_found() -> None:
    scripts = {path.name for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    assert {script.name for _, script in jobs().values()} == scripts - {"job.py"}


STEPS = {rule for rule, (_, script) in jobs().items() if script.name == "step.py"}


@pytest.mark.parametrize("rule", sorted(set(jobs()) - STEPS))
def test_a_rule_stands_on_what_its_script_imports_and_on_nothing_else(rule: str) -> None:
    named, script = jobs()[rule]
    # what every job does around its work is no reason to do the work again
    around = library_imports(script.with_name("job.py"))
    assert library_imports(script) <= closure(*named) | around
    assert named <= library_imports(script)


@pytest.mark.parametrize("rule", sorted(STEPS))
def test_a_rule_stands_on_the_step_that_it_calls(rule: str) -> None:
    named, _ = jobs()[rule]
    [called] = re.findall(r'step=(?:lambda wildcards: f)?"([\w.:{}]+)"', rules()[rule])
    assert named == {called}


@pytest.mark.parametrize("rule", sorted(STEPS - {"topic_claims"}))
def test_a_rule_hands_its_step_the_arguments_that_the_step_has(rule: str) -> None:
    """By name: inputs, and parameters but for those that come from a mapping."""
    [called] = jobs()[rule][0]
    wanted = set(inspect.signature(find(called)).parameters)
    body = rules()[rule]
    given = set()
    for section in ("input", "params"):
        [text] = re.findall(rf"    {section}:\n((?:        .*\n)*)", body)
        given |= set(re.findall(r"^        (\w+)=", text, re.M))
        if re.search(r"^        \*\*", text, re.M):
            return
    assert given - {"step"} == wanted
