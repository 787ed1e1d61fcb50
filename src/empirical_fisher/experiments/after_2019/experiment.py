"""All ideas that need no data set, one table each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from . import (
    bartlett,
    batches,
    continual,
    diagonals,
    few_examples,
    improved,
    indicator_networks,
    inverse_bias,
    kronecker,
    quartic,
    takeuchi,
)

IDEAS = {
    "improved": improved.experiment,
    "quartic": quartic.experiment,
    "indicator_networks": indicator_networks.experiment,
    "batches": batches.experiment,
    "diagonals": diagonals.experiment,
    "bartlett": bartlett.experiment,
    "kronecker": kronecker.experiment,
    "inverse_bias": inverse_bias.experiment,
    "few_examples": few_examples.experiment,
    "continual": continual.experiment,
    "takeuchi_trace": takeuchi.trace,
    "takeuchi_gap": takeuchi.gap,
}
"""The function that makes each table, from the section of the configuration of its name."""


def experiment(
    settings: Mapping[str, Mapping[str, Any]], seeds: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """The tables of all `IDEAS`.

    Parameters
    ----------
    settings
        A section of ``after_2019`` of the configuration for each idea.
    seeds
        Of everything that is drawn, one trial each.
    """
    return {name: idea(settings[name], seeds) for name, idea in IDEAS.items()}
