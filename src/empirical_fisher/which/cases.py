"""Problems so small that every matrix can be written down, and how they are read from JSON.

A case is a likelihood, inputs, targets and the weights of a model: one matrix for ``f = W x``, two
for ``f = V tanh(W x)``. ``θ`` has the rows of ``W`` one after the other, then those of ``V``.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from ..arrays import Array
from ..likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from ..models import LinearModel
from ..networks import TanhNetwork
from ..problems import Point, Problem

KEYS = ("likelihood", "inputs", "targets", "weights")
LIKELIHOODS = ("gaussian", "bernoulli", "categorical")
MOST_NUMBERS = 10**7  #: of the products of two gradients' entries of all outcomes; a case is tiny


class CaseError(ValueError):
    """What is wrong with a file, in words for its author."""


@dataclass(frozen=True)
class Case:
    """A problem at one ``θ``.

    Parameters
    ----------
    point
        The problem at ``θ``, which has no leading axes.
    weights
        The matrices that ``θ`` has the rows of: ``(M, D)``, or ``(H, D)`` and ``(M, H)``.
    """

    point: Point
    weights: tuple[Array, ...]

    @property
    def size(self) -> int:
        """Number ``N`` of examples."""
        return self.point.problem.size

    @property
    def parameters(self) -> int:
        """Number ``P`` of parameters."""
        return self.point.problem.parameters


def provided() -> dict[str, Any]:
    """The problems that come with the library, by name, as read from JSON."""
    text = files(__package__).joinpath("problems.json").read_text(encoding="utf-8")
    return json.loads(text)


def case(described: Any) -> Case:
    """The case that a name, or an object with ``KEYS``, describes.

    Raises
    ------
    CaseError
        If there is no such problem, or something about it is wrong.
    """
    if isinstance(described, str):
        known = provided()
        if described not in known:
            listed = ", ".join(known)
            raise CaseError(
                f"no problem {described!r}{meant(described, known)}; there are {listed}"
            )
        described = known[described]
    if not isinstance(described, dict):
        raise CaseError(
            "`problem` must be the name of a problem, or an object with the keys "
            f"{', '.join(KEYS)}, and not {kind(described)}"
        )
    refuse_other_keys(described, KEYS, KEYS, "`problem`")
    inputs = numbers(described["inputs"], "`inputs`", 2)
    targets = numbers(described["targets"], "`targets`", 1)
    if not isinstance(described["weights"], list) or len(described["weights"]) not in (1, 2):
        raise CaseError(
            "`weights` must be a list of one matrix, for W x, or of two, for V tanh(W x)"
        )
    weights = tuple(
        numbers(each, f"matrix {place} of `weights`", 2)
        for place, each in enumerate(described["weights"], 1)
    )
    widths = [inputs.shape[1], *(len(each) for each in weights)]
    for place, (matrix, width) in enumerate(zip(weights, widths, strict=False), 1):
        if matrix.shape[1] != width:
            raise CaseError(
                f"matrix {place} of `weights` has {matrix.shape[1]} columns and is given vectors "
                f"of {width} numbers; it must have {width} columns"
            )
    if len(targets) != len(inputs):
        raise CaseError(f"there are {len(targets)} targets for {len(inputs)} rows of inputs")
    return _case(described["likelihood"], inputs, targets, weights)


def _case(name: Any, inputs: Array, targets: Array, weights: tuple[Array, ...]) -> Case:
    outputs = len(weights[-1])
    likelihood: Likelihood
    if name == "categorical":
        likelihood = Categorical(outputs)
    elif name in LIKELIHOODS:
        likelihood = Gaussian() if name == "gaussian" else Bernoulli()
    else:
        raise CaseError(
            f"`likelihood` is {name!r}{meant(name, LIKELIHOODS)}; there are "
            f"{', '.join(LIKELIHOODS)}"
        )
    if outputs != likelihood.outputs:
        raise CaseError(
            f"the last matrix of `weights` has {outputs} rows; a {name} likelihood has "
            f"{likelihood.outputs} output, so that it must have one row"
        )
    if outputs == 1 and name == "categorical":
        raise CaseError("the last matrix of `weights` has one row; it needs one for each class")
    parameters = sum(each.size for each in weights)
    if len(inputs) * (outputs + 5) * parameters**2 > MOST_NUMBERS:
        raise CaseError(
            f"{len(inputs)} examples and {parameters} parameters are too many: all gradients are "
            "written down, for every outcome; take a smaller problem"
        )
    hidden = len(weights[0])
    linear = len(weights) == 1
    model = LinearModel(inputs, outputs) if linear else TanhNetwork(inputs, hidden, outputs)
    try:
        problem = Problem(likelihood, model, targets)
    except ValueError as error:
        raise CaseError(f"`problem`: {error}") from error
    theta = np.concatenate([each.ravel() for each in weights])
    return Case(problem.at(theta), weights)


def numbers(value: Any, what: str, axes: int) -> Array:
    """An array with some number of axes, of finite numbers.

    Raises
    ------
    CaseError
        If the value is none.
    """
    form = {1: "a list of numbers", 2: "a list of rows of numbers, all of one length"}[axes]
    rows = value if axes == 2 else [value]
    lists = isinstance(rows, list) and rows and all(isinstance(row, list) and row for row in rows)
    if (
        not lists
        or len({len(row) for row in rows}) > 1
        or not all(type(each) in (int, float) for row in rows for each in row)
    ):
        raise CaseError(f"{what} must be {form}")
    array = np.array(value, dtype=float)
    if not np.all(np.isfinite(array)):
        place = np.argwhere(~np.isfinite(array))[0] + 1
        where = f"entry {place[0]}" if axes == 1 else f"row {place[0]}, column {place[1]}"
        raise CaseError(
            f"{what}: {where} is {array[tuple(place - 1)]}, which is not a finite number"
        )
    return array


def refuse_other_keys(
    found: dict[str, Any], known: Sequence[str], needed: Iterable[str], where: str
) -> None:
    """Raise a `CaseError` if a key is missing or is none of those that are known."""
    for key in found:
        if key not in known:
            raise CaseError(
                f"{where} has an unknown key {key!r}{meant(key, known)}; there are "
                f"{', '.join(known)}"
            )
    missing = [key for key in needed if key not in found]
    if missing:
        raise CaseError(f"{where} lacks {', '.join(missing)}")


def meant(word: Any, known: Iterable[str]) -> str:
    """What may have been meant by a word, in brackets; empty if nothing comes close."""
    close = difflib.get_close_matches(str(word), [*known], n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def kind(value: Any) -> str:
    """What JSON calls a value."""
    names = {bool: "a truth value", int: "a number", float: "a number", list: "a list"}
    names |= {str: "a text", dict: "an object", type(None): "null"}
    return names[type(value)]
