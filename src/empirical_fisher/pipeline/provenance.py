"""Which source files a module stands on, so that a rule can name them as its inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path


def sources(package: Path, modules: Iterable[str]) -> list[str]:
    """Files of modules of a package and of all modules of it that these import, sorted.

    Only relative imports (``from . import a``, ``from .a import b``) are followed: they are how
    the package's modules import each other.
    """
    found: set[Path] = set()
    waiting = [package / f"{module}.py" for module in modules]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                waiting += [package / f"{name}.py" for name in names]
    return sorted(map(str, found))
