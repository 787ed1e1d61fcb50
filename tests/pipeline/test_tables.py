"""Tables survive the disk bit for bit, and a failed write leaves the old one."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import paper_table
from empirical_fisher.pipeline.tables import read_csv, write_csv


def bits(values: pd.Series) -> list[bytes]:
    return [struct.pack("<d", value) for value in values]


def test_floats_survive_the_disk_bit_for_bit(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    patterns = generator.integers(0, 2**64, 5000, dtype=np.uint64).view(float)
    extremes = [0.0, -0.0, 0.1 + 0.2, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
    infinities = [np.inf, -np.inf]
    values = pd.Series([*extremes, *infinities, *patterns[np.isfinite(patterns)]])
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"value": values}), path)
    assert bits(read_csv(path)["value"]) == bits(values)


def test_gaps_whole_numbers_and_text_survive_the_disk(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "z last, first here": [1.5, np.nan],
            "whole": [2**62 + 1, -3],
            "text": ["naïve, “quoted”", 'γ "λ"\nθ'],
            "empty": [np.nan, np.nan],
        }
    )
    path = tmp_path / "not" / "yet" / "there" / "table.csv"
    write_csv(table, path)
    again = read_csv(path)
    assert list(again.columns) == list(table.columns)
    assert again["whole"].dtype == np.int64
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)


def test_a_csv_has_a_header_bare_newlines_empty_gaps_and_utf_8(tmp_path: Path) -> None:
    table = pd.DataFrame({"step_size": [1e-20, 0.1], "damping": [np.nan, 1.0], "γ": ["é", "b"]})
    path = tmp_path / "table.csv"
    write_csv(table, path)
    assert path.read_bytes() == "step_size,damping,γ\n1e-20,,é\n0.1,1.0,b\n".encode()


class Unwritable:
    """An entry that fails once the file has been begun."""

    def __str__(self) -> str:
        raise RuntimeError("the disk is full, say")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_csv(pd.DataFrame({"x": [1, Unwritable()]}), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_write_to_where_it_can_not_go_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "table.csv"
    folder.mkdir()
    with pytest.raises(OSError, match=r"table\.csv"):
        write_csv(pd.DataFrame({"x": [1]}), folder)
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_data_set_round_trips_with_its_columns_in_order(tmp_path: Path) -> None:
    table, _ = paper_table("Boston")
    write_csv(table, tmp_path / "Boston.csv")
    again = read_csv(tmp_path / "Boston.csv")
    assert list(again.columns) == list(table.columns)
    np.testing.assert_array_equal(again, table)
