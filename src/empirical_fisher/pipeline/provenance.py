"""Which source files a module depends on, so that a rule can name them as its inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def code_files(package: Path, modules: Iterable[str]) -> list[str]:
    """Files of modules of a package and of all modules of it that these import, sorted.

    The ``__init__`` of a folder is left out: those of the package hold nothing but a docstring.

    Parameters
    ----------
    package
        The package's folder.
    modules
        Dotted names below it: ``search``, ``experiments.noise.claims``.

    Raises
    ------
    FileNotFoundError
        If there is no such module.
    """
    found: set[Path] = set()
    waiting = [package.joinpath(*module.split(".")).with_suffix(".py") for module in modules]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imports(package, path)
    return sorted(map(str, found))


def imports(package: Path, path: Path) -> Iterator[Path]:
    """Files of the modules of a package that one of its files imports, wherever in it.

    Only ``from … import …`` is followed, relative or by the package's name: the package's modules
    import each other in no other way.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = (node.module or "").split(".") if node.module else []
        if node.level:
            place = path.parents[node.level - 1].joinpath(*parts)
        elif parts and parts[0] == package.name:
            place = package.joinpath(*parts[1:])
        else:
            continue
        if not place.is_dir():
            yield place.with_suffix(".py")
            continue
        for alias in node.names:
            module = place / f"{alias.name}.py"
            if module.exists():
                yield module


def module_of(step: str) -> str:
    """The module of a step ``topic.module:function``, below the package."""
    return f"experiments.{step.partition(':')[0]}"
