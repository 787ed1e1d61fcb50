"""Change the core modules one operator or number at a time, and see whether their tests notice.

`make mutants` runs Cosmic Ray on a copy of the tree, because it changes modules in place, prints
how many mutants of each module are found and lists the others in build/mutants/<module>.diff.
docs/testing.md says which of them live, and why.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkResult

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "mutants"
NEEDED = ("src", "tests", "data/snapshots", "config.yaml", "pyproject.toml")
REQUIRED = 0.90  # share of the mutants that the tests must find
PATIENCE = 3  # a mutant is in an endless loop after this many times what the tests take without one

TESTS = {  # of each module, the ones that find most mutants first
    "likelihoods": ("likelihoods", "multiclass"),
    "data_terms": ("data_terms", "problems", "sparse"),
    "models": ("data_terms", "problems", "sparse", "solvers"),
    "problems": ("problems", "sparse", "solvers"),
    "solvers": ("solvers", "search"),
    "bounds": ("bounds", "multiclass", "sparse", "search"),
}

# An operator is changed for its opposite, or for the same with or without equality; what Cosmic Ray
# could do beyond is left out, as it adds hundreds of mutants that any test finds, or none: bits and
# remainders of floats, type annotations (|), == for `is`, and a minus changed where it is dropped.
ARITHMETIC = "Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Pow_Mul|BitAnd_BitOr"
COMPARISONS = "Eq_(NotEq|LtE|GtE)|NotEq_Eq|Gt_(GtE|LtE)|GtE_(Gt|Lt)|Lt_(LtE|GtE)|LtE_(Lt|Gt)"
LEFT_OUT = (
    f"core/ReplaceBinaryOperator_(?!({ARITHMETIC})$)",
    f"core/ReplaceComparisonOperator_(?!({COMPARISONS}|Is_IsNot|IsNot_Is)$)",
    "core/ReplaceUnaryOperator_(?!Delete_)",
)

SESSION = """\
[cosmic-ray]
module-path = "src/empirical_fisher/{module}.py"
timeout = {timeout}
excluded-modules = []
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = {left_out}
"""


def run(module: str) -> list[WorkResult]:
    """The outcomes of all mutants of a module."""
    tree = FOLDER / module
    shutil.rmtree(tree, ignore_errors=True)
    for name in NEEDED:
        source, copy = ROOT / name, tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    files = " ".join(f"tests/test_{name}.py" for name in TESTS[module])
    command = f"pytest -x -q --tb=no -p no:cacheprovider --hypothesis-profile=quick {files}"
    begin = time.monotonic()
    subprocess.run(command.split(), cwd=tree, check=True, stdout=subprocess.DEVNULL)
    session = SESSION.format(
        module=module,
        command=command,
        timeout=PATIENCE * (time.monotonic() - begin),
        left_out=list(LEFT_OUT),
    )
    (tree / "session.toml").write_text(session, "utf-8")
    for step in (
        "cosmic-ray init session.toml session.sqlite",
        "cr-filter-operators session.sqlite session.toml",
        "cosmic-ray exec session.toml session.sqlite",
    ):
        subprocess.run(step.split(), cwd=tree, check=True)
    with use_db(tree / "session.sqlite", WorkDB.Mode.open) as database:
        return [result for _, result in database.results if result.test_outcome]


def main(modules: list[str]) -> int:
    """Print one line per module and one for all; return 1 if too many mutants survive."""
    totals: Counter[str] = Counter()
    print(f"{'module':12} mutants  killed  timed out  survived   found")
    for module in modules:
        results = run(module)
        survivors = [result.diff for result in results if not result.is_killed]
        (FOLDER / f"{module}.diff").write_text("\n\n".join(survivors), "utf-8")
        outcomes = Counter(
            "timed out" if result.output == "timeout" else result.test_outcome.value
            for result in results
        )
        totals += outcomes
        report(module, outcomes)
    return report("all", totals) < REQUIRED


def report(name: str, outcomes: Counter[str]) -> float:
    """Print how many mutants there are of each kind; the share that is found."""
    found = 1 - outcomes["survived"] / outcomes.total()
    columns = (outcomes[kind] for kind in ("killed", "timed out", "survived"))
    print(f"{name:12} {outcomes.total():7} {{:7}} {{:10}} {{:9}} {found:7.1%}".format(*columns))
    sys.stdout.flush()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(TESTS)))
