"""The methods of a configuration: the recipes of its section ``methods``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from empirical_fisher.methods import DEFAULTS, STANDARD, Method, refusals

from .own_methods import UnsuitableError, is_direction, load, try_out

LOOK = ("label", "color")  #: keys of a recipe that only figures read


def read(name: str, recipe: Mapping[str, Any], file: str | Path | None = None) -> Method:
    """The method of a recipe.

    Parameters
    ----------
    name, recipe
        Its key in the section ``methods``, and what is there.
    file
        The Python file that it names, if it does.

    Raises
    ------
    ValueError
        If there is no such method; see `methods.refusals` and `own_methods`.
    """
    known = {key: recipe[key] for key in (*DEFAULTS, "options") if key in recipe}
    if "python" not in recipe:
        return Method(name, **known)
    function = load(Path(str(file)), recipe["python"].rpartition(":")[2])
    return Method(name, python=function, is_direction=is_direction(function), **known)


def faults(recipes: Mapping[str, Mapping[str, Any]], files: Mapping[str, Path]) -> list[str]:
    """What is wrong with the recipes of a configuration that has the right form, a line each.

    A method of one's own is tried on toy problems.

    Parameters
    ----------
    recipes
        The section ``methods``.
    files
        The Python file of each of them that names one.
    """
    return [
        f"methods.{name}{key}: {why}"
        for name, recipe in recipes.items()
        for key, why in _faults_of(name, recipe, files.get(name))
    ]


def _faults_of(
    name: str, recipe: Mapping[str, Any], file: Path | None
) -> Iterator[tuple[str, str]]:
    given = {key: recipe[key] for key in DEFAULTS if key in recipe}
    standard = STANDARD.get(name)
    if standard and (given != {"matrix": standard.matrix} or {"python", "options"} & {*recipe}):
        yield "", f"is {{matrix: {standard.matrix}}} in the paper; give yours another name"
    elif file is None and "matrix" not in recipe:
        yield "", "has neither a matrix nor python; one of them says what the method is"
    elif file is None:
        yield from ((f".{key}", why) for key, why in refusals(given))
        if "options" in recipe:
            yield ".options", "belong to python; leave them out"
    else:
        try:
            function = load(file, recipe["python"].rpartition(":")[2])
            wrong = refusals(given, "direction" if is_direction(function) else "matrix")
            yield from ((f".{key}", why) for key, why in wrong)
            if not wrong:
                try_out(read(name, recipe, file))
        except UnsuitableError as error:
            yield ".python", str(error)
