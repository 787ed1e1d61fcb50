"""What a given matrix is: a reference of its case up to the usual factors, or none of them.

A hypothesis is a matrix of ``references.NAMES``, whole or its diagonal, times a power of ``N`` (a
sum where a mean is meant) and a power of two, with the parameters in one of two orders. It holds if
the relative distance in the Frobenius norm is at most `TOLERANCE`: enough for single precision and
for numbers printed with four digits. A sampled Fisher is compared entry by entry with its standard
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .cases import Case, CaseError
from .references import NAMES, exact, sampling_error

TOLERANCE = 1e-3  #: relative distance up to which two matrices are called equal
STANDARD_ERRORS = 5.0  #: from the Fisher up to which an entry of a sampled one may be
COUNTS = {
    0: "as a mean over the examples",
    1: "as a sum over the examples",
    -1: "divided by the number of examples twice",
    2: "times the number of examples squared",
}
"""What a power of ``N`` says, relative to a mean."""

OF_THE_SQUARE = {
    **COUNTS,
    0: "of the mean loss",
    2: "of the summed loss",
    1: "times the number of examples",
}
"""The same of the square of a gradient, which has the factor of the loss twice."""

TWOS = (0, 1, -1, 2, -2)  #: powers of two that are tried
COLUMNS = "with the entries of each layer's matrix column by column, as for its transpose"


@dataclass(frozen=True)
class Verdict:
    """What is known of a matrix.

    Attributes
    ----------
    kinds
        The keys of ``references.NAMES`` that it may be, all equal on its case; empty if none.
    scale
        How it is scaled, in words.
    text
        Both and what else there is to say, for people.
    """

    kinds: tuple[str, ...]
    scale: str
    text: str


@dataclass(frozen=True)
class Hypothesis:
    """``N^count · 2^twos · sign`` times a reference, with its parameters in some order."""

    kind: str
    matrix: Array  #: of the shape of the given one, ``(P, P)`` or ``(P,)``, unscaled
    count: int
    twos: int
    sign: int
    columns: bool
    size: int

    @property
    def factor(self) -> float:
        """By which the reference is multiplied."""
        return self.sign * float(self.size) ** self.count * 2.0**self.twos

    @property
    def words(self) -> str:
        """How the matrix is scaled, and in which order its parameters are."""
        counts = OF_THE_SQUARE if self.kind == "squared_gradient" else COUNTS
        parts = [counts[self.count]]
        if self.twos:
            parts.append(f"{2 ** abs(self.twos)} × too {'large' if self.twos > 0 else 'small'}")
        if self.sign < 0:
            parts.append("with the opposite sign, as of the log-likelihood")
        if self.columns:
            parts.append(COLUMNS)
        return ", ".join(parts)


def name(matrix: Array, case: Case, samples: int | None = None) -> Verdict:
    """Say what a matrix is.

    Parameters
    ----------
    matrix
        Shape ``(P, P)``, or ``(P,)`` for a diagonal.
    case
        The problem for which it was computed.
    samples
        The number of labels drawn for each example, if it is thought to be a sampled Fisher.

    Raises
    ------
    CaseError
        If the shape does not fit the case.
    """
    size = case.parameters
    if matrix.shape not in ((size, size), (size,)):
        shape = " × ".join(map(str, matrix.shape))
        raise CaseError(
            f"the matrix is {shape}; this problem has {size} parameters, so that it must be "
            f"{size} × {size}, or a list of {size} numbers for a diagonal"
        )
    if not matrix.any():
        return _zero(case)
    diagonal = matrix.ndim == 1 or (size > 1 and not (matrix - np.diag(np.diag(matrix))).any())
    given = np.diag(matrix) if diagonal and matrix.ndim > 1 else matrix
    part = "the diagonal of " if diagonal else ""
    hypotheses = list(_hypotheses(case, diagonal))
    equal = [each for each in hypotheses if _distance(given, each) <= TOLERANCE]
    if equal:
        return _named(equal, case, part)
    if samples is not None:
        verdict = _sampled(given, case, samples, hypotheses, part)
        if verdict:
            return verdict
    return _unknown(given, hypotheses, part, samples)


def _hypotheses(case: Case, diagonal: bool) -> Iterator[Hypothesis]:
    """All of them but those of a matrix that is zero, simple ones first."""
    orders = {False: np.arange(case.parameters)}
    if not np.array_equal(_by_columns(case), orders[False]):
        orders[True] = _by_columns(case)
    references = exact(case)
    scales = [(count, twos) for count in (COUNTS if case.size > 1 else [0]) for twos in TWOS]
    scales.sort(key=lambda scale: (abs(scale[1]), abs(scale[0])))
    for columns, order in orders.items():
        for count, twos in scales:
            for kind, whole in references.items():
                matrix = np.diag(whole)[order] if diagonal else whole[np.ix_(order, order)]
                for sign in (1, -1) if kind == "hessian" else (1,):
                    if np.abs(matrix).max() > 1e-12 * np.abs(references["jacobian_gram"]).max():
                        yield Hypothesis(kind, matrix, count, twos, sign, columns, case.size)


def _by_columns(case: Case) -> np.ndarray:
    """Where in ``θ`` its entries are if every matrix is read column by column, shape ``(P,)``."""
    starts = np.cumsum([0, *(each.size for each in case.weights)])
    parts = [
        start + np.arange(each.size).reshape(each.shape).T.ravel()
        for start, each in zip(starts, case.weights, strict=False)
    ]
    return np.concatenate(parts)


def _distance(given: Array, hypothesis: Hypothesis) -> float:
    expected = hypothesis.factor * hypothesis.matrix
    return float(np.linalg.norm(given - expected) / np.linalg.norm(expected))


def _named(equal: list[Hypothesis], case: Case, part: str) -> Verdict:
    """The verdict on a matrix that some hypotheses explain, the first one best."""
    first, *others = equal
    same = {each.kind: each for each in reversed(equal) if each.words == first.words}
    kinds = tuple(kind for kind in NAMES if kind in same)
    lines = [f"It is {part}{NAMES[kinds[0]]}, {first.words}."]
    if len(kinds) > 1:
        names = " and ".join([", ".join(NAMES[kind] for kind in kinds[1:-1]), NAMES[kinds[-1]]])
        lines.append(
            f"So is {part}{names.removeprefix(' and ')}: on this problem they are the same matrix, "
            f"and nothing can tell which was meant.{_apart(kinds)}"
        )
    rest = list(dict.fromkeys(each.words for each in others if each.kind in same))
    rest = [words for words in rest if words != first.words]
    if rest:
        lines.append(f"The same numbers are also it {'; or '.join(rest)}.")
    lines += _remarks(first, kinds, case)
    return Verdict(kinds, first.words, " ".join(lines))


def _apart(kinds: tuple[str, ...]) -> str:
    """Where matrices that are equal here are not."""
    told = ""
    if "fisher" in kinds and "ggn" in kinds:
        told += " Fisher and GGN are equal for every likelihood here (Proposition 1)."
    if "hessian" in kinds:
        told += " The Hessian is another for a network."
    if "jacobian_gram" in kinds:
        told += " JᵀJ is another for a likelihood that is not Gaussian."
    return told


def _remarks(first: Hypothesis, kinds: tuple[str, ...], case: Case) -> Iterator[str]:
    """Where a factor often comes from."""
    gaussian = case.point.problem.likelihood.__class__.__name__ == "Gaussian"
    squares = {"empirical_fisher", "squared_gradient", "covariance"}
    if gaussian and first.twos == (2 if set(kinds) & squares else 1):
        yield "The loss (f − y)² in the place of (f − y)²/2 does that."
    if "fisher" in kinds and first.count == -1:
        yield "So is, on average, the square of a batch's averaged gradient with sampled labels."


def _sampled(
    given: Array, case: Case, samples: int, found: list[Hypothesis], part: str
) -> Verdict | None:
    """The verdict on what may be a Fisher of sampled labels; None if it is not one."""
    errors = {count: sampling_error(case, samples, batched=count in (1, -1)) for count in COUNTS}
    order = _by_columns(case)
    held: dict[str, tuple[Hypothesis, float]] = {}
    for each in found:
        if each.kind == "fisher":
            error = errors[each.count]
            error = error[np.ix_(order, order)] if each.columns else error
            error = np.diag(error) if given.ndim == 1 else error
            away = np.abs(given / each.factor - each.matrix)
            exempt = TOLERANCE * np.abs(each.matrix).max()
            farthest = float(np.max(away / np.maximum(error, exempt / STANDARD_ERRORS)))
            if farthest <= STANDARD_ERRORS:
                held.setdefault(each.words, (each, farthest))
    if not held:
        return None
    if len(held) > 1:
        text = (
            f"{samples} samples per example are too few to tell. It may be {part}the Fisher with "
            f"labels sampled from the model {'; or '.join(held)}. Draw more."
        )
        return Verdict((), "", text)
    [(words, (hypothesis, farthest))] = held.items()
    text = (
        f"It agrees with {part}the Fisher with labels sampled from the model, {words}: with "
        f"{samples} samples per example every entry is within {farthest:.1f} standard errors of "
        f"the exact one ({STANDARD_ERRORS:g} are allowed)."
    )
    if hypothesis.count in (1, -1):
        loss = "summed" if hypothesis.count == 1 else "averaged"
        text += (
            f" The square of the {loss} loss's gradient with sampled labels is the same on average."
        )
    return Verdict(("fisher",), words, text)


def _unknown(given: Array, found: list[Hypothesis], part: str, samples: int | None) -> Verdict:
    """The verdict on a matrix that no hypothesis explains."""
    if given.ndim == 2 and not np.allclose(
        given, given.T, rtol=0, atol=TOLERANCE * np.abs(given).max()
    ):
        place = np.unravel_index(np.argmax(np.abs(given - given.T)), given.shape)
        row, column = sorted(int(each) + 1 for each in place)
        return Verdict(
            (),
            "",
            "It is none of the known ones: they are symmetric, and here row "
            f"{row}, column {column} is {given[row - 1, column - 1]:g} and row {column}, column "
            f"{row} is {given[column - 1, row - 1]:g}.",
        )
    for each in found:
        factor = float(np.vdot(each.matrix, given) / np.vdot(each.matrix, each.matrix))
        misfit = np.linalg.norm(given - factor * each.matrix) / np.linalg.norm(given)
        if misfit <= TOLERANCE:
            order = f", {COLUMNS}" if each.columns else ""
            text = (
                f"It is {factor:.6g} times {part}{NAMES[each.kind]} as a mean over the examples"
                f"{order}, and no power of two or of the number of examples is that factor."
            )
            return Verdict((), "", text)
    nearest = min(found, key=lambda each: _distance(given, each))
    text = (
        f"It is none of the known ones; nearest is {part}{NAMES[nearest.kind]}, {nearest.words}, "
        f"at a relative distance of {_distance(given, nearest):.2g}."
    )
    if samples is None:
        text += " If labels were sampled, say how many for each example as `samples`."
    return Verdict((), "", text)


def _zero(case: Case) -> Verdict:
    """The verdict on a matrix of zeros."""
    zero = [kind for kind, each in exact(case).items() if not each.any()]
    if "most_likely_fisher" in zero:
        text = (
            "It is zero, as is the Fisher with each example's most likely target only: of a "
            "Gaussian that is the prediction itself, where the gradient is zero."
        )
        return Verdict(("most_likely_fisher",), COUNTS[0], text)
    return Verdict((), "", "It is none of the known ones: all its entries are zero.")
