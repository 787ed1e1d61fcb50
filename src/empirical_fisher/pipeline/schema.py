"""What a schema refuses, in words for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from .messages import LARGEST, LONGEST, count_of, hint, join, name_of, shortened, show
from .strict_yaml import NUMBER, number

#: What the types of JSON are called in messages.
KINDS = {
    "object": "a section of keys",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
#: Where true and false are no numbers, and 1.0 is no whole number.
Validator = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


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
