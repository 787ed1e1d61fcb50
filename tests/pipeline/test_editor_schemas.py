"""The first line of each configuration leads editors to a schema that is right for it."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from conftest import ROOT

FILES = [ROOT / "config.yaml", ROOT / "tests/config.yaml", *sorted(ROOT.glob("examples/*.yaml"))]
OVERLAY = ROOT / "workflow/schemas/overlay.schema.json"


def schema_of(path: Path) -> Path:
    """The schema that the first line of a file names."""
    first = path.read_text("utf-8").partition("\n")[0]
    [named] = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", first)
    return path.parent / named


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_right_by_the_schema_that_its_first_line_names(path: Path) -> None:
    schema = schema_of(path)
    read = json.loads if schema.suffix == ".json" else yaml.safe_load
    validator = Draft202012Validator(read(schema.read_text("utf-8")))
    content = yaml.safe_load(path.read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(content)] == []


def test_the_schema_of_overlays_is_that_of_today() -> None:
    made = runpy.run_path(str(ROOT / "workflow/overlay_schema.py"))["overlay_schema"]()
    assert OVERLAY.read_text("utf-8") == made, "run .venv/bin/python workflow/overlay_schema.py"


@pytest.mark.parametrize(
    "wrong", ["optimization: {itrations: 5}", "optimization: {iterations: many}"]
)
def test_the_schema_of_overlays_finds_what_is_wrong(wrong: str) -> None:
    schema = json.loads(OVERLAY.read_text("utf-8"))
    assert not Draft202012Validator(schema).is_valid(yaml.safe_load(wrong))
