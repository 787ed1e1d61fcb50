"""A method of one's own from a Python file, tried on toy problems before it is used.

The file is code that runs with the user's rights. Its function is either of

``matrix(point, **options)``
    ``B``, symmetric, shape ``(..., P, P)``, at a `problems.Point` of shape ``(..., P)``;
``direction(point, damping, state, rng, **options)``
    the direction ``d``, shape ``(..., P)``, and the next state, for dampings ``(...)``, the state
    that the last call returned, None at first, and a generator of the iteration.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from empirical_fisher.arrays import Array
from empirical_fisher.methods import Method
from empirical_fisher.problems import Point, Problem, linear_problem

DIRECTION = ("point", "damping", "state", "rng")
SIZE, FEATURES, RUNS = 12, 3, 4  # of the toy problems
STEPS = 2
DAMPING = 0.5
MIXED = 1e-9  #: relative difference from which on a run depends on the others
SKEW = 1e-8  #: relative difference from which on a matrix is not symmetric


class UnsuitableError(ValueError):
    """A function that can't be a method; the message says what it did and what was expected."""


def load(path: Path, name: str) -> Callable[..., Any]:
    """A function of a Python file, which is run.

    Raises
    ------
    UnsuitableError
        If there is no such file or function, or the file can't be run.
    """
    try:
        code = compile(path.read_text("utf-8"), str(path), "exec")
    except OSError as error:
        raise UnsuitableError(f"{path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        place = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UnsuitableError(f"{path}{place}: is not Python: {_one_line(error)}") from error
    module = ModuleType(f"own_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look for their module
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise UnsuitableError(f"{path} can't be run: {_said(error, str(path))}") from error
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        there_are = f"; there are: {', '.join(functions)}" if functions else ""
        raise UnsuitableError(f"{path} has no function {name}{there_are}")
    return function


def is_direction(function: Callable[..., Any]) -> bool:
    """Whether it is a direction, by the names of its arguments; else it is a matrix.

    Raises
    ------
    UnsuitableError
        If it is neither.
    """
    names = tuple(inspect.signature(function).parameters)
    if names[: len(DIRECTION)] == DIRECTION:
        return True
    if names[:1] == ("point",) and not {*DIRECTION[1:]} & {*names}:
        return False
    raise UnsuitableError(
        f"{function.__name__} takes ({', '.join(names)}); it must take (point, …) to be a matrix "
        f"or ({', '.join(DIRECTION)}, …) to be a direction"
    )


def try_out(method: Method) -> None:
    """Call a method of one's own on toy problems of all tasks, for several runs and for one.

    Raises
    ------
    UnsuitableError
        At the first fault: a call that fails, a wrong shape, a number that is not finite, other
        numbers when called again, or a run that depends on the others.
    """
    function = method.python
    assert function is not None
    try:
        inspect.signature(function).bind(
            *DIRECTION[: 4 if method.is_direction else 1], **method.options
        )
    except TypeError as error:
        raise UnsuitableError(f"options don't fit {function.__name__}: {error}") from error
    for task in ("regression", "binary", "multiclass"):
        problem = _toy(task)
        runs = np.random.default_rng(1).standard_normal((RUNS, problem.parameters))
        where = f"on a toy problem ({task}, P = {problem.parameters})"
        together = _checked(method, problem, runs, where)
        for again, one in zip(_checked(method, problem, runs, where), together, strict=True):
            if not np.array_equal(again, one):
                raise UnsuitableError(
                    f"{function.__name__} returned other numbers when called again {where}; draw "
                    "from rng alone, and keep nothing between calls but the state"
                )
        moved = np.concatenate([0.5 * runs[:1], runs[1:]])
        for other, one in zip(_checked(method, problem, moved, where), together, strict=True):
            if not np.allclose(other[1:], one[1:], rtol=MIXED, atol=0):
                raise UnsuitableError(
                    f"{function.__name__} mixes the runs {where}: another θ in the first changed "
                    "the others; leading axes must be carried through"
                )
        _checked(method, problem, runs[0], f"{where} with θ of shape ({problem.parameters},)")


def _toy(task: str) -> Problem:
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((SIZE, FEATURES))
    targets: Array = generator.standard_normal(SIZE)
    if task != "regression":
        targets = (np.arange(SIZE) % (2 if task == "binary" else 3)).astype(float)
    return linear_problem(inputs, targets, task)


def _checked(method: Method, problem: Problem, theta: Array, where: str) -> list[Array]:
    """What a method returns at ``θ`` and, if a direction, one step further, if it is sound."""
    function, lead = method.python, theta.shape[:-1]
    assert function is not None
    name = function.__name__
    found: list[Array] = []
    state = None
    for step in range(STEPS if method.is_direction else 1):
        point = problem.at(theta if not found else theta + 0.1 * found[-1])
        arguments: tuple[Point | Any, ...] = (point,)
        if method.is_direction:
            rng = np.random.default_rng([method.seed, step])
            arguments = (point, np.full(lead, DAMPING), state, rng)
        try:
            result = function(*arguments, **method.options)
        except Exception as error:
            said = _said(error, function.__code__.co_filename)
            raise UnsuitableError(f"{name} failed {where}: {said}") from error
        wanted = theta.shape if method.is_direction else (*theta.shape, theta.shape[-1])
        if method.is_direction:
            if not (isinstance(result, tuple) and len(result) == 2):
                raise UnsuitableError(
                    f"{name} returned {_described(result)} {where}; it must return a pair, the "
                    "direction and the next state"
                )
            result, state = result
        if not isinstance(result, np.ndarray) or result.shape != wanted:
            raise UnsuitableError(
                f"{name} returned {_described(result)} {where}; it must be an array of shape "
                f"{wanted}"
            )
        if not np.issubdtype(result.dtype, np.floating):
            raise UnsuitableError(
                f"{name} returned numbers of type {result.dtype} {where}; they must be floats"
            )
        if not np.isfinite(result).all():
            raise UnsuitableError(
                f"{name} returned a number that is not finite {where} with λ = {DAMPING}"
            )
        if not method.is_direction:
            skew = np.abs(result - np.swapaxes(result, -1, -2)).max()
            if skew > SKEW * np.abs(result).max():
                raise UnsuitableError(f"{name} returned a matrix that is not symmetric {where}")
        found.append(result)
    return found


def _described(result: Any) -> str:
    """What something is, in a few words."""
    if isinstance(result, np.ndarray):
        return f"an array of shape {result.shape}"
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    return "nothing" if result is None else f"a {type(result).__name__}"


def _said(error: BaseException, path: str) -> str:
    """An error in one line, with the line of the user's file that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    place = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {_one_line(error)}{place}"


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
