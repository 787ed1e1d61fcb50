"""The pipeline's configuration and its command, as the tests use them."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from snakemake.utils import update_config

from conftest import CONFIG, ROOT


def overlaid(text: str) -> dict[str, Any]:
    """config.yaml with a text in YAML laid over it, as --configfile does."""
    config = copy.deepcopy(CONFIG)
    update_config(config, yaml.safe_load(text))
    return config


TINY = overlaid((ROOT / "tests" / "config.yaml").read_text("utf-8"))
