"""A page for every module of the library, of nothing but its docstrings, and one for every wing."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

from modules import MATHEMATICS, PACKAGE, folder, groups
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages to ``api/`` before Sphinx looks for any."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write the pages of all modules and wings, and remove the pages of those that are gone."""
    place = Path(app.srcdir) / "api"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
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


def summary(name: str) -> str:
    """The first line of a module's docstring."""
    path = PACKAGE.joinpath(*name.split(".")).with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]
