"""YAML is read as what it looks like, or refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from empirical_fisher.pipeline import strict_yaml


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("vector_field:\n  arrows: [1, 2\n  damping: 3\n", 3),
        ("a: 1\nb:\n\tc: 2\n", 3),
        ("a: 'open\n", 2),
        ("a: 1\nb: c: d\n", 2),
    ],
)
def test_a_syntax_error_is_told_with_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        strict_yaml.read_yaml(path)
    assert str(caught.value).startswith(f"{path}, line {line}, column ")
    assert "not valid YAML" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_yaml_is_read_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("title: θ*\n", encoding="utf-8")
    assert strict_yaml.read_yaml(path) == {"title": "θ*"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n", ", line 5, column 3: not valid YAML: "),
        (b"datasets: {}\noptimization: {}\ndatasets: {}\n", ", line 3, column 1: not valid YAML: "),
        (b"a: {b: 1, 'b': 2}\n", ", line 1, column 11: not valid YAML: "),
        (b"a: 1\nb: caf\xe9\n", ", line 2: byte 0xe9 is not UTF-8"),
        (
            b"a: 1\n\nb: \x07\n",
            ", line 3: not valid YAML: the control character U+0007 is not allowed",
        ),
    ],
)
def test_what_yaml_would_swallow_or_choke_on_is_told(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(SystemExit) as caught:
        strict_yaml.read_yaml(path)
    assert str(caught.value).startswith(f"{path}{fault}")
    assert "\n" not in str(caught.value)


def test_a_key_that_is_there_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("datasets:\n  A: {}\n  B: {}\n  A: {}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"line 4, .*: the key A is here and in line 2$"):
        strict_yaml.read_yaml(path)


def test_keys_that_are_merged_in_may_be_there_twice(tmp_path: Path) -> None:
    text = "x: &x {k: 1, l: 1}\ntop: {deep: &y {<<: *x, k: 2}}\nc: {<<: *y, l: 3}\n"
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert strict_yaml.read_yaml(path) == yaml.safe_load(text)


# What YAML would read as something else, and what never ends


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 010", ", line 1, column 4: 010 is another number in YAML: write quotes if it is text "
         "or 10 if it is that number"),
        ("a: [1, 1:30]", ", line 1, column 8: 1:30 is another number in YAML: write quotes if it "
         "is text"),
        ("a: 1:30.5", ", line 1, column 4: 1:30.5 is another number in YAML: write quotes if it "
         "is text"),
        ("a: 0x1f", ", line 1, column 4: 0x1f is another number in YAML: write quotes if it is "
         "text"),
        ("\na: 2020-01-02", ", line 2, column 4: 2020-01-02 is a date in YAML: write quotes if it "
         "is text"),
        ("a: " + "9" * 400, ", line 1, column 4: a whole number of 400 digits is too large"),
        ("a: " + "9" * 5000, ", line 1, column 4: a whole number of 5000 digits is too large"),
        ("a: !!int x", ", line 1, column 4: x is another number in YAML: write quotes if it is "
         "text"),
        ("a: !!float x", ", line 1, column 4: x is another number in YAML: write quotes if it is "
         "text"),
        ("a: !!bool x", ", line 1, column 4: x is neither true nor false"),
        ("a: !!set {x}", ", line 1, column 4: tag:yaml.org,2002:set is no kind of value that a "
         "configuration has"),
        ("a: !!binary aGk=", ", line 1, column 4: tag:yaml.org,2002:binary is no kind of value "
         "that a configuration has"),
        ("? [1, 2]\n: 3", ", line 1, column 3: a key must be text, not a list or a section"),
        ("a: &x [1, *x]", ", line 1, column 4: an alias refers to a value that contains it"),
        ("a: &x {b: *x}", ", line 1, column 4: an alias refers to a value that contains it"),
        ("a: " + 25 * "[" + 25 * "]", ", line 1, column 8: is nested more than 20 levels deep"),
        ("a: " + 5000 * "[", ": is nested more than 20 levels deep"),
    ],
)  # fmt: skip
def test_what_yaml_would_bend_is_refused_with_its_place(
    tmp_path: Path, text: str, line: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        strict_yaml.read_yaml(path)
    assert str(caught.value) == f"{path}{line}"


@pytest.mark.parametrize("merged", [False, True])
def test_aliases_that_multiply_are_refused_at_once(tmp_path: Path, merged: bool) -> None:
    parts = ["a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}"]
    for level in range(1, 15):
        below = ", ".join([f"*a{level - 1}"] * 9)
        parts.append(f"a{level}: &a{level} {{{'<<' if merged else 'k'}: [{below}]}}")
    path = tmp_path / "mine.yaml"
    path.write_text("\n".join(parts), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"has more than 100,000 values|nested more than 20"):
        strict_yaml.read_yaml(path)


@pytest.mark.parametrize(
    "text", ["a: 10", "a: -3", "a: +3", "a: 0", "a: 1_000", "a: 1.5", "a: 1.0e-8", "a: .inf",
             "a: '010'", "a: '1:30'", "a: '2020-01-02'", "a: 010.5", "a: -.inf", "a: .nan",
             "a: yes", "a: ~", "a: &x [1]\nb: [*x, *x]", "", "a: 08"]
)  # fmt: skip
def test_what_is_what_it_looks_like_is_read_as_yaml_reads_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    assert repr(strict_yaml.read_yaml(path)) == repr(yaml.safe_load(text))
