"""The ledger of `robustness`: whether Figures 1 to 3 survive other choices than the authors'."""

from __future__ import annotations

import numpy as np
import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, verdict

SAME = 1e-6  #: relative difference of final losses that is not called one
CLOSE = 0.1  #: relative difference of final losses up to which a variant changes little
OPPOSITE = -0.5  #: cosine below which directions are called opposite (over 120 degrees)
ALONG = 0.99  #: cosine above which a field points at the minimum all over
FAR = 0.2  #: ‖EF − F‖ / ‖F‖ beyond sampling, which makes about 2 / √N = 0.06 of it with N = 1000


def claims(searches: pd.DataFrame, fields: pd.DataFrame, distances: pd.DataFrame) -> list[Claim]:
    """What survives, from the tables of `robustness`.

    Parameters
    ----------
    searches
        The tables of `robustness.variant` under ``dataset, variant``.
    """
    best = searches.pivot(index=["variant", "dataset"], columns="method", values="final_loss")
    cosines = searches[searches["method"] == "EFGD"].set_index(["variant", "dataset"])[
        "minimum_cosine"
    ]
    whole = best.loc[["lower_dampings", "upper_dampings"]].groupby("dataset").min()
    return [
        _seed_claim_1(fields),
        _seed_claim_2(distances),
        _order_claim(
            best, "standardized", "standardized", "with standardised features (mean 0, variance 1)"
        ),
        Claim(
            "robustness.standardized-direction",
            "Figure 3, second row",
            "Also with standardised features EFGD takes directions opposite to the natural "
            "gradient on Boston.",
            f"lowest cosine {_listed(cosines['standardized'], '+.2f')}; with raw features and the "
            f"lower dampings {_listed(cosines['lower_dampings'], '+.2f')}",
            f"a cosine below {OPPOSITE} on Boston",
            verdict(bool(cosines["standardized", "Boston"] < OPPOSITE)),
        ),
        _order_claim(best, "lower", "lower_dampings", "tuned on the lower half of the dampings"),
        _order_claim(best, "upper", "upper_dampings", "tuned on the upper half of the dampings"),
        _undamped_claim(_ratio(best.loc["undamped"], whole)),
        _clipping_claim(_ratio(best.loc["clipped"], whole)),
    ]


def _order_claim(best: pd.DataFrame, word: str, variant: str, how: str) -> Claim:
    """EFGD does no better than NGD, data set by data set."""
    losses = best.loc[variant]
    ratio = losses["EFGD"] / losses["NGD"]
    plain = (losses.get("GD", np.nan) / losses["EFGD"]).dropna()
    beside = f"; GD's over EFGD's: {_listed(plain, '.5g')}" if len(plain) else ""
    return Claim(
        f"robustness.{word}-losses",
        "Figure 3",
        f"EFGD's final loss is not below NGD's {how}.",
        f"EFGD's over NGD's final loss: {_listed(ratio, '.5g')}{beside}",
        f"EFGD's over NGD's final loss at least 1 (to a relative {SAME:.0e}) on each data set",
        verdict(*map(bool, ratio >= 1 - SAME)),
    )


def _ratio(variant: pd.DataFrame, whole: pd.DataFrame) -> pd.Series:
    """Final losses of a variant over those of the whole grid, where both are known."""
    damped = [method for method in whole if method != "GD"]
    ratio = (variant[damped] / whole.loc[variant.index, damped]).stack().dropna()
    ratio.index = [f"{method} on {dataset}" for dataset, method in ratio.index]
    return ratio


def _undamped_claim(ratio: pd.Series) -> Claim:
    shown = [
        f"{name} {value:.2f}" if value > SAME else f"{name} below {SAME:.0e}"
        for name, value in ratio.items()
    ]
    return Claim(
        "robustness.undamped",
        "Figure 3, the range of dampings",
        "No run without damping does better than the best damped run, so nothing is lost because "
        "the grid has no smaller damping.",
        f"undamped over best damped final loss: {', '.join(shown)}; elsewhere the undamped "
        "matrices are singular",
        f"a ratio of at least {1 - CLOSE} for each method on each data set",
        verdict(*map(bool, ratio >= 1 - CLOSE)),
    )


def _clipping_claim(ratio: pd.Series) -> Claim:
    return Claim(
        "robustness.clipping",
        "Figure 3, the published code",
        "The authors' clipped probabilities make no difference to Figure 3's final losses.",
        f"clipped over exact final loss: {_listed(ratio, '.3f')}",
        f"a ratio within {CLOSE} of 1 for each method on each data set",
        verdict(*map(bool, (ratio - 1).abs() <= CLOSE)),
    )


def _seed_claim_1(fields: pd.DataFrame) -> Claim:
    lowest = fields.pivot(index="seed", columns="method", values="minimum_cosine")
    natural, empirical = lowest["NGD"].min(), lowest["EFGD"]
    return Claim(
        "robustness.figure1-seeds",
        "Figure 1",
        "Also with other seeds, NGD's field points to the minimum everywhere, and EFGD's field "
        "points away from it somewhere.",
        f"lowest cosine to the direction of the minimum, {len(lowest)} seeds: NGD {natural:.3f}, "
        f"EFGD {empirical.min():.2f} to {empirical.max():.2f}",
        f"above {ALONG} for NGD and below {OPPOSITE} for EFGD with every seed",
        verdict(bool(natural > ALONG), bool(empirical.max() < OPPOSITE)),
    )


def _seed_claim_2(distances: pd.DataFrame) -> Claim:
    ranges = distances.groupby("problem", sort=False)["distance"].agg(["min", "max"])
    correct, wrong = "correct", ranges.index.drop("correct")
    return Claim(
        "robustness.figure2-seeds",
        "Figure 2",
        "Also with other seeds, the empirical Fisher at the minimum is near the Fisher if the "
        "model is right, and far from it if it is not.",
        "‖EF − F‖/‖F‖ over the seeds: "
        + ", ".join(f"{name} {low:.2f} to {high:.2f}" for name, low, high in ranges.itertuples()),
        f"below {FAR} for the correct model and above for the others, with every seed",
        verdict(bool(ranges.loc[correct, "max"] < FAR), bool(ranges.loc[wrong, "min"].min() > FAR)),
    )


def _listed(values: pd.Series, form: str) -> str:
    return ", ".join(f"{name} {value:{form}}" for name, value in values.items())
