"""§4.2: the empirical Fisher at the minimum against the Fisher, with ever more examples (Eq. 17).

Distances are relative, in the Frobenius norm: ``‖EF − F‖ / ‖F‖``, both at the minimum ``θ*_N`` of
the loss of ``N`` examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .datasets import design, from_table
from .ledger import Claim, verdict
from .likelihoods import Array
from .problems import MinimizerNotFoundError, Point, Problem, linear_problem
from .solvers import solve
from .synthetic import gaussian_classes

FIGURE = "consistency"  #: where the ledger sends the reader
NEWTON_STEPS = 20  #: from a minimum nearby
CONVERGED = 1e-16  #: Newton decrement at which θ, and with it every matrix, has eight digits
CORRECT_SHARE = 99  #: per cent of the labels in `outliers`

#: Criteria. The Monte Carlo rate is −1/2; four decades and a few seeds settle the slope to some
#: hundredths. A plateau is neither sinking (a tenth of that rate) nor negligible (10 %).
RATE, RATE_TOLERANCE = -0.5, 0.1
VANISHING = 0.01  #: ten times the 1/√N of a million examples
PLATEAU_SPAN, PLATEAU_SLOPE, PLATEAU_HEIGHT = 100, 0.05, 0.1  #: over the last two decades of N
ROUNDING = 1e-12  #: relative difference that rounding makes
#: "Arbitrarily wrong" is by ten times the Fisher itself, and growing in proportion to its cause.
ARBITRARY, PROPORTIONAL = 10.0, 0.1


def is_well_specified(classes: Mapping[str, Any]) -> bool:
    """Whether logistic regression is the right model: the classes' covariances are equal."""
    scale_0, scale_1 = np.asarray(classes["scale_0"]), np.asarray(classes["scale_1"])
    return bool(np.allclose(scale_0.T @ scale_0, scale_1.T @ scale_1))


def near_minimum(problem: Problem, start: Array) -> Point:
    """The minimum, by full Newton steps from a ``θ`` nearby, shape ``(P,)``.

    Raises
    ------
    MinimizerNotFoundError
        If the steps do not get there.
    """
    point = problem.at(start)
    for _ in range(NEWTON_STEPS):
        step = solve(point.hessian, 0.0, point.gradient)
        if point.gradient @ step <= 2 * CONVERGED:
            return point
        point = problem.at(point.theta - step)
    raise MinimizerNotFoundError(f"{NEWTON_STEPS} Newton steps from θ = {start} find no minimum.")


def distance(matrix: Array, reference: Array) -> float:
    """``‖A − B‖ / ‖B‖`` in the Frobenius norm, of matrices ``(P, P)``."""
    return float(np.linalg.norm(matrix - reference) / np.linalg.norm(reference))


def against_size(classes: Mapping[str, Any], seed: int, sizes: Mapping[str, Any]) -> pd.DataFrame:
    """Compare the matrices at the minimum of logistic regression on nested sets of examples.

    Of one draw of the largest size, the smaller sets are the first half of their size of each
    class; the minimum of one is where the search for the next one's starts.

    Parameters
    ----------
    classes
        ``mean, scale_0, scale_1`` of `synthetic.gaussian_classes`.
    seed
        Of the draw.
    sizes
        ``low, high, count`` of the sizes ``N``, evenly spaced in their logarithm and then rounded
        to even numbers.

    Returns
    -------
    pandas.DataFrame
        ``seed, size, theta_1, theta_2`` and the distances ``empirical_fisher_fisher``,
        ``empirical_fisher_hessian`` and ``fisher_hessian``, the second matrix the reference.
    """
    halves = np.geomspace(sizes["low"] / 2, sizes["high"] / 2, sizes["count"]).round().astype(int)
    draw = gaussian_classes(seed=seed, size=2 * int(halves[-1]), **classes)
    inputs, targets = design(from_table(draw, "binary"))
    theta, rows = None, []
    for half in halves:
        nested = np.r_[:half, halves[-1] : halves[-1] + half]
        problem = linear_problem(inputs[nested], targets[nested], "binary")
        point = near_minimum(problem, problem.minimizer() if theta is None else theta)
        theta = point.theta
        rows.append(
            {
                "seed": seed,
                "size": 2 * half,
                "theta_1": theta[0],
                "theta_2": theta[1],
                "empirical_fisher_fisher": distance(point.empirical_fisher, point.fisher),
                "empirical_fisher_hessian": distance(point.empirical_fisher, point.hessian),
                "fisher_hessian": distance(point.fisher, point.hessian),
            }
        )
    return pd.DataFrame(rows)


def slope(table: pd.DataFrame, column: str, smallest: int = 0) -> tuple[float, float]:
    """Slope of a distance against ``N`` on log axes, from some ``N`` on: mean and standard error.

    A line is fitted to each seed on its own, as the nested sets of one seed are not independent;
    the standard error is that of the mean over the seeds.
    """
    large = table[table["size"] >= smallest]
    lines = np.log(large.pivot(index="size", columns="seed", values=column))
    slopes = np.polyfit(np.log(lines.index), lines, 1)[0]
    return float(np.mean(slopes)), float(np.std(slopes, ddof=1) / np.sqrt(len(slopes)))


def largest(table: pd.DataFrame, column: str) -> float:
    """Mean of a distance over the seeds at the largest ``N``."""
    return float(table.loc[table["size"] == table["size"].max(), column].mean())


def outlier_problem(leverage: int) -> Problem:
    """Logistic regression in one dimension that outliers of a given leverage make misspecified.

    Of every hundred labels `CORRECT_SHARE` are 1, at ``x = 1`` and at ``x = k`` alike, so that the
    model, whose log-odds are ``k`` times larger at the latter, is right for ``k = 1`` only. There
    are ``100 k`` examples at ``x = 1`` and 100 at ``x = k``.
    """
    labels = np.repeat([1.0, 0.0], [CORRECT_SHARE, 100 - CORRECT_SHARE])
    inputs = np.repeat([1.0, leverage], [100 * leverage, 100])
    return linear_problem(inputs[:, None], np.tile(labels, leverage + 1), "binary")


def outliers(leverages: Sequence[int]) -> pd.DataFrame:
    """Compare the matrices at the minimum of `outlier_problem`.

    Returns
    -------
    pandas.DataFrame
        ``leverage, size, theta, fisher, empirical_fisher, empirical_fisher_fisher``.
    """
    rows = []
    for leverage in leverages:
        problem = outlier_problem(leverage)
        point = problem.at(problem.minimizer())
        rows.append(
            {
                "leverage": leverage,
                "size": problem.size,
                "theta": point.theta.item(),
                "fisher": point.fisher.item(),
                "empirical_fisher": point.empirical_fisher.item(),
                "empirical_fisher_fisher": distance(point.empirical_fisher, point.fisher),
            }
        )
    return pd.DataFrame(rows)


def claims(
    sizes: Mapping[str, pd.DataFrame],
    classes: Mapping[str, Mapping[str, Any]],
    leverages: pd.DataFrame,
) -> list[Claim]:
    """The rows of the ledger on Eq. 17 and on the caption of Figure 2.

    Parameters
    ----------
    sizes
        For each data set what `against_size` tabulates, all seeds.
    classes
        For each data set its parameters.
    leverages
        What `outliers` tabulates.
    """
    rows = []
    for name, table in sizes.items():
        claim = _converges if is_well_specified(classes[name]) else _stays
        rows += claim(name, table)
    return [*rows, _arbitrarily_wrong(leverages)]


def _converges(name: str, table: pd.DataFrame) -> list[Claim]:
    """Eq. 17 on a well-specified problem."""
    rows = []
    for reference, source in (("fisher", "§4.2, Eq. 17"), ("hessian", "§4.2, Eq. 4")):
        column = f"empirical_fisher_{reference}"
        (rate, error), last = slope(table, column), largest(table, column)
        met = [abs(rate - RATE) <= RATE_TOLERANCE, last <= VANISHING]
        measured = (
            f"slope {rate:.2f} ± {error:.2f} over {table['seed'].nunique()} seeds; "
            f"{last:.4f} at N = {table['size'].max()}"
        )
        criterion = (
            f"slope on log axes within {RATE_TOLERANCE} of {RATE}; at most {VANISHING} at the end"
        )
        matrix = reference.capitalize()
        claim = (
            f"If the model is realizable ({name}), the empirical Fisher at the minimum converges "
            f"to the {matrix} as N grows, at the rate of Monte Carlo sampling."
        )
        if reference == "hessian":
            gap = table["fisher_hessian"].max()
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
    column = "empirical_fisher_fisher"
    start = table["size"].max() // PLATEAU_SPAN
    (rate, error), last = slope(table, column, start), largest(table, column)
    return [
        Claim(
            f"consistency.{name}-fisher",
            "§4.2, Figure 2",
            f"If the model is misspecified ({name}), the empirical Fisher differs from the Fisher "
            "even at the minimum and with large N.",
            f"{last:.3f} at N = {table['size'].max()}; slope {rate:.3f} ± {error:.3f} from "
            f"N = {start} on",
            f"at least {PLATEAU_HEIGHT} at the end; slope on log axes within {PLATEAU_SLOPE} of 0",
            verdict(last >= PLATEAU_HEIGHT, abs(rate) <= PLATEAU_SLOPE),
            FIGURE,
        )
    ]


def _arbitrarily_wrong(table: pd.DataFrame) -> Claim:
    """The caption of Figure 2: how wrong is arbitrarily wrong."""
    before, last = table.iloc[-2], table.iloc[-1]
    ratios = last / before
    growth = np.log(ratios["empirical_fisher_fisher"]) / np.log(ratios["leverage"])
    return Claim(
        "consistency.arbitrarily-wrong",
        "§4.2, Figure 2",
        "Under misspecification the empirical Fisher can be arbitrarily wrong, even at the "
        "minimum.",
        f"logistic regression with outliers at x = k: ‖EF − F‖/‖F‖ = "
        f"{last['empirical_fisher_fisher']:.1f} for k = {last['leverage']:.0f}, growing as "
        f"k^{growth:.2f}",
        f"at least {ARBITRARY:.0f} at the end; the last exponent within {PROPORTIONAL} of 1",
        verdict(
            last["empirical_fisher_fisher"] >= ARBITRARY,
            abs(growth - 1) <= PROPORTIONAL,
        ),
        FIGURE,
    )
