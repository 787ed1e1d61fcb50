"""Reading the configuration and finding all that is wrong with it, in words for people."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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

#: Numbers other than 0 have a size from the first to the second, so that fourth powers, such as the
#: second moments of squared gradients, are numbers, too.
SMALLEST, LARGEST = 1e-50, 1e50

MOST_CELLS = 1_000_000  #: of a grid
MOST_FAULTS = 50  #: that are told; more are counted
MOST_NODES = 100_000  #: sections, lists and values in a configuration, aliases written out
DEEPEST = 20  #: levels of sections and lists
LONGEST = 80  #: characters of a value in a message; more are counted
MOST_NAMES = 40  #: in a list of what is allowed

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?\.?inf|\.?nan", re.I)

#: Kinds of values that YAML knows and a configuration may have, by their tags.
TAGS = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge")
}

#: Where true and false are no numbers, and 1.0 is no whole number.
Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def read_yaml(path: Path) -> Any:
    """Read a YAML file, in which no section has a key twice and every number is what it looks like.

    Raises
    ------
    SystemExit
        Naming file, line and fault, if the file can't be read or is not YAML, if YAML would read
        something else than is written (010 as 8, 1:30 as 90, 2020-01-01 as a date), or if aliases
        make it endless.
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
    except _UnclearError as error:
        raise SystemExit(f"{path}{_place(error)}: {error.problem}") from None
    except yaml.MarkedYAMLError as error:
        problem = _shortened(str(error.problem))
        raise SystemExit(f"{path}{_place(error)}: not valid YAML: {problem}") from None
    except yaml.reader.ReaderError as error:
        line = content.decode("utf-8")[: error.position].count("\n") + 1
        raise SystemExit(
            f"{path}, line {line}: not valid YAML: the control character "
            f"U+{error.character:04X} is not allowed"
        ) from None
    except RecursionError:
        raise SystemExit(f"{path}: is nested more than {DEEPEST} levels deep") from None


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


class _UnclearError(yaml.MarkedYAMLError):
    """Valid YAML that is not what it looks like."""


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
    """Refuses a key that stands twice in a section, where YAML's own loader keeps the last.

    Refuses also what it would read as something else than is written, and what never ends.
    """

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _extent(node, {})
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        problem = _bent(node.tag.rpartition(":")[2], node.value)
        if problem:
            raise _UnclearError(problem=problem, problem_mark=node.start_mark)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                problem = "a key must be text, not a list or a section"
                raise _UnclearError(problem=problem, problem_mark=key.start_mark)
            if key.value == "<<":
                continue
            name = key.tag, key.value
            if name in lines:
                problem = f"the key {_shortened(key.value)} is here and in line {lines[name]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[name] = key.start_mark.line + 1
        return node


def _bent(kind: str, text: str) -> str:
    """What is wrong with a value that YAML reads as something else than is written."""
    shown = _shortened(text)
    plain = text.replace("_", "")
    if kind == "int" and not INTEGER.fullmatch(plain):
        decimal = plain.lstrip("+-").lstrip("0") or "0"
        number = f" or {decimal} if it is that number" if decimal.isdecimal() else ""
        return f"{shown} is another number in YAML: write quotes if it is text{number}"
    if kind == "int" and len(plain) > 300:
        return f"a whole number of {len(plain)} digits is too large"
    if kind == "float" and not NUMBER.fullmatch(plain):
        return f"{shown} is another number in YAML: write quotes if it is text"
    if kind == "timestamp":
        return f"{shown} is a date in YAML: write quotes if it is text"
    if kind == "bool" and text.lower() not in yaml.SafeLoader.bool_values:
        return f"{shown} is neither true nor false"
    return ""


def _extent(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """How many nodes there are from one on, and in how many levels, with aliases written out.

    ``known`` has the answer for nodes that were looked at, and none for those we are in.
    """
    problem = ""
    if id(node) not in known:
        known[id(node)] = None
        extents = [_extent(child, known) for child in _children(node)]
        nodes = 1 + sum(count for count, _ in extents)
        levels = 1 + max((high for _, high in extents), default=0)
        known[id(node)] = nodes, levels
        if node.tag not in TAGS:
            problem = f"{_shortened(node.tag)} is no kind of value that a configuration has"
        elif levels > DEEPEST:
            problem = f"is nested more than {DEEPEST} levels deep"
        elif nodes > MOST_NODES:
            problem = f"has more than {MOST_NODES:,} values, aliases written out"
    extent = known[id(node)]
    if extent is None:
        problem = "an alias refers to a value that contains it"
    if problem or extent is None:
        raise _UnclearError(problem=problem, problem_mark=node.start_mark)
    return extent


def _children(node: yaml.Node) -> list[yaml.Node]:
    """The entries of a list, and the keys and values of a section."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def typed(given: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """What was given on the command line, where Snakemake reads all within a section as text.

    The text of a number, of true and of false becomes that value where the schema wants one.
    """

    def change(value: Any, kinds: list[str]) -> Any:
        if not isinstance(value, str) or "string" in kinds or len(value) > 300:
            return value
        if "boolean" in kinds and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if INTEGER.fullmatch(value) and {"integer", "number"} & {*kinds}:
            return int(value)
        if NUMBER.fullmatch(value) and "number" in kinds:
            return _number(value)
        return value

    return _changed(given, schema, schema, change)


def floats(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A configuration without faults in which numbers that need not be whole are all floats."""

    def change(value: Any, kinds: list[str]) -> Any:
        return float(value) if type(value) is int and kinds == ["number"] else value

    return _changed(config, schema, schema, change)


def _changed(
    value: Any,
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    change: Callable[[Any, list[str]], Any],
) -> Any:
    """A value with all values in it changed, which depends on the types that the schema allows."""
    parts = [schema, *schema.get("allOf", ())]
    if "$ref" in schema:
        parts.append(root["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    if len(parts) > 1:
        schema = {key: part[key] for part in reversed(parts) for key in part}
        schema = {key: rule for key, rule in schema.items() if key not in ("$ref", "allOf")}
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        below = {name: known.get(name, others) or {} for name in value}
        return {name: _changed(child, below[name], root, change) for name, child in value.items()}
    if isinstance(value, list):
        return [_changed(child, schema.get("items", {}), root, change) for child in value]
    kinds = schema.get("type", ["string"])
    return change(value, [kinds] if isinstance(kinds, str) else list(kinds))


def faults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """List what is wrong with a configuration, one line per fault, each with the path of its key.

    Lines have a bounded length; of many faults the last line says how many more there are.
    """
    lines = list(_endless(config))
    if not lines:
        broken = sorted(
            Validator(schema).iter_errors(config), key=lambda e: list(map(_name, e.path))
        )
        lines = [line for error in broken for line in _explain(error)]
    lines = lines or list(_extremes(config)) or list(_contradictions(config))
    lines = list(dict.fromkeys(lines))
    more = len(lines) - MOST_FAULTS
    return lines if more <= 0 else [*lines[:MOST_FAULTS], f"and {more} more faults"]


def _endless(config: Mapping[str, Any]) -> Iterator[str]:
    """Whether there is more in a configuration than anyone writes; nothing else is looked at."""
    for count, (key, _) in enumerate(_nodes(config)):
        if key.count(".") > DEEPEST:
            yield f"{_shortened(key)}: is nested more than {DEEPEST} levels deep"
            return
        if count >= MOST_NODES:
            yield f"top level: has more than {MOST_NODES:,} values, aliases written out"
            return


def _explain(error: ValidationError) -> Iterator[str]:
    """Say what a schema violation means."""
    key = ".".join(_name(part) for part in error.absolute_path) or "top level"
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
        hint = _prior_hint(value, key) or _number_hint(value, rule) or _text_hint(value, kinds)
        yield f"{key}: is {_show(value)}; it must be {needed}{hint}"
    elif error.validator == "enum":
        yield f"{key}: is {_show(value)}{_hint(value, rule)}"
    elif error.validator in ("minimum", "exclusiveMinimum"):
        bound = "at least" if error.validator == "minimum" else "greater than"
        yield f"{key}: is {_show(value)}; it must be {bound} {rule}"
    elif error.validator in ("maximum", "exclusiveMaximum"):
        bound = "at most" if error.validator == "maximum" else "less than"
        yield f"{key}: is {_show(value)}; it must be {bound} {rule}"
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
    elif error.validator == "contains":
        yield f"{key}: must have {rule['const']} among its entries"
    elif error.validator == "multipleOf":
        yield f"{key}: {_show(value)} is not a multiple of {rule}"
    else:
        yield f"{key}: {_shortened(error.message)}"


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
    for key, cells in _grids(config):
        if cells > MOST_CELLS:
            yield f"{key}: the grid has {cells:,} cells; it must have at most {MOST_CELLS:,}"
    axis, far = config["magnitude"]["distances"], config["magnitude"]["far"]
    share = 1 - 1 / max(axis["count"] - 1, 1)
    last_but_one = axis["low"] * (axis["high"] / axis["low"]) ** share
    if axis["count"] < 2 or last_but_one < far:
        yield "magnitude.far: at least two of the distances must be as far, to fit a slope"
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
        yield f"{key}.positive: the task is {task}; only a binary task has a positive label"
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


def _extremes(config: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that are none, or not of a size that can be calculated with.

    Only a prior's variance may be infinite, which switches it off.
    """
    for key, value in _nodes(config):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(value, float) and math.isnan(value):
            yield f"{key}: is not a number"
        elif isinstance(value, float) and math.isinf(value):
            if not key.endswith("prior_variance"):
                yield f"{key}: is {value}; it must be finite"
        elif value and not SMALLEST <= abs(value) <= LARGEST:
            sizes = f"{SMALLEST:g} to {LARGEST:g}"
            yield f"{key}: is {_show(value)}; its absolute value must be 0 or from {sizes}"


def _nodes(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in the configuration: sections, lists and values, by their keys."""
    yield key, node
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, Mapping):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for name, child in children:
        yield from _nodes(child, f"{key}.{_name(name)}" if key else _name(name))


def _intervals(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    """The ends of every axis, which may be one where it has one value, and of every window."""
    for key, node in _nodes(config):
        if isinstance(node, Mapping) and {"low", "high"} <= {*node} and node.get("count") != 1:
            yield key, (node["low"], node["high"])
    for key, problem in _misspecified_problems(config):
        for axis, ends in problem["window"].items():
            yield f"{key}.window.{axis}", tuple(ends)


def _grids(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Every grid of step sizes and dampings, and how many cells it has."""
    for key, node in _nodes(config):
        if isinstance(node, Mapping) and {"step_sizes", "dampings"} <= {*node}:
            axes = node["step_sizes"], node["dampings"]
            if all(isinstance(axis, Mapping) for axis in axes):
                yield key, axes[0]["count"] * axes[1]["count"]


def _misspecified_problems(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for family, settings in config["misspecification"].items():
        for name, problem in settings["problems"].items():
            yield f"misspecification.{family}.problems.{name}", problem


def _join(key: str, name: Any) -> str:
    return _name(name) if key == "top level" else f"{key}.{_name(name)}"


def _hint(name: Any, allowed: list[Any]) -> str:
    shown = _shortened(str(name)) if isinstance(name, str) else _show(name)
    close = difflib.get_close_matches(shown, [str(entry) for entry in allowed], n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    more = len(allowed) - MOST_NAMES
    names = [*map(str, allowed[:MOST_NAMES]), *([f"and {more} more"] if more > 0 else [])]
    return f"{meant}; allowed: {', '.join(names)}"


def _name(part: Any) -> str:
    """A part of the path of a key, in one short line whatever is in it."""
    if isinstance(part, int) and not isinstance(part, bool):
        return _show(part)
    text = str(part)
    return text if text.isprintable() and len(text) <= LONGEST + 20 else _show(text)


def _show(value: Any) -> str:
    """A value in one short line, as JSON writes it."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a whole number of {math.floor(math.log10(abs(value))) + 1} digits"
    if isinstance(value, str):
        return _shortened(value, json.dumps(value[: 2 * LONGEST], ensure_ascii=False))
    try:
        return _shortened(json.dumps(value, ensure_ascii=False, default=str))
    except (TypeError, ValueError):  # keys of many types, numbers of many digits, or a cycle
        return f"a {type(value).__name__} that can't be shown"


def _shortened(text: str, shown: str = "") -> str:
    """The beginning of a text, or of how it is shown, and the length of what is left out."""
    shown = "".join(
        letter if letter.isprintable() else repr(letter)[1:-1]
        for letter in shown or text[: 2 * LONGEST]
    )
    if max(len(text), len(shown)) <= LONGEST + 20:  # not to save less than it takes to say so
        return shown
    return f"{shown[:LONGEST]}… ({len(text):,} characters)"


def _count(value: Any) -> str:
    return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"


def _number(text: str) -> float:
    """The number that a text is, with or without YAML's point before inf and nan."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _prior_hint(value: Any, key: str) -> str:
    """Explain how to have no prior."""
    absent = value is None or str(value).lower() in ("none", "no", "off", "false", "null", "")
    return " (for no prior write .inf)" if key.endswith("prior_variance") and absent else ""


def _text_hint(value: Any, kinds: list[str]) -> str:
    """Explain the truth value that YAML reads where text was meant."""
    if isinstance(value, bool) and "string" in kinds:
        return " (YAML reads yes, no, on, off, true and false as truth values: write quotes)"
    return ""


def _number_hint(value: Any, kind: str) -> str:
    """Explain the number that YAML reads as text."""
    if kind not in ("number", "integer") or not isinstance(value, str) or len(value) > LONGEST:
        return ""
    number = _number(value) if NUMBER.fullmatch(value) else math.nan
    if math.isnan(number):
        return ""
    mantissa, _, exponent = value.lower().replace(".inf", "inf").lstrip("+").partition("e")
    if kind == "integer":
        if not number.is_integer() or abs(number) > LARGEST:
            return ""
        written = str(int(number))
    elif "inf" in mantissa:
        written = mantissa.replace("inf", ".inf")
    else:
        point = mantissa if "." in mantissa else f"{mantissa}.0"
        written = f"{point}e{int(exponent or 0):+d}"
    return f" (YAML reads {value} as text: write {written})"
