"""All that is wrong with a configuration, and where the files that it names are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .messages import hint, name_of, shortened, show
from .schema import Validator, explain, marked
from .strict_yaml import DEEPEST, MOST_NODES

#: Numbers other than 0 have a size from the first to the second, so that fourth powers, such as the
#: second moments of squared gradients, are numbers, too.
SMALLEST, LARGEST = 1e-50, 1e50

#: Where a data set may have any model; elsewhere it must be linear.
ANY_MODEL = ("optimization.", "robustness.row_orders.", "scorecard.")

MOST_CELLS = 1_000_000  #: of a grid
MOST_FAULTS = 50  #: that are told; more are counted


def locate(
    dataset: str, file: str, layers: Iterable[tuple[Path, Mapping[str, Any]]], otherwise: Path
) -> Path:
    """The path of a data set's file, which is relative to the folder of the file that names it.

    Parameters
    ----------
    dataset, file
        The name of the data set, and its ``source.file``.
    layers
        The path and the content of each configuration, as they are laid over one another.
    otherwise
        The folder of a path that none of them names, but the command line.
    """
    return folder_of(("datasets", dataset, "source", "file"), file, layers, otherwise) / file


def folder_of(
    keys: Iterable[str],
    value: str,
    layers: Iterable[tuple[Path, Mapping[str, Any]]],
    otherwise: Path,
) -> Path:
    """The folder of the last configuration that gives a key a value, named by the keys above it.

    The layers are those of `locate`.
    """
    keys, folder = tuple(keys), otherwise
    for path, layer in layers:
        entry: Any = layer
        for key in keys:
            entry = entry.get(key) if isinstance(entry, Mapping) else None
        if entry == value:
            folder = path.absolute().parent
    return folder


def faults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """List what is wrong with a configuration, one line per fault, each with the path of its key.

    Lines have a bounded length; of many faults the last line says how many more there are.
    """
    lines = list(_endless(config))
    if not lines:
        broken = sorted(
            Validator(schema).iter_errors(config), key=lambda e: list(map(name_of, e.path))
        )
        refused = {_path(error.absolute_path) for error in broken}
        lines = [line for error in broken for line in explain(error)]
        lines += [f"{key}: {words}" for key, words in _extremes(config) if key not in refused]
    lines = lines or list(_contradictions(config, schema))
    lines = list(dict.fromkeys(lines))
    more = len(lines) - MOST_FAULTS
    return lines if more <= 0 else [*lines[:MOST_FAULTS], f"and {more} more faults"]


def _endless(config: Mapping[str, Any]) -> Iterator[str]:
    """Whether there is more in a configuration than anyone writes; nothing else is looked at."""
    for count, (key, _) in enumerate(_nodes(config)):
        if key.count(".") > DEEPEST:
            yield f"{shortened(key)}: is nested more than {DEEPEST} levels deep"
            return
        if count >= MOST_NODES:
            yield f"top level: has more than {MOST_NODES:,} values, aliases written out"
            return


def _contradictions(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Faults that depend on several sections: names that mean nothing, and what does not suit."""
    datasets = config["datasets"]
    for name, settings in datasets.items():
        yield from _contradictions_in(f"datasets.{name}", settings, config["optimization"])
    yield from _names_alike("datasets", list(datasets))
    yield from _names_alike("methods", list(config["methods"]))
    for section in ("optimization", "scorecard"):
        for position, name in enumerate(config[section]["methods"]):
            if name not in config["methods"]:
                known = hint(name, list(config["methods"]))
                yield f"{section}.methods.{position}: unknown method {show(name)}{known}"
    for key, name, kind in marked(config, schema, schema, "dataset"):
        if name not in datasets:
            yield f"{key}: unknown data set {show(name)}{hint(name, list(datasets))}"
        elif kind == "regression" and "task" not in datasets[name]:
            yield f"{key}: {show(name)} needs task: {kind} in its entry under datasets"
        elif kind not in ("any", datasets[name].get("task"), *datasets[name]["source"]):
            yield f"{key}: {show(name)} is of the wrong kind; {kind} is needed"
        elif not key.startswith(ANY_MODEL) and datasets[name].get("model", "linear") != "linear":
            yield (
                f"{key}: {show(name)} has a network as its model, and a linear one is needed; "
                "give the source another name, without model"
            )
    yield from _unsuited(config)
    for key, cells in _grids(config):
        if cells > MOST_CELLS:
            yield f"{key}: the grid has {cells:,} cells; it must have at most {MOST_CELLS:,}"
    axis, far = config["magnitude"]["distances"], config["magnitude"]["far"]
    share = 1 - 1 / max(axis["count"] - 1, 1)
    last_but_one = axis["low"] * (axis["high"] / axis["low"]) ** share
    if axis["count"] < 2 or last_but_one < far:
        yield "magnitude.far: at least two of the distances must be as far, to fit a slope"


def _contradictions_in(
    key: str, settings: Mapping[str, Any], optimization: Mapping[str, Any]
) -> Iterator[str]:
    """Faults in what is said of one data set."""
    source, task = settings["source"], settings.get("task")
    if source.get("thousands") == source.get("decimal", "."):
        yield f"{key}.source.thousands: is the decimal mark, too; say decimal: ',' or '.'"
    if "prefer" in settings and "snapshot" not in source:
        yield f"{key}.prefer: only a snapshot can be compared with its remote source"
    if "positive" in settings and task not in (None, "binary"):
        yield f"{key}.positive: the task is {task}; only a binary task has a positive label"
    if settings.get("target") in settings.get("drop", ()):
        yield f"{key}.drop: {show(settings['target'])} is the target"
    for method in settings.get("methods", ()):
        if method not in optimization["methods"]:
            allowed = ", ".join(optimization["methods"])
            yield f"{key}.methods: {method} is not among optimization.methods: {allowed}"


def _names_alike(section: str, names: list[str]) -> Iterator[str]:
    """Names that a file system which ignores case takes for one."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.lower(), name)
        if other != name:
            yield f"{section}.{name}: differs from {other} only in upper and lower case"


def _unsuited(config: Mapping[str, Any]) -> Iterator[str]:
    """Data sets in places that need more methods, or other matrices, than they have."""
    datasets = config["datasets"]
    optimization, methods = config["optimization"], config["optimization"]["methods"]

    def compares(name: str) -> bool:
        chosen = datasets.get(name, {}).get("methods", methods)
        return {"NGD", "EFGD"} <= {*chosen} & {*methods}

    if not any(map(compares, optimization["datasets"])):
        yield "optimization.datasets: at least one of them needs the methods NGD and EFGD"
    starting = config["starting_points"]["dataset"]["name"]
    places = {"starting_points.dataset.name": starting}
    for variant, names in config["robustness"]["variants"].items():
        for position, name in enumerate(names):
            places[f"robustness.variants.{variant}.{position}"] = name
    for key, name in places.items():
        if not compares(name):
            yield f"{key}: {show(name)} needs the methods NGD and EFGD here"
    yield from _compared_with_nothing(config["robustness"]["variants"])
    magnitude = config["magnitude"]["datasets"]
    if not any(datasets.get(name, {}).get("task") in ("regression", None) for name in magnitude):
        yield "magnitude.datasets: at least one of them must be a regression"
    for position, name in enumerate(magnitude):
        if datasets.get(name, {}).get("task") == "multiclass":
            yield (
                f"magnitude.datasets.{position}: {show(name)} is multiclass; undamped updates are "
                "not defined there, for adding a constant to all outputs changes no prediction"
            )


def _compared_with_nothing(variants: Mapping[str, list[str]]) -> Iterator[str]:
    """Data sets in variants of Figure 3 that are compared with the whole grid, but not in that."""
    for variant in ("undamped", "clipped"):
        for position, name in enumerate(variants[variant]):
            for half in ("lower_dampings", "upper_dampings"):
                if name not in variants[half]:
                    yield (
                        f"robustness.variants.{variant}.{position}: {show(name)} has to be in "
                        f"{half}, too, for {variant} is compared with the whole grid"
                    )


def _path(parts: Iterable[Any]) -> str:
    """The path of a key, empty for all that the configuration holds."""
    return ".".join(map(name_of, parts))


def _extremes(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where numbers are none, or not of a size that can be calculated with, and what is to be said.

    Only a prior's variance may be infinite, which switches it off.
    """
    for key, value in _nodes(config):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(value, float) and math.isnan(value):
            yield key, "is not a number"
        elif isinstance(value, float) and math.isinf(value):
            if not key.endswith("prior_variance"):
                yield key, f"is {value}; it must be finite"
        elif value and not SMALLEST <= abs(value) <= LARGEST:
            sizes = f"{SMALLEST:g} to {LARGEST:g}"
            yield key, f"is {show(value)}; its absolute value must be 0 or from {sizes}"


def _nodes(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in the configuration: sections, lists and values, by their keys."""
    yield key, node
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, Mapping):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for name, child in children:
        yield from _nodes(child, f"{key}.{name_of(name)}" if key else name_of(name))


def _grids(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Every grid of step sizes and dampings, and how many cells it has."""
    for key, node in _nodes(config):
        if isinstance(node, Mapping) and {"step_sizes", "dampings"} <= {*node}:
            axes = node["step_sizes"], node["dampings"]
            if all(isinstance(axis, Mapping) for axis in axes):
                yield key, axes[0]["count"] * axes[1]["count"]
