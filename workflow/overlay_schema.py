"""Write the schema of files that are laid over config.yaml, which editors read: no key is required.

Run it after a change of the schema: .venv/bin/python workflow/overlay_schema.py
"""

import json
from pathlib import Path

import yaml

SCHEMAS = Path(__file__).resolve().parent / "schemas"
TITLE = "What is laid over config.yaml"
DESCRIPTION = "As config.schema.yaml, but no key is required. Made by workflow/overlay_schema.py."


def partial(schema):
    """A schema without what it says of keys that must be there."""
    if isinstance(schema, list):
        return [partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # Below "properties" and "$defs" there are names, which may be any word.
    return {
        key: {name: partial(part) for name, part in value.items()}
        if key in ("properties", "$defs")
        else partial(value)
        for key, value in schema.items()
        if key not in ("required", "minProperties")
    }


def overlay_schema():
    """The text of the schema of overlays."""
    schema = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text(encoding="utf-8"))
    derived = {**partial(schema), "title": TITLE, "description": DESCRIPTION}
    return json.dumps(derived, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (SCHEMAS / "overlay.schema.json").write_text(overlay_schema(), encoding="utf-8")
