"""The overlays of examples/, by the pipeline's own command."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from conftest import ROOT
from empirical_fisher.data.datasets import read
from empirical_fisher.experiments.shared_problems import modelled
from pipeline import snakemake
from server import LocalServer, serving

pytestmark = pytest.mark.long

YACHT = pd.read_csv(ROOT / "data" / "snapshots" / "yacht.csv")
OWN = yaml.safe_load((ROOT / "examples" / "own_datasets.yaml").read_text("utf-8"))
NETWORKS = yaml.safe_load((ROOT / "examples" / "networks.yaml").read_text("utf-8"))
TINY = {
    "appendix_datasets": OWN["optimization"]["datasets"][:1],
    "shards": 1,
    "iterations": 5,
    "step_sizes": {"low": 1.0e-3, "high": 1.0, "count": 3},
    "dampings": {"low": 1.0e-2, "high": 1.0, "count": 2},
}


def yacht_as_arff() -> tuple[bytes, dict[str, str]]:
    """The snapshot's numbers in the form, and under such names, as OpenML has them."""
    names = [name.replace(" ", "_") for name in YACHT]
    lines = ["@relation yacht", *(f"@attribute {name} numeric" for name in names), "@data"]
    rows = YACHT.to_csv(index=False, header=False)
    return "\n".join([*lines, rows]).encode(), dict.fromkeys(names, "numeric")


def run(folder: Path, local: LocalServer, *targets: str) -> None:
    overlay = folder / "tiny.yaml"
    overlay.write_text(
        yaml.safe_dump({"optimization": TINY, "downloads": {"openml": local.openml}})
    )
    options = ("--cores", "2", "--directory", folder)
    configs = ("--configfile", "examples/own_datasets.yaml", overlay)
    ended = snakemake(ROOT, *options, *configs, "--", *targets)
    assert ended.returncode == 0, ended.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the example makes."""
    folder = tmp_path_factory.mktemp("own")
    arff, features = yacht_as_arff()
    with serving() as local:
        target = YACHT.columns[-1].replace(" ", "_")
        local.add_dataset(42370, arff, features, name="yacht", default_target_attribute=target)
        run(folder, local, "figure3", "sensitivity_figure", "results/hyperparameters.csv")
    return folder


def test_every_data_set_has_its_own_methods_and_panels(folder: Path) -> None:
    shown = OWN["optimization"]["datasets"]
    grids = {f"{path.parent.name}/{path.stem}" for path in folder.glob("results/grid/*/*.csv")}
    assert {name for name in grids if name.partition("/")[0] in shown} == {
        f"{name}/{method}"
        for name in shown
        for method in OWN["datasets"][name].get("methods", ["GD", "NGD", "EFGD"])
    }
    best = pd.read_csv(folder / "results" / "hyperparameters.csv")
    assert set(shown) <= set(best["dataset"])
    for name in ("figure3_optimization", "sensitivity"):
        with Image.open(folder / "figures" / f"{name}.png") as picture:
            assert picture.width > 500


@pytest.mark.parametrize("dataset", OWN["optimization"]["datasets"])
def test_runs_start_at_the_loss_of_knowing_nothing(folder: Path, dataset: str) -> None:
    """At θ = 0 a classifier gives all classes the same probability, a regression predicts 0."""
    target = pd.read_csv(folder / "data" / f"{dataset}.csv")
    known = yaml.safe_load((folder / "data" / f"{dataset}.yaml").read_text("utf-8"))
    if known["task"] == "regression":
        expected = (target["target"] ** 2).mean() / 2
    else:
        expected = math.log(len(known["labels"]))
    trace = pd.read_csv(folder / "results" / "traces" / dataset / "GD.csv")
    assert trace["loss"][0] == pytest.approx(expected, rel=1e-12)


def test_the_data_of_openml_is_what_was_served(folder: Path) -> None:
    table = pd.read_csv(folder / "data" / "Yacht42370.csv")
    assert (table.to_numpy() == YACHT.to_numpy()).all()
    record = yaml.safe_load((folder / "data" / "origins" / "Yacht42370.yaml").read_text("utf-8"))
    assert record["origin"]["id"] == 42370


# Methods


def planned(folder: Path, example: str, overlay: Path, *targets: str) -> tuple[set[str], str]:
    """What the next run would make."""
    configs = ("--configfile", example, overlay)
    options = ("--cores", "2", "--directory", folder, "--dry-run")
    said = snakemake(ROOT, *options, *configs, "--", *targets).stdout
    lines = re.findall(r"^    output: (.*)$", said, re.MULTILINE)
    return {path for line in lines for path in line.split(", ")}, said


def drawn(folder: Path, example: str) -> pd.DataFrame:
    """Make the figures of an example on Boston alone, tiny; the best cells of its methods."""
    overlay = folder / "tiny.yaml"
    only = {"datasets": ["Boston"], "appendix_datasets": ["Boston"]}
    overlay.write_text(yaml.safe_dump({"optimization": {**TINY, **only}}))
    options = ("--cores", "2", "--directory", folder, "--configfile", example, overlay)
    ended = snakemake(ROOT, *options, "--", "figure3", "sensitivity_figure")
    assert ended.returncode == 0, ended.stdout
    for name in ("figure3_optimization", "sensitivity"):
        with Image.open(folder / "figures" / f"{name}.png") as picture:
            assert picture.width > 500
    return pd.concat(map(pd.read_csv, folder.glob("results/best/Boston/*.csv")))


def test_ten_methods_run_and_each_makes_a_path_of_its_own(tmp_path: Path) -> None:
    best = drawn(tmp_path, "examples/methods.yaml")
    example = yaml.safe_load((ROOT / "examples" / "methods.yaml").read_text("utf-8"))
    assert set(best["method"]) == {*example["optimization"]["methods"]}
    assert len(best) == 10
    ends = best.set_index("method")["final_loss"]
    # On least squares K-FAC and the matrix of Eq. 14 are the Fisher; all others are different.
    same = ["KFAC", "iEF"]
    assert ends[same].to_numpy() == pytest.approx(ends["NGD"], rel=1e-9)
    others = ends.drop([*same, "NGD"]).dropna()
    assert len(others) >= 5
    assert ((others / ends["NGD"] - 1).abs() > 1e-6).all()


def test_a_method_from_a_file_runs_again_when_the_file_is_edited(tmp_path: Path) -> None:
    example = tmp_path / "example"
    shutil.copytree(ROOT / "examples" / "own_method", example)
    config = example / "own_method.yaml"
    folder = tmp_path / "run"
    folder.mkdir()
    assert "Improved" in set(drawn(folder, str(config))["method"])
    target = ("figure3", "sensitivity_figure")
    assert planned(folder, str(config), folder / "tiny.yaml", *target)[0] == set()
    code = example / "improved.py"
    code.write_text(code.read_text("utf-8").replace("return -np.sum", "return -1.5 * np.sum"))
    outputs, _ = planned(folder, str(config), folder / "tiny.yaml", *target)
    assert {path for path in outputs if path.startswith("results")} == {
        f"results/grid/Boston/Improved{part}.csv" for part in ("", "/1-of-1")
    } | {f"results/{kind}/Boston/Improved.csv" for kind in ("best", "traces")}
    code.write_text("def direction(point, damping, state, rng):\n    return point.gradient, 1\n")
    _, said = planned(folder, str(config), folder / "tiny.yaml", *target)
    assert "methods.Improved.python: options don't fit direction: got an unexpected" in said
    assert "Traceback" not in said


# Networks


def test_networks_start_from_their_seed_and_have_panels(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The whole example on a tiny grid: every kind of target, through the whole pipeline."""
    folder = tmp_path_factory.mktemp("networks")
    shown = NETWORKS["optimization"]["datasets"]
    overlay = folder / "tiny.yaml"
    overlay.write_text(yaml.safe_dump({"optimization": {**TINY, "appendix_datasets": ["Yacht"]}}))
    options = ("--cores", "2", "--directory", folder)
    configs = ("--configfile", "examples/networks.yaml", overlay)
    ended = snakemake(ROOT, *options, *configs, "--", "figure3", "sensitivity_figure")
    assert ended.returncode == 0, ended.stdout
    for name in ("figure3_optimization", "sensitivity"):
        with Image.open(folder / "figures" / f"{name}.png") as picture:
            assert picture.width > 500
    for dataset in shown:
        grids = [pd.read_csv(path) for path in (folder / "results/grid" / dataset).glob("*.csv")]
        assert len(grids) == 3
        assert not (pd.concat(grids)["status"] == "pruned").any()
        traces = (folder / "results" / "traces" / dataset).glob("*.csv")
        [first] = {pd.read_csv(path)["loss"][0] for path in traces}
        problem = modelled(
            read(folder / "data" / f"{dataset}.csv"), **NETWORKS["datasets"][dataset]["model"]
        )
        assert first == pytest.approx(problem.at(problem.start).loss, rel=1e-12)
