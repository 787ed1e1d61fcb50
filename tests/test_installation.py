"""What make installs, from a small index: what the lock files pin, into a .venv of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest
import snakemake.utils  # noqa: F401  (not to be imported as if on Windows)

from conftest import ROOT

UV = Path(sys.prefix) / "bin" / "uv"
SCRIPT = "#!/bin/sh\nexec '{}' \"$@\"\n"


class Index:
    """A folder that pip and uv take for a package index, with wheels made by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, name: str, version: str, *requires: str, extra: str = "", script: str = ""
    ) -> str:
        """Add a release and return its line in a lock file."""
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        path = self.folder / name / f"{name}-{version}-py3-none-any.whl"
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        metadata += [f"Provides-Extra: {extra}"] if extra else []
        metadata += [f"Requires-Dist: {each}" for each in requires]
        about = f"{name}-{version}.dist-info"
        with ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}.py", f"version = '{version}'\n")
            if script:
                program = ZipInfo(f"{name}-{version}.data/scripts/{name}")
                program.external_attr = 0o100755 << 16
                wheel.writestr(program, script)
            wheel.writestr(f"{about}/METADATA", "\n".join(metadata) + "\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
        links = [f'<a href="{each.name}">{each.name}</a>' for each in path.parent.glob("*.whl")]
        (path.parent / "index.html").write_text("\n".join(links), encoding="utf-8")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"


def make(folder: Path, target: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run make with no settings of pip, uv and a make around it but the folder's index."""
    others = ("PIP_", "UV_", "MAKE", "MFLAGS")
    own = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": (folder / "index").as_uri(),
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_NO_CONFIG": "1",
    }
    return subprocess.run(
        ["make", target, f"PYTHON={sys.executable}", *options],
        cwd=folder,
        env={**own, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
    )


def python(folder: Path, code: str) -> str:
    """What a line of Python prints in the environment of a folder."""
    command = [folder / ".venv" / "bin" / "python", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


BY_UV = pytest.param("uv", marks=pytest.mark.skipif(not UV.exists(), reason="uv is not to be had"))
BY_PIP = pytest.param("pip", marks=[pytest.mark.long] if UV.exists() else [])


@pytest.fixture(scope="module", params=[BY_UV, BY_PIP])
def clone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Makefile with small lock files, what they name in an index, and the start of a .venv."""
    folder = tmp_path_factory.mktemp(f"a clone for {request.param}")
    shutil.copy2(ROOT / "Makefile", folder)
    index = Index(folder / "index")
    index.add("cover", "2.0", "tomlish; extra == 'toml'", extra="toml")
    cover = index.add("cover", "1.0", "tomlish; extra == 'toml'", extra="toml")
    index.add("tomlish", "1.0")
    locks = {
        "": index.add("base", "1.0"),
        "-test": cover + index.add("asker", "1.0", "cover[toml]") + index.add("tomlish", "0.9"),
        "-docs": index.add("lonely", "1.0", "cover>=2"),
        "-slurm": re.sub("sha256:.*", f"sha256:{'0' * 64}", index.add("forged", "1.0")),
        "-uv": index.add("uv", "1.0", script=SCRIPT.format(UV)),
    }
    if request.param == "pip":
        shutil.rmtree(folder / "index" / "uv")
    for name, lock in locks.items():
        (folder / f"requirements{name}.txt").write_text(lock, encoding="utf-8")
    (folder / ".venv").mkdir()
    (folder / ".venv" / ".made-here").touch()
    (folder / ".venv" / "broken").touch()
    return folder


@pytest.fixture(scope="module")
def installed(clone: Path) -> Path:
    """The folder once make has installed what the tests need there."""
    ended = make(clone, ".venv/.requirements-test")
    assert ended.returncode == 0, ended.stdout
    return clone


def test_a_package_that_is_asked_for_with_an_extra_need_not_be_at_its_newest_version(
    installed: Path,
) -> None:
    assert python(installed, "import cover, tomlish; print(cover.version, tomlish.version)") == (
        "1.0 0.9\n"
    )


def test_uv_installs_where_it_is_to_be_had_and_pip_elsewhere(installed: Path) -> None:
    code = "import importlib.metadata as m; print(m.distribution('cover').read_text('INSTALLER'))"
    assert python(installed, code).strip() == installed.name.split()[-1].rstrip("0123456789")


def test_what_an_installation_that_was_broken_off_left_is_gone(installed: Path) -> None:
    assert not (installed / ".venv" / "broken").exists()


def test_packages_that_do_not_fit_are_told(installed: Path) -> None:
    ended = make(installed, ".venv/.requirements-docs")
    assert ended.returncode != 0
    assert "lonely 1.0 has requirement cover>=2, but you have cover 1.0." in ended.stdout
    assert "After requirements-docs.txt the packages in .venv don't fit: " in ended.stdout
    assert not (installed / ".venv" / ".requirements-docs").exists()


def test_a_package_with_other_bytes_than_the_lock_names_is_refused(installed: Path) -> None:
    ended = make(installed, ".venv/.requirements-slurm")
    assert ended.returncode != 0
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ended.stdout
    assert not list(installed.glob(".venv/lib/*/site-packages/forged.py"))


@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_an_environment_that_make_did_not_make_is_left_alone(tmp_path: Path, kind: str) -> None:
    shutil.copy2(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "requirements-uv.txt").touch()
    mine = tmp_path / (".venv" if kind == "folder" else "mine")
    mine.mkdir()
    (mine / "precious").write_text("mine", encoding="utf-8")
    if kind == "link":
        (tmp_path / ".venv").symlink_to(mine)
    if kind == "file":
        (tmp_path / ".venv").touch()
    ended = make(tmp_path, ".venv/.requirements")
    assert ended.returncode != 0
    assert ".venv is here already, and make did not make it" in ended.stdout
    assert [path.name for path in mine.iterdir()] == ["precious"]


def test_windows_itself_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy2(ROOT / "Makefile", tmp_path)
    ended = make(tmp_path, "figures", "OS=Windows_NT")
    assert ended.returncode != 0
    assert "not on Windows itself" in ended.stdout
    assert ended.stdout.count("\n") == 1
    start = (ROOT / "Snakefile").read_text("utf-8").partition("sys.path")[0]
    with monkeypatch.context() as windows, pytest.raises(SystemExit, match="not on Windows itself"):
        windows.setattr(os, "name", "nt")
        exec(start, {})
