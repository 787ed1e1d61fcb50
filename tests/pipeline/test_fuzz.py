"""Whatever is written into a configuration, the outcome is a plan or lines that a person can read.

Mutations are drawn from seeds; a test that fails names the seed and what was changed.
"""

from __future__ import annotations

import copy
import datetime
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from empirical_fisher.pipeline import configuration, conversion
from pipeline import SCHEMA, TINY, snakemake

MUTATIONS = 600
LONGEST_LINE = 6000  #: characters, with a path and a list of all that is allowed

ODD: list[Any] = [
    *(0, 1, -1, 2, 3, 10**6, 2**31, 2**32, 2**63, 2**64, 10**400, -(10**400), True, False, None),
    *(0.0, -0.0, 1.0, 0.5, -1.5, 5e-324, 1e-200, 1e-50, 1e50, 1e200, 1.7e308),
    *(float("inf"), -float("inf"), float("nan")),
    *("", " ", "a", "none", "1e-3", "010", "1:30", ".inf", "nan", "yes", "1" * 5000, "é" * 10**6),
    *(
        "two\nlines",
        "tab\t",
        "\0",
        "\x1b[31m",
        "\ud800",
        "θ*",
        "日本",
        "🙂",
        "\u202e",
        "../x",
        "/etc",
    ),
    *(
        "$\\frac{",
        "$$",
        "$x$ and $",
        "{dataset}",
        "{{",
        "%s",
        "<script>",
        "a" * 101,
        "Boston",
        "GD",
    ),
    *([], [[]], [None], [1, 1], [1, 1.0], [1, 2], [2, 1], ["GD"], ["Boston", "Boston"], [{}] * 3),
    *({}, {"low": 1, "high": 2, "count": 3}, {"": 0}, {None: 1}, {1: 2}, {(1, 2): 3}, {"a\nb": 1}),
    *(datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 1), b"bytes", {"a", "b"}, (1, 2)),
    *(list(range(2000)), {f"k{i}": i for i in range(2000)}, ["x" * 1000] * 1000),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a configuration."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, child in children:
        found.append((*path, key))
        if isinstance(child, dict | list):
            found += places(child, (*path, key))
    return found


def mutate(config: dict[str, Any], draw: random.Random) -> str:
    """Change one thing, and say what."""
    *parents, key = draw.choice(places(config))
    node: Any = config
    for parent in parents:
        node = node[parent]
    old = node[key]
    where = ".".join(map(str, [*parents, key]))
    change = draw.choice(["odd", "odd", "odd", "delete", "add", "swap", "scale", "negate", "kind"])
    if change == "delete":
        del node[key]
        return f"{where} is gone"
    if change == "add" and isinstance(node, dict):
        name = draw.choice([value for value in ODD if isinstance(value, str | int | None)])
        node[name] = draw.choice(ODD)
        return f"{where} has a neighbour {str(name)[:20]!r}" if name != 10**400 else "a huge key"
    new = draw.choice(ODD)
    if change == "swap" and isinstance(old, dict):
        new = list(old.values())
    elif change == "swap" and isinstance(old, list):
        new = {str(position): child for position, child in enumerate(old)}
    elif isinstance(old, int | float):
        if change == "scale":
            new = old * draw.choice([0, 0.1, 10, 1000])
        elif change == "negate":
            new = -old
        elif change == "kind":
            new = float(old) if isinstance(old, int) else str(old)
    node[key] = new
    shown = f"a number of {new.bit_length()} bits" if isinstance(new, int) else repr(new)[:60]
    return f"{where} is {shown}"


def mutation(seed: int) -> tuple[str, dict[str, Any]]:
    """A configuration with one to three changes, and these in words."""
    draw = random.Random(seed)
    config = copy.deepcopy(TINY)
    changes = [mutate(config, draw) for _ in range(draw.choice([1, 1, 2, 3]))]
    return f"seed {seed}: " + "; ".join(changes), config


@pytest.mark.parametrize("block", range(10))
def test_every_mutation_is_sound_or_told_in_short_lines(block: int) -> None:
    for seed in range(block, MUTATIONS, 10):
        changes, config = mutation(seed)
        try:
            lines = configuration.faults(config, SCHEMA)
            whole = conversion.floats(config, SCHEMA) if not lines else None
        except Exception as error:
            raise AssertionError(changes) from error
        assert len(lines) <= configuration.MOST_FAULTS + 1, changes
        for line in lines:
            assert 0 < len(line) <= LONGEST_LINE, changes
            assert line.isprintable(), (changes, line)
        assert lines or whole == config, changes


def test_some_mutations_are_sound_and_most_are_not() -> None:
    sound = [not configuration.faults(mutation(seed)[1], SCHEMA) for seed in range(0, MUTATIONS, 6)]
    assert 5 <= sum(sound) <= 60


def sound_mutation(seed: int) -> tuple[str, dict[str, Any]]:
    """The first mutation without faults among a thousand seeds."""
    drawn = (mutation(1000 * seed + more) for more in range(1000))
    return next(
        (changes, config)
        for changes, config in drawn
        if config != TINY and not configuration.faults(config, SCHEMA)
    )


def write(config: dict[str, Any], folder: Path) -> Path:
    path = folder / "mutated.yaml"
    text = yaml.safe_dump(config, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_sound_mutation_is_a_plan(seed: int, tmp_path: Path) -> None:
    changes, config = sound_mutation(seed)
    path = write(config, tmp_path)
    run = snakemake(Path.cwd(), "--dry-run", "--directory", tmp_path, "--configfile", path)
    assert run.returncode == 0, (changes, run.stdout[-3000:])
    assert "This was a dry-run" in run.stdout, changes


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5, 8))
def test_a_sound_mutation_runs(seed: int, tmp_path: Path) -> None:
    changes, config = sound_mutation(seed)
    path = write(config, tmp_path)
    targets = ["figure1", "figure4", "figure6", "magnitude_figure"]
    options = ["--cores", "2", "--keep-going", "--directory", tmp_path, "--configfile", path]
    run = snakemake(Path.cwd(), *targets, *options)
    told = run.returncode == 0 or "unexpected" not in run.stdout
    assert told and "Traceback" not in run.stdout, (changes, run.stdout[-5000:])
