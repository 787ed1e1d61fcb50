"""The figures with the captions that the workflow's report gives them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import jinja2
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from empirical_fisher.pipeline.numerals import prose

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = ROOT / "workflow" / "report"


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive ``drawn-figure``."""
    app.add_directive("drawn-figure", DrawnFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def caption(name: str) -> str:
    """A caption of `CAPTIONS` with the values of config.yaml, in reStructuredText.

    Of its rule's parameters it has the ``titles`` of Figure 3's data sets.
    """
    config = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    template = jinja2.Template((CAPTIONS / f"{name}.rst").read_text("utf-8"))
    shown = config["optimization"]["datasets"]
    titles = {dataset: config["datasets"][dataset].get("title", dataset) for dataset in shown}
    rule = SimpleNamespace(config=config, params=SimpleNamespace(titles=titles))
    return prose(template.render(snakemake=rule))


class DrawnFigure(SphinxDirective):
    """``.. drawn-figure:: name of the PNG file``, with the name of its caption as an option."""

    required_arguments = 1
    option_spec = {"caption": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """The image, and its caption below it."""
        name = self.arguments[0]
        described = self.options.get("caption", name)
        self.env.note_dependency(str(CAPTIONS / f"{described}.rst"))
        paragraphs = self.parse_text_to_nodes(caption(described))
        title = next(node.astext() for node in paragraphs[0].findall(nodes.strong))
        image = nodes.image(uri=f"figures/{name}.png", alt=title)
        return [image, *paragraphs]
