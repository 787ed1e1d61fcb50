"""Where a data set came from is recorded once, and another version is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import refusal
from empirical_fisher.data.origins import confirm

ORIGIN = {"id": 7, "version": 1, "sha256": "a" * 64}
SOURCE = {"openml": 7}


def test_an_origin_is_recorded_once_and_confirmed_ever_after(tmp_path: Path) -> None:
    for _ in range(2):
        confirm("Tiny", SOURCE, ORIGIN, tmp_path / "origins")
    [path] = (tmp_path / "origins").iterdir()
    before = path.stat().st_mtime_ns
    confirm("Tiny", SOURCE, ORIGIN, tmp_path / "origins")
    assert path.name == "Tiny.yaml" and path.stat().st_mtime_ns == before


def test_another_version_than_recorded_is_refused_until_the_record_is_deleted(
    tmp_path: Path,
) -> None:
    confirm("Tiny", SOURCE, ORIGIN, tmp_path)
    other = {**ORIGIN, "version": 2, "sha256": "b" * 64}
    path = tmp_path / "Tiny.yaml"
    for _ in range(2):
        with refusal(
            "the source gave another version than the first time: "
            f"version was 1 and is 2, sha256 was {'a' * 64} and is {'b' * 64}; "
            f"to accept it, delete {path} and run again"
        ):
            confirm("Tiny", SOURCE, other, tmp_path)
    path.unlink()
    confirm("Tiny", SOURCE, other, tmp_path)
    with refusal("version was 2 and is 1"):
        confirm("Tiny", SOURCE, ORIGIN, tmp_path)


def test_another_source_is_recorded_anew(tmp_path: Path) -> None:
    confirm("Tiny", SOURCE, ORIGIN, tmp_path)
    other = {**ORIGIN, "id": 8}
    confirm("Tiny", {"openml": 8}, other, tmp_path)
    with refusal("id was 8 and is 7"):
        confirm("Tiny", {"openml": 8}, ORIGIN, tmp_path)


@pytest.mark.parametrize("text", ["{", "", "- 1", "origin: 3", b"\xff", "a: *b"])
def test_a_record_that_is_none_is_told(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "Tiny.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with refusal(str(path), "restore or delete it"):
        confirm("Tiny", SOURCE, ORIGIN, tmp_path)


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "origins").write_text("a file in the way")
    with refusal(f"{tmp_path / 'origins'}"):
        confirm("Tiny", SOURCE, ORIGIN, tmp_path / "origins")
