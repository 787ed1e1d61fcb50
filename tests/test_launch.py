"""How make starts Snakemake: settings are read first, little is said, and any folder will do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from pipeline import HANG, copy_to, environment

sys.path.extend([str(ROOT / "workflow"), str(ROOT / "workflow" / "terminal")])
import launch
import snakemake_logger_plugin_brief as brief


def ran(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run its interpreter to its end; output and errors in one."""
    return subprocess.run(
        [clone / ".venv" / "bin" / "python", *command],
        cwd=clone,
        env=environment(PATH="/usr/local/bin:/usr/bin:/bin"),  # as if .venv were not activated
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=HANG,
    )


# Settings


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "mine.yaml can't be read: No such file or directory"),
        ("", "mine.yaml must have keys at its top level, like config.yaml"),
        ("- 1\n", "mine.yaml must have keys at its top level, like config.yaml"),
        ("a: [1\n", "mine.yaml, line 2, column 1: not valid YAML: expected ',' or ']'"),
        ("a: größer\n", "mine.yaml, line 1: byte 0xf6 is not UTF-8"),
    ],
)
def test_a_file_of_settings_that_cannot_be_read_is_told_before_snakemake_starts(
    tmp_path: Path, content: str | None, fault: str
) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(SystemExit) as ended:
        launch.main(["--cores", "1", "--configfile", str(path), "--", "figure1"])
    assert fault in str(ended.value)
    assert "\n" not in str(ended.value)


def test_a_folder_is_no_file_of_settings(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="can't be read: Is a directory"):
        launch.main(["--cores", "1", "--configfile", str(ROOT / "config.yaml"), str(tmp_path)])


@pytest.mark.parametrize("target", ["figures", "report"])
def test_names_given_to_make_may_have_spaces(tmp_path: Path, target: str) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for name in ("requirements.txt", "requirements-uv.txt", ".venv/.requirements"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    command = ["make", target, "CONFIG=my files/a file.yaml", "OUT=my own"]
    told = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, encoding="utf-8")
    assert {"my files/a file.yaml", "my own"} < set(told.stdout.splitlines())


# Where the clone is


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in a folder with a trying name, and in it a .venv, which is this environment."""
    folder = copy_to(tmp_path_factory.mktemp("clone") / "größer & it's 5 $")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_jobs_start_from_a_path_with_spaces_and_signs(clone: Path) -> None:
    ended = ran(clone, "-m", "snakemake", "--cores", "1", "--", "data/Boston.csv")
    assert ended.returncode == 0, ended.stdout
    assert (clone / "data" / "Boston.csv").exists()


# What is said

FIGURE1 = """3 jobs to do; logs/ has what they say.
[0/3] dataset LognormalLine
[1/3] vector_field
[2/3] figure1
Made 1 figure and 6 other files in 0 s.
See out/figures/figure1_vector_fields.pdf
"""
NOTHING = """Nothing had to be done: all is up to date.
See out/figures, out/results
"""
OPTIONS = ("--cores", "2", "--directory", "out", "--configfile", "tests/config.yaml")


def test_a_run_says_what_it_made_and_what_to_see(clone: Path) -> None:
    for told in (FIGURE1, NOTHING):
        ended = ran(clone, "workflow/launch.py", *OPTIONS, "--", "figure1")
        assert ended.returncode == 0, ended.stdout
        assert re.sub(r"in \d+ (min \d+ )?s\.", "in 0 s.", ended.stdout) == told


def test_a_run_that_fails_says_why_at_the_end_and_names_no_modules(clone: Path) -> None:
    overlay = clone / "wrong.yaml"
    overlay.write_text("datasets: {Yacht: {expect: {rows: 3}}}", encoding="utf-8")
    ended = ran(clone, "workflow/launch.py", *OPTIONS, str(overlay), "--", "data/Yacht.csv")
    assert ended.returncode == 1
    *before, cause, log = ended.stdout.splitlines()
    assert cause == "  datasets.Yacht: expected 3 rows, found 308"
    assert log == "    log: logs/data/Yacht.log"
    assert "Error in rule dataset:" in before
    assert "src/empirical_fisher" not in ended.stdout
    assert "Made" not in ended.stdout


@pytest.mark.parametrize(
    ("made", "seconds", "line"),
    [
        ([], 1.0, "Nothing had to be done: all is up to date."),
        (["a.pdf", "a.png", "a.svg", "b.csv"], 59.4, "Made 1 figure and 1 other file in 59 s."),
        (["a.csv", "b.csv"], 59.6, "Made 0 figures and 2 other files in 1 min 0 s."),
    ],
)
def test_what_was_made_is_counted(made: list[str], seconds: float, line: str) -> None:
    assert brief.said(made, seconds) == line


def test_few_figures_are_named_and_otherwise_their_folder_if_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    figures = [f"figures/{letter}.pdf" for letter in "abcd"]
    assert brief.to_open([*figures[:3], "results/claims.md"], tmp_path) == figures[:3]
    assert brief.to_open(figures, tmp_path) == ["results"]
    (tmp_path / "figures").mkdir()
    (tmp_path / "results" / "claims.md").touch()
    assert brief.to_open([], tmp_path) == ["figures", "results", "results/claims.md"]
