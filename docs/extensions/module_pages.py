"""A page for every module of the library, of nothing but its docstrings."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "empirical_fisher"
PAGE = """\
{name}
{underline}

.. automodule:: empirical_fisher.{name}
   :members:
"""


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages to ``api/`` before Sphinx looks for any."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write one page per module, and remove the pages of modules that no longer exist."""
    folder = Path(app.srcdir) / "api"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in PACKAGE.glob("[!_]*.py"):
        page = PAGE.format(name=path.stem, underline="=" * len(path.stem))
        (folder / f"{path.stem}.rst").write_text(page, encoding="utf-8")
