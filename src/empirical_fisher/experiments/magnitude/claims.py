"""The ledger of §5, last paragraph, and §4.3: what an update makes of the gradient's size.

The tables are those of `magnitude`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, verdict

from .experiment import UPDATES

FIGURE = "magnitude"  #: where the ledger sends the reader
EXACT = 1e-6  #: of a slope that is a whole number but for rounding
LIMIT = 0.05  #: of a slope that is a whole number far from the minimum only


def claims(
    scales: pd.DataFrame, distances: pd.DataFrame, signs: pd.DataFrame, far: float
) -> list[Claim]:
    """What the tables say of §5's last paragraph and §4.3.

    Parameters
    ----------
    scales, distances, signs
        As the functions of these names in `magnitude` tabulate them, each with a column
        ``dataset``.
    far
        The distance from the minimum that counts as far.
    """
    in_scale = pd.DataFrame(
        {
            dataset: slopes(table, "scale")
            for dataset, table in scales.groupby("dataset", sort=False)
        }
    )
    beyond = distances[distances["distance"] >= far]
    in_distance = pd.DataFrame(
        {
            dataset: slopes(table, "distance")
            for dataset, table in beyond.groupby("dataset", sort=False)
        }
    )

    def met(method: str) -> list[bool]:
        update = UPDATES[method]
        return [
            bool(((in_scale.loc[method] - update.scale).abs() <= EXACT).all()),
            bool(((in_distance.loc[method] - update.distance).abs() <= LIMIT).all()),
        ]

    def measured(*methods: str) -> str:
        """The slopes that are furthest from those expected."""
        parts = []
        for method in methods:
            update = UPDATES[method]
            pairs = ((in_scale, update.scale), (in_distance, update.distance))
            ends = [
                table.loc[method].iloc[(table.loc[method] - goal).abs().fillna(np.inf).argmax()]
                for table, goal in pairs
            ]
            powers = [round(end, 3) + 0.0 for end in ends]  # no −0.000
            parts.append(f"{powers[0]:.3f} and {powers[1]:.3f} ({method})")
        return (
            "The length of the update is a power of c, by which the loss is multiplied, and of t, "
            f"the distance from the minimum, with the exponents {'; '.join(parts)}."
        )

    def expected(*methods: str) -> str:
        powers = "; ".join(
            f"{UPDATES[method].scale} and {UPDATES[method].distance} ({method})"
            for method in methods
        )
        return (
            f"Exponents of {powers}: that of c to {EXACT:.0e}, and that of t, far from the "
            f"minimum, to {LIMIT}."
        )

    def row(name: str, source: str, claim: str, *methods: str, kind: str = "claim") -> Claim:
        holds = verdict(*(part for method in methods for part in met(method)))
        return Claim(
            f"magnitude.{name}",
            source,
            claim,
            measured(*methods),
            expected(*methods),
            holds,
            FIGURE,
            kind=kind,
        )

    deviation = (signs["update"] - signs["predicted"]).abs().max()
    size = signs["update"].abs()
    return [
        row(
            "square-root",
            "§5",
            "Preconditioning with the square root of the diagonal empirical Fisher, as in Adam, "
            "cancels the gradient's magnitude.",
            "√diag EF",
        ),
        Claim(
            "magnitude.sign",
            "§5",
            "Such a preconditioner turns gradient descent into sign descent, damped by the noise "
            "of each coordinate.",
            "Each coordinate of the update is the gradient's sign divided by the square root of "
            f"one plus the relative noise, to {deviation:.0e}; its absolute value is "
            f"{size.min():.2g} to {size.max():.2g}.",
            f"Equal to {EXACT:.0e}, and absolute values of at most 1.",
            verdict(bool(deviation <= EXACT), bool((size <= 1 + EXACT).all())),
            FIGURE,
            kind="identity",
        ),
        row(
            "inverse",
            "§4.3, §5",
            "Updates preconditioned with the empirical Fisher are inversely proportional to the "
            "gradient's size, far from an optimum.",
            "EFGD",
        ),
        row(
            "natural",
            "§4.3, §5",
            "The gradient is proportional to the scale of the loss, and the natural gradient (with "
            "the GGN as the Fisher) does not depend on it; both grow with the distance from the "
            "optimum.",
            "GD",
            "NGD",
        ),
        row(
            "fixed-distribution",
            "ours, on Proposition 1 and §4.3",
            "If a scaled loss is not the negative logarithm of a density, the expected outer "
            "product of its gradients under the model is not the GGN and scales like the empirical "
            "Fisher.",
            "NGD, y fixed",
            kind="ours",
        ),
        row(
            "adaptation",
            "§5, Eq. 19",
            "The multiplication with ∇L ∇Lᵀ in Eq. 19 counteracts the poor scaling of the "
            "empirical Fisher.",
            "Eq. 19",
        ),
    ]


def slopes(lengths: pd.DataFrame, axis: str) -> pd.Series:
    """Slope of the logarithm of each update's length against that of a column, by method."""
    return pd.Series(
        {
            method: exponent(table[axis], table["update_norm"])
            for method, table in lengths.groupby("method", sort=False)
        }
    )
