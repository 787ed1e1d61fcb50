"""An ordinary table of one's own: all that is wrong with it is told at once, and the second try
works."""

from __future__ import annotations

import csv
import io
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from empirical_fisher.data.datasets import DatasetError, from_table, read, write
from empirical_fisher.data.preparation import prepare
from empirical_fisher.data.sources.kinds import load
from pipeline import snakemake

ROWS = 60
DISTRICTS = ("North", "South", "Centre")


def flats() -> list[dict[str, Any]]:
    """What the table says, as numbers and text."""
    draw = random.Random(0)
    return [
        {
            "": row,
            "id": f"A-{row:04d}",
            "built": f"{1 + row % 28:02d}.{1 + row % 12:02d}.{1990 + row % 30}",
            "remarks": f"seen by {draw.randrange(10**6)}, called back",
            "district": draw.choice(DISTRICTS),
            "area": None if row % 9 == 4 else round(draw.uniform(30, 90), 1),
            "inhabitants": 27_096 + 1_001 * row,
            "garage": draw.choice(["yes", "no"]),
            "rooms": draw.randint(1, 5),
            "comment": None,
            "rent": round(draw.uniform(400, 2500), 2),
        }
        for row in range(ROWS)
    ]


def messy(separator: str, decimal: str, thousands: str) -> str:
    """The same, as a spreadsheet exports it in some country."""

    def field(value: Any) -> str:
        if value is None:
            return ""
        text = str(value)
        if isinstance(value, float) or (isinstance(value, int) and value > 999):
            groups = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
            text = groups.translate(str.maketrans({",": thousands, ".": decimal}))
        return f'"{text}"' if separator in text else text

    rows = flats()
    lines = [[*rows[0]], *([field(value) for value in row.values()] for row in rows)]
    return "\n".join(separator.join(line) for line in lines) + "\n"


def lines_to_write(message: str) -> dict[str, Any]:
    """The YAML in a message, as it would be pasted."""
    return yaml.safe_load(re.split(r"^.*in place of.*\n", message, flags=re.M)[1])


EXPORTS = [(";", ",", "."), (",", ".", ","), ("\t", ",", " "), (";", ".", "'"), ("|", ",", "")]


@pytest.mark.parametrize(("separator", "decimal", "thousands"), EXPORTS)
def test_two_attempts_are_enough(
    tmp_path: Path, separator: str, decimal: str, thousands: str
) -> None:
    (tmp_path / "mine.csv").write_text(messy(separator, decimal, thousands), encoding="utf-8")
    entry = {"source": {"file": "mine.csv"}, "target": "rent", "drop": ["id"]}
    with pytest.raises(DatasetError) as caught:
        prepare(load(entry, tmp_path), entry)
    message = str(caught.value)
    for column in ("Unnamed: 0", "built", "remarks", "comment", "district", "area"):
        assert column in message
    assert "'id'" not in message
    assert len(message) < 3000

    entry |= lines_to_write(message)
    table, facts = prepare(load(entry, tmp_path), entry)
    kept = [row for row in flats() if row["area"] is not None]
    expected = {
        **{
            f"district={name}": [row["district"] == name for row in kept]
            for name in sorted(DISTRICTS)
        },
        **{name: [row[name] for row in kept] for name in ("area", "inhabitants")},
        "garage": [row["garage"] == "yes" for row in kept],
        "rooms": [row["rooms"] for row in kept],
        "target": [row["rent"] for row in kept],
    }
    assert list(table) == [*expected]
    for name, values in expected.items():
        np.testing.assert_array_equal(table[name], np.array(values, dtype=float))
    write(table, facts, tmp_path / "Mine.csv")
    np.testing.assert_array_equal(read(tmp_path / "Mine.csv").inputs[:, 4], expected["inhabitants"])


NAMES = ["x", "a\nb", "y;z", "é", 'q"q', "", "Unnamed: 0", "null", "target", "1.5"]
KINDS = [
    *(["1", "2", "3.5", "-1e3", "4", " 7 "], ["3,5", "1.234,5", "7"], ["27,096", "1,000", "8"]),
    *(["a", "b c", "é", "a\nb", 'q"q', ";"], ["yes", "no"], ["01", "1", "007"]),
    *(["2020-01-01", "10:30"], ["1", "2", "NA", "?", ""], ["1", "inf"], ["9" * 25, str(2**63)]),
]


CHOICES = st.fixed_dictionaries(
    {
        "task": st.sampled_from(["regression", "binary", "multiclass"]),
        "categorical": st.sampled_from(["one-hot", "drop", "error"]),
        "missing": st.sampled_from(["drop-rows", "median", "error"]),
        "drop": st.sampled_from([[], ["Unnamed: 0"], ["Unnamed: 0", "Unnamed: 1"]]),
        "standardize": st.booleans(),
    }
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "separator": st.sampled_from(list(",;\t|")),
        "decimal": st.sampled_from(list(".,")),
        "thousands": st.sampled_from(list(",.' ")),
    },
)


@st.composite
def exports(draw: st.DrawFn) -> str:
    """A CSV whose columns hold values of one kind each, or of two."""
    rows = draw(st.integers(1, 8))
    columns = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True)):
        kinds = draw(
            st.lists(st.sampled_from(KINDS), min_size=1, max_size=draw(st.sampled_from([1, 1, 2])))
        )
        cells = st.sampled_from([value for kind in kinds for value in kind])
        columns.append([name, *draw(st.lists(cells, min_size=rows, max_size=rows))])
    separator = draw(st.sampled_from(list(",;\t|")))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting).writerows(zip(*columns, strict=True))
    return text.getvalue()


@settings(max_examples=100)
@given(exports(), OPTIONS, CHOICES)
def test_any_csv_is_refused_in_words_or_survives_the_disk(
    tmp_path_factory: pytest.TempPathFactory, text: str, options: dict, choices: dict
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.csv").write_text(text, encoding="utf-8")
    entry: dict[str, Any] = {"source": {"file": "any.csv", **options}, **choices}
    for _ in range(3):
        try:
            raw = load(entry, folder)
            entry["drop"] = [name for name in entry["drop"] if name in raw.table]
            entry["target"] = raw.table.columns[-1].replace("\n", " ")
            table, facts = prepare(raw, entry)
            break
        except DatasetError as error:
            message = str(error)
            assert 0 < len(message) < 5000
            entry |= lines_to_write(message) if "in place of" in message else {}
    else:
        return
    write(table, facts, folder / "Any.csv")
    found, kept = read(folder / "Any.csv"), from_table(table, facts["task"])
    np.testing.assert_array_equal(found.inputs, kept.inputs)
    np.testing.assert_array_equal(found.targets, kept.targets)


def test_the_pipeline_reads_it_beside_its_overlay_and_tells_all_at_its_end(tmp_path: Path) -> None:
    own, folder = tmp_path / "own data", tmp_path / "run"
    own.mkdir()
    (own / "mine.csv").write_text(messy(";", ",", "."), encoding="utf-8")
    overlay = own / "mine.yaml"

    def run(entry: dict[str, Any]) -> tuple[int, str]:
        overlay.write_text(yaml.safe_dump({"datasets": {"Mine": entry}}), encoding="utf-8")
        options = ("--cores", "1", "--directory", folder, "--configfile", overlay)
        ended = snakemake(ROOT, *options, "--", "data/Mine.csv")
        return ended.returncode, ended.stdout

    entry: dict[str, Any] = {"source": {"file": "mine.csv"}, "target": "rent"}
    code, said = run(entry)
    assert code == 1
    summary = said.rpartition("\nNot all is done: ")[2]
    entry |= lines_to_write(summary.partition("    log:")[0])
    code, said = run(entry)
    assert code == 0, said
    assert len(pd.read_csv(folder / "data" / "Mine.csv")) == sum(
        row["area"] is not None for row in flats()
    )
    record = yaml.safe_load((folder / "data" / "Mine.yaml").read_text("utf-8"))
    assert record["origin"]["file"] == "mine.csv"
