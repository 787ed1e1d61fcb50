"""A page for every module of the library, of nothing but its docstrings, and one for every wing.

A list of the names that the package itself offers is written beside them.
"""

from __future__ import annotations

import ast
import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path

from modules import MATHEMATICS, PACKAGE, folder, groups
from sphinx.application import Sphinx

import empirical_fisher


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages to ``api/`` before Sphinx looks for any."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write the pages of all modules and wings, and remove the pages of those that are gone."""
    place = Path(app.srcdir) / "api"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "names.txt").write_text("\n".join(public_names()), encoding="utf-8")
    for group, names in groups().items():
        page = "\n".join([*titled(group.capitalize()), *wing_page(group, names)])
        (place / f"{group}.rst").write_text(page, encoding="utf-8")
        for name in names:
            lines = [*titled(name), f".. automodule:: empirical_fisher.{name}", "   :members:", ""]
            (place / f"{name}.rst").write_text("\n".join(lines), encoding="utf-8")


def titled(title: str) -> list[str]:
    """The first lines of a page."""
    return [title, "=" * len(title), ""]


def wing_page(group: str, names: list[str]) -> Iterator[str]:
    """What a wing is for, and its modules with the first line of what each says of itself."""
    if group != MATHEMATICS:
        yield from [f".. automodule:: empirical_fisher.{group}", ""]
    part = None
    for name in names:
        if folder(name) != part:
            part = folder(name)
            yield from ["", part, "-" * len(part), ""]
            yield from [f".. automodule:: empirical_fisher.{group}.{part}", ""]
        yield f"- :py:mod:`{name.removeprefix(f'{group}.')} <empirical_fisher.{name}>`:"
        yield f"  {summary(name)}"
    yield from ["", ".. toctree::", "   :hidden:", "", *(f"   {name}" for name in names), ""]


def public_names() -> Iterator[str]:
    """What the package offers, in the order of ideas, with the first line of each docstring."""
    module = None
    for name in empirical_fisher.__all__:
        value = getattr(empirical_fisher, name)
        home = value if inspect.ismodule(value) else inspect.getmodule(value)
        if home is not module:
            module = home
            short = module.__name__.rpartition(".")[2]
            yield from ["", short.capitalize(), "-" * len(short), ""]
            yield from [f".. py:currentmodule:: {module.__name__}", ""]
            yield from [f":py:mod:`{module.__name__}`: {summary(short)}", ""]
        if value is not module:
            yield f"- :py:obj:`{name} <{module.__name__}.{name}>`:"
            yield f"  {inspect.getdoc(value).splitlines()[0]}"


def summary(name: str) -> str:
    """The first line of a module's docstring."""
    path = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]
