"""Where the panels, headings and legends of a figure go, however many data sets it has."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WIDEST = 3  #: columns of panels side by side, as many as a printed page has room for
HEADING = 26  #: letters in a line of a heading, as many as a panel is wide


def wrapped(count: int) -> tuple[int, int]:
    """How many blocks, one below the other, ``count`` columns of panels need, and their width."""
    blocks = -(-count // WIDEST)
    return blocks, -(-count // blocks)


def panels(figure: Figure, count: int, height_ratios: Sequence[float] = (1,)) -> list[list[Axes]]:
    """Axes for ``count`` columns of panels, each from top to bottom, in blocks of equal width."""
    blocks, wide = wrapped(count)
    high = len(height_ratios)
    grid = figure.add_gridspec(blocks * high, wide, height_ratios=[*height_ratios] * blocks)
    return [
        [figure.add_subplot(grid[index // wide * high + row, index % wide]) for row in range(high)]
        for index in range(count)
    ]


def is_leftmost(axes: Axes) -> bool:
    """Whether a panel is the first of its row."""
    place = axes.get_subplotspec()
    return place is not None and place.is_first_col()


def heading(text: str) -> str:
    """A heading in as many lines as it takes not to be wider than its panel, as it is written.

    A dollar sign is one, not the beginning of mathematics, which might be wrong.
    """
    return textwrap.fill(text, HEADING).replace("$", r"\$")


def note(axes: Axes, text: str) -> None:
    """Say in the middle of an empty panel why it is empty."""
    axes.text(0.5, 0.6, text, transform=axes.transAxes, ha="center", va="center", color="0.4")


def legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """One legend for the whole figure, below it, in as few rows as its width allows."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    for columns in range(len(handles), 0, -1):
        entry = figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        if entry.get_window_extent(renderer).width <= figure.bbox.width or columns == 1:
            return
        entry.remove()
