"""Reading YAML in which every value is what it looks like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .messages import shortened

MOST_NODES = 100_000  #: sections, lists and values in a configuration, aliases written out
DEEPEST = 20  #: levels of sections and lists
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?\.?inf|\.?nan", re.I)
#: Kinds of values that YAML knows and a configuration may have, by their tags.
TAGS = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "str", "seq", "map", "merge")
}


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
        problem = shortened(str(error.problem))
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
                problem = f"the key {shortened(key.value)} is here and in line {lines[name]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[name] = key.start_mark.line + 1
        return node


def _bent(kind: str, text: str) -> str:
    """What is wrong with a value that YAML reads as something else than is written."""
    shown = shortened(text)
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
            problem = f"{shortened(node.tag)} is no kind of value that a configuration has"
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


def number(text: str) -> float:
    """The number that a text is, with or without YAML's point before inf and nan."""
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
