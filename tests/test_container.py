"""The Dockerfile stays in step with the pins, and what it copies is enough to run the pipeline.

No image is built: its tree is laid out by hand, and its entry point run there.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from conftest import ROOT
from pipeline import environment

HOME = "/empirical-fisher"


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with its arguments, in order."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def last(name: str) -> str:
    return [arguments for each, arguments in instructions() if each == name][-1]


def copied() -> list[tuple[str, str]]:
    """What is copied to where, with the folder of the pipeline as the root of both."""
    pairs = []
    folder = ""
    for name, arguments in instructions():
        if name == "WORKDIR":
            folder = arguments
        if name == "COPY":
            assert folder == HOME
            *sources, target = shlex.split(arguments)
            for source in sources:
                is_folder = source.endswith("/")
                pairs.append((source, target if is_folder else f"{target}{Path(source).name}"))
    return pairs


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder of the pipeline as it is in the image."""
    for source, target in copied():
        if source.endswith("/"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, tmp_path / "image" / target, ignore=ignore)
        else:
            (tmp_path / "image").mkdir(exist_ok=True)
            shutil.copy2(ROOT / source, tmp_path / "image" / target)
    return tmp_path / "image"


def test_the_python_of_the_image_is_a_supported_one_and_pinned() -> None:
    image, _, tag = last("FROM").partition(":")
    assert image == "python"
    version = re.fullmatch(r"(3\.\d+)-slim-[a-z]+", tag).group(1)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert version in SpecifierSet(project["requires-python"])


def test_packages_are_those_of_the_lock_file() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip" in rest]
    assert len(installs) == 1
    install, _, check = installs[0].partition(" && ")
    assert install.endswith("--no-deps --require-hashes -r requirements.txt")
    assert check == "pip check"
    assert ("requirements.txt", "./requirements.txt") in copied()


def test_it_does_not_run_as_root() -> None:
    assert last("USER") not in ("root", "0")


def test_the_build_sees_all_that_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == {name for name, _ in copied()}


def test_what_is_copied_is_enough_for_every_job(image: Path, tmp_path: Path) -> None:
    entry = [part.replace(HOME, str(image)) for part in json.loads(last("ENTRYPOINT"))]
    assert entry[0] == "snakemake"
    out = tmp_path / "out"
    out.mkdir()
    answer = subprocess.run(
        [sys.executable, "-m", *entry, "--dry-run"],
        cwd=out,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
    )
    assert answer.returncode == 0, answer.stdout
    scripts = {path.name for path in (ROOT / "workflow/scripts").glob("*.py")}
    assert scripts == {path.name for path in (image / "workflow/scripts").glob("*.py")}
    assert "rule figure3:" in answer.stdout
