"""The look of figures: on paper, on screen, and without colour."""

import itertools
import re
import zlib

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from empirical_fisher.experiments.curvature import figure as figures_curvature
from empirical_fisher.pipeline import style


def luminance(color):
    """As the eye weighs red, green and blue."""
    return np.dot([0.299, 0.587, 0.114], to_rgb(color))


# Linear red, green and blue as someone without the second kind of cones sees them: Machado,
# Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision
# deficiency", severity 1.
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]


def without_green(color):
    """A colour as deuteranopes see it, in linear red, green and blue."""
    encoded = np.array(to_rgb(color))
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.clip(DEUTERANOPIA @ linear, 0, 1)


def test_methods_differ_without_colour():
    for one, other in itertools.combinations(style.METHODS.values(), 2):
        assert one["linestyle"] != other["linestyle"]
        assert one["marker"] != other["marker"]
    for one, other in itertools.combinations(("GD", "NGD", "EFGD"), 2):
        colors = style.METHODS[one]["color"], style.METHODS[other]["color"]
        assert abs(np.subtract(*map(luminance, colors))) > 0.1
        assert np.abs(np.subtract(*map(without_green, colors))).max() > 0.1


def test_markers_of_curves_that_coincide_stand_apart_and_lines_have_none():
    places = [
        range(style.curve(style.METHODS, method, 101)["markevery"][0], 101, 16)
        for method in style.METHODS
    ]
    assert len({place for each in places for place in each}) == sum(map(len, places))
    assert all("marker" not in look for look in style.LINES.values())
    assert style.curve(style.METHODS, "NGD", 1)["markevery"] == (0, 1)


def test_matrices_look_as_the_methods_that_use_them_and_nothing_else_does():
    own = {look["color"] for look in style.METHODS.values()}
    assert {look["color"] for look in style.MATRICES.values()} < own
    others = [*style.CLASSES, style.BEST, *figures_curvature.SIDES.values()]
    assert not own & {look["color"] for look in others}


@pytest.mark.parametrize(("width", "printed"), [(3.0, 3.0), (9.6, style.PRINTED)])
def test_no_figure_is_wider_than_print_allows(width, printed):
    assert style.new_figure(width, 2.0).get_size_inches().tolist() == [printed, 2.0]


def test_an_svg_has_no_date_needs_no_font_and_has_the_same_bytes_every_time(tmp_path):
    texts = []
    for name in ("one.svg", "two.svg"):
        figure = style.new_figure(2.0, 2.0)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], clip_on=True)
        axes.set(title="‖∇L‖ over θ")
        style.save(figure, str(tmp_path / name))
        texts.append((tmp_path / name).read_text("utf-8"))
    assert texts[0] == texts[1]
    assert "<svg" in texts[0]
    assert "<text" not in texts[0] and "<dc:date" not in texts[0]


def test_a_pdf_holds_its_fonts_as_outlines_and_the_same_bytes_every_time(tmp_path):
    figure = style.new_figure(2.0, 2.0)
    figure.subplots().set(title="‖∇L‖ over θ", xlabel="γ")
    paths = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for path in paths:
        style.save(figure, str(path))
    one, two = (path.read_bytes() for path in paths)
    assert one == two
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", one, re.DOTALL)
    text = one + b"".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"x")
    assert b"/FontFile2" in text and b"/Type3" not in text
    assert text.count(b"/Type /FontDescriptor") == text.count(b"/FontFile2")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.29, 0.75, ["0.3", "0.4", "0.5", "0.6", "0.7"]),
        (9.0, 310.0, ["10", "20", "50", "100", "200"]),
        (1e-4, 2.0, None),
    ],
)
def test_a_short_logarithmic_axis_has_plain_numbers(low, high, shown):
    axes = style.new_figure(2.0, 2.0).subplots()
    axes.set(yscale="log", ylim=(low, high))
    before = axes.yaxis.get_major_locator()
    style.label_plainly(axes.yaxis)
    if shown is None:
        assert axes.yaxis.get_major_locator() is before
    else:
        assert [tick.get_text() for tick in axes.get_yticklabels()] == shown
        assert list(axes.yaxis.get_minorticklocs()) == []
    assert axes.get_ylim() == (low, high)


@pytest.mark.parametrize(("low", "high"), [(1.2301, 1.2399), (2.9, 3.9), (0.0071, 0.0073)])
def test_a_short_axis_without_round_values_has_ticks_all_the_same(low, high):
    axes = style.new_figure(2.0, 2.0).subplots()
    axes.set(yscale="log", ylim=(low, high))
    style.label_plainly(axes.yaxis)
    shown = [float(tick.get_text()) for tick in axes.get_yticklabels()]
    assert len(shown) >= 2
    np.testing.assert_allclose(axes.get_yticks(), shown, rtol=1e-9)


@pytest.mark.filterwarnings("ignore:Data has no positive values:UserWarning")
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("values", [[], [np.nan], [0.0, -1.0], [5e-324, 1.0], [1.0, 1.7e308]])
@pytest.mark.parametrize("late", [False, True])
def test_a_logarithmic_axis_can_be_drawn_whatever_is_on_it(tmp_path, values, late):
    figure = style.new_figure(2.0, 2.0)
    axes = figure.subplots()
    if not late:
        axes.set_yscale("log")
    axes.plot(range(len(values)), values)
    axes.set_yscale("log")
    style.save(figure, str(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").stat().st_size > 0
