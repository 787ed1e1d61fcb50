"""Every kind of source is in one table, and what is in none is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.data.sources import kinds
from pipeline import SCHEMA

FOLDER = Path(kinds.__file__).parent
KEYS = SCHEMA["properties"]["datasets"]["additionalProperties"]["properties"]["source"]


def test_every_file_of_a_kind_is_in_the_table() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")}
    assert files - {"__init__", "kinds", "source"} == {*kinds.KINDS}


def test_the_schema_knows_the_kinds_and_their_details() -> None:
    details = {detail for name in kinds.KINDS for detail in kinds.details(name)}
    assert {*KEYS["properties"]} == {*kinds.KINDS} | details


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"poisson_line": {"seed": 0}}, "names poisson_line; it must name one of openml, url, "),
        ({}, "names nothing; it must name one of "),
        ({"file": "a.csv", "url": "https://x.org/a.csv"}, "names file and url; it must name one "),
        ({"file": "a.csv", "sha256": 64 * "0"}, "sha256 can't be said of file"),
        ({"normal_line": {}, "decimal": ","}, "decimal can't be said of normal_line"),
    ],
)
def test_what_is_no_source_is_refused(source: dict, reason: str) -> None:
    with pytest.raises(DatasetError, match=f"^source: {reason}"):
        kinds.load({"source": source}, Path())


def test_only_what_comes_over_the_network_is_remote() -> None:
    sources = {"openml": 1, "url": "https://x.org/a.csv", "file": "a.csv", "snapshot": "a1a"}
    remote = [name for name, value in sources.items() if kinds.is_remote({name: value})]
    assert remote == ["openml", "url"]
    assert not kinds.is_remote({"gaussian_classes": {"seed": 0}})
