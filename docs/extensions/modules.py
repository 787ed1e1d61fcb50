"""The modules of the library in the order of ideas: each after those it imports."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from empirical_fisher.pipeline.provenance import imports

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "empirical_fisher"
MATHEMATICS = "mathematics"  #: the group of the modules that are in no wing
WINGS = ("data", "experiments", "pipeline", "which")


def name(path: Path) -> str:
    """The dotted name of a module below the package: ``experiments.noise.claims``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def wing(module: str) -> str:
    """The wing that a module is in, or `MATHEMATICS`."""
    first, _, rest = module.partition(".")
    return first if rest else MATHEMATICS


def folder(module: str) -> str | None:
    """The folder of its wing that a module is in, such as a topic's, if it is in one."""
    _, *below = module.split(".")
    return below[0] if len(below) > 1 else None


@cache
def known() -> dict[str, frozenset[str]]:
    """Every module with the modules that it imports, as `provenance.imports` finds them."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    found = {name(path): map(name, imports(PACKAGE, path)) for path in paths}
    return {module: frozenset(others) - {"__init__"} for module, others in found.items()}


def groups() -> dict[str, list[str]]:
    """The modules of the mathematics, then of each wing; those of a folder stay together."""
    return {
        group: [
            module
            for part in parts(group)
            for module in ordered([each for each in known() if (wing(each), folder(each)) == part])
        ]
        for group in (MATHEMATICS, *WINGS)
    }


def parts(group: str) -> list[tuple[str, str | None]]:
    """The group itself, then its folders, as pairs that a module's wing and folder make."""
    folders = {part for each in known() if wing(each) == group and (part := folder(each))}
    return [(group, None), *((group, each) for each in sorted(folders))]


def levels(modules: list[str]) -> list[list[str]]:
    """Modules, first those that import none of the others, then those that import only these …

    Raises
    ------
    ValueError
        If modules import each other in a circle.
    """
    found: list[list[str]] = []
    waiting = set(modules)
    while waiting:
        level = sorted(each for each in waiting if not known()[each] & waiting - {each})
        if not level:
            raise ValueError(f"{', '.join(sorted(waiting))} import each other")
        found.append(level)
        waiting -= {*level}
    return found


def ordered(modules: list[str]) -> list[str]:
    """Modules, each after those it imports."""
    return [module for level in levels(modules) for module in level]
