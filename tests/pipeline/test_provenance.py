"""A rule stands on the source files that its script runs, and on no others."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from empirical_fisher.pipeline.provenance import sources
from pipeline import RULES, rules

PACKAGE = ROOT / "src" / "empirical_fisher"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")

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
    return {Path(path).stem for path in sources(PACKAGE, modules)}


def library_imports(script: Path) -> set[str]:
    """Modules of the package that a script imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "empirical_fisher":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, module = node.module.partition(".")
            found |= {module} if package == "empirical_fisher" else set()
    return found


def jobs() -> dict[str, tuple[set[str], Path]]:
    """The modules that each rule names in code(…), and the rule's script."""
    found = {}
    for name, body in rules().items():
        for script in re.findall(r'script:\s*"(.*?)"', body):
            [named] = re.findall(r"\bcode\((.*?)\)", body, re.S)
            found[name] = set(re.findall(r'"(\w+)"', named)), (RULES / script).resolve()
    return found


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """For each module the modules of the package that Python has loaded once it is imported."""
    command = [sys.executable, "-c", IMPORTER, *MODULES]
    answer = subprocess.run(
        command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True, timeout=120
    )
    names = json.loads(answer.stdout)
    return {key: {name.partition(".")[2] for name in value} for key, value in names.items()}


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
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("modules", "files"),
    [
        (["apart"], ["apart"]),
        (["right"], ["lazy", "right"]),
        (["left"], ["bottom", "lazy", "left", "right", "top"]),
        (["right", "apart", "right"], ["apart", "lazy", "right"]),
        ([], []),
    ],
)
def test_sources_follow_imports_to_the_end_once_and_sorted(
    package: Path, modules: list[str], files: list[str]
) -> None:
    assert sources(package, modules) == [str(package / f"{name}.py") for name in files]


def test_an_unknown_module_is_an_error(package: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"mispelt\.py"):
        sources(package, ["mispelt"])


@pytest.mark.parametrize("module", MODULES)
def test_sources_hold_all_that_python_loads(loaded: dict[str, set[str]], module: str) -> None:
    assert loaded[module] <= closure(module)


@pytest.mark.parametrize("module", MODULES)
def test_sources_hold_no_more_than_python_loads_sooner_or_later(
    loaded: dict[str, set[str]], module: str
) -> None:
    """What is not loaded at once is imported inside a function, or by what is imported so."""
    late = closure(module) - loaded[module]
    found = set()
    for text in ((PACKAGE / f"{name}.py").read_text("utf-8") for name in closure(module)):
        inside = re.findall(r"^ +from \.(\w+) import|^ +from \. import (.*)$", text, re.M)
        names = {
            word for groups in inside for group in groups for word in re.findall(r"\w+", group)
        }
        found |= {name for name in names if name in MODULES}
    assert late <= found.union(*(loaded[name] for name in found))


def test_the_package_itself_imports_nothing() -> None:
    """Its file is in no rule's inputs, so nothing may depend on it."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_figures_stand_on_tables_and_looks_alone() -> None:
    """Editing the search redraws nothing as long as the numbers stay."""
    assert closure("figures") == {"figures", "files", "layout", "style"}
    assert closure("tables") == {"files", "tables"}


CLAIMING = {module for module in MODULES if module.startswith("claims_")} | {"ledger"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - CLAIMING))
def test_nothing_that_computes_stands_on_the_claims(module: str) -> None:
    """Rewording a claim reruns no experiment."""
    assert not closure(module) & CLAIMING


DRAWING = {module for module in MODULES if module.startswith("figures")} | {"layout", "style"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - DRAWING))
def test_nothing_that_computes_stands_on_the_figures(module: str) -> None:
    """Editing the figures reruns no experiment."""
    assert not closure(module) & DRAWING


@pytest.mark.parametrize("module", sorted(DRAWING))
def test_figures_compute_no_experiment(module: str) -> None:
    """Editing an experiment redraws a figure by its tables only."""
    assert not closure(module) & {"problems", "solvers", "search", "models"}


@pytest.mark.parametrize("module", ["likelihoods", "models", "problems", "solvers", "search"])
def test_the_mathematics_knows_neither_files_nor_the_workflow(module: str) -> None:
    assert not closure(module) & {"tables", "datasets", "configuration", "provenance"}


def test_every_rule_has_been_found() -> None:
    scripts = {path.name for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    assert {script.name for _, script in jobs().values()} == scripts - {"job.py"}


@pytest.mark.parametrize("rule", jobs())
def test_a_rule_stands_on_all_that_its_script_imports(rule: str) -> None:
    named, script = jobs()[rule]
    assert library_imports(script) <= closure(*named)


@pytest.mark.parametrize("rule", jobs())
def test_a_rule_names_no_module_that_its_script_has_no_use_for(rule: str) -> None:
    named, script = jobs()[rule]
    assert named <= library_imports(script)
