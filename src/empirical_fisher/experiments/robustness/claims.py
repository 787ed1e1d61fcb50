"""The ledger of `robustness`: whether Figures 1 and 3 survive other choices than the authors'.

Neither text says so: these statements are ours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict

HIGHER = 0.01  #: a loss is higher than another if it is so by 1 %
SMALL = 1e-6  #: below this a ratio of losses is shown as such, as rounding decides its digits
CLOSE = 0.1  #: relative difference of final losses up to which a variant changes little
OPPOSITE = -0.5  #: cosine below which directions are called opposite (over 120 degrees)
ALONG = 0.99  #: cosine above which a field points at the minimum all over


def claims(searches: pd.DataFrame, fields: pd.DataFrame) -> list[Claim]:
    """What survives, from the tables of `robustness`.

    Parameters
    ----------
    searches
        The tables of `robustness.variant` under ``dataset, variant``.
    fields
        That of `vector_field.other_seeds`.
    """
    best = searches.pivot(index=["variant", "dataset"], columns="method", values="final_loss")
    cosines = searches[searches["method"] == "EFGD"].set_index(["variant", "dataset"])[
        "minimum_cosine"
    ]
    whole = best.loc[["lower_dampings", "upper_dampings"]].groupby("dataset").min()
    return [
        _seed_claim(fields),
        _order_claim(best, "standardized", "standardized", "with standardised features"),
        *_direction_claims(cosines),
        _order_claim(best, "lower", "lower_dampings", "tuned on the lower half of the dampings"),
        _order_claim(best, "upper", "upper_dampings", "tuned on the upper half of the dampings"),
        _undamped_claim(_ratio(best.loc["undamped"], whole)),
        _clipping_claim(_ratio(best.loc["clipped"], whole)),
    ]


def _order_claim(best: pd.DataFrame, word: str, variant: str, how: str) -> Claim:
    """EFGD does worse than NGD, data set by data set."""
    losses = best.loc[variant]
    ratio = losses["EFGD"] / losses["NGD"]
    plain = (losses.get("GD", np.nan) / losses["EFGD"]).dropna()
    beside = f"; GD's final loss over EFGD's is {_listed(plain, '.5g')}" if len(plain) else ""
    return Claim(
        f"robustness.{word}-losses",
        "ours, on Figure 3",
        f"EFGD ends with a higher loss than NGD also {how}.",
        f"EFGD's final loss over NGD's is {_listed(ratio, '.5g')}{beside}.",
        f"Higher by at least {HIGHER:.0%} on each data set.",
        verdict(*map(bool, ratio >= 1 + HIGHER)),
        kind="ours",
    )


def _direction_claims(cosines: pd.Series) -> list[Claim]:
    """What standardising does to the directions."""
    after, before = cosines["standardized"], cosines["lower_dampings"]
    measured = (
        "The lowest cosine between EFGD's direction and the natural gradient along EFGD's run is "
        f"{_listed(after, '+.2f')} with standardised features, and with raw features (tuned on the "
        f"lower half of the dampings) {_listed(before[after.index], '+.2f')}."
    )
    return [
        Claim(
            "robustness.standardized-direction",
            "ours, on Figure 3, second row",
            "Also with standardised features EFGD takes directions opposite to the natural "
            "gradient on Boston.",
            measured,
            f"A cosine below {OPPOSITE} on Boston.",
            verdict(bool(after["Boston"] < OPPOSITE)),
            kind="ours",
        ),
        Claim(
            "robustness.standardizing-heals",
            "ours, on Figure 3, second row",
            "Standardising the features brings EFGD's directions nearer to the natural gradient.",
            measured,
            "A higher lowest cosine than with raw features, on each data set.",
            verdict(*map(bool, after > before[after.index])),
            kind="ours",
        ),
    ]


def _ratio(variant: pd.DataFrame, whole: pd.DataFrame) -> pd.Series:
    """Final losses of a variant over those of the whole grid, where both are known."""
    damped = [method for method in whole if method != "GD"]
    ratio = (variant[damped] / whole.loc[variant.index, damped]).stack().dropna()
    ratio.index = [f"{method} on {dataset}" for dataset, method in ratio.index]
    return ratio


def _undamped_claim(ratio: pd.Series) -> Claim:
    shown = [
        f"{name} {value:.2f}" if value > SMALL else f"{name} below {SMALL:.0e}"
        for name, value in ratio.items()
    ]
    return Claim(
        "robustness.undamped",
        "ours, on the dampings of Figure 3",
        "No run without damping does better than the best damped run, so nothing is lost because "
        "the grid has no smaller damping.",
        f"The final loss without damping over the best one with damping is {', '.join(shown)}; "
        "elsewhere the undamped matrices are singular.",
        f"A ratio of at least {1 - CLOSE} for each method on each data set.",
        verdict(*map(bool, ratio >= 1 - CLOSE)),
        kind="ours",
    )


def _clipping_claim(ratio: pd.Series) -> Claim:
    measured = ", ".join(dict.fromkeys(str(name).partition(" on ")[2] for name in ratio.index))
    return Claim(
        "robustness.clipping",
        "ours, on the published code",
        "The authors' clipped probabilities make no difference to the final losses of Figure 3, as "
        "far as this was tried.",
        f"Tried on {measured}: the final loss with clipping over that without is "
        f"{_listed(ratio, '.3f')}.",
        f"A ratio within {CLOSE} of 1 for each method on each data set tried.",
        verdict(*map(bool, (ratio - 1).abs() <= CLOSE)),
        kind="ours",
    )


def _seed_claim(fields: pd.DataFrame) -> Claim:
    lowest = fields.pivot(index="seed", columns="method", values="minimum_cosine")
    natural, empirical = lowest["NGD"], lowest["EFGD"]
    return Claim(
        "robustness.figure1-seeds",
        "Figure 1",
        "NGD's field points to the minimum everywhere, and EFGD's field points away from it "
        "somewhere.",
        "The lowest cosine between an arrow and the direction of the minimum is "
        f"{natural.min():.3f} or more for NGD and {empirical.min():.2f} to {empirical.max():.2f} "
        f"for EFGD, over {len(lowest)} draws of the data.",
        f"Above {ALONG} for NGD and below {OPPOSITE} for EFGD.",
        **tried(
            (verdict(row["NGD"] > ALONG, row["EFGD"] < OPPOSITE) for _, row in lowest.iterrows()),
            "the draw",
        ),
    )


def _listed(values: pd.Series, form: str) -> str:
    return ", ".join(f"{name} {value:{form}}" for name, value in values.items())
