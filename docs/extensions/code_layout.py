"""A picture of the library's wings, their modules, and who imports whom, drawn from the imports."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from docutils import nodes
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from modules import MATHEMATICS, WINGS, folder, groups, known, levels, wing
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

COLOURS = {
    MATHEMATICS: "#F6E8C6",
    "data": "#D5ECE8",
    "pipeline": "#E4E4E4",
    "experiments": "#D3DEEE",
    "which": "#EFDDE8",
}
ARROW = {"arrowstyle": "-|>", "mutation_scale": 9, "color": "0.35", "shrinkA": 0, "shrinkB": 0}
LINE = 0.19  #: inches from one line of text to the next
WIDTH = 10.4  #: of the picture, in inches
SIDE = 4.2  #: of each of the two wings in the middle
LETTERS = 58  #: in one row of their modules
COLUMNS = 5  #: of topics side by side
TITLE = 0.36  #: inches that a heading takes
GAP = 0.75  #: between wings one above the other, where the arrows are
Rectangle = tuple[float, float, float, float]  #: left, bottom, width, height


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive ``code-layout``."""
    app.add_directive("code-layout", CodeLayout)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class CodeLayout(SphinxDirective):
    """``code-layout``: the picture as it is on the day that the pages are built."""

    def run(self) -> list[nodes.Node]:
        """The image, with who imports whom as its text."""
        self.env.note_reread()
        save(draw(), Path(self.env.srcdir) / "api" / "layout.svg")
        text = "; ".join(
            f"{group} imports {', '.join(others)}"
            for group, others in between_wings().items()
            if others
        )
        return [nodes.image(uri="/api/layout.svg", alt=text)]


def save(figure: Figure, path: Path) -> None:
    """Write a picture, the same bytes for the same picture."""
    with mpl.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None}, facecolor="white")


def between_wings() -> dict[str, dict[str, int]]:
    """How many imports of its modules lead from each group of modules to each other group."""
    counts: dict[str, dict[str, int]] = {group: {} for group in (MATHEMATICS, *WINGS)}
    for module, others in known().items():
        for other in others:
            if wing(other) != wing(module):
                row = counts[wing(module)]
                row[wing(other)] = row.get(wing(other), 0) + 1
    return counts


def reduced(modules: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Imports within some modules but for those that follow from others."""
    used = {module: known()[module] & {*modules} for module in modules}
    reached: dict[str, set[str]] = {}
    for module in modules:  # after those that it imports
        reached[module] = set(used[module]).union(*(reached[each] for each in used[module]))
    for module in modules:
        for other in sorted(used[module]):
            if not any(other in reached[each] for each in used[module] - {other}):
                yield module, other


def draw() -> Figure:
    """Experiments at the top, below them the mathematics that all stands on."""
    members = groups()
    topics = blocks(members["experiments"])
    most = max(len(rows(members[each])) for each in ("data", "pipeline"))
    heights = {
        "which": TITLE + 0.1 + 2 * LINE * len(rows(members["which"])),
        MATHEMATICS: TITLE + 1.9,
        "middle": TITLE + 0.1 + 2 * LINE * most,
        "experiments": TITLE
        + 0.05
        + sum(TITLE + LINE * max(len(topics[name]) for name in shelf) for shelf in shelves(topics)),
    }
    figure = Figure(figsize=(WIDTH, sum(heights.values()) + 3 * GAP + 0.1))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, figure.get_figheight()))
    axes.axis("off")
    base = 0.05 + heights["which"] + GAP
    middle = base + heights[MATHEMATICS] + GAP
    top = middle + heights["middle"] + GAP
    places: dict[str, Rectangle] = {
        "which": (0.05, 0.05, WIDTH - 0.1, heights["which"]),
        MATHEMATICS: (0.05, base, WIDTH - 0.1, heights[MATHEMATICS]),
        "data": (0.05, middle, SIDE, heights["middle"]),
        "pipeline": (WIDTH - SIDE - 0.05, middle, SIDE, heights["middle"]),
        "experiments": (0.05, top, WIDTH - 0.1, heights["experiments"]),
    }
    for group, place in places.items():
        box(axes, place, COLOURS[group])
        left, bottom, _, height = place
        axes.text(left + 0.12, bottom + height - 0.12, group, va="top", weight="bold", size=12)
    topic_boxes(axes, places["experiments"], topics)
    for group in ("data", "pipeline", "which"):
        module_rows(axes, places[group], members[group])
    mathematics(axes, places[MATHEMATICS], members[MATHEMATICS])
    wing_arrows(axes, places)
    return figure


def blocks(experiments: Sequence[str]) -> dict[str, list[str]]:
    """The last names of the modules of each topic; those that several topics share come first."""
    found: dict[str, list[str]] = {}
    for module in experiments:
        found.setdefault(folder(module) or "for several topics", []).append(module.split(".")[-1])
    return found


def shelves(topics: dict[str, list[str]]) -> list[list[str]]:
    """The topics in rows."""
    names = [*topics]
    return [names[start : start + COLUMNS] for start in range(0, len(names), COLUMNS)]


def box(axes: Axes, place: Rectangle, colour: str, edge: str = "0.55") -> None:
    """A box with round corners."""
    left, bottom, width, height = place
    style = "round,pad=0,rounding_size=0.08"
    look = {"boxstyle": style, "facecolor": colour, "edgecolor": edge, "zorder": 2}
    axes.add_patch(FancyBboxPatch((left, bottom), width, height, **look))


def topic_boxes(axes: Axes, place: Rectangle, topics: dict[str, list[str]]) -> None:
    """A box for every topic, with its modules one below the other."""
    left, bottom, width, height = place
    wide = (width - 0.1) / COLUMNS
    top = bottom + height - TITLE
    for shelf in shelves(topics):
        high = TITLE + LINE * max(len(topics[name]) for name in shelf)
        for index, name in enumerate(shelf):
            x = left + 0.1 + index * wide
            box(axes, (x, top - high + 0.08, wide - 0.1, high - 0.1), "white", "0.75")
            axes.text(x + 0.1, top - 0.1, name, va="top", weight="bold", size=9)
            text = "\n".join(topics[name])
            axes.text(x + 0.1, top - 0.1 - LINE, text, va="top", size=9, linespacing=1.25)
        top -= high


def rows(modules: list[str]) -> list[str]:
    """The names of a wing's modules, from the bottom; a row imports from none above it."""
    return [
        row
        for level in levels(modules)
        for row in textwrap.wrap("    ".join(each.partition(".")[2] for each in level), LETTERS)
    ]


def module_rows(axes: Axes, place: Rectangle, modules: list[str]) -> None:
    """The modules of a wing: each row imports from those below it."""
    left, bottom, width, _ = place
    for index, text in enumerate(rows(modules)):
        y = bottom + 0.1 + 2 * LINE * (index + 0.5)
        axes.text(left + width / 2, y, text, ha="center", va="center", size=9)


def mathematics(axes: Axes, place: Rectangle, modules: list[str]) -> None:
    """The modules of the mathematics in columns: each imports from those to its left."""
    left, bottom, width, height = place
    columns = levels(modules)
    wide = width / len(columns)
    high = (height - TITLE) / max(map(len, columns))
    centres = {}
    for index, column in enumerate(columns):
        for row, module in enumerate(column):
            y = bottom + (height - TITLE) / 2 + high * ((len(column) - 1) / 2 - row)
            centres[module] = x, y = left + wide * (index + 0.5), y
            box(axes, (x - 0.43, y - 0.13, 0.86, 0.26), "white", "0.75")
            axes.text(x, y, module, ha="center", va="center", size=9, zorder=3)
    for module, other in reduced(modules):
        (x, y), (to_x, to_y) = centres[module], centres[other]
        bend = 0.0 if x - to_x < 1.5 * wide else 0.25
        arrow = {**ARROW, "connectionstyle": f"arc3,rad={bend}", "zorder": 1}
        axes.annotate("", (to_x + 0.45, to_y), (x - 0.45, y), arrowprops=arrow)


def wing_arrows(axes: Axes, places: dict[str, Rectangle]) -> None:
    """An arrow from every group to each that it imports from, with how many imports there are."""
    counts = between_wings()
    for group, others in counts.items():
        left, bottom, width, height = places[group]
        for other, count in others.items():
            to_left, to_bottom, to_width, to_height = places[other]
            if bottom == to_bottom:  # side by side
                y = bottom + height / 2
                ends = [(left + width, y), (to_left, y)]
                if left > to_left:
                    ends = [(left, y), (to_left + to_width, y)]
            else:
                narrow = min(places[group], places[other], key=lambda place: place[2])
                x = narrow[0] + narrow[2] / 2
                ends = [(x, bottom), (x, to_bottom + to_height)]
                if bottom < to_bottom:
                    ends = [(x, bottom + height), (x, to_bottom)]
            start, end = ends
            axes.annotate("", end, start, arrowprops={**ARROW, "mutation_scale": 16, "lw": 1.6})
            label = f"{count} imports"
            if start[1] == end[1]:
                axes.text(*between(start, end, 0.25), label, size=9, ha="center", va="bottom")
            else:
                x, y = between(start, end, 0.1 if end[1] < start[1] - 2 * GAP else 0.5)
                axes.text(x + 0.1, y, label, size=9, va="center")


def between(
    start: tuple[float, float], end: tuple[float, float], share: float
) -> tuple[float, float]:
    """The point that lies some share of the way from one to another."""
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
