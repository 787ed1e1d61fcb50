"""The explorable page: its mathematics against the library, and its scenes as a person drives them.

The tables are made here by the steps of the rules, on smaller grids.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import browser
from conftest import CONFIG, ROOT, paper_table
from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import Dataset, design, from_table
from empirical_fisher.data.sources.gaussian_classes import gaussian_classes
from empirical_fisher.data.sources.lognormal_line import lognormal_line
from empirical_fisher.experiments.misspecification.experiment import experiment as misspecified
from empirical_fisher.experiments.note.draws import problem_and_point
from empirical_fisher.experiments.note.loss_reductions import reductions
from empirical_fisher.experiments.vector_field.experiment import experiment as fields
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace
from pipeline import faults

sys.path.insert(0, str(ROOT / "workflow" / "report"))
import explorable

METHODS = ("GD", "NGD", "EFGD")
SCHEDULE = Schedule(CONFIG["optimization"]["iterations"], 100.0)
DAMPINGS = {"BreastCancer": 5, "Boston": 11, "a1a": 1}  # how many there are
STEP_SIZES = log_axis(1e-7, 1e2, 7)
STILLS = {"vector_field": "figure1_vector_fields", "misspecification": "figure2_misspecification"}
STILLS |= {"optimization": "figure3_optimization", "note": "note"}
STILL = {scene: [ROOT / f"docs/figures/{name}.png"] for scene, name in STILLS.items()}
CLAIM = {
    "id": "figures.paths",
    "source": "Figure 1",
    "claim": "<NGD> goes straight",
    "measured": "0",
    "holds": "yes",
    "figure": "figure1_vector_fields",
}


def datasets() -> dict[str, Dataset]:
    return {name: from_table(*paper_table(name)) for name in DAMPINGS}


def searched(data: Dataset, dampings: int) -> dict[str, tuple[pd.DataFrame, ...]]:
    """The grid of every method, its best cell and the run of that."""
    problem = linear_problem(*design(data, bias=True))
    found = {}
    for method in METHODS:
        values = None if method == "GD" else log_axis(1e-8, 1e4, dampings)
        grid = evaluate(problem, method, *cells(STEP_SIZES, values), SCHEDULE)
        best = best_cell(problem, method, grid, SCHEDULE)
        step_size, damping = best["step_size"].item(), best["damping"].item()
        found[method] = grid, best, trace(problem, method, step_size, damping, SCHEDULE)
    return found


@pytest.fixture(scope="module")
def grids() -> dict[str, dict[str, tuple[pd.DataFrame, ...]]]:
    return {name: searched(data, DAMPINGS[name]) for name, data in datasets().items()}


@pytest.fixture(scope="module")
def page(grids: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = explorable.page(CONFIG, datasets(), grids, pd.DataFrame([CLAIM]), STILL)
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text('<p id="figures.paths">', encoding="utf-8")
    (folder / "explore.html").write_text(text, encoding="utf-8")
    return folder / "explore.html"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture
def chromium(started: Any, page: Path) -> Any:
    """A browser that shows the page as it is at first."""
    if started.current_url.partition("#")[0] != page.as_uri() or "#" in started.current_url:
        opened(started, page)
    else:
        started.execute_script("for (const each of Object.values(scenes)) each.set(each.defaults)")
        started.get_log("browser")
    return started


def opened(chromium: Any, page: Path, address: str = "", width: int = 1280) -> None:
    wishes = [{"name": "prefers-reduced-motion", "value": "reduce"}]  # no scrolling that takes time
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})
    chromium.get("about:blank")
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    chromium.get(page.as_uri() + address)
    until(chromium, "Object.values(scenes).every((scene) => scene.drawn)")
    until(chromium, SETTLED)


# Every plot that is shown has been laid out.
SETTLED = """document.querySelectorAll(".canvas").values()
  .filter((each) => each.offsetParent)
  .every((each) => figures.some((figure) => {
    const view = Bokeh.index.find_one(figure);
    return view && each.contains(view.el) && view.frame.bbox.width > 50;
  }))"""


def until(chromium: Any, condition: str) -> None:
    """Wait until a condition of the page holds, at most twenty seconds."""
    for _ in range(400):
        if chromium.execute_script(
            f"try {{ return Boolean({condition}); }} catch {{ return false; }}"
        ):
            return
        time.sleep(0.05)
    raise AssertionError(f"not so: {condition}")


def state(chromium: Any, scene: str) -> dict[str, Any]:
    return chromium.execute_script(f"return scenes.{scene}.state")


def asked(chromium: Any, script: str, *arguments: Any) -> Any:
    """What an asynchronous script of the page returns."""
    chromium.set_script_timeout(120)
    return chromium.execute_async_script(
        f"const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done);",
        *arguments,
    )


# ---- the mathematics


RUNS = """
const found = {};
for (const entry of PAGE.optimization.datasets) {
  const dataset = await unpacked(entry, PAGE.optimization);
  for (const [method, grid] of Object.entries(dataset.grids)) {
    const rows = [];
    for (const step_size of grid.step_sizes) for (const damping of grid.dampings ?? [null]) {
      const run = cell_run(dataset.problem, PAGE.optimization, method, step_size, damping, false);
      const spread = rounding_spread(dataset, PAGE.optimization, method, step_size, damping, run);
      rows.push([run.status, run.iterations, run.loss.at(-1), spread < SETTLED]);
    }
    found[`${entry.name} ${method}`] = rows;
  }
}
return found;
"""


def test_runs_of_the_page_end_as_in_the_grids_unless_rounding_decides_them(
    chromium: Any, grids: Any
) -> None:
    """Rounding does where the page's own run ends elsewhere with the rows in reverse order."""
    found = asked(chromium, RUNS)
    compared = {}
    for name, by_method in grids.items():
        for method, (grid, *_) in by_method.items():
            rows = pd.DataFrame(
                found[f"{name} {method}"], columns=["status", "iterations", "loss", "settled"]
            )
            settled = rows["settled"].to_numpy(dtype=bool) | (rows["status"] != "finished")
            same = rows["status"].to_numpy() == grid["status"].to_numpy()
            assert same[settled].all(), (name, method)
            both = settled & (grid["status"] == "finished").to_numpy()
            loss = rows["loss"].to_numpy(float)[both]
            np.testing.assert_allclose(loss, grid["final_loss"][both], rtol=1e-9)
            ended = settled & ~both
            assert (rows["iterations"][ended] == grid["iterations"][ended]).all()
            compared[name, method] = int(settled.sum())
            assert both.any(), (name, method)
    assert sum(compared.values()) >= 200, compared


def test_the_cosine_of_a_run_is_that_of_its_trace(chromium: Any, grids: Any) -> None:
    script = """
    const entry = PAGE.optimization.datasets.find(({ name }) => name === arguments[0]);
    const dataset = await unpacked(entry, PAGE.optimization);
    const { best } = dataset.grids[arguments[1]];
    const run = cell_run(
      dataset.problem, PAGE.optimization, arguments[1], best.step_size, best.damping, true);
    return run.cosine.map((value) => (Number.isNaN(value) ? null : value));
    """.replace("arguments[", "given[")
    for name, method in (("Boston", "EFGD"), ("Boston", "GD"), ("a1a", "GD"), ("a1a", "NGD")):
        own = asked(chromium, f"const given = {json.dumps([name, method])}; {script}")
        theirs = grids[name][method][2]["cosine"].to_numpy()
        own = np.array(own, dtype=float)
        early = slice(0, 15)  # later on a run may be at the minimum, where signs are rounding's
        np.testing.assert_array_equal(np.isnan(own[early]), np.isnan(theirs[early]))
        np.testing.assert_allclose(own[early], theirs[early], rtol=1e-6)


def test_the_page_draws_the_pipelines_data(chromium: Any) -> None:
    line = CONFIG["datasets"]["LognormalLine"]["source"]["lognormal_line"]
    found = asked(chromium, f"const {{ x, target }} = lognormal_line({json.dumps(line)});"
                  "return [[...x], [...target]];")  # fmt: skip
    np.testing.assert_allclose(np.transpose(found), lognormal_line(**line), rtol=1e-13)
    classes = CONFIG["datasets"]["GaussianCorrelations"]["source"]["gaussian_classes"]
    for seed in (0, 3, 2**32 - 1):
        own = {**classes, "seed": seed, "size": 126}
        found = asked(chromium, f"return [...gaussian_classes({json.dumps(own)}).inputs.values];")
        table = gaussian_classes(**own)[["x1", "x2"]]
        np.testing.assert_allclose(np.reshape(found, (-1, 2)), table, rtol=1e-12, atol=1e-14)


def test_the_paths_are_those_of_figure_1(chromium: Any) -> None:
    settings = CONFIG["vector_field"]
    data = lognormal_line(**CONFIG["datasets"]["LognormalLine"]["source"]["lognormal_line"])
    followed = {**settings["trajectories"], "points": 2000, "kept": 50}
    tables = fields({**settings, "trajectories": followed, "contour_points": 3}, data)
    script = """
    const { source, prior_variance, damping, scales, trajectories } = PAGE.vector_field;
    const { x, target } = lognormal_line(source);
    const problem = line_problem(x, target, prior_variance);
    const matrices = line_matrices(problem, x, target, x);
    const found = [];
    for (const [method, scale] of Object.entries(scales)) {
      const velocity = flow(matrices, method, scale, damping);
      for (const start of trajectories.starts)
        found.push(...trajectory(velocity, start, trajectories.step, 2000, thinned(1999, 50)));
    }
    return [[...matrices.minimum], found];
    """
    minimum, found = asked(chromium, script)
    assert minimum == pytest.approx(tables["fit"][["b", "theta"]].to_numpy()[0], rel=1e-12)
    np.testing.assert_allclose(found, tables["trajectories"][["b", "theta"]], rtol=1e-9)


def test_the_minima_and_matrices_are_those_of_figure_2(chromium: Any) -> None:
    settings = CONFIG["misspecification"]["logistic"]
    data = {
        problem["dataset"]: from_table(*paper_table(problem["dataset"]))
        for problem in settings["problems"].values()
    }
    tables = misspecified({**settings, "contour_points": 2}, data)
    script = """
    return PAGE.misspecification.problems.map(({ source }) => {
      const { inputs, targets } = gaussian_classes(source);
      const problem = linear_problem(inputs, targets, "binary");
      const point = problem.at(minimizer(problem));
      const own = (name) => [0, 1, 3].map((k) => point[name][k]);
      const around = ellipse(point.theta, point.empirical_fisher.map((v) => v * source.size), 3);
      const rings = level_curve(problem, point.theta, point.hessian, point.loss + 0.01);
      return {
        row: [...point.theta, point.loss, accuracy(point), ...own("fisher"),
          ...own("empirical_fisher"), ...own("hessian")],
        reach: [0, 1].map((k) => Math.max(...around.map((p) => p[k]))),
        heights: rings.map((p) => problem.at(Float64Array.from(p)).loss - point.loss),
      };
    });
    """
    found = asked(chromium, script)
    np.testing.assert_allclose(
        [each["row"] for each in found], tables["summary"].drop(columns="problem"), rtol=1e-9
    )
    curves = tables["ellipses"].query("matrix == 'empirical_fisher'").groupby("problem", sort=False)
    reach = curves[["theta_1", "theta_2"]].max()
    np.testing.assert_allclose([each["reach"] for each in found], reach, rtol=1e-3)
    np.testing.assert_allclose([each["heights"] for each in found], 0.01, rtol=1e-6)


def test_the_falls_are_those_of_the_note(chromium: Any) -> None:
    settings = CONFIG["note"]
    dampings = log_axis(**settings["dampings"])
    for task, shape in (("binary", "few"), ("regression", "many")):
        sizes = settings["shapes"][shape]
        problem, theta = problem_and_point(
            [settings["seed"], 1], task, sizes["examples"], sizes["parameters"]
        )
        table = reductions(problem, theta, METHODS, dampings, 1e-6)
        script = f"""
        const found = PAGE.note.problems.find(
          (each) => each.task === "{task}" && each.shape === "{shape}" && each.repeat === 1);
        const {{ size, features }} = found;
        const [values, targets, theta] = await Promise.all(
          [found.inputs, found.targets, found.theta].map(unpack));
        const point = linear_problem({{ size, features, values }}, targets, found.task).at(theta);
        const rows = [];
        for (const method of ["GD", "NGD", "EFGD"]) for (const damping of {dampings.tolist()}) {{
          const {{ variation, mean }} = reductions(point, method, damping, 1e-6);
          rows.push([variation, mean / Math.sqrt(1e-6)]);
        }}
        return rows;
        """
        own = np.array(asked(chromium, script))
        np.testing.assert_allclose(own[:, 0], table["variation"], rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(own[:, 1], table["mean_reduction"], rtol=1e-6)


# ---- the scenes, as a person drives them


def spot(chromium: Any, holder: str, x: float, y: float) -> tuple[int, int]:
    """Where a place of a plot is in the window."""
    script = """
    const holder = document.getElementById(arguments[0]);
    holder.scrollIntoView({ block: "center" });
    const figure = figures.find((each) => holder.contains(Bokeh.index.find_one(each)?.el));
    const view = Bokeh.index.find_one(figure);
    const { left, top } = view.el.getBoundingClientRect();
    const { x_scale, y_scale } = view.frame;
    return [left + x_scale.compute(arguments[1]), top + y_scale.compute(arguments[2])];
    """
    left, top = chromium.execute_script(script, holder, x, y)
    return round(left), round(top)


def drag(chromium: Any, *places: tuple[int, int]) -> None:
    from selenium.webdriver import ActionChains

    chain = ActionChains(chromium, duration=20)
    pointer = chain.w3c_actions.pointer_action
    pointer.move_to_location(*places[0])
    pointer.pointer_down()
    for place in places[1:]:
        pointer.move_to_location(*place)
    pointer.pointer_up()
    chain.perform()


def slide(chromium: Any, slider: str, keys: str) -> None:
    """Press keys on a slider, as one does who has no pointer."""
    chromium.find_element("id", slider).send_keys(keys)


def click(chromium: Any, button: str) -> None:
    element = chromium.find_element("id", button)
    chromium.execute_script("arguments[0].scrollIntoView({ block: 'center' })", element)
    element.click()


def overlay(chromium: Any, scene: str) -> str:
    return chromium.find_element("id", f"{scene}-overlay").get_attribute("textContent")


def test_a_start_that_is_dragged_takes_its_paths_along_and_reset_brings_it_back(
    chromium: Any, page: Path
) -> None:
    before = state(chromium, "vector_field")["starts"]
    along = chromium.find_element("id", "vector_field-NGD").get_attribute("aria-label")
    place = [spot(chromium, "vector_field-EFGD", *at) for at in (before[0], (3, 3), (3, 1))]
    drag(chromium, *place)
    until(chromium, "scenes.vector_field.state.starts[0][1] < 1.5")
    moved = state(chromium, "vector_field")["starts"]
    assert moved[0] == pytest.approx([3, 1], abs=0.1) and moved[1:] == before[1:]
    assert chromium.find_element("id", "vector_field-NGD").get_attribute("aria-label") != along or (
        "0 %" in along
    )
    written = yaml.safe_load(overlay(chromium, "vector_field"))
    assert written["vector_field"]["trajectories"]["starts"] == moved
    assert faults(overlay(chromium, "vector_field")) == []
    click(chromium, "vector_field-reset")
    until(chromium, "scenes.vector_field.state.starts[0][1] === 4.5")
    assert browser.complaints(chromium) == []


def test_data_are_added_by_a_tap_and_dragged_and_an_outlier_bends_the_fit(chromium: Any) -> None:
    drag(chromium, spot(chromium, "vector_field-data", 6, 3))
    until(chromium, "scenes.vector_field.state.edits.length === 1")
    number, *added = state(chromium, "vector_field")["edits"][0]
    assert number == 1000 and added == pytest.approx([6, 3], abs=0.2)
    drag(chromium, *[spot(chromium, "vector_field-data", *at) for at in (added, (6, 5), (6, 7))])
    until(chromium, "scenes.vector_field.state.edits[0][2] > 6")
    said = chromium.find_element("id", "vector_field-said").text
    click(chromium, "vector_field-outlier")
    until(chromium, "scenes.vector_field.state.edits.length === 2")
    until(chromium, f"by_id('vector_field-said').textContent !== {json.dumps(said)}")
    assert "2 data" in chromium.find_element("id", "vector_field-said").text
    assert "by hand" in overlay(chromium, "vector_field")


def test_methods_are_chosen_and_the_one_sample_fisher_is_drawn_again(chromium: Any) -> None:
    click(chromium, "vector_field-redraw")
    until(chromium, "scenes.vector_field.state.methods.includes('OneSample')")
    click(chromium, "vector_field-method-iEF")
    click(chromium, "vector_field-method-GD")
    until(chromium, "!scenes.vector_field.state.methods.includes('GD')")
    shown = [
        method
        for method in (*METHODS, "iEF", "OneSample")
        if chromium.find_element("id", f"vector_field-{method}").is_displayed()
    ]
    assert shown == ["NGD", "EFGD", "iEF", "OneSample"]


def test_the_model_is_made_right_by_a_button_and_wrong_by_a_preset(chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    said = chromium.find_element("id", "misspecification-said")
    click(chromium, "misspecification-preset-misspecified_b")
    until(chromium, "scenes.misspecification.state.problem === 'misspecified_b'")
    until(chromium, "by_id('misspecification-said').textContent.includes('85.2 %')")
    assert "wrong" in said.text
    assert faults(overlay(chromium, "misspecification")) == []
    click(chromium, "misspecification-right")
    until(chromium, "by_id('misspecification-said').textContent.includes('is right')")
    slide(chromium, "misspecification-size", Keys.ARROW_RIGHT)
    until(chromium, "scenes.misspecification.state.size === 1258")
    slide(chromium, "misspecification-mean_1", Keys.END)
    slide(chromium, "misspecification-mean_2", Keys.END)
    slide(chromium, "misspecification-scale_0", Keys.HOME)
    slide(chromium, "misspecification-scale_1", Keys.HOME)
    until(chromium, "by_id('misspecification-said').textContent.includes('separates')")
    assert browser.complaints(chromium) == []


def test_a_cell_that_is_clicked_is_run_and_its_address_shows_it_again(
    chromium: Any, page: Path, grids: Any
) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select

    Select(chromium.find_element("id", "optimization-dataset")).select_by_visible_text("Boston")
    until(chromium, "by_id('optimization-said').textContent.includes('EFGD')")
    grid = grids["Boston"]["EFGD"][0]
    cell = grid[grid["status"] == "finished"].iloc[3]
    at = np.log10([cell["step_size"], cell["damping"]])
    drag(chromium, spot(chromium, "optimization-map", *at))
    place = int(np.argmin(np.abs(STEP_SIZES - cell["step_size"])))
    until(chromium, f"scenes.optimization.state.step_size === {place}")
    until(chromium, "by_id('optimization-said').textContent.includes('rows')")
    said = chromium.find_element("id", "optimization-said").text
    assert f"final loss {cell['final_loss']:.6g}" in said
    assert f"The pipeline has {cell['final_loss']:.6g}" in said
    hover = chromium.find_element("id", "optimization-hover").text
    assert f"final loss {cell['final_loss']:.6g}" in hover
    assert faults(overlay(chromium, "optimization")) == []
    click(chromium, "optimization-share")
    address = "#" + chromium.current_url.partition("#")[2]
    assert "Boston" in address
    opened(chromium, page, address)
    until(chromium, "by_id('optimization-said').textContent.includes('rows')")
    assert chromium.find_element("id", "optimization-said").text.split(" computed")[0] in said
    slide(chromium, "optimization-damping", Keys.ARROW_RIGHT)
    until(chromium, "!by_id('optimization-said').textContent.includes('rows')")
    click(chromium, "optimization-reset")
    until(chromium, "scenes.optimization.state.dataset === 'BreastCancer'")
    assert browser.complaints(chromium) == []


def test_the_falls_become_equal_as_the_damping_falls(chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    slide(chromium, "note-damping", Keys.HOME)
    until(chromium, "scenes.note.state.damping === 0")
    until(chromium, "by_id('note-said').textContent.includes('10⁻¹²')")
    variation = float(
        chromium.find_element("id", "note-said").text.split("EFGD ")[1].split(" ")[0].rstrip(".")
        .replace("−", "-")
    )  # fmt: skip
    assert variation < 10  # its digits before a power of ten
    assert "10⁻" in chromium.find_element("id", "note-said").text.split("EFGD ")[1]
    assert faults(overlay(chromium, "note")) == []


def test_an_address_with_nonsense_shows_the_defaults(chromium: Any, page: Path) -> None:
    before = state(chromium, "vector_field")
    opened(
        chromium, page, "#vector_field.starts=1,2;x&vector_field.noise=-7&optimization.method=no"
    )
    assert state(chromium, "vector_field") == before
    assert browser.complaints(chromium) == []


def test_every_control_is_reached_by_the_keyboard_and_has_a_name(chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    script = """
    const seen = document.activeElement;
    return [seen.id, (seen.labels?.[0]?.textContent || seen.textContent ||
      seen.getAttribute("aria-label") || "").trim()];
    """
    wanted = chromium.execute_script(
        "return [...document.querySelectorAll('main button, main input, main select')]"
        ".filter((each) => each.offsetParent && !each.disabled).map((each) => each.id)"
    )
    reached: dict[str, str] = {}
    body = chromium.find_element("tag name", "body")
    for _ in range(250):
        body = chromium.switch_to.active_element
        body.send_keys(Keys.TAB)
        identity, name = chromium.execute_script(script)
        if identity in reached and len(reached) >= len(wanted):
            break
        if identity:
            reached[identity] = name
    assert set(wanted) <= set(reached)
    assert all(reached[each] for each in wanted)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_reads_well(started: Any, page: Path, width: int, theme: str) -> None:
    opened(started, page, width=width)
    wishes = [
        {"name": "prefers-color-scheme", "value": theme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    started.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})
    time.sleep(0.3)
    assert browser.complaints(started) == []
    assert browser.overhang(started) <= 0
    levels = browser.headings(started)
    assert levels[0] == 1 and levels.count(1) == 1
    assert browser.faults_of_access(started) == []
    dead = [link for link in browser.dead_links(started) if "bokeh.org" not in link]
    assert dead == []


def test_nothing_is_fetched(chromium: Any) -> None:
    fetched = chromium.execute_script(
        "return performance.getEntriesByType('resource').map((each) => each.name)"
        ".filter((name) => !name.startsWith('data:') && !name.startsWith('blob:'))"
    )
    assert fetched == []


def test_without_scripts_the_figures_stand_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count('<img class="still" src="data:image/png;base64,') == len(STILL)
    assert "&lt;NGD&gt; goes straight" in text


# ---- what fits


@pytest.fixture
def fits() -> Callable[[int], tuple[list[dict[str, Any]], list[str]]]:
    entries = [{"title": name, "bytes": "x" * size} for name, size in (("A", 90), ("B", 900))]
    return lambda room: explorable.fitting([*entries, {"title": "C", "bytes": ""}], room)


def test_data_sets_that_do_not_fit_are_left_out_by_name(fits: Any) -> None:
    kept, left_out = fits(10_000)
    assert [each["title"] for each in kept] == ["A", "B", "C"] and left_out == []
    kept, left_out = fits(300)
    assert [each["title"] for each in kept] == ["A", "C"]
    assert len(left_out) == 1 and left_out[0].startswith("B")


def test_the_page_runs_a_method_only_if_its_recipe_is_one_that_it_knows() -> None:
    methods = {
        **CONFIG["methods"],
        "Newton": {"matrix": "fisher", "label": "Newton"},
        "NGD": {"matrix": "fisher", "structure": "diagonal"},
    }
    known = explorable.settings_of({**CONFIG, "methods": methods}, [])["optimization"]["known"]
    assert known == {"GD": "GD", "EFGD": "EFGD", "iEF": "iEF", "Newton": "NGD"}


def test_what_the_page_cannot_run_it_shows_without_numbers() -> None:
    data = from_table(*paper_table("Wine"))
    problem = linear_problem(*design(data, bias=True))
    grid = evaluate(problem, "GD", *cells(log_axis(1e-6, 1e-5, 2)), Schedule(2, 100.0))
    best = best_cell(problem, "GD", grid, Schedule(2, 100.0))
    run = trace(problem, "GD", best["step_size"].item(), np.nan, Schedule(2, 100.0))
    for iterations, is_linear, runs in ((2, True, True), (2, False, False), (10**9, True, False)):
        entry = explorable.dataset_of(
            "Wine", "Wine", data, {"GD": (grid, best, run)}, iterations, is_linear
        )
        assert entry["is_runnable"] is runs
        assert ("inputs" in entry) is runs
