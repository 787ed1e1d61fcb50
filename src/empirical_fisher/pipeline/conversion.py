"""Numbers and truth values of a configuration in the types that its schema asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .schema import resolved
from .strict_yaml import INTEGER, NUMBER, number


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
            return number(value)
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
    schema = resolved(schema, root)
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        below = {name: known.get(name, others) or {} for name in value}
        return {name: _changed(child, below[name], root, change) for name, child in value.items()}
    if isinstance(value, list):
        return [_changed(child, schema.get("items", {}), root, change) for child in value]
    kinds = schema.get("type", ["string"])
    return change(value, [kinds] if isinstance(kinds, str) else list(kinds))
