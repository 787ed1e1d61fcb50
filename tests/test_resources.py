"""What jobs ask a cluster for: every rule asks, and for the more the more there is to do."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from snakemake.iocontainers import InputFiles

from conftest import CONFIG, ROOT
from pipeline import RULES, rules


def functions(config: dict[str, Any] = CONFIG) -> SimpleNamespace:
    """What the files of functions define, as Snakemake would read them."""
    names = {"workflow": SimpleNamespace(current_basedir=RULES), "config": config}
    for file in ("common.smk", "resources.smk"):
        exec(compile((RULES / file).read_text("utf-8"), file, "exec"), names)
    return SimpleNamespace(**names)


def inputs(path: Path) -> InputFiles:
    """A data file as the inputs of a rule."""
    return InputFiles(fromdict={"data": str(path)})


def table(path: Path, examples: int, features: int) -> InputFiles:
    """A data file of one-digit numbers, as the inputs of a rule."""
    header = ",".join([*(f"x{index}" for index in range(features)), "target"])
    rows = np.full((examples, features + 1), 7)
    np.savetxt(path, rows, fmt="%d", delimiter=",", header=header, comments="")
    return inputs(path)


@pytest.fixture
def data(tmp_path: Path) -> InputFiles:
    return table(tmp_path / "data.csv", 1000, 20)


NGD = SimpleNamespace(dataset="Boston", method="NGD")
GD = SimpleNamespace(dataset="Boston", method="GD")


def asked(data: InputFiles, wildcards: Any = NGD, attempt: int = 1, **options: Any) -> Any:
    """Megabytes and minutes that a shard asks for."""
    config = copy.deepcopy(CONFIG)
    config["optimization"].update(options)
    library = functions(config)
    resources = library.request(cells=library.shard_cells)
    return tuple(resources[name](wildcards, data, attempt) for name in ("mem_mb", "runtime"))


def test_every_rule_that_runs_a_script_asks_for_memory_and_time() -> None:
    running = {name: body for name, body in rules().items() if "    script:" in body}
    assert len(running) > 30
    silent = [
        name for name, body in running.items() if "resources:\n        **request(" not in body
    ]
    assert silent == []


@pytest.mark.parametrize("wildcards", [GD, NGD])
def test_each_attempt_asks_for_more(data: InputFiles, wildcards: Any) -> None:
    attempts = np.array([asked(data, wildcards, attempt) for attempt in (1, 2, 3)])
    assert (attempts / attempts[0]).tolist() == [[1, 1], [2, 2], [4, 3]]


def test_time_grows_with_the_grid_and_is_shared_by_the_shards(data: InputFiles) -> None:
    def minutes(**options: Any) -> int:
        return asked(data, **options)[1] - functions().MINUTES

    axis = CONFIG["optimization"]["step_sizes"]
    once = minutes(iterations=10_000)
    assert once > 50
    assert minutes(iterations=20_000) == pytest.approx(2 * once, abs=1)
    twice = minutes(iterations=10_000, step_sizes={**axis, "count": 2 * axis["count"]})
    assert twice == pytest.approx(2 * once, abs=1)
    halves = minutes(iterations=10_000, shards=2 * CONFIG["optimization"]["shards"])
    assert halves == pytest.approx(once / 2, abs=1)


def test_descents_without_damping_have_fewer_cells_and_need_less_time(
    data: InputFiles,
) -> None:
    assert asked(data, GD, iterations=10_000)[1] < asked(data, NGD, iterations=10_000)[1]


# Seconds that a step took, with one thread, as in docs/resources.md.
MEASURED = {
    (200, 5): 22e-6,
    (1000, 20): 73e-6,
    (1000, 100): 2.2e-3,
    (1000, 300): 6.8e-3,
    (2000, 500): 44e-3,
    (10_000, 20): 0.96e-3,
}


@pytest.mark.parametrize(("examples", "features"), MEASURED)
def test_time_is_enough_for_what_was_measured(tmp_path: Path, examples: int, features: int) -> None:
    data = table(tmp_path / "data.csv", examples, features)
    bound = functions().seconds_a_step(data.data)
    assert MEASURED[examples, features] < bound < 10 * MEASURED[examples, features]


def test_memory_grows_with_the_data_and_its_features(tmp_path: Path) -> None:
    small = asked(table(tmp_path / "small.csv", 1000, 20))[0]
    long = asked(table(tmp_path / "long.csv", 100_000, 20))[0]
    wide = asked(table(tmp_path / "wide.csv", 1000, 2000))[0]
    assert long > small + 3 * 8 * 100_000 * 21 / 1e6
    assert wide > small + 32 * 3 * 8 * 2000**2 / 1e6


def test_what_is_asked_can_be_told_within_an_event_loop(data: InputFiles) -> None:
    """Snakemake's report asks there, where `input.size_mb` leaves a coroutine unawaited."""

    async def within() -> Any:
        return asked(data)

    assert asyncio.run(within()) == asked(data)


def test_data_that_is_not_there_yet_is_told_so_that_snakemake_waits_for_it() -> None:
    """It looks for a FileNotFoundError that names an input."""
    absent = inputs(Path("data/absent.csv"))
    with pytest.raises(FileNotFoundError) as caught:
        asked(absent)
    assert caught.value.filename == absent.data


def test_the_groups_of_the_slurm_profile_are_of_rules_that_there_are() -> None:
    profile = yaml.safe_load((ROOT / "workflow/profiles/slurm/config.yaml").read_text("utf-8"))
    grouped = dict(pair.split("=") for pair in profile["groups"])
    text = (RULES / "optimization.smk").read_text("utf-8")
    assert [rule for rule in grouped if f"rule {rule}:" not in text] == []
    assert {pair.split("=")[0] for pair in profile["group-components"]} == {*grouped.values()}
