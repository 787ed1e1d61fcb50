"""Figures of 1 to 12 data sets with short and long names, and the note's: whole and apart."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from conftest import METHODS
from empirical_fisher.experiments.after_2019 import experiment as after_2019
from empirical_fisher.experiments.after_2019 import figure as figures_after_2019
from empirical_fisher.experiments.after_2019 import imbalance
from empirical_fisher.experiments.magnitude import figure as figures_magnitude
from empirical_fisher.experiments.monte_carlo import figure as figures_monte_carlo
from empirical_fisher.experiments.note import contamination
from empirical_fisher.experiments.note import experiment as note
from empirical_fisher.experiments.note import figure as figures_note
from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import layout
from pipeline import TINY

COUNTS = [1, 2, 3, 4, 5, 7, 12]
SMALLEST = 7.0  # points of a letter at the size of print
HAIR = 1.0  # pixels that boxes may share
LONG = "Energy efficiency of residential buildings, heating load in summer"


def share(one, other):
    """Whether two boxes share more than a hair."""
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > HAIR
        and min(one.y1, other.y1) - max(one.y0, other.y0) > HAIR
    )


def faults(figure):
    """Texts that are tiny, overlap or are cut off, and pairs of panels that overlap."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    panels = [axes.get_tightbbox(renderer) for axes in figure.axes]
    found = ["panels" for pair in itertools.combinations(panels, 2) if share(*pair)]
    texts = {text: text.get_window_extent(renderer) for text in texts_of(figure)}
    for one, other in itertools.combinations(texts, 2):
        if share(texts[one], texts[other]):
            found.append(f"{one.get_text()!r} on {other.get_text()!r}")
    page = figure.bbox
    found += [f"{text.get_text()!r} is tiny" for text in texts if text.get_fontsize() < SMALLEST]
    for text, box in texts.items():
        if box.x0 < -HAIR or box.y0 < -HAIR or box.x1 > page.x1 + HAIR or box.y1 > page.y1 + HAIR:
            found.append(f"{text.get_text()!r} is cut off")
    return found


def texts_of(figure):
    """All texts that are drawn; axes also hold labels of ticks that are not."""
    labels, drawn = set(), set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        for tick in axis._update_ticks():
            drawn |= {tick.label1, tick.label2}
        for tick in (*axis.majorTicks, *axis.minorTicks):
            labels |= {tick.label1, tick.label2}
    texts = figure.findobj(lambda artist: isinstance(artist, Text))
    return [
        text
        for text in texts
        if text.get_text() and text.get_visible() and (text in drawn or text not in labels)
    ]


def names(count):
    """Names of data sets, and their headings, of which every other one is long."""
    sets = [f"Set{n}" for n in range(count)]
    return sets, {name: name if n % 2 else LONG for n, name in enumerate(sets)}


def trace(low=1e-3):
    loss = np.geomspace(1, low, 101)
    return pd.DataFrame({"iteration": range(101), "loss": loss, "cosine": np.linspace(-1, 1, 101)})


def grid(lowest=0.0):
    step_sizes, dampings = np.logspace(-20, 10, 7), np.logspace(-10, 10, 5)
    step_size, damping = np.repeat(step_sizes, 5), np.tile(dampings, 7)
    return pd.DataFrame(
        {
            "step_size": step_size,
            "damping": damping,
            "status": "finished",
            "final_loss": lowest + 1 / (1 + step_size * damping),
        }
    )


@pytest.mark.parametrize("count", COUNTS)
def test_optimization_lays_out_any_number_of_data_sets(count):
    sets, titles = names(count)
    traces = {name: {m: trace(10.0 ** -(1 + n)) for m in METHODS} for n, name in enumerate(sets)}
    figure = figures.optimization(traces, titles)
    assert len(figure.axes) == 2 * count
    found = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert [title.replace("\n", " ") for title in found] == list(titles.values())
    assert faults(figure) == []
    assert figure.get_figwidth() <= 2.4 * 4


def cell(value=1.0, edge=None):
    """A best cell."""
    return pd.DataFrame({"step_size": [value], "damping": [value], "edge": [edge]})


def starting_at(loss, datasets):
    """A run for each data set that starts at a loss."""
    return {name: {"GD": pd.DataFrame({"loss": [loss, loss / 2]})} for name in datasets}


@pytest.mark.parametrize("count", COUNTS)
def test_sensitivity_lays_out_any_number_of_data_sets(count):
    sets, titles = names(count)
    lowest = dict(zip(sets, itertools.cycle([0.0, 0.5, 0.1]), strict=False))
    grids = {name: {"NGD": grid(lowest[name]), "EFGD": grid(lowest[name])} for name in sets}
    cells = {name: {m: cell() for m in ("NGD", "EFGD")} for name in sets}
    figure = figures.sensitivity(grids, cells, starting_at(1.0, sets), titles)
    assert len(figure.axes) == 3 * count
    assert faults(figure) == []


@pytest.mark.parametrize("count", [1, 3, 5, 12])
def test_monte_carlo_lays_out_any_number_of_data_sets(count):
    sets, titles = names(count)
    samples = 2 ** np.arange(5)
    by_samples = pd.concat(
        pd.DataFrame({"dataset": name, "samples": samples, "error": 1 / np.sqrt(samples)})
        for name in sets
    )
    overall = pd.DataFrame({"dataset": sets, "empirical_fisher_from_fisher": 0.3})
    runs = [
        trace().assign(setting=setting, run=0)[["setting", "run", "iteration", "loss"]]
        for setting in ("cell", "tuned")
    ]
    figure = figures_monte_carlo.monte_carlo(
        by_samples.query("dataset in ['Set0', 'Set1']"),
        overall,
        {name: pd.concat(runs) for name in sets},
        {name: {"NGD": trace(), "EFGD": trace(1e-2)} for name in sets},
        titles,
    )
    found = [axes.get_title().replace("\n", " ") for axes in figure.axes[1:]]
    assert found == list(titles.values())
    assert faults(figure) == []


@pytest.mark.parametrize("count", [1, 3, 5, 12])
def test_magnitude_lays_out_any_number_of_data_sets(count):
    values = np.geomspace(1e-4, 1e4, 9)
    table = pd.concat(
        pd.DataFrame({"dataset": f"Set{n}", "method": m, "scale": values, "update_norm": values})
        for n in range(count)
        for m in figures_magnitude.LOOKS
    )
    first = table[table["dataset"] == "Set0"].rename(columns={"scale": "distance"})
    figure = figures_magnitude.magnitude(table, first)
    assert len(figure.axes) == 1 + count
    assert faults(figure) == []


def test_the_note_has_room_for_all_its_texts():
    settings = TINY["note"]
    trials = contamination.trials(settings["contamination"])
    figure = figures_note.note(**note.measure(settings), trials=trials)
    assert len(figure.axes) == 8
    assert faults(figure) == []


@pytest.mark.parametrize("titles", [{"Some": LONG, "Other": "Other"}, {}])
def test_what_came_after_2019_has_room_for_all_its_texts(titles):
    settings, seeds = TINY["after_2019"], [0, 1]
    tables = {
        name: after_2019.IDEAS[name](settings[name], seeds)
        for name in ("indicator_networks", "continual", "takeuchi_gap")
    }
    paths = tables["indicator_networks"].assign(problem="Some")
    steps = pd.DataFrame(
        {"problem": "Some", "iteration": [0, 9], "seed": 0, "length": 2.0, "loss_ratio": [0.1, 9.0]}
    )
    figure = figures_after_2019.after_2019(
        indicator_paths=paths,
        one_sample=steps,
        imbalance=imbalance.descents(settings["imbalance"], seeds),
        titles=titles,
        **tables,
    )
    assert len(figure.axes) == 6
    assert faults(figure) == []


def test_a_method_that_was_not_run_leaves_an_empty_panel_that_says_so():
    traces = {"One": {m: trace() for m in METHODS}, "Wide": {"GD": trace()}}
    figure = figures.optimization(traces, {"One": "One", "Wide": "Wide"})
    wide = figure.axes[-1]
    assert [text.get_text() for text in wide.texts] == ["EFGD was not run"]
    assert len(figure.axes[2].lines) == 1
    assert wide.get_xlim() == figure.axes[1].get_xlim()
    assert faults(figure) == []

    grids = {"One": {"NGD": grid(), "EFGD": grid()}, "Other": {"NGD": grid()}}
    cells = {name: {m: cell() for m in methods} for name, methods in grids.items()}
    figure = figures.sensitivity(grids, cells, starting_at(1.0, grids), {n: n for n in grids})
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["EFGD was not run"]
    assert faults(figure) == []


def test_the_line_of_cosines_breaks_where_there_are_none():
    table = trace()
    table.loc[40:60, "cosine"] = np.nan
    figure = figures.optimization({"One": {"EFGD": table}}, {"One": "One"})
    line = figure.axes[1].lines[0]
    assert np.flatnonzero(np.isnan(line.get_ydata())).tolist() == list(range(40, 61))
    table["cosine"] = np.nan
    assert faults(figures.optimization({"One": {"EFGD": table}}, {"One": "One"})) == []


def test_patches_of_a_few_cells_amid_pruned_ones_are_no_news():
    run = np.zeros((41, 241), dtype=bool)
    run[:, 100:120] = True
    region = run.copy()
    run[3:5, 20] = run[30, 200] = True
    assert (figures._without_specks(run) == region).all()
    small = np.eye(5, dtype=bool)
    assert (figures._without_specks(small) == small).all()
    assert figures._without_specks(np.ones((5, 7), dtype=bool)).all()


@pytest.mark.parametrize("edge", [None, np.nan, "", "lowest damping"])
def test_sensitivity_says_where_a_winner_lies_on_the_edge_of_the_grid(edge):
    grids, cells = {"One": {"NGD": grid()}}, {"One": {"NGD": cell(edge=edge)}}
    figure = figures.sensitivity(grids, cells, starting_at(1.0, ["One"]), {"One": "One"})
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said == (["best on the edge:\nlowest damping"] if edge == "lowest damping" else [])
    keys = [text.get_text().partition(":")[0] for text in figure.legends[0].get_texts()]
    assert keys == ["best cell", "pruned", "diverged"]
    assert faults(figure) == []


@pytest.mark.parametrize("losses", [[0.0, 0.5], [0.0, 1e-200], [np.nan, np.nan]])
def test_sensitivity_with_losses_that_no_logarithm_has(losses):
    table = grid()
    table["final_loss"] = np.resize(losses, len(table))
    run = {"One": {"NGD": table}}, {"One": {"NGD": cell()}}
    figure = figures.sensitivity(*run, starting_at(1.0, ["One"]), {"One": "One"})
    assert faults(figure) == []


def test_faults_are_found():
    figure = Figure(figsize=(2, 2))
    figure.text(0.5, 0.5, "one")
    figure.text(0.52, 0.5, "two")
    figure.text(0.9, 0.1, "cut off")
    figure.text(0.1, 0.9, "small", fontsize=6.5)
    assert faults(figure) == ["'one' on 'two'", "'small' is tiny", "'cut off' is cut off"]


def test_a_heading_is_no_wider_than_its_panel():
    assert all(len(line) <= layout.HEADING for line in layout.heading(LONG).splitlines())
    assert layout.heading("a_name_without_spaces_and_very_long").count("\n") == 1


@pytest.mark.parametrize("text", ["$\\frac{", "$$", "a $ b", "\\$x$", "x^2 costs 3 $ or 4 $", ""])
def test_a_heading_is_drawn_as_it_is_written(text):
    figure = Figure()
    title = figure.subplots().set_title(layout.heading(text))
    figure.draw_without_rendering()
    drawn, is_math = title._preprocess_math(title.get_text())
    assert (drawn, is_math) == (text, False)


def test_sensitivity_where_every_run_diverged_or_ends_where_it_started():
    for loss in (np.nan, 7.0, 70.0):
        table = grid().assign(final_loss=loss, status="diverged")
        run = {"a": {"EFGD": table}}, {"a": {"EFGD": cell(np.nan)}}
        drawn = figures.sensitivity(*run, starting_at(7.0, ["a"]), {"a": "a"})
        drawn.draw_without_rendering()


def test_a_flat_loss_has_no_contours():
    axes = Figure().subplots()
    x, y = (values.ravel() for values in np.meshgrid([0.0, 1.0], [0.0, 1.0]))
    for loss in (1.0, np.inf, np.nan):
        layout.contours(axes, pd.DataFrame({"x": x, "y": y, "loss": loss}), "x", "y")
    assert not axes.collections
