"""The workflow as a module of another workflow, as docs/how-to/use-as-a-module.md has it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT
from pipeline import HANG, environment

HOW_TO = (ROOT / "docs/how-to/use-as-a-module.md").read_text("utf-8")
TINY = "{arrows: 3, contour_points: 4, trajectories: {points: 20, kept: 8}}"
FIGURE = "figures/figure1_vector_fields.pdf"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A folder with the workflow of the page, its settings as small as they may be."""
    snakefile, _ = re.findall(r"^```text\n(.*?)^```$", HOW_TO, re.M | re.S)
    assert snakefile.count("/path/to/the/repository") == 1
    workflow = snakefile.replace("/path/to/the/repository", str(ROOT))
    (tmp_path / "Snakefile").write_text(workflow, "utf-8")
    (tmp_path / "mine.yaml").write_text(f"colour: red\npaper: {{vector_field: {TINY}}}\n", "utf-8")
    return tmp_path


def snakemake(folder: Path, *options: str) -> str:
    """All that Snakemake says in a folder without a profile."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *options],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=HANG,
    ).stdout


def test_another_workflow_draws_figure_1_with_settings_of_its_own(other: Path) -> None:
    output = snakemake(other)
    assert (other / FIGURE).exists(), output
    field = pd.read_csv(other / "results/vector_field/field.csv")
    assert len(field) == 3 * 3**2  # methods, arrows
    assert (other / "copy.pdf").read_bytes() == (other / FIGURE).read_bytes()


def test_a_module_without_settings_of_its_own_has_those_of_config_yaml(other: Path) -> None:
    snakefile = (other / "Snakefile").read_text("utf-8")
    plain = re.sub(r"^ *config: .*\n|^configfile: .*\n", "", snakefile, flags=re.M)
    (other / "Snakefile").write_text(plain, "utf-8")
    assert "paper_figure1" in snakemake(other, "-n")


def test_a_fault_of_a_modules_settings_ends_before_any_job(other: Path) -> None:
    settings = (other / "mine.yaml").read_text("utf-8")
    (other / "mine.yaml").write_text(settings.replace("arrows", "arows"), "utf-8")
    assert "vector_field.arows: unknown key (did you mean arrows?)" in snakemake(other)
    assert not (other / "results").exists()


def test_a_module_overwrites_no_file_of_the_users(other: Path) -> None:
    (other / "data").mkdir()
    (other / "data/LognormalLine.csv").write_text("mine\n", "utf-8")
    output = snakemake(other, "--forceall")
    assert "but no run wrote what is there; move it elsewhere, or delete it" in output
    assert (other / "data/LognormalLine.csv").read_text("utf-8") == "mine\n"
