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
    """Find ``solvers.descend`` in the package, and ``Model.predict`` in whichever module has it."""
    if node["refdomain"] != "py":
        return None
    python, target = env.domains.python_domain, node["reftarget"]
    known = f"empirical_fisher.{target}" in python.objects
    name = f"empirical_fisher.{target}" if known else target
    node["refspecific"] = not known
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, content)
