"""``python -m empirical_fisher.which matrix.json``: say what a matrix is.

The exit code is 0 if it is known, 1 if it is not, and 2 if there is something wrong with the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .cases import CaseError, case, kind, numbers, provided, refuse_other_keys
from .naming import name
from .references import exact, shown

KEYS = ("problem", "matrix", "samples")
AGREE = 1e-10  #: relative distance up to which two ways to compute a matrix agree


def read(path: Path) -> dict[str, Any]:
    """What the file holds.

    Raises
    ------
    CaseError
        If it is not to be read, not JSON, or not an object with the right keys.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise CaseError(
            f"line {error.lineno}, column {error.colno}: not JSON ({error.msg})"
        ) from error
    except UnicodeDecodeError as error:
        raise CaseError("not text in UTF-8") from error
    except OSError as error:
        raise CaseError(error.strerror or str(error)) from error
    if not isinstance(content, dict):
        raise CaseError(
            f"an object with `problem` and `matrix` is expected, and it is {kind(content)}"
        )
    refuse_other_keys(content, KEYS, KEYS[:2], "the file")
    return content


def asked(content: dict[str, Any]) -> tuple[str, bool]:
    """What to say of a matrix, and whether it is known.

    Raises
    ------
    CaseError
        If something about the problem, the matrix or the samples is wrong.
    """
    found = case(content["problem"])
    given = content["matrix"]
    axes = 2 if isinstance(given, list) and any(isinstance(row, list) for row in given) else 1
    matrix = numbers(given, "`matrix`", axes)
    samples = content.get("samples")
    if samples is not None and (type(samples) is not int or samples < 1):
        raise CaseError(f"`samples` is {samples!r}; it must be a whole number from 1 on")
    verdict = name(matrix, found, samples)
    return verdict.text, bool(verdict.kinds)


def checked() -> tuple[str, bool]:
    """How far the library's matrices are from automatic differentiation's, and whether they agree.

    Raises
    ------
    CaseError
        If there is no jax.
    """
    try:
        from .autodiff import differentiated

        lines, agree = [], True
        for problem in provided():
            found = case(problem)
            own, other = exact(found), differentiated(found)
            for matrix, value in own.items():
                scale = np.linalg.norm(own["jacobian_gram"])
                away = float(np.linalg.norm(value - other[matrix]) / scale)
                agree &= away <= AGREE
                lines.append(f"{problem:20} {matrix:20} {away:.1e}")
    except ModuleNotFoundError as error:
        raise CaseError(
            "--check needs the package jax: pip install 'empirical-fisher[jax]'"
        ) from error
    return "\n".join(lines), agree


def main() -> int:
    """Read the arguments, and print what is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m empirical_fisher.which",
        description="Name a matrix that another library has computed for one of the problems "
        f"{', '.join(provided())}, or for a tiny one of your own.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, help='JSON: {"problem": …, "matrix": …, "samples": …}'
    )
    parser.add_argument("--show", metavar="PROBLEM", help="print a problem with all its matrices")
    parser.add_argument(
        "--check", action="store_true", help="compare all matrices with automatic differentiation"
    )
    arguments = parser.parse_args()
    if sum([arguments.file is not None, arguments.show is not None, arguments.check]) != 1:
        parser.error("give a file, or --show PROBLEM, or --check")
    try:
        if arguments.show is not None:
            found = case(arguments.show)
            text, known = json.dumps(shown(provided()[arguments.show], found)), True
        elif arguments.check:
            text, known = checked()
        else:
            text, known = asked(read(arguments.file))
    except CaseError as fault:
        where = f"{arguments.file}: " if arguments.file else ""
        print(f"{where}{fault}", file=sys.stderr)
        return 2
    print(text)
    return 0 if known else 1


if __name__ == "__main__":
    sys.exit(main())
