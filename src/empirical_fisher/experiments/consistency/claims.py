"""The ledger of §3.2 (Table 1) and §4.2: more examples, outliers (Figure 2), larger models.

The tables are those of `consistency`, `population` and `capacity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, tried, verdict

FIGURE = "consistency"  #: where the ledger sends the reader
TASKS = {"regression": "linear regression", "binary": "logistic regression"}  #: in claims
DRAW = "the draw"  #: what trials differ in

#: Criteria. The Monte Carlo rate is −1/2. Over three or four decades one draw scatters the slope by
#: some 0.05; four times this excludes the next laws, 0 and −1, by far. A plateau is neither sinking
#: (a tenth of that rate) nor negligible (10 %).
RATE, RATE_TOLERANCE = -0.5, 0.2
VANISHING = 10.0  #: what, times 1/√N, sampling may leave at the largest N
PLATEAU_SPAN, PLATEAU_SLOPE, PLATEAU_HEIGHT = 100, 0.05, 0.1  #: over the last two decades of N
#: "Arbitrarily wrong" is by ten times the Fisher itself, and growing in proportion to its cause.
ARBITRARY, PROPORTIONAL = 10.0, 0.1

DEVIATIONS = 3.0  #: standard deviations that a mean of squared residuals may be off
#: "Close to zero" is a hundredth of the Hessian; "nonzero" is no less than half of what it is for
#: the smallest model.
CLOSE_TO_ZERO, NONZERO = 0.01, 0.5


def claims(
    sizes: Mapping[str, pd.DataFrame],
    classes: Mapping[str, Mapping[str, Any]],
    population: pd.DataFrame,
    outliers: pd.DataFrame,
    capacity: pd.DataFrame,
) -> list[Claim]:
    """All claims of this topic: `true_parameters`, `more_examples` and `larger_models`."""
    return [
        *true_parameters(population),
        *more_examples(sizes, classes, outliers),
        *larger_models(capacity),
    ]


def slopes(table: pd.DataFrame, column: str, smallest: int = 0) -> pd.Series:
    """Slope of a distance against ``N`` on log axes, from some ``N`` on, by seed.

    A line is fitted to each seed on its own, as the nested sets of one seed are not independent.
    """
    large = table[table["size"] >= smallest]
    lines = large.pivot(index="size", columns="seed", values=column)
    return pd.Series(exponent(lines.index, lines), index=lines.columns)


def at_largest(table: pd.DataFrame, column: str) -> pd.Series:
    """A distance at the largest ``N``, by seed."""
    return table[table["size"] == table["size"].max()].set_index("seed")[column]


def span(values: pd.Series, form: str) -> str:
    """The lowest and the highest value."""
    ends = f"{values.min():{form}}", f"{values.max():{form}}"
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _vanishes(table: pd.DataFrame, column: str) -> tuple[pd.Series, str]:
    """Whether a distance falls at the rate of Monte Carlo sampling, by seed, and in words."""
    rates, last, size = slopes(table, column), at_largest(table, column), table["size"].max()
    met = ((rates - RATE).abs() <= RATE_TOLERANCE) & (last <= VANISHING / np.sqrt(size))
    return met, f"N to a power of {span(rates, '.2f')}, and {span(last, '.4f')} at N = {size}"


VANISHES = (
    f"A power within {RATE_TOLERANCE} of {RATE}, and at most {VANISHING:.0f} divided by the square "
    "root of N at the largest N"
)


def true_parameters(table: pd.DataFrame) -> list[Claim]:
    """Table 1 and Eq. 17 at the true parameters, from `population.experiment`."""
    right, wrong, network = (
        table[table["problem"] == name] for name in ("right", "wrong", "network")
    )
    inputs, inputs_said = _vanishes(right, "fisher_from_population")
    both, both_said = _vanishes(right, "empirical_fisher_from_population")
    linear, linear_said = _vanishes(right, "empirical_fisher_from_fisher")
    nonlinear, nonlinear_said = _vanishes(network, "empirical_fisher_from_fisher")
    hessian, hessian_said = _vanishes(network, "hessian_from_fisher")
    kept, kept_said = _vanishes(wrong, "fisher_from_population")
    away = at_largest(wrong, "empirical_fisher_from_population")
    return [
        Claim(
            "consistency.table-1",
            "§3.2, Table 1, Eqs. 5 to 7",
            "If the model is right, at its true parameters the Fisher of the sampled inputs and "
            "the empirical Fisher both estimate the Fisher of the joint distribution.",
            "The relative distance from the latter is, for the Fisher of the inputs, "
            f"{inputs_said}; for the empirical Fisher {both_said}.",
            f"{VANISHES}, for both.",
            **_by_seed(inputs, both),
        ),
        Claim(
            "consistency.table-1-wrong",
            "§3.2, after Eq. 7",
            "How close the empirical Fisher is to the Fisher depends on how close the model is to "
            "the distribution of the data; the Fisher of the sampled inputs does not.",
            "With some labels flipped the relative distance from the Fisher of the joint "
            f"distribution is, for the Fisher of the inputs, {kept_said}; for the empirical Fisher "
            f"it is still {span(away, '.2f')} at the largest N.",
            f"{VANISHES}, for the Fisher of the inputs; at least {PLATEAU_HEIGHT} for the "
            "empirical Fisher.",
            **_by_seed(kept, away >= PLATEAU_HEIGHT),
        ),
        Claim(
            "consistency.true-parameters",
            "§4.2, before Eq. 17",
            "At the true parameters of a realizable model the empirical Fisher converges to the "
            "Fisher, by a Monte Carlo sampling argument.",
            f"The relative distance is {linear_said} for logistic regression, and "
            f"{nonlinear_said} for a network.",
            f"{VANISHES}, for both.",
            **_by_seed(linear, nonlinear),
        ),
        Claim(
            "consistency.hessian",
            "§4.2, after Eq. 17",
            "Where the model is right, the Hessian converges to the Fisher as well.",
            "For a network at its true parameters the relative distance of the Hessian from the "
            f"Fisher is {hessian_said}.",
            f"{VANISHES}.",
            **_by_seed(hessian),
        ),
    ]


def _by_seed(*met: pd.Series) -> dict[str, Any]:
    """The verdicts of some conditions, seed by seed."""
    table = pd.concat(met, axis=1)
    return tried((verdict(*map(bool, row)) for row in table.to_numpy()), DRAW)


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
        rows.append(claim(name, table))
    return [*rows, _arbitrarily_wrong(leverages)]


def is_well_specified(classes: Mapping[str, Any]) -> bool:
    """Whether logistic regression is the right model: the classes' covariances are equal."""
    scale_0, scale_1 = np.asarray(classes["scale_0"]), np.asarray(classes["scale_1"])
    return bool(np.allclose(scale_0.T @ scale_0, scale_1.T @ scale_1))


def _converges(name: str, table: pd.DataFrame) -> Claim:
    """Eq. 17 on a well-specified problem."""
    met, said = _vanishes(table, "empirical_fisher_from_fisher")
    return Claim(
        f"consistency.{name}-fisher",
        "§4.2, Eq. 17",
        f"If the model is realizable ({name}), the empirical Fisher at the minimum converges to "
        "the Fisher as N grows, at the rate of Monte Carlo sampling.",
        f"The relative distance is {said}.",
        f"{VANISHES}.",
        figure=FIGURE,
        **_by_seed(met),
    )


def _stays(name: str, table: pd.DataFrame) -> Claim:
    """The same on a misspecified problem."""
    column = "empirical_fisher_from_fisher"
    start = table["size"].max() // PLATEAU_SPAN
    rates, last = slopes(table, column, start), at_largest(table, column)
    return Claim(
        f"consistency.{name}-fisher",
        "§4.2, Figure 2",
        f"If the model is misspecified ({name}), the empirical Fisher differs from the Fisher even "
        "at the minimum and with large N.",
        f"The relative distance is {span(last, '.3f')} at N = {table['size'].max()}, and N to a "
        f"power of {span(rates, '.3f')} from N = {start} on.",
        f"At least {PLATEAU_HEIGHT} at the largest N, and a power within {PLATEAU_SLOPE} of 0.",
        figure=FIGURE,
        **_by_seed(last >= PLATEAU_HEIGHT, rates.abs() <= PLATEAU_SLOPE),
    )


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
        "In logistic regression with outliers at x = k the empirical Fisher differs from the "
        f"Fisher by {last['empirical_fisher_from_fisher']:.1f} times the Fisher for "
        f"k = {last['leverage']:.0f}, and this grows as k to the power {growth:.2f}.",
        f"By at least {ARBITRARY:.0f} times for the largest k, and a power within {PROPORTIONAL} "
        "of 1.",
        verdict(
            last["empirical_fisher_from_fisher"] >= ARBITRARY,
            abs(growth - 1) <= PROPORTIONAL,
        ),
        FIGURE,
    )


def larger_models(table: pd.DataFrame) -> list[Claim]:
    """The rows of the ledger on capacity, from the sweeps of all tasks and seeds."""
    return [
        _enough_data(table[table["task"] == "regression"]),
        *(_overparametrised(task, table[table["task"] == task]) for task in TASKS),
    ]


def _enough_data(table: pd.DataFrame) -> Claim:
    """Condition (ii) after Eq. 17, where the model is right and its capacity is all that counts."""
    below = table[table["parameters_per_example"] < 1]
    share = below["empirical_fisher"] / below["hessian"]
    expected = 1 - below["parameters_per_example"]
    examples = below["features"] / below["parameters_per_example"]
    deviation = np.sqrt(2 * expected / examples)
    off = ((share - expected).abs() / deviation).groupby(below["seed"]).max()
    means = share.groupby(below["parameters_per_example"]).mean()
    listed = " and ".join(f"{means.iloc[i]:.2f} at {means.index[i]:g}" for i in (0, -1))
    return Claim(
        "consistency.enough-data",
        "ours, on §4.2, (ii)",
        "Even a right model needs enough data relative to its capacity: in linear regression with "
        "D parameters the trace of the empirical Fisher is 1 − D/N times that of the Hessian.",
        f"The ratio of the traces is {listed} parameters per example, on average; in one draw it "
        f"differs from 1 − D/N by up to {off.max():.1f} standard deviations of a mean of squares.",
        f"By at most {DEVIATIONS:.0f} standard deviations wherever D < N.",
        figure=FIGURE,
        kind="ours",
        **_by_seed(off <= DEVIATIONS),
    )


def _overparametrised(task: str, table: pd.DataFrame) -> Claim:
    """The last paragraph of §4.2."""
    groups = table.sort_values("features").groupby("seed")
    first, last = groups.first(), groups.last()
    ratio, kept = last["norm_ratio"], last["hessian"] / first["hessian"]
    return Claim(
        f"consistency.overparametrised-{task}",
        "§4.2",
        "An overparametrised model fits the data, even when regularised: at its minimum the "
        f"empirical Fisher is close to zero while the Hessian is not ({TASKS[task]}).",
        f"With {last['parameters_per_example'].iloc[0]:g} parameters per example the empirical "
        f"Fisher's norm is {span(ratio, '.1e')} times the Hessian's, and the mean of the Hessian's "
        f"diagonal is {span(kept, '.2g')} times that with "
        f"{first['parameters_per_example'].iloc[0]:g} parameters per example.",
        f"At most {CLOSE_TO_ZERO} times the Hessian's norm, and a diagonal of no less than "
        f"{NONZERO} times the first.",
        figure=FIGURE,
        **_by_seed(ratio <= CLOSE_TO_ZERO, kept >= NONZERO),
    )
