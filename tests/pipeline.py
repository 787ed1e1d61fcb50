"""The pipeline's rules, its configuration, its command, a copy of what it needs, and a tiny run."""

from __future__ import annotations

import copy
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from snakemake.utils import update_config

from conftest import CONFIG, ROOT
from empirical_fisher.pipeline import configuration, schema

HANG = 3600  #: seconds after which a run hangs, however busy the machine
PARTS = (
    *("Snakefile", "config.yaml", "environment.yml", "pyproject.toml", "tests/config.yaml"),
    *("src", "workflow", "data/snapshots"),
)


RULES = ROOT / "workflow" / "rules"
WORKFLOW = "\n".join(path.read_text("utf-8") for path in sorted(RULES.glob("*.smk")))
SCHEMA = schema.read(ROOT / "workflow/schemas/config.schema.yaml")


def rules() -> dict[str, str]:
    """The body of each rule that is written out, not made from another by ``use rule``."""
    return dict(re.findall(r"^rule (\w+):\n((?:    .*\n|\n)*)", WORKFLOW, re.M))


def overlaid(text: str) -> dict[str, Any]:
    """config.yaml with a text in YAML laid over it, as --configfile does."""
    config = copy.deepcopy(CONFIG)
    update_config(config, yaml.safe_load(text))
    return config


def faults(text: str) -> list[str]:
    """What is wrong with that."""
    return configuration.faults(overlaid(text), SCHEMA)


TINY = overlaid((ROOT / "tests" / "config.yaml").read_text("utf-8"))


def environment(**more: str) -> dict[str, str]:
    """This environment without what the tests or their user add to it."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")}
    own.pop("PYTHONPATH", None)
    return {**own, "PYTHONHASHSEED": "0", **more}


def command(*options: str | Path) -> list[str]:
    profile = ("--workflow-profile", "workflow/profiles/default")
    return [sys.executable, "-m", "snakemake", *profile, *map(str, options)]


def snakemake(
    repository: Path, *options: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and keep what it says, errors included."""
    return subprocess.run(
        command(*options),
        cwd=repository,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=HANG,
    )


def copy_to(folder: Path) -> Path:
    """Copy the parts of the repository that a run needs into a folder, which is returned."""
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignore)
        else:
            shutil.copy2(ROOT / part, folder / part)
    return folder


IN_PLACE = ("--configfile", "tests/config.yaml")
ELSEWHERE = (*IN_PLACE, "tests/exhaustive.yaml")
EXHAUSTIVE = "optimization: {search: exhaustive, shards: 1}"


@dataclass(frozen=True)
class Run:
    """A run of the pipeline that ended well: the folder with its outputs, and what it said."""

    folder: Path
    output: str

    def files(self, *patterns: str) -> list[str]:
        found = (path for pattern in patterns for path in self.folder.glob(pattern))
        return sorted(str(path.relative_to(self.folder)) for path in found if path.is_file())


def tiny_run(repository: Path, folder: Path, cores: int, *options: str) -> Run:
    """Run the pipeline in a folder to its end, which has to be a good one."""
    order = ("--cores", str(cores), "--directory", folder, *options)
    ended = snakemake(repository, *order, PYTHONHASHSEED=str(cores))
    assert ended.returncode == 0, ended.stdout
    return Run(folder, ended.stdout)


def whole_run(folder: Path) -> None:
    """Fill a folder with a copy of the repository, a tiny run of everything, and what it said."""
    repository = copy_to(folder / "repository")
    (repository / "tests" / "exhaustive.yaml").write_text(EXHAUSTIVE, encoding="utf-8")
    run = tiny_run(repository, folder / "run", 2, *ELSEWHERE)
    (folder / "said.txt").write_text(run.output, encoding="utf-8")


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that is made by the first process that asks for it; the others wait until it is."""
    with folder.with_suffix(".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            lock.write("begun, ")
            make(folder)
            lock.write("made")
        lock.seek(0)
        assert lock.read() == "begun, made", f"{folder} was not made, and another test says why"
    return folder
