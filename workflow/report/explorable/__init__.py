"""The explorable page: scenes in which a reader moves things, made from the pipeline's tables.

All that is computed when something is moved is computed in the page, by mathematics.js and
experiments.js. Here its data are gathered, packed and written into one file that needs no other.
"""

from __future__ import annotations

import json
import math
import tomllib
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bokeh
import jinja2
import numpy as np
import pandas as pd
import scipy.sparse
from bokeh.resources import Resources

from empirical_fisher.data.datasets import Dataset, design
from empirical_fisher.experiments.note.draws import problems
from empirical_fisher.pipeline import style

HERE = Path(__file__).resolve().parent
MOST = 6_000_000  #: bytes of the page
SCRIPTS = (
    *("mathematics", "experiments", "page", "vector_field"),
    *("misspecification", "optimization", "note", "start"),
)
ROOM = 10_000  #: of them, for the list of what is left out
STATUSES = ("finished", "pruned", "diverged", "failed")
SLOWEST = 1e9  #: multiplications of a run that a reader would wait for
#: Of each scene its name, its place in the page, its title there and in the list of scenes.
SCENES = (
    ("vector_field", "figure1", "1. Three ways down a valley", "Figure 1: three fields"),
    ("misspecification", "figure2", "2. At the minimum of a wrong model", "Figure 2: at a minimum"),
    ("optimization", "figure3", "3. Every step size and damping", "Figure 3: every cell"),
    ("note", "note", "4. What the empirical Fisher's step does solve", "The note: equal steps"),
)

#: What mathematics.js calls the plain recipes that it has, by their matrices.
KNOWN = {
    "identity": "GD",
    "fisher": "NGD",
    "empirical_fisher": "EFGD",
    "improved_empirical_fisher": "iEF",
}


def packed(values: np.ndarray, kind: str) -> dict[str, str]:
    """An array for `unpack` in page.js: ``"f8"`` or ``"u1"``, row by row."""
    raw = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
    return {"type": kind, "bytes": b64encode(zlib.compress(raw, 9)).decode()}


def grid_of(table: pd.DataFrame, cell: pd.DataFrame, trace: pd.DataFrame) -> dict[str, Any]:
    """A grid, γ-major as `search.cells` makes it, its best cell and the run of that."""
    best = cell.iloc[0]
    damped = bool(table["damping"].notna().any())
    value = table["final_loss"].where(table["status"] == "finished", table["bound"])
    return {
        "step_sizes": table["step_size"].unique().tolist(),
        "dampings": table["damping"].unique().tolist() if damped else None,
        "status": packed(table["status"].map(STATUSES.index).to_numpy(), "u1"),
        "value": packed(value.to_numpy(), "f8"),
        "best": None
        if math.isnan(best["step_size"])
        else {"step_size": best["step_size"], "damping": best["damping"] if damped else None},
        "trace": {name: trace[name].tolist() for name in ("loss", "cosine")},
    }


def dataset_of(
    name: str,
    title: str,
    dataset: Dataset,
    tables: Mapping[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]],
    iterations: int,
    is_linear: bool,
) -> dict[str, Any]:
    """What the page needs of a data set; the numbers only if it can run descents on them."""
    inputs, targets, task = design(dataset, bias=True)
    size, features = inputs.shape
    grids = {method: grid_of(*each) for method, each in tables.items()}
    used = np.diff(scipy.sparse.csr_array(inputs).indptr)
    cost = iterations * (np.sum(used.astype(float) ** 2) + features**3)
    is_runnable = is_linear and task != "multiclass" and cost <= SLOWEST
    entry = {
        "name": name,
        "title": title,
        "task": task,
        "size": size,
        "features": features,
        "start": next(iter(tables.values()))[2]["loss"].iloc[0],
        "is_runnable": bool(is_runnable),
        "grids": grids,
    }
    if is_runnable:
        dense = inputs.toarray() if scipy.sparse.issparse(inputs) else inputs
        entry |= {"inputs": packed(dense, "f8"), "targets": packed(targets, "f8")}
    return entry


def problems_of_note(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The note's problems, as its experiment draws them, and where the steps are taken."""
    return [
        {
            "task": task,
            "shape": shape,
            "repeat": repeat,
            "size": problem.size,
            "features": problem.parameters,
            "inputs": packed(problem.model.inputs, "f8"),  # type: ignore[attr-defined]
            "targets": packed(problem.targets, "f8"),
            "theta": packed(theta, "f8"),
        }
        for (task, shape, repeat), problem, theta in problems(settings)
    ]


def looks() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Colour and dashes of every method, and its label."""
    shown = {
        name: {"color": look["color"], "dash": _dashes(look["linestyle"])}
        for name, look in style.METHODS.items()
    }
    shown.setdefault("iEF", {"color": "#228833", "dash": "dotted"})
    shown.setdefault("OneSample", {"color": "#AA4499", "dash": "dotdash"})
    labels = {name: look["label"] for name, look in style.METHODS.items()}
    labels |= {"iEF": "improved EF (iEF)", "OneSample": "one-sample Fisher"}
    return shown, labels


def plain(value: Any) -> Any:
    """The same for JSON, which has neither infinity nor NaN: null stands for both."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def fitting(entries: Sequence[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], list[str]]:
    """As many data sets, in this order, as fit into some bytes, and what is said of the others."""
    kept, left_out = [], []
    for entry in entries:
        size = len(json.dumps(plain(entry)))
        if size <= room:
            kept.append(entry)
            room -= size
        else:
            left_out.append(f"{entry['title']}, which would take {size / 1e6:.1f} MB")
    return kept, left_out


def embedded(value: Any) -> str:
    """JSON that may stand in a script element."""
    return json.dumps(plain(value), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def settings_of(config: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What the scenes need of the configuration; names are the data sets of the grids."""
    line, logistic = config["vector_field"], config["misspecification"]["logistic"]
    optimization, datasets = config["optimization"], config["datasets"]
    kept = "iterations", "divergence_factor", "prior_variance", "probability_clip", "methods"
    panels = [
        {
            "name": name,
            **problem,
            "source": datasets[problem["dataset"]]["source"]["gaussian_classes"],
        }
        for name, problem in logistic["problems"].items()
    ]
    return {
        "vector_field": {
            **line,
            "source": datasets[line["dataset"]]["source"]["lognormal_line"],
        },
        "misspecification": {**logistic, "problems": panels},
        "optimization": {
            **{key: optimization[key] for key in kept},
            "known": {
                name: KNOWN[recipe["matrix"]]
                for name, recipe in config["methods"].items()
                if recipe.get("matrix") in KNOWN and set(recipe) <= {"matrix", "label", "color"}
            },
            "titles": {name: datasets[name].get("title", name) for name in names},
            "is_linear": {
                name: datasets[name].get("model", "linear") == "linear" for name in names
            },
        },
        "note": {key: value for key, value in config["note"].items() if key != "contamination"},
    }


def page(
    config: Mapping[str, Any],
    datasets: Mapping[str, Dataset],
    tables: Mapping[str, Mapping[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]],
    claims: pd.DataFrame,
    stills: Mapping[str, Sequence[Path]],
) -> str:
    """The page.

    Parameters
    ----------
    config
        The configuration.
    datasets
        Those of the grids, in the order in which they are to fit into the page.
    tables
        Of each data set and method the grid, its best cell and the run of that.
    claims
        Rows of the ledger. Those of a figure stand below the scene of that figure.
    stills
        Pictures of each scene, for readers without JavaScript.
    """
    settings = settings_of(config, list(datasets))
    optimization = settings["optimization"]
    titles, is_linear = optimization.pop("titles"), optimization.pop("is_linear")
    iterations = optimization["iterations"]
    entries = [
        dataset_of(name, titles[name], dataset, tables[name], iterations, is_linear[name])
        for name, dataset in datasets.items()
    ]
    shown, labels = looks()
    scenes = [
        {
            "name": name,
            "place": place,
            "short": short,
            "title": title,
            "claims": _claims(claims, stills[name]),
            "stills": [
                {"title": path.stem.replace("_", " "), "image": _encoded(path)}
                for path in stills[name]
            ],
        }
        for name, place, title, short in SCENES
    ]
    data: dict[str, Any] = {"looks": shown, "labels": labels, **settings}
    data["note"]["problems"] = problems_of_note(settings["note"])
    data["optimization"]["datasets"] = []
    parts = ["bokeh", "bokeh-api"]
    library = Resources(mode="inline", components=parts).js_raw[: len(parts)]
    own = "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    project = tomllib.loads((HERE.parents[2] / "pyproject.toml").read_text("utf-8"))["project"]

    def rendered(left_out: Sequence[str]) -> str:
        return environment.get_template("page.html.jinja").render(
            scenes=scenes,
            scripts=[*library, own],
            data=embedded(data),
            left_out=left_out,
            iterations=iterations,
            bokeh_version=bokeh.__version__,
            project=project["name"],
            version=project["version"],
        )

    room = MOST - len(rendered([]).encode()) - ROOM
    data["optimization"]["datasets"], left_out = fitting(entries, room)
    return rendered(left_out)


def _claims(claims: pd.DataFrame, pictures: Sequence[Path]) -> list[dict[str, Any]]:
    """The claims that these pictures show."""
    return claims[claims["figure"].isin([path.stem for path in pictures])].to_dict("records")


def _dashes(style: Any) -> str:
    """Matplotlib's line style in Bokeh's words: a name, or lengths of dashes and gaps in pixels."""
    return style if isinstance(style, str) else " ".join(f"{2 * each:g}" for each in style[1])


def _encoded(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
