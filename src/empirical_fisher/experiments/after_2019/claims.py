"""The ledger of what came after 2019.

Every criterion was fixed before the experiments were run for the first time. Where one turned out
to be mistaken, ``docs/after-2019.md`` says so, and why.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim

from . import claims_estimates, claims_improved, claims_inverses, claims_uses


def claims(
    improved: pd.DataFrame,
    quartic: pd.DataFrame,
    indicator_paths: pd.DataFrame,
    indicator_networks: pd.DataFrame,
    batches: pd.DataFrame,
    diagonals: pd.DataFrame,
    bartlett: pd.DataFrame,
    kronecker: pd.DataFrame,
    inverse_bias: pd.DataFrame,
    one_sample: pd.DataFrame,
    few_examples: pd.DataFrame,
    continual: pd.DataFrame,
    takeuchi_trace: pd.DataFrame,
    takeuchi_gap: pd.DataFrame,
    imbalance: pd.DataFrame,
    class_curvature: pd.DataFrame,
) -> list[Claim]:
    """All claims of this topic; each table is in a file of its name in ``results/after_2019``."""
    return [
        *claims_improved.claims(improved, quartic, indicator_paths, indicator_networks),
        *claims_estimates.claims(batches, diagonals, bartlett, kronecker),
        *claims_inverses.claims(inverse_bias, one_sample, few_examples),
        *claims_uses.claims(continual, takeuchi_trace, takeuchi_gap, imbalance, class_curvature),
    ]
