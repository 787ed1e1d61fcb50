"""The schema is strict and complete, and lets nothing become a path that is not a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from snakemake.utils import update_config

from conftest import CONFIG, ROOT
from empirical_fisher.pipeline import schema
from pipeline import SCHEMA

SCHEMAS = ROOT / "workflow/schemas"
RECIPE = (
    *("matrix", "structure", "power", "average", "momentum", "gradient", "samples", "seed"),
    *("python", "options", "label", "color"),
)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """A schema with what its $ref and allOf add to it."""
    whole: dict[str, Any] = {}
    if "$ref" in node:
        update_config(whole, resolved(SCHEMA["$defs"][node["$ref"].removeprefix("#/$defs/")]))
    for part in node.get("allOf", ()):
        update_config(whole, resolved(part))
    update_config(whole, node)
    return whole


def schemas(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below one, by the path of its key; * stands for any name."""
    node = resolved(node)
    yield path, node
    children = dict(node.get("properties", {}))
    if isinstance(node.get("additionalProperties"), dict):
        children["*"] = node["additionalProperties"]
    if "items" in node:
        children["[]"] = node["items"]
    for name, child in children.items():
        yield from schemas(child, f"{path}.{name}" if path else name)


def keys(node: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every key of a configuration, named as `schemas` names it."""
    schema = resolved(schema)
    for name, child in node.items() if isinstance(node, dict) else ():
        known = schema.get("properties", {})
        key = name if name in known else "*"
        below = known.get(name) or schema["additionalProperties"]
        yield f"{path}.{key}".lstrip(".")
        yield from keys(child, below, f"{path}.{key}".lstrip("."))


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_no_section_of_the_schema_lets_unknown_keys_through() -> None:
    for path, node in schemas(SCHEMA):
        if "object" not in node.get("type", ()):
            assert "properties" not in node, f"{path} has keys but is not said to be an object"
            continue
        extra = node.get("additionalProperties")
        named = isinstance(extra, dict) and "propertyNames" in node
        assert extra is False or named, f"{path} lets unknown keys through"


def test_everything_in_the_schema_has_a_type_or_a_list_of_values() -> None:
    assert all({"type", "enum"} & node.keys() for _, node in schemas(SCHEMA))


def test_the_schema_covers_every_key_of_the_configuration_and_no_more() -> None:
    known = {path for path, _ in schemas(SCHEMA) if path and "[]" not in path}
    left_out = {
        *(f"datasets.*.{key}" for key in ("target", "drop", "positive", "categorical", "missing")),
        *(f"datasets.*.{key}" for key in ("prefer", "methods")),
        *(f"datasets.*.source.{key}" for key in ("openml", "url", "sha256", "file", "format")),
        *(f"datasets.*.source.{key}" for key in ("separator", "decimal", "thousands")),
        *(f"datasets.*.source.openml.{key}" for key in ("name", "version")),
        *(f"methods.*.{key}" for key in ("python", "options", "color")),
        "methods.*.options.*",
    }
    assert set(keys(CONFIG, SCHEMA)) == known - left_out
    assert left_out < known


def test_only_optional_keys_may_be_missing() -> None:
    optional = {
        f"{path}.{name}"
        for path, node in schemas(SCHEMA)
        for name in node.get("properties", {})
        if name not in node.get("required", ())
    }
    choices = (
        *("snapshot", "sklearn", "lognormal_line", "normal_line", "gaussian_classes"),
        *("openml", "url", "sha256", "file", "format", "separator", "decimal", "thousands"),
    )
    settings = (
        *("title", "expect", "task", "target", "drop", "positive", "categorical", "missing"),
        *("standardize", "prefer", "methods", "model"),
    )
    assert optional == {
        *(f"datasets.*.{key}" for key in settings),
        *("datasets.*.model.network.activation", "datasets.*.model.network.seed"),
        *(f"datasets.*.expect.{fact}" for fact in ("rows", "features", "positives")),
        *(f"datasets.*.source.{source}" for source in choices),
        *(f"datasets.*.model.network.{key}" for key in ("activation", "seed")),
        *(f"methods.*.{key}" for key in RECIPE),
    }


def test_every_section_of_the_configuration_is_described() -> None:
    bare = {name for name, node in SCHEMA["properties"].items() if "description" not in node}
    assert not bare


# Names become paths


PATHS = st.one_of(
    st.text(max_size=8),
    st.text(alphabet="./\\~-_aZ0\n\0 ", max_size=8),
    st.sampled_from(["..", "/etc/x", "a/../b", "C:\\x", "-rf", "a\n", ".hidden", "{dataset}", "~"]),
)


@settings(max_examples=200, deadline=None)
@given(PATHS)
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    """A name without faults is one plain part of a path, below the folder that it is put in."""
    names = SCHEMA["$defs"]["name"]
    if not list(schema.Validator(names).iter_errors(name)):
        assert re.fullmatch("[A-Za-z0-9_-]+", name)
        assert not name.startswith("-")
        assert Path("data", f"{name}.csv").resolve().parent == Path("data").resolve()
    else:
        assert not re.fullmatch("[A-Za-z0-9]+", name)


def test_whatever_becomes_a_part_of_a_path_is_a_name_or_one_of_a_list() -> None:
    """The keys of data sets, the names that refer to them, and those of methods and snapshots."""
    found = dict(schemas(SCHEMA))
    name = SCHEMA["$defs"]["name"]["pattern"]
    for path in ("datasets", "methods", "misspecification", "misspecification.logistic.problems"):
        node = found[path]
        assert "properties" in node or resolved(node["propertyNames"])["pattern"] == name, path
    named = re.compile(r"(\.dataset|datasets\.\[\]|snapshot|starting_points\.dataset\.name)$")
    references = [
        path for path, node in found.items() if named.search(path) and node["type"] != "object"
    ]
    assert len(references) >= 8
    assert {found[path].get("pattern") for path in references} == {name}
    for path in ("optimization.methods.[]", "datasets.*.methods.[]"):
        assert found[path]["pattern"] == name
    assert "enum" in found["datasets.*.source.sklearn"]


def test_every_section_has_its_file() -> None:
    files = {path.name.removesuffix(".schema.yaml") for path in SCHEMAS.glob("*.schema.yaml")}
    assert files == {*SCHEMA["properties"], "config", "definitions"}


def test_every_name_of_a_data_set_is_known_as_one() -> None:
    """So that one which is misspelt is told, in a new section too."""

    def names(node: Any, key: str) -> Iterator[str]:
        if isinstance(node, str) and node in CONFIG["datasets"]:
            yield key
        children = node.items() if isinstance(node, dict) else ()
        children = enumerate(node) if isinstance(node, list) else children
        for name, child in children:
            below = f"{key}.{name}" if key else str(name)
            if name in CONFIG["datasets"]:
                yield below
            yield from names(child, below)

    found = {key for key in names(CONFIG, "") if not key.startswith("datasets.")}
    assert found == {key for key, _, _ in schema.marked(CONFIG, SCHEMA, SCHEMA, "dataset")}
