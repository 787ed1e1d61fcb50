"""What README and docs/ say is so: their code runs, their settings are sound, their links lead on.

`make docs` builds the site itself, with warnings as errors, and checks the links within it.
"""

from __future__ import annotations

import ast
import contextlib
import fnmatch
import gzip
import io
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image, ImageDraw
from snakemake_interface_common.exceptions import WorkflowError

from conftest import CONFIG, ROOT
from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.data.downloads import Limits
from empirical_fisher.data.formats import Raw
from empirical_fisher.data.preparation import check_facts, prepare
from empirical_fisher.data.sources import kinds
from empirical_fisher.data.sources.kinds import load
from empirical_fisher.experiments.note.constrained_step import StepNotFoundError
from empirical_fisher.pipeline import outputs, strict_yaml
from empirical_fisher.pipeline.files import write_text
from empirical_fisher.problems import linear_problem
from pipeline import WORKFLOW, Run, copy_to, faults, overlaid, snakemake

sys.path.extend([str(ROOT / "workflow" / "report"), str(ROOT / "workflow" / "scripts")])
import snakemake_report_plugin_page as report_page

import job

DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "empirical_fisher"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
    if "_build" not in path.parts
}
LOCK_FILE = "requirements-test.txt"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def blocks(page: str, *languages: str) -> list[tuple[str, str]]:
    """Language and text of the blocks of code in some languages, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGES[page], re.M | re.S)
    return [(language, text) for language, text in found if language in languages]


def pages_with(language: str) -> list[str]:
    return [page for page in PAGES if blocks(page, language)]


def columns() -> dict[str, str]:
    """Columns of the tables that the page of files lists, of one table of each kind."""
    kinds = {"Dataset": "Boston", "METHOD": "EFGD", "family": "logistic", "topic": "magnitude"}
    listed = re.findall(r"`(results/[^` ]*\.csv)` \| `(.*, .*)` \|$", PAGES["docs/files.md"], re.M)
    return {re.sub(r"<(\w+)>", lambda kind: kinds[kind[1]], name): names for name, names in listed}


COLUMNS = columns()


# Code


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as after a run of the pipeline, with tiny grids, where code of a page may write."""
    made = tmp_path_factory.mktemp("folder")
    shutil.copytree(run.folder / "results", made / "results")
    shutil.copytree(ROOT / "data" / "snapshots", made / "data" / "snapshots")
    return made


def said(*options: str, repository: Path = ROOT) -> str:
    """All that the pipeline says until its end."""
    return snakemake(repository, "--cores", "1", *options).stdout


@pytest.mark.parametrize("page", pages_with("python"))
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(
    page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "import jax" in PAGES[page]:
        pytest.importorskip("jax")
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    printed = ""
    for language, text in blocks(page, "python", "text"):
        if language == "python":
            exec(compile(text, page, "exec"), names)
            printed = capsys.readouterr().out
        elif printed:
            assert printed == text
            printed = ""


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_the_columns_that_the_page_of_files_lists(table: str, run: Run) -> None:
    header = (run.folder / table).read_text("utf-8").partition("\n")[0]
    assert header.replace(",", ", ") == COLUMNS[table]


# Settings


@pytest.mark.parametrize("page", pages_with("yaml"))
def test_every_setting_that_a_page_shows_is_sound(page: str) -> None:
    assert [fault for _, text in blocks(page, "yaml") for fault in faults(text)] == []


def test_the_tour_starts_from_the_settings_of_the_configuration() -> None:
    [(_, text)] = blocks("docs/tour.md", "yaml")
    assert overlaid(text) == CONFIG


# Commands, files, links and figures


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", code(page), re.M)) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_the_repository_that_a_page_names_exists(page: str) -> None:
    folders = "benchmarks|data/snapshots|docs|examples|src|tests|workflow"
    named = re.findall(rf"(?<![\w./])((?:{folders})/[\w./-]*\w/?)", code(page))
    built = {"docs/_build/html/index.html"}
    assert [name for name in named if name not in built and not (ROOT / name).exists()] == []


def code(page: str) -> str:
    """What a page shows as code, in blocks and within lines; messages and outputs left out."""
    text = re.sub(r"^```text\n.*?^```$", "", PAGES[page], flags=re.M | re.S)
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.S))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", PAGES[page])
    local = [link for link in links if not link.startswith("https://")]
    assert [link for link in local if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_gallery_shows_every_figure_of_the_pipeline() -> None:
    drawn = set(re.findall(r'"figures/(\w+)\.png"', WORKFLOW))
    gallery = (DOCS / "gallery.rst").read_text("utf-8")
    shown = re.findall(r"^\.\. drawn-figure:: (\w+)$", gallery, re.M)
    assert sorted(shown) == sorted(drawn) == sorted(path.stem for path in kept_figures())


def test_the_figures_that_are_kept_are_small() -> None:
    assert sum(path.stat().st_size for path in kept_figures()) < 3e6


def kept_figures() -> list[Path]:
    return sorted((DOCS / "figures").glob("*.png"))


# What "make gallery" keeps


def kept() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "keep_results.py"))


def without_answers(ledger: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(ledger)).drop(columns="holds")


def test_the_ledger_that_is_kept_has_the_claims_of_the_pipeline(run: Run) -> None:
    """All but what was answered, which `make gallery-check` compares after a run of everything."""
    made = kept()["ledger"]((run.folder / "results/claims.csv").read_text("utf-8"))
    kept_ledger = without_answers((DOCS / "claims.csv").read_text("utf-8"))
    assert kept_ledger.equals(without_answers(made)), "claims were changed: run `make gallery`"


@pytest.mark.parametrize("page", kept()["PAGES"])
def test_a_page_counts_the_claims_of_the_ledger_that_is_kept(page: str) -> None:
    assert kept()["COUNTS"].search(PAGES[page])
    ledger = (DOCS / "claims.csv").read_text("utf-8")
    assert kept()["counted"](PAGES[page], ledger) == PAGES[page]


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """A repository whose two figures and two claims are kept as they were made."""
    for folder in ("docs/figures", "figures", "results"):
        (tmp_path / folder).mkdir(parents=True)
    for page in kept()["PAGES"]:
        (tmp_path / page).write_text(SENTENCE.format(0, 0, 0, 0, 0), "utf-8")
    answer(tmp_path, "yes")
    for name in ("a", "b"):
        draw(tmp_path / f"figures/{name}.png", "Iteration")
    kept()["keep"](tmp_path)
    assert kept()["stale"](tmp_path) == []
    return tmp_path


SENTENCE = "of {} claims {} do, {} in part, {} do not, and {} depend on luck; 0 identities"


def answer(root: Path, holds: str, measured: str = "1.0", agree: int = 3) -> None:
    rows = [
        f"t.{each},claim,§1,Two is {each}.,at most 2,{holds},luck,,{measured},3,{agree}"
        for each in ("even", "odd")
    ]
    header = ",".join([*kept()["COLUMNS"], "measured", "trials", "agree"])
    (root / "results/claims.csv").write_text("\n".join([header, *rows, ""]), "utf-8")


def draw(path: Path, text: str, shade: int = 0) -> None:
    image = Image.new("RGB", (200, 60), (255, 255 - shade, 255))
    ImageDraw.Draw(image).text(
        (60, 20), text, fill=(0, 0, 120), font_size=19
    )  # 7 pt, drawn at 200 dpi
    image.save(path)


def test_claims_that_are_answered_otherwise_make_ledger_and_pages_stale(gallery: Path) -> None:
    answer(gallery, "in part")
    assert kept()["stale"](gallery) == ["README.md", "docs/claims.csv", "docs/findings.md"]
    kept()["keep"](gallery)
    assert kept()["stale"](gallery) == []
    assert (gallery / "README.md").read_text("utf-8") == SENTENCE.format(2, 0, 2, 0, 0)


def test_trials_that_disagree_are_counted_apart_whatever_most_of_them_say(gallery: Path) -> None:
    for agree, holds in (2, "yes"), (1, "no"):
        answer(gallery, holds, agree=agree)
        kept()["keep"](gallery)
        assert (gallery / "README.md").read_text("utf-8") == SENTENCE.format(2, 0, 0, 0, 2)
        assert "luck" in (gallery / "docs/claims.csv").read_text("utf-8")


def test_later_claims_and_identities_are_counted_apart() -> None:
    ledger = "\n".join(
        ["id,kind,holds", "a.one,claim,yes", "after_2019.two,claim,no", "a.three,identity,yes"]
    )
    page = SENTENCE.format(0, 0, 0, 0, 0)
    assert kept()["counted"](page, ledger) == SENTENCE.format(1, 1, 0, 0, 0).replace("0 id", "1 id")
    later = page.replace("claims", "later claims")
    assert kept()["counted"](later, ledger).startswith("of 1 later claims 0 do, 0 in part, 1 do")


def test_a_picture_with_another_letter_is_stale(gallery: Path) -> None:
    draw(gallery / "figures/b.png", "iteration")
    assert kept()["stale"](gallery) == ["docs/figures/b.png"]


def test_rounding_makes_nothing_stale(gallery: Path) -> None:
    answer(gallery, "yes", measured="1.1")
    draw(gallery / "figures/b.png", "Iteration", shade=1)
    assert kept()["stale"](gallery) == []


def test_a_figure_that_is_new_is_missed(gallery: Path) -> None:
    draw(gallery / "figures/c.png", "Iteration")
    assert kept()["stale"](gallery) == ["docs/figures/c.png"]


def test_a_dead_link_within_a_site_is_found(tmp_path: Path) -> None:
    dead_links = runpy.run_path(str(DOCS / "check_links.py"))["dead_links"]
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="sub/page.html#there">1</a> <a href="#missing">2</a> <img src="no.png">'
        '<a href="https://example.org/gone">3</a> <h1 id="top"></h1>'
    )
    (tmp_path / "sub" / "page.html").write_text(
        '<p id="there"></p> <a href="../index.html#top">1</a> <a href="../index.html#gone">2</a>'
    )
    assert dead_links(tmp_path) == [
        "index.html: #missing leads nowhere",
        "index.html: no.png leads nowhere",
        "sub/page.html: ../index.html#gone leads nowhere",
    ]


# What CONTRIBUTING and the list of tests say

TESTS = ROOT / "tests"


def rows() -> list[tuple[list[str], list[str]]]:
    """Patterns of modules and the files of their tests, from the first list of tests/README.md."""
    listed, _, _ = (TESTS / "README.md").read_text("utf-8").partition("\nTests of other things")
    cells = re.findall(r"^\| (`.*`) \| (`.*`) \|$", listed, re.M)
    return [tuple(re.findall(r"`(.*?)`", cell) for cell in pair) for pair in cells]


def test_every_module_has_its_tests_in_the_list() -> None:
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    patterns = [pattern for row, _ in rows() for pattern in row]
    found = [fnmatch.filter(modules, pattern) for pattern in patterns]
    assert sorted(modules.difference(*found)) == []
    gone = [pattern for pattern, names in zip(patterns, found, strict=True) if not names]
    assert gone == []


def test_every_file_of_tests_is_in_the_list() -> None:
    named = set(re.findall(r"`([\w/]*test_\w+\.py)`", (TESTS / "README.md").read_text("utf-8")))
    there = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    assert sorted(named ^ there) == []


def test_the_commands_for_the_lock_files_are_those_that_made_them() -> None:
    locks = sorted(ROOT.glob("requirements*.txt"))
    made_by = [re.findall(r"^#    (uv pip .*)$", lock.read_text("utf-8"), re.M) for lock in locks]
    told = PAGES["CONTRIBUTING.md"].splitlines()
    assert [command for [command] in made_by if command not in told] == []


# Docstrings

ARRAY = r"\b(Array|Inputs)\b"
SHAPE = r"shapes?\b|``\([^)`]*[A-Z.,][^)`]*\)``|\([^)]*\) array"


def members(name: str) -> set[str]:
    """Names of the functions of a class that others implement, which documents them for all."""
    module, _, wanted = name.partition(".")
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    [found] = [node for node in tree.body if isinstance(node, ast.ClassDef) if node.name == wanted]
    return {node.name for node in found.body if isinstance(node, ast.FunctionDef)}


def test_every_array_in_the_library_has_its_shape_in_the_docstring() -> None:
    implemented = members("likelihoods.Likelihood") | members("models.Model")
    silent = []
    for path in sorted(PACKAGE.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        scopes = [(tree, "")] + [
            (node, ast.get_docstring(node) or "")
            for node in tree.body
            if isinstance(node, ast.ClassDef)
        ]
        for scope, shared in scopes:
            for node in scope.body:
                if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                    continue
                if scope is not tree and node.name in implemented:
                    continue
                arguments = ast.unparse(node.args)
                returns = ast.unparse(node.returns) if node.returns else ""
                if re.search(ARRAY, f"{arguments} {returns}"):
                    # What a class says of all its methods is said of those that take arrays.
                    said = shared if re.search(ARRAY, arguments) else ""
                    if not re.search(SHAPE, f"{ast.get_docstring(node)} {said}"):
                        silent.append(f"{path.stem}.{node.name}")
    assert silent == []


# Troubleshooting


def sections() -> dict[str, list[str]]:
    """The messages below each heading of the page."""
    page = PAGES["docs/troubleshooting.md"]
    parts = re.split(r"^### (.*)$", page, flags=re.M)[1:]
    return {
        title: re.findall(r"^```text\n(.*?)^```$", body, re.M | re.S)
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


TITLES = [title for title, messages in sections().items() if messages]


# Data sets that are wrong in different ways.
WRONG = """
Yacht: {task: regression, source: {snapshot: yacht}}
Powerplant: {task: regression, source: {snapshot: powerplant}}
Unknown: {task: regression, source: {snapshot: yatch}}
Energy: {task: regression, source: {snapshot: energy}, expect: {rows: 769}}
Numbers: {task: binary, source: {snapshot: energy}}
Text: {task: binary, source: {file: mine.csv}, drop: [size]}
Missing: {task: binary, source: {file: mine.csv}, drop: [diagnosis]}
Absent: {task: binary, source: {file: mien.csv}}
Messy: {source: {file: messy.csv}, target: rent}
Quoted: {task: binary, source: {file: quoted.csv}}
Mixed: {task: binary, source: {file: mixed.csv}}
Large: {task: binary, source: {file: big.csv.gz}}
Sparse: {task: binary, source: {file: sparse.arff}}
Nested: {task: binary, source: {file: nested.parquet}}
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of each."""
    folder = tmp_path_factory.mktemp("wrong")
    snapshots = shutil.copytree(ROOT / "data" / "snapshots", folder / "data" / "snapshots")
    snapshots.joinpath("yacht.csv").write_text("changed")
    snapshots.joinpath("powerplant.csv").unlink()
    (folder / "mine.csv").write_text("size,diagnosis,target\n1,B,0\n,M,1\n2,B,1\n")
    rows = [
        f"{row};2021-03-04;owner {row};;{'east' if row % 2 else 'west'};{row + 3},5;1.0{row + 27},5"
        for row in range(30)
    ]
    rows[1] = rows[1].replace(";4,5;", ";;")
    messy = [";built;owner;notes;part;size;rent", *rows]
    (folder / "messy.csv").write_text("\n".join(messy))
    (folder / "quoted.csv").write_text('people,target\n"27,096",0\n31,1\n')
    heights = ["1.5,0", "1.6,1", "tall,0", *["1.7,1"] * 9]
    (folder / "mixed.csv").write_text("\n".join(["height,target", *heights]))
    (folder / "big.csv.gz").write_bytes(gzip.compress(b"1\n" * 100_000))
    columns = "".join(f"@attribute {name} numeric\n" for name in "abc")
    (folder / "sparse.arff").write_text(f"@relation r\n{columns}@data\n{{0 1}}\n{{2 1,2 3}}\n")
    pd.DataFrame({"a": [0, 1], "b": [[0], [1]]}).to_parquet(folder / "nested.parquet")
    limits = Limits(**{**CONFIG["downloads"], "megabytes": 0.1})
    said = []
    for name, entry in yaml.safe_load(WRONG).items():
        with pytest.raises(DatasetError) as caught:
            table, _ = prepare(load(entry, folder, limits=limits), entry)
            check_facts(table, entry.get("expect", {}))
        said.append(f"datasets.{name}: {caught.value}")
    return "\n".join(said)


@pytest.fixture(scope="module")
def failed_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that a run says, and its logs, whose experiments can't do with their data sets."""
    repository = copy_to(tmp_path_factory.mktemp("repository"))
    (repository / "wrong.yaml").write_text(
        """
datasets:
  Mine: {task: binary, source: {file: separable.csv}}
  Doubled: {task: regression, source: {file: doubled.csv}}
  Flats: {task: regression, source: {file: flats.csv}}
monte_carlo: {datasets: [Mine]}
scaling: {dataset: Doubled}
"""
    )
    (repository / "separable.csv").write_text("x,target\n-2,0\n-1,0\n1,1\n2,1\n")
    (repository / "doubled.csv").write_text("x,twice,target\n1,2,1\n2,4,3\n3,6,2\n4,8,5\n")
    flats = "".join(f"{row},{row % 3},{row % 7}\n" for row in range(12))
    (repository / "flats.csv").write_text(f"id,rooms,target\n{flats}")
    wanted = ("data/Flats.csv", "results/monte_carlo/overall.csv", "results/scaling/steps.csv")
    output = said(*wanted, "--configfile", "wrong.yaml", repository=repository)
    logs = sorted((repository / "logs").rglob("*.log"))
    return "\n".join([output, *(log.read_text("utf-8") for log in logs)])


def without_python(folder: Path) -> str:
    python = folder / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    return made(folder, PATH=f"{folder}:{os.environ['PATH']}")


def with_an_environment(folder: Path) -> str:
    (folder / ".venv").mkdir()
    return made(folder)


def made(folder: Path, **variables: str) -> str:
    """What make says in a folder where nothing is installed."""
    for name in ("Makefile", "requirements.txt", "requirements-uv.txt"):
        shutil.copy2(ROOT / name, folder)
    return subprocess.run(
        ["make", "figures"],
        cwd=folder,
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ).stderr


def overlaid_by(folder: Path, content: str | None = None) -> str:
    """What is said of a file of settings before Snakemake starts."""
    if content is not None:
        (folder / "mine.yaml").write_text(content)
    command = [sys.executable, ROOT / "workflow/launch.py", "--configfile", "mine.yaml"]
    return subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, encoding="utf-8").stderr


def syntax_error(folder: Path) -> str:
    path = folder / "config.yaml"
    path.write_text("optimization:\n  methods: [GD, NGD\n  iterations: 100\n")
    with pytest.raises(SystemExit) as caught:
        strict_yaml.read_yaml(path)
    return f"{caught.value}\n{said('figure3', '-n', '--configfile', str(path))}"


def unknown_task() -> str:
    with pytest.raises(ValueError, match="task") as caught:
        linear_problem(np.ones((2, 1)), np.zeros(2), "logistic")
    return str(caught.value)


def told(*texts: str) -> Callable[[Path], str]:
    """What is said of a configuration with one text after another laid over it."""
    return lambda _: "\n".join(fault for text in texts for fault in faults(text))


def each_overlaid_by(*contents: str) -> Callable[[Path], str]:
    """What is said of one file of settings after another."""
    return lambda folder: "".join(overlaid_by(folder, content) for content in contents)


def multiplied() -> str:
    """Aliases that stand for 10⁹ values."""
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9)]
    return "\n".join(["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]", *levels])


def too_large(_: Path) -> str:
    table = pd.DataFrame({"mass": [1e160, 2e160, 1e159], "target": [0.5, 1.5, 1.0]})
    with pytest.raises(DatasetError) as caught:
        prepare(Raw(table, "target"), {"task": "regression"})
    return str(caught.value)


def no_source(_: Path) -> str:
    sources = (
        {"snapshot": "a1a", "url": "https://example.org/a.csv"},
        {"file": "a.csv", "sha256": 64 * "0"},
        {"snapshot": "a1a", "separator": ";"},
    )
    entries = [{"datasets": {"Mine": {"source": source}}} for source in sources]
    lines = [line for entry in entries for line in faults(yaml.safe_dump(entry))]
    for source in sources[:2]:
        with pytest.raises(DatasetError) as caught:
            kinds.kind(source)
        lines.append(str(caught.value))
    return "\n".join(lines)


def told_of(subject: str, *errors: Exception) -> str:
    """What a job says that ends with an error."""
    assert all(map(job.is_expected, errors))
    return "\n".join(f"{subject}: {job.explanation(error)}" for error in errors)


def users_files(folder: Path) -> Path:
    """A folder with a table of the user's where the pipeline has its own."""
    for name in ("Mine", "Boston"):
        write_text("x,y\n1,2\n", folder / f"data/{name}.csv")
    return folder


def ill_placed(folder: Path) -> str:
    (folder / "src").mkdir()
    return "\n".join(outputs.misplaced(folder / "src" / "mine", folder))


def clashing(folder: Path) -> str:
    sources = {"datasets.Mine.source.file": users_files(folder) / "data/Mine.csv"}
    return "\n".join(outputs.clashes(sources, ["Mine"], [folder]))


def overwriting(folder: Path) -> str:
    with pytest.raises(SystemExit) as caught:
        outputs.begin(users_files(folder), ["data/Boston.csv"])
    return str(caught.value)


def empty_report(folder: Path) -> str:
    reporter = object.__new__(report_page.Reporter)
    reporter.dag = SimpleNamespace(jobs=[], depending={}, bfs=lambda *_: [])
    reporter.results, reporter.jobs, reporter.rules = {}, [], {}
    with contextlib.chdir(folder), pytest.raises(WorkflowError) as caught:
        reporter.render()
    return str(caught.value)


# How to meet each message, by its heading; those of data sets that can't be used are from one run.
WAYS: dict[str, Callable[[Path], str]] = {
    "No suitable Python": without_python,
    "A .venv that make did not make": with_an_environment,
    "Windows": lambda folder: made(folder, OS="Windows_NT"),
    **dict.fromkeys(  # met in test_installation.py
        ["Installation takes a minute", "Packages that do not fit"],
        lambda _: "\n".join(re.findall('echo "(.*?)"', MAKEFILE)).replace("$(1)", LOCK_FILE),
    ),
    "A target that does not exist": lambda folder: said("figre3", "-n", "--directory", str(folder)),
    "A configuration file that does not exist": lambda folder: (
        said("figure1", "-n", "--directory", str(folder), "--configfile", "figure3")
        + overlaid_by(folder)
    ),
    "A file without keys": lambda folder: overlaid_by(folder, "# nothing yet"),
    "Not YAML": syntax_error,
    "A number or a text that YAML would read as something else": each_overlaid_by(
        *(f"\nmagnitude:\n    far: {value}\n" for value in ("010", "1:30", "2020-01-02"))
    ),
    "A file without end": each_overlaid_by(
        "note:\n - &a [*a]\n", multiplied(), f"note:\n  deep: {25 * '['}{25 * ']'}\n"
    ),
    "A number that is too large or too small": told(
        "vector_field: {damping: 1.0e-200}",
        "note: {repeats: 18446744073709551616}",
        "optimization: {step_sizes: {count: 1000000}}",
    ),
    "No prior": told("optimization: {prior_variance: none}"),
    "A text with a line end or another control character": told(
        r'datasets: {Mine: {title: "two\nlines"}}'
    ),
    "Distances that leave no slope": told("magnitude: {far: 1.0e+9}"),
    "A source that is not one source": no_source,
    "The note's constrained problem has no solution": lambda _: told_of(
        "note",
        StepNotFoundError(1e-50, "Singular matrix C in LSQ subproblem"),
        StepNotFoundError(1e4, "the update falls short of it, stretched tenfold"),
    ),
    "Not enough memory": lambda _: told_of(
        "grid of NGD on Mine",
        MemoryError(
            "Unable to allocate 7.45 GiB for an array with shape (32, 5590, 5590) and data type "
            "float64"
        ),
    ),
    "Too many faults to tell": told("\n".join(f"key{number}: 1" for number in range(1000))),
    "Numbers that can't be squared": too_large,
    "A key that does not exist": told("optimization: {itrations: 5}"),
    "A number that YAML reads as text": told("optimization: {step_sizes: {low: 1e-20}}"),
    "A value that is not allowed": told(
        "optimization: {iterations: 99.5, search: quick, datasets: [a/b], probability_clip: 0.5}"
    ),
    "A method that does not exist": told("optimization: {methods: [GD, NGD, EFGD, Sophia]}"),
    "A range that is empty": told("optimization: {dampings: {low: 10.0, high: 0.1}}"),
    "A key that is missing": told("datasets: {Mine: {task: binary}}"),
    "A data set that does not exist": told("optimization: {datasets: [Bostn]}"),
    "A data set of the wrong kind": told("scaling: {dataset: a1a}"),
    "A network where a linear model is needed": told(
        "datasets: {Boston: {model: {network: {hidden: [16]}}}}"
    ),
    "A name that can't be one": told("datasets: {a/b: {task: binary, source: {snapshot: a1a}}}"),
    "A file of yours where runs write": clashing,
    "A table of yours in the place of a prepared one": lambda folder: "\n".join(
        outputs.strays(["Mine"], users_files(folder))
    ),
    "An output folder inside the repository's own": ill_placed,
    "Files that are not the pipeline's": overwriting,
    "A report without its figures": empty_report,
    "An unknown task": lambda _: unknown_task(),
}
OF_DATA = [
    "The snapshot does not exist",
    "The snapshot was changed",
    "The snapshot is missing",
    "It is not what was expected",
    "A column of text",
    "Values are missing",
    "A file that is not there",
    "Several things are in the way of a table",
    "Numbers with other marks",
    "Text among numbers",
    "A file of one's own that is too large, or holds what can't be kept",
    "It has not two classes",
]
OF_A_RUN = [
    "A number of the rows as a feature",
    "The loss has no minimum",
    "Features depend on one another",
]


def test_every_message_of_the_page_can_be_met() -> None:
    assert sorted([*WAYS, *OF_DATA, *OF_A_RUN]) == sorted(TITLES)


@pytest.mark.parametrize("title", WAYS)
def test_a_message_is_word_for_word_what_the_page_says(title: str, tmp_path: Path) -> None:
    assert_says(WAYS[title](tmp_path), title)


@pytest.mark.parametrize("title", OF_DATA)
def test_a_fault_of_a_data_set_is_word_for_word_what_the_page_says(
    title: str, refusals: str
) -> None:
    assert_says(refusals, title)


@pytest.mark.parametrize("title", OF_A_RUN)
def test_what_a_run_says_of_its_data_is_word_for_word_what_the_page_says(
    title: str, failed_run: str
) -> None:
    assert_says(failed_run, title)


def assert_says(output: str, title: str) -> None:
    """Every line of the page's messages stands at the end of a line; … is anything."""
    for message in sections()[title]:
        for line in message.splitlines():
            pattern = ".*".join(re.escape(part) for part in line.split("…"))
            assert re.search(rf"(?:^|[\s:]){pattern}(?:  Stop\.)?$", output, re.M), output
