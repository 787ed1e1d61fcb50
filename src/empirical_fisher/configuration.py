"""Reading the configuration and finding all that is wrong with it, in words for people."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

#: What the types of JSON are called in messages.
KINDS = {
    "object": "a section of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}

#: What a source says besides which one it is, and the kinds of source that it belongs to.
DETAILS = {
    "sha256": ("url",),
    **dict.fromkeys(("format", "separator", "decimal", "thousands"), ("url", "file")),
}

#: Where true and false are no numbers, and 1.0 is no whole number.
Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def read_yaml(path: Path) -> Any:
    """Read a YAML file, in which no section has a key twice.

    Raises
    ------
    SystemExit
        Naming file, line and fault, if the file can't be read or is not YAML.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SystemExit(f"{path} can't be read: {error.strerror}") from None
    try:
        return yaml.load(content.decode("utf-8"), _Loader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise SystemExit(f"{path}, line {line}: byte 0x{byte:02x} is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SystemExit(f"{path}{where}: not valid YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        line = content.decode("utf-8")[: error.position].count("\n") + 1
        raise SystemExit(
            f"{path}, line {line}: not valid YAML: the control character "
            f"U+{error.character:04X} is not allowed"
        ) from None


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
    folder = otherwise
    for path, layer in layers:
        entry: Any = layer
        for key in ("datasets", dataset, "source", "file"):
            entry = entry.get(key) if isinstance(entry, Mapping) else None
        if entry == file:
            folder = path.absolute().parent
    return folder / file


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in a section, where YAML's own loader keeps the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                continue
            name = key.tag, key.value
            if name in lines:
                problem = f"the key {key.value} is here and in line {lines[name]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[name] = key.start_mark.line + 1
        return node


def faults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """List what is wrong with a configuration, one line a fault, each with the path of its key."""
    broken = sorted(Validator(schema).iter_errors(config), key=lambda e: list(map(str, e.path)))
    lines = [line for error in broken for line in _explain(error)]
    lines = lines or list(_not_finite(config)) or list(_contradictions(config))
    return list(dict.fromkeys(lines))


def _explain(error: ValidationError) -> Iterator[str]:
    """Say what a schema violation means."""
    key = ".".join(str(part) for part in error.absolute_path) or "top level"
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        allowed = list(schema.get("properties", ()))
        for name in value:
            if name not in allowed:
                yield f"{_join(key, name)}: unknown key{_hint(name, allowed)}"
    elif error.validator == "required":
        for name in rule:
            if name not in value:
                yield f"{_join(key, name)}: missing"
    elif error.validator == "type":
        kinds = [rule] if isinstance(rule, str) else rule
        needed = " or ".join(KINDS[kind] for kind in kinds)
        hint = _number_hint(value, rule) or _text_hint(value, kinds)
        yield f"{key}: is {_show(value)}; it must be {needed}{hint}"
    elif error.validator == "enum":
        yield f"{key}: is {_show(value)}{_hint(value, rule)}"
    elif error.validator in ("minimum", "exclusiveMinimum"):
        bound = "at least" if error.validator == "minimum" else "greater than"
        yield f"{key}: is {value}; it must be {bound} {rule}"
    elif error.validator in ("maximum", "exclusiveMaximum"):
        bound = "at most" if error.validator == "maximum" else "less than"
        yield f"{key}: is {value}; it must be {bound} {rule}"
    elif error.validator in ("minLength", "maxLength"):
        bound = "at least" if error.validator == "minLength" else "at most"
        yield f"{key}: has {len(value)} characters; it must have {bound} {rule}"
    elif error.validator in ("minItems", "minProperties"):
        yield f"{key}: has {_count(value)}; it must have at least {rule}"
    elif error.validator in ("maxItems", "maxProperties"):
        yield f"{key}: has {_count(value)}; it must have at most {rule}"
    elif error.validator == "uniqueItems":
        yield f"{key}: names something twice"
    elif error.validator == "pattern":
        yield f"{key}: {_show(value)} can't be {schema['title']}"
    else:
        yield f"{key}: {error.message}"


def _contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Faults that a schema can't see: names that mean nothing and empty intervals."""
    datasets = config["datasets"]
    for name, settings in datasets.items():
        yield from _contradictions_in(f"datasets.{name}", settings, config["optimization"])
    yield from _names_alike(list(datasets))
    for key, name, kind in _references(config):
        if name not in datasets:
            yield f"{key}: unknown data set {_show(name)}{_hint(name, list(datasets))}"
        elif kind == "regression" and "task" not in datasets[name]:
            yield f"{key}: {_show(name)} needs task: {kind} in its entry under datasets"
        elif kind and kind not in (datasets[name].get("task"), *datasets[name]["source"]):
            yield f"{key}: {_show(name)} is of the wrong kind; {kind} is needed"
    yield from _unsuited(config)
    for key, values in {
        "consistency.leverages": config["consistency"]["leverages"],
        "consistency.capacity.features": config["consistency"]["capacity"]["features"],
        "scaling.starts": config["scaling"]["starts"],
    }.items():
        if values != sorted(values):
            yield f"{key}: must ascend"
    for key, (low, high) in _intervals(config):
        if not low < high:
            yield f"{key}: the interval from {low} to {high} is empty; its ends must ascend"


def _contradictions_in(
    key: str, settings: Mapping[str, Any], optimization: Mapping[str, Any]
) -> Iterator[str]:
    """Faults in what is said of one data set."""
    source, task = settings["source"], settings.get("task")
    kinds = [kind for kind in source if kind not in DETAILS]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        yield f"{key}.source: names {found}; it must name one source (another needs another name)"
    for detail, owners in DETAILS.items():
        if detail in source and len(kinds) == 1 and kinds[0] not in owners:
            yield f"{key}.source.{detail}: belongs to {' or '.join(owners)}, which isn't there"
    if source.get("thousands") == source.get("decimal", "."):
        yield f"{key}.source.thousands: is the decimal mark, too; say decimal: ',' or '.'"
    if "prefer" in settings and "snapshot" not in source:
        yield f"{key}.prefer: only a snapshot can be compared with its remote source"
    if "positive" in settings and task not in (None, "binary"):
        yield f"{key}.positive: the task is {task}; only a binary one has a positive label"
    if settings.get("target") in settings.get("drop", ()):
        yield f"{key}.drop: {_show(settings['target'])} is the target"
    for method in settings.get("methods", ()):
        if method not in optimization["methods"]:
            allowed = ", ".join(optimization["methods"])
            yield f"{key}.methods: {method} is not among optimization.methods: {allowed}"


def _names_alike(names: list[str]) -> Iterator[str]:
    """Names that a file system which ignores case takes for one."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.lower(), name)
        if other != name:
            yield f"datasets.{name}: differs from {other} only in upper and lower case"


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
            yield f"{key}: {_show(name)} needs the methods NGD and EFGD here"
    yield from _compared_with_nothing(config["robustness"]["variants"])
    magnitude = config["magnitude"]["datasets"]
    if not any(datasets.get(name, {}).get("task") in ("regression", None) for name in magnitude):
        yield "magnitude.datasets: at least one of them must be a regression"
    for position, name in enumerate(magnitude):
        if datasets.get(name, {}).get("task") == "multiclass":
            yield (
                f"magnitude.datasets.{position}: {_show(name)} is multiclass; undamped updates are "
                "not defined there, for adding a constant to all outputs changes no prediction"
            )


def _compared_with_nothing(variants: Mapping[str, list[str]]) -> Iterator[str]:
    """Data sets in variants of Figure 3 that are compared with the whole grid, but not in that."""
    for variant in ("undamped", "clipped"):
        for position, name in enumerate(variants[variant]):
            for half in ("lower_dampings", "upper_dampings"):
                if name not in variants[half]:
                    yield (
                        f"robustness.variants.{variant}.{position}: {_show(name)} has to be in "
                        f"{half}, too, for {variant} is compared with the whole grid"
                    )


def _references(config: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Where a data set is named, its name, and the source or task that it must have, if any."""
    yield "vector_field.dataset", config["vector_field"]["dataset"], "lognormal_line"
    for key, problem in _misspecified_problems(config):
        kind = "gaussian_classes" if ".logistic." in key else "normal_line"
        yield f"{key}.dataset", problem["dataset"], kind
    lists = [
        ("optimization.datasets", config["optimization"]["datasets"], ""),
        ("optimization.appendix_datasets", config["optimization"]["appendix_datasets"], ""),
        ("consistency.datasets", config["consistency"]["datasets"], "gaussian_classes"),
        ("noise.datasets", config["noise"]["datasets"], ""),
        ("monte_carlo.datasets", config["monte_carlo"]["datasets"], ""),
        ("magnitude.datasets", config["magnitude"]["datasets"], ""),
        *(
            (f"robustness.variants.{variant}", names, "")
            for variant, names in config["robustness"]["variants"].items()
        ),
    ]
    for key, names, kind in lists:
        for position, name in enumerate(names):
            yield f"{key}.{position}", name, kind
    for name in config["robustness"]["row_orders"]["orders"]:
        yield f"robustness.row_orders.orders.{name}", name, ""
    yield "scaling.dataset", config["scaling"]["dataset"], "regression"
    starting = config["starting_points"]["dataset"]["name"]
    yield "starting_points.dataset.name", starting, "regression"


def _not_finite(config: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that are none; only a prior's variance may be infinite, which switches it off."""
    for key, value in _nodes(config):
        if isinstance(value, float) and math.isnan(value):
            yield f"{key}: is not a number"
        elif isinstance(value, float) and math.isinf(value) and not key.endswith("prior_variance"):
            yield f"{key}: is {value}; it must be finite"


def _nodes(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in the configuration: sections, lists and values, by their keys."""
    yield key, node
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, Mapping):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for name, child in children:
        yield from _nodes(child, f"{key}.{name}" if key else str(name))


def _intervals(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    """The ends of every axis, which may be one where it has one value, and of every window."""
    for key, node in _nodes(config):
        if isinstance(node, Mapping) and {"low", "high"} <= {*node} and node.get("count") != 1:
            yield key, (node["low"], node["high"])
    for key, problem in _misspecified_problems(config):
        for axis, ends in problem["window"].items():
            yield f"{key}.window.{axis}", tuple(ends)


def _misspecified_problems(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for family, settings in config["misspecification"].items():
        for name, problem in settings["problems"].items():
            yield f"misspecification.{family}.problems.{name}", problem


def _join(key: str, name: str) -> str:
    return name if key == "top level" else f"{key}.{name}"


def _hint(name: Any, allowed: list[Any]) -> str:
    close = difflib.get_close_matches(str(name), [str(entry) for entry in allowed], n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    return f"{meant}; allowed: {', '.join(map(str, allowed))}"


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _count(value: Any) -> str:
    return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"


def _text_hint(value: Any, kinds: list[str]) -> str:
    """Explain the truth value that YAML reads where text was meant."""
    if isinstance(value, bool) and "string" in kinds:
        return " (YAML reads yes, no, on, off, true and false as truth values: write quotes)"
    return ""


def _number_hint(value: Any, kind: str) -> str:
    """Explain the number that YAML reads as text."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        number = math.nan
    if kind not in ("number", "integer") or math.isnan(number):
        return ""
    mantissa, _, exponent = value.lower().lstrip("+").partition("e")
    if number.is_integer() and kind == "integer":
        written = str(int(number))
    elif "inf" in mantissa:
        written = mantissa.replace("inf", ".inf")
    else:
        point = mantissa if "." in mantissa else f"{mantissa}.0"
        written = f"{point}e{int(exponent or 0):+d}"
    return f" (YAML reads {value} as text: write {written})"
