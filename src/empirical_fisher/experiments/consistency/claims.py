"""The ledger of §4.2: more examples (Eq. 17), outliers (the caption of Figure 2), larger models.

The tables are those of `consistency` and `capacity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, verdict

FIGURE = "consistency"  #: where the ledger sends the reader
TASKS = {"regression": "linear regression", "binary": "logistic regression"}  #: in claims

#: Criteria. The Monte Carlo rate is −1/2; four decades and a few seeds settle the slope to some
#: hundredths. A plateau is neither sinking (a tenth of that rate) nor negligible (10 %).
RATE, RATE_TOLERANCE = -0.5, 0.1
VANISHING = 0.01  #: ten times the 1/√N of a million examples
PLATEAU_SPAN, PLATEAU_SLOPE, PLATEAU_HEIGHT = 100, 0.05, 0.1  #: over the last two decades of N
ROUNDING = 1e-12  #: relative difference that rounding makes
#: "Arbitrarily wrong" is by ten times the Fisher itself, and growing in proportion to its cause.
ARBITRARY, PROPORTIONAL = 10.0, 0.1

#: Sampling scatters a mean over N / 2 squared residuals by some 10 %. "Close to zero" is a
#: hundredth of the Hessian; "nonzero" is no less than half of what it is for the smallest model.
SHARE_TOLERANCE, CLOSE_TO_ZERO, NONZERO = 0.1, 0.01, 0.5


def claims(
    sizes: Mapping[str, pd.DataFrame],
    classes: Mapping[str, Mapping[str, Any]],
    outliers: pd.DataFrame,
    capacity: pd.DataFrame,
) -> list[Claim]:
    """All claims of this topic: `more_examples` and `larger_models`."""
    return [*more_examples(sizes, classes, outliers), *larger_models(capacity)]


def more_examples(
    sizes: Mapping[str, pd.DataFrame],
    classes: Mapping[str, Mapping[str, Any]],
    leverages: pd.DataFrame,
) -> list[Claim]:
    """The rows of the ledger on Eq. 17 and on the caption of Figure 2.

    Parameters
    ----------
    sizes
        For each data set what `consistency.against_size` tabulates, all seeds.
    classes
        For each data set its parameters.
    leverages
        What `consistency.outliers` tabulates.
    """
    rows = []
    for name, table in sizes.items():
        claim = _converges if is_well_specified(classes[name]) else _stays
        rows += claim(name, table)
    return [*rows, _arbitrarily_wrong(leverages)]


def is_well_specified(classes: Mapping[str, Any]) -> bool:
    """Whether logistic regression is the right model: the classes' covariances are equal."""
    scale_0, scale_1 = np.asarray(classes["scale_0"]), np.asarray(classes["scale_1"])
    return bool(np.allclose(scale_0.T @ scale_0, scale_1.T @ scale_1))


def slope(table: pd.DataFrame, column: str, smallest: int = 0) -> tuple[float, float]:
    """Slope of a distance against ``N`` on log axes, from some ``N`` on: mean and standard error.

    A line is fitted to each seed on its own, as the nested sets of one seed are not independent;
    the standard error is that of the mean over the seeds.
    """
    large = table[table["size"] >= smallest]
    lines = large.pivot(index="size", columns="seed", values=column)
    slopes = exponent(lines.index, lines)
    return float(np.mean(slopes)), float(np.std(slopes, ddof=1) / np.sqrt(len(slopes)))


def at_largest(table: pd.DataFrame, column: str) -> float:
    """Mean of a distance over the seeds at the largest ``N``."""
    return float(table.loc[table["size"] == table["size"].max(), column].mean())


def _converges(name: str, table: pd.DataFrame) -> list[Claim]:
    """Eq. 17 on a well-specified problem."""
    rows = []
    for reference, source in (("fisher", "§4.2, Eq. 17"), ("hessian", "§4.2, Eq. 4")):
        column = f"empirical_fisher_from_{reference}"
        (rate, error), last = slope(table, column), at_largest(table, column)
        met = [abs(rate - RATE) <= RATE_TOLERANCE, last <= VANISHING]
        measured = (
            f"slope {rate:.2f} ± {error:.2f} over {table['seed'].nunique()} seeds; "
            f"{last:.4f} at N = {table['size'].max()}"
        )
        criterion = (
            f"slope on log axes within {RATE_TOLERANCE} of {RATE}; at most {VANISHING} at the "
            "largest N"
        )
        matrix = reference.capitalize()
        claim = (
            f"If the model is realizable ({name}), the empirical Fisher at the minimum converges "
            f"to the {matrix} as N grows, at the rate of Monte Carlo sampling."
        )
        if reference == "hessian":
            gap = table["fisher_from_hessian"].max()
            met.append(gap <= ROUNDING)
            measured += f"; Fisher − Hessian at most {gap:.0e}"
            criterion += f"; Fisher = Hessian to {ROUNDING:.0e}"
        rows.append(
            Claim(
                f"consistency.{name}-{reference}",
                source,
                claim,
                measured,
                criterion,
                verdict(*met),
                FIGURE,
            )
        )
    return rows


def _stays(name: str, table: pd.DataFrame) -> list[Claim]:
    """The same on a misspecified problem."""
    column = "empirical_fisher_from_fisher"
    start = table["size"].max() // PLATEAU_SPAN
    (rate, error), last = slope(table, column, start), at_largest(table, column)
    return [
        Claim(
            f"consistency.{name}-fisher",
            "§4.2, Figure 2",
            f"If the model is misspecified ({name}), the empirical Fisher differs from the Fisher "
            "even at the minimum and with large N.",
            f"{last:.3f} at N = {table['size'].max()}; slope {rate:.3f} ± {error:.3f} from "
            f"N = {start} on",
            f"at least {PLATEAU_HEIGHT} at the largest N; slope on log axes within {PLATEAU_SLOPE} "
            "of 0",
            verdict(last >= PLATEAU_HEIGHT, abs(rate) <= PLATEAU_SLOPE),
            FIGURE,
        )
    ]


def _arbitrarily_wrong(table: pd.DataFrame) -> Claim:
    """The caption of Figure 2: how wrong is arbitrarily wrong."""
    before, last = table.iloc[-2], table.iloc[-1]
    ratios = last / before
    growth = np.log(ratios["empirical_fisher_from_fisher"]) / np.log(ratios["leverage"])
    return Claim(
        "consistency.arbitrarily-wrong",
        "§4.2, Figure 2",
        "Under misspecification the empirical Fisher can be arbitrarily wrong, even at the "
        "minimum.",
        f"logistic regression with outliers at x = k: ‖EF − F‖/‖F‖ = "
        f"{last['empirical_fisher_from_fisher']:.1f} for k = {last['leverage']:.0f}, growing as "
        f"k^{growth:.2f}",
        f"at least {ARBITRARY:.0f} for the largest k; the exponent there within {PROPORTIONAL} "
        "of 1",
        verdict(
            last["empirical_fisher_from_fisher"] >= ARBITRARY,
            abs(growth - 1) <= PROPORTIONAL,
        ),
        FIGURE,
    )


def larger_models(table: pd.DataFrame) -> list[Claim]:
    """The rows of the ledger on capacity, from the sweeps of all tasks and seeds."""
    means = table.groupby(["task", "parameters_per_example"]).mean()
    return [
        _enough_data(means.loc["regression"]),
        *(_overparametrised(task, means.loc[task]) for task in TASKS),
    ]


def _enough_data(means: pd.DataFrame) -> Claim:
    """Condition (ii) after Eq. 17, where the model is right and its capacity is all that counts."""
    below = means[means.index < 1]
    share = below["empirical_fisher"] / below["hessian"]
    off = float((share - (1 - below.index)).abs().max())
    listed = ", ".join(f"{share.iloc[i]:.2f} at {below.index[i]:g}" for i in (0, -1))
    return Claim(
        "consistency.enough-data",
        "§4.2, (ii)",
        "Even a right model needs enough data relative to its capacity: in linear regression the "
        "empirical Fisher is 1 − D/N of the Hessian.",
        f"ratio of traces {listed} parameters per example; differs from 1 − D/N by at most "
        f"{off:.2f}",
        f"differs from 1 − D/N by at most {SHARE_TOLERANCE} wherever D < N, mean over the seeds",
        verdict(off <= SHARE_TOLERANCE),
        FIGURE,
    )


def _overparametrised(task: str, means: pd.DataFrame) -> Claim:
    """The last paragraph of §4.2."""
    first, last = means.iloc[0], means.iloc[-1]
    ratio, kept = last["norm_ratio"], last["hessian"] / first["hessian"]
    return Claim(
        f"consistency.overparametrised-{task}",
        "§4.2",
        "An overparametrised model fits the data, even when regularised: at its minimum the "
        f"empirical Fisher is close to zero while the Hessian is not ({TASKS[task]}).",
        f"at {means.index[-1]:g} parameters per example ‖EF‖/‖H‖ = {ratio:.1e}; the mean of the "
        f"Hessian's diagonal is {last['hessian']:.2g}, {kept:.2g} times that at "
        f"{means.index[0]:g} parameters per example",
        f"‖EF‖/‖H‖ at most {CLOSE_TO_ZERO}; the mean of the Hessian's diagonal falls to no less "
        f"than {NONZERO} times the first",
        verdict(ratio <= CLOSE_TO_ZERO, kept >= NONZERO),
        FIGURE,
    )
