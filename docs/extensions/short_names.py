"""Names in docstrings and signatures are as short as in the code, and links all the same."""

from __future__ import annotations

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.inspect import TypeAliasForwardRef


def setup(app: Sphinx) -> dict[str, bool]:
    """Look up again, in the package, names that are not found as they stand."""
    app.connect("missing-reference", resolve)
    # Sphinx 9.0 prints ``Array | float`` with how it stands for the alias inside.
    TypeAliasForwardRef.__repr__ = lambda alias: alias.name
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Find ``solvers.descend`` or ``Model.predict`` in whichever module has it."""
    if node["refdomain"] != "py":
        return None
    python, module = env.domains.python_domain, node.get("py:module") or "empirical_fisher"
    name = nearest(node["reftarget"], module, {k: v.objtype for k, v in python.objects.items()})
    if name is None:
        return None
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, content)


def nearest(target: str, module: str, kinds: dict[str, str]) -> str | None:
    """The full name of what a module calls by a short name; None if that is nothing, or several.

    What a module and its folder have comes first, then modules, then all else. The name of a topic
    may stand for any of its modules.
    """
    topic, _, rest = target.partition(".")
    folder = module.rpartition(".")[0]

    def fits(name: str) -> bool:
        return f".{name}".endswith(f".{target}") or (
            f".experiments.{topic}." in name and bool(rest) and name.endswith(f".{rest}")
        )

    def distance(name: str) -> tuple[bool, ...]:
        near = [name == f"{place}.{target}" for place in (module, folder)]
        below = name.startswith(f"{folder}.") and folder.count(".") > 1
        return *(not each for each in near), kinds[name] != "module", not below

    found = sorted((distance(name), name) for name in kinds if fits(name))
    if not found or [each for each, _ in found].count(found[0][0]) > 1:
        return None
    return found[0][1]
