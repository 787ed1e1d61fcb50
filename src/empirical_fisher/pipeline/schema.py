"""What a schema refuses, in words for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from .messages import LARGEST, LONGEST, count_of, hint, join, name_of, shortened, show
from .strict_yaml import NUMBER, number, read_yaml

#: What the types of JSON are called in messages.
KINDS = {
    "object": "a section of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}


def _ascending(_: Any, wanted: bool, values: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword ``ascending``: no number of a list is smaller than the one before."""
    numbers = isinstance(values, list) and all(map(_is_finite, values))
    if wanted and numbers and values != sorted(values):
        yield ValidationError("must ascend")


def _interval(_: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword ``interval``: low is less than high, but for an axis with one value only."""
    ends = _ends(value)
    if wanted and len(ends) == 2 and all(map(_is_finite, ends)) and not ends[0] < ends[1]:
        yield ValidationError("is empty")


def _details(_: Any, owners: dict[str, list[str]], source: Any, schema: Any) -> Iterator[Any]:
    """The keyword ``details``: keys that say more of another one, of which there must be one.

    Its value has, for each of these keys, the keys that it may say more of.
    """
    if not isinstance(source, dict) or not source:
        return
    kinds = [key for key in source if key not in owners and key in schema["properties"]]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        yield ValidationError(
            f"names {found}; it must name one source (another needs another name)"
        )
        return
    for key in source:
        if key in owners and kinds[0] not in owners[key]:
            told = f"belongs to {' or '.join(owners[key])}, which isn't there"
            yield ValidationError(told, path=[key])


def _ends(value: Any) -> list[Any]:
    """The ends of an interval, which is a pair or has the keys ``low`` and ``high``."""
    if isinstance(value, dict):
        known = {"low", "high"} <= {*value} and value.get("count") != 1
        return [value["low"], value["high"]] if known else []
    return list(value) if isinstance(value, list) else []


def _is_finite(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (isinstance(value, int) or math.isfinite(value))


#: Where true and false are no numbers, and 1.0 is no whole number.
Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"ascending": _ascending, "details": _details, "interval": _interval},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def read(path: Path) -> dict[str, Any]:
    """Read a schema, with what it refers to in files beside it put into it as one schema.

    Raises
    ------
    SystemExit
        See `strict_yaml.read_yaml`.
    """
    files: dict[str, Any] = {}
    definitions: dict[str, Any] = {}

    def content(file: str) -> Any:
        if file not in files:
            files[file] = read_yaml(path.with_name(file))
        return files[file]

    def whole(node: Any) -> Any:
        if isinstance(node, list):
            return [whole(child) for child in node]
        if not isinstance(node, dict):
            return node
        file, _, pointer = str(node.get("$ref", "")).partition("#")
        if file and not pointer:
            section = content(file)
            return whole({key: section[key] for key in section if key != "$schema"})
        if file:
            definitions.update(content(file)["$defs"])
            node = {**node, "$ref": f"#{pointer}"}
        return {key: whole(child) for key, child in node.items()}

    schema = whole(read_yaml(path))
    return {**schema, "$defs": definitions}


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to, and all that must hold besides, put into it."""
    parts = [{key: rule for key, rule in schema.items() if key not in ("$ref", "allOf")}]
    parts += schema.get("allOf", ())
    if "$ref" in schema:
        parts.append(root["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    whole = parts[0]
    for part in parts[1:]:
        whole = _merged(whole, resolved(part, root))
    return whole


def _merged(one: Any, other: Any) -> Any:
    """Two parts of a schema in one; what the first says counts more."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    both = {key: _merged(one[key], other[key]) for key in one if key in other}
    return {**other, **one, **both}


def marked(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], keyword: str, key: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Everything of which a schema says a keyword: its key, its value, and what the keyword says.

    Names in a section whose ``propertyNames`` have the keyword are among it.
    """
    rules = resolved(schema, root)
    if keyword in rules:
        yield key, value, rules[keyword]
    if isinstance(value, Mapping):
        names = resolved(rules.get("propertyNames", {}), root)
        known, others = rules.get("properties", {}), rules.get("additionalProperties") or {}
        for name, child in value.items():
            below = f"{key}.{name}" if key else str(name)
            if keyword in names:
                yield below, name, names[keyword]
            yield from marked(child, known.get(name, others), root, keyword, below)
    elif isinstance(value, list):
        for position, child in enumerate(value):
            yield from marked(child, rules.get("items", {}), root, keyword, f"{key}.{position}")


def explain(error: ValidationError) -> Iterator[str]:
    """Say what a schema violation means."""
    key = ".".join(name_of(part) for part in error.absolute_path) or "top level"
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        allowed = list(schema.get("properties", ()))
        for name in value:
            if name not in allowed:
                yield f"{join(key, name)}: unknown key{hint(name, allowed)}"
    elif error.validator == "required":
        for name in rule:
            if name not in value:
                yield f"{join(key, name)}: missing"
    elif error.validator == "type":
        kinds = [rule] if isinstance(rule, str) else rule
        needed = " or ".join(KINDS[kind] for kind in kinds)
        remark = _prior_hint(value, key) or _number_hint(value, rule) or _text_hint(value, kinds)
        yield f"{key}: is {show(value)}; it must be {needed}{remark}"
    elif error.validator == "enum":
        yield f"{key}: is {show(value)}{hint(value, rule)}"
    elif error.validator in ("minimum", "exclusiveMinimum"):
        bound = "at least" if error.validator == "minimum" else "greater than"
        yield f"{key}: is {show(value)}; it must be {bound} {rule}"
    elif error.validator in ("maximum", "exclusiveMaximum"):
        bound = "at most" if error.validator == "maximum" else "less than"
        yield f"{key}: is {show(value)}; it must be {bound} {rule}"
    elif error.validator in ("minLength", "maxLength"):
        bound = "at least" if error.validator == "minLength" else "at most"
        yield f"{key}: has {len(value)} characters; it must have {bound} {rule}"
    elif error.validator in ("minItems", "minProperties"):
        yield f"{key}: has {count_of(value)}; it must have at least {rule}"
    elif error.validator in ("maxItems", "maxProperties"):
        yield f"{key}: has {count_of(value)}; it must have at most {rule}"
    elif error.validator == "uniqueItems":
        yield f"{key}: names something twice"
    elif error.validator == "pattern":
        yield f"{key}: {show(value)} can't be {schema['title']}"
    elif error.validator == "contains":
        yield f"{key}: must have {rule['const']} among its entries"
    elif error.validator == "multipleOf":
        yield f"{key}: {show(value)} is not a multiple of {rule}"
    elif error.validator == "details":
        yield f"{key}: {error.message}"
    elif error.validator == "ascending":
        yield f"{key}: must ascend"
    elif error.validator == "interval":
        low, high = _ends(value)
        yield f"{key}: the interval from {low} to {high} is empty; its ends must ascend"
    else:
        yield f"{key}: {shortened(error.message)}"


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
    read = number(value) if NUMBER.fullmatch(value) else math.nan
    if math.isnan(read):
        return ""
    mantissa, _, exponent = value.lower().replace(".inf", "inf").lstrip("+").partition("e")
    if kind == "integer":
        if not read.is_integer() or abs(read) > LARGEST:
            return ""
        written = str(int(read))
    elif "inf" in mantissa:
        written = mantissa.replace("inf", ".inf")
    else:
        point = mantissa if "." in mantissa else f"{mantissa}.0"
        written = f"{point}e{int(exponent or 0):+d}"
    return f" (YAML reads {value} as text: write {written})"
