"""The report's page: what it makes of the story, the claims and the jobs.

The page of a whole run is looked at in test_pipeline.py; here is a small one to work with.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import yaml
from selenium.webdriver import Keys
from selenium.webdriver.support.ui import WebDriverWait
from snakemake_interface_common.exceptions import WorkflowError

import browser
from conftest import ROOT
from pipeline import WORKFLOW

sys.path.insert(0, str(ROOT / "workflow" / "report"))
import explorable
import snakemake_report_plugin_page as page

STORY = yaml.safe_load((Path(page.__file__).parent / "story.yaml").read_text("utf-8"))


class Job(NamedTuple):
    output: tuple[str, ...]


def figure(name, chapter):
    return {"name": name, "chapter": chapter}


def claim(identity, holds="yes", figure=None, **others):
    found = {"id": identity, "holds": holds, "figure": figure, "trials": 1, "agree": 1}
    return {**found, "kind": "claim", "varied": None, **others}


def test_every_figure_has_a_chapter():
    titles = [chapter["title"] for chapter in STORY]
    assert set(re.findall(r'category="(.*?)"', WORKFLOW)) <= set(titles)
    assert [title.split(".")[0] for title in titles] == [str(1 + n) for n in range(len(titles))]


def test_every_topic_has_a_chapter():
    listed = [name for chapter in STORY for name in chapter["claims"]]
    assert len(listed) == len({*listed})
    topics = set(re.findall(r'^CLAIMS\["(.*?)"\]', WORKFLOW, re.M))
    assert topics and topics <= {*listed}


def test_chapters_lead_to_every_scene_of_the_explorable_page():
    led = [chapter["scene"] for chapter in STORY if "scene" in chapter]
    assert led == [name for name, *_ in explorable.SCENES]


def test_what_the_report_shows_are_svgs_each_with_a_caption_that_begins_with_its_heading():
    shown = re.findall(r'report\(\s*"(.*?)",\s*caption="\.\./report/(.*?)"', WORKFLOW)
    assert len(shown) == WORKFLOW.count("report(")
    assert [path for path, _ in shown if not path.endswith(".svg")] == []
    for _, name in shown:
        text = (ROOT / "workflow" / "report" / name).read_text("utf-8")
        assert re.match(r"({%.*?%}\s*)*\*\*\S", text), name


def test_a_chapter_shows_its_figures_and_every_claim_stands_once():
    story = [{"title": "One", "claims": ["b.two", "c"]}, {"title": "Two", "claims": ["c.one"]}]
    figures = [figure("circle", "Two"), figure("line", "One"), figure("square", "One")]
    claims = [
        *(claim("a.one", "no", "line"), claim("b.two"), claim("b.three", "in part", "circle")),
        *(claim("c.one"), claim("c.two"), claim("d.one"), claim("d.two", figure="not shown")),
    ]
    one, two, others = page.chapters(story, figures, claims)
    assert [(each["name"], each["claims"]) for each in one["figures"]] == [
        ("line", claims[:1]),
        ("square", []),
    ]
    assert one["claims"] == [claims[1], claims[4]]
    assert dict(one["tally"]) == {"no": 1, "yes": 2}
    assert [(each["name"], each["claims"]) for each in two["figures"]] == [("circle", [claims[2]])]
    assert two["claims"] == [claims[3]]
    assert (others["title"], others["claims"]) == ("Other claims", claims[5:])


def test_later_claims_and_other_kinds_are_counted_apart():
    claims = [
        *(claim("a.one"), claim("a.two", "no"), claim("a.three", kind="ours")),
        *(claim("later.one", "in part"), claim("later.two", kind="ours", trials=3, agree=2)),
    ]
    kinds = {"claim": "Claims", "question": "Questions", "ours": "Ours"}
    assert page.ledgers(claims, kinds, "later") == {
        "Claims": {"yes": 1, "no": 1},
        "Ours": {"yes": 1},
        "Claims of later texts": {"in part": 1, "depends": 1},
    }


def test_a_caption_is_split_and_a_picture_knows_its_width():
    assert page.split("<p><strong>Figure 1. A line.</strong>\nLeft: <em>x</em>.</p>\n") == {
        "heading": "Figure 1. A line.",
        "caption": "<p>Left: <em>x</em>.</p>\n",
    }
    with pytest.raises(WorkflowError, match="does not begin with a bold heading"):
        page.split("<p>Figure 1</p>")
    drawn = page.picture(b'<?xml?><svg height="9pt" version="1.1" width="518.4pt" viewBox="0">')
    assert drawn["inches"] == pytest.approx(7.2)


def test_a_claim_whose_trials_disagree_depends():
    assert page.answer({"holds": "yes", "trials": 3, "agree": 3}) == "yes"
    assert page.answer({"holds": "yes", "trials": 3, "agree": 2}) == "depends"


def test_a_figure_has_the_best_cells_that_it_shows_by_data_set():
    pairs = [("A", "GD"), ("A", "NGD"), ("B", "GD"), ("B", "NGD")]
    cells = [{"dataset": dataset, "method": method} for dataset, method in pairs]
    traces = [f"results/traces/{dataset}/{method}.csv" for dataset, method in pairs[:3]]
    assert page.chosen(cells, traces) == {"A": cells[:2], "B": cells[2:3]}
    assert page.chosen(cells, [traces[0], "results/best/B/NGD.csv"]) == {"B": cells[3:]}
    assert page.chosen(cells, ["data/A.csv"]) == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "NGD γ = 1, λ = 10⁻¹⁰"),
        ({"damping": None}, "NGD γ = 1"),
        ({"edge": "lowest damping"}, "NGD γ = 1, λ = 10⁻¹⁰, the lowest damping of the grid"),
        ({"step_size": None}, "NGD: no run finished"),
        (
            {"orders": 4, "other_winners": 0},
            "NGD γ = 1, λ = 10⁻¹⁰, with a final loss of 2 and, in 4 other orders of the rows, of "
            "1.5 to 2.5",
        ),
        (
            {"orders": 4, "other_winners": 3},
            "NGD γ = 1, λ = 10⁻¹⁰, with a final loss of 2 and, in 4 other orders of the rows, of "
            "1.5 to 2.5; in 3 of them another cell wins",
        ),
    ],
)
def test_a_best_cell_is_told_with_its_edge_and_its_range(changes, said):
    best = {
        "method": "NGD",
        "step_size": 1.0,
        "damping": 1e-10,
        "final_loss": 2.0,
        "edge": None,
        "orders": None,
        "other_winners": None,
        "lowest_loss_of_orders": 1.5,
        "highest_loss_of_orders": 2.5,
        **changes,
    }
    macros = page.environment(Path()).get_template("claims.html.jinja").module
    assert " ".join(str(macros.cell(best)).split()) == said


def test_a_figure_without_a_chapter_is_an_error():
    with pytest.raises(WorkflowError, match=r"no chapters of story\.yaml: \['Misc'\]"):
        page.chapters([{"title": "One"}], [figure("line", "One"), figure("circle", "Misc")], [])


def test_run_times_are_summed_by_rule_the_longest_first():
    jobs = [("b", 10.0, 11.0), ("a", 0.0, 2.04), ("b", 20.0, 23.0)]
    jobs = [SimpleNamespace(rule=rule, starttime=start, endtime=end) for rule, start, end in jobs]
    assert page.times(jobs) == [
        {"rule": "b", "jobs": 2, "seconds": 4.0, "longest": 3.0},
        {"rule": "a", "jobs": 1, "seconds": 2.0, "longest": 2.0},
    ]


def test_files_are_listed_by_folder():
    listed = page.by_folder({"b/y.csv", "b.csv", "b/x.csv"})
    assert listed == {"": ["b.csv"], "b": ["b/x.csv", "b/y.csv"]}


def test_a_chapter_without_figures_and_claims_is_not_told():
    story = [{"title": "One", "claims": ["b.two"]}, {"title": "Two"}]
    assert [each["title"] for each in page.chapters(story, [figure("line", "Two")], [])] == ["Two"]


def test_shown_is_what_is_asked_for_up_to_date_and_stands_on_nothing_that_was_edited(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in "abcdef":  # a → b and c → d; b is stale, c was edited, f belongs to no job
        Path(f"{name}.csv").touch()
    jobs = {name: Job((f"{name}.csv", f"{name}.gone")) for name in "abcde"}
    reporter = object.__new__(page.Reporter)
    reporter.dag = SimpleNamespace(
        jobs=jobs.values(),
        depending={jobs["a"]: [jobs["b"]], jobs["c"]: [jobs["d"]]},
        needrun=lambda job: job is jobs["b"],
        bfs=lambda direction, *starts: [each for job in starts for each in direction.get(job, [])],
    )
    shown, left_out = reporter.separate({f"{name}.csv" for name in "abdef"} | {"logs/a.log"})
    assert shown == {"a.csv", "e.csv"}
    assert left_out == {"b.csv", "c.csv", "d.csv", "f.csv"}


BAD = """<!doctype html><title>Bad</title><link rel="icon" href="data:,"><h1>One</h1><h3>Three</h3>
<div style="width: 3000px">wide</div><img src="data:image/png;base64,AAAA" alt="broken">
<a href="#nowhere">1</a> <a href="gone.csv">2</a> <a href="https://example.org/">3</a>
<a href="#here" id="here">4</a> <a href="there.csv">5</a>
<script>console.error("ouch")</script>"""


def test_the_checks_in_the_browser_see_what_is_wrong(tmp_path):
    (tmp_path / "there.csv").touch()
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    with browser.chromium(tmp_path / "profile") as chromium:
        browser.visit(chromium, tmp_path / "bad.html", 390)
        assert [message.split()[-1] for message in browser.complaints(chromium)] == ['"ouch"']
        assert browser.broken_images(chromium) == ["broken"]
        assert browser.overhang(chromium) > 2000
        assert browser.headings(chromium) == [1, 3]
        assert "html-has-lang" in browser.faults_of_access(chromium)[0]
        ends = [link.rpartition("/")[2] for link in browser.dead_links(chromium)]
        assert ends == ["bad.html#nowhere", "gone.csv", ""]


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A page of two chapters, a wide figure, and a claim of every verdict."""
    folder = tmp_path_factory.mktemp("report")
    for name in ("line.pdf", "explore.html", "snakemake.html", "claims.csv"):
        (folder / name).touch()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="518.4pt" height="144pt"></svg>'
    line = {
        **{"name": "line", "chapter": "1. One", "title": "a line"},
        **{"heading": "Figure 1. A line.", "caption": "<p>From 1e-20 to 1e+10.</p>"},
        **{"pdf": folder / "line.pdf", "cells": {}, "tables": [], **page.picture(svg)},
        "steps": [("topic.module:function", "def function():\n    pass\n")],
    }
    words = {"source": "§1", "measured": "2.5e-08 of 100.0 times the loss", "criterion": "at most"}
    claims = [
        claim("a.one", "no", "line", claim="The line is straight.", **words),
        claim("b.two", claim="The circle is round.", **words),
        claim("b.three", trials=3, agree=2, claim="It is red.", **words, kind="ours"),
    ]
    claims[2]["varied"] = "the draw"
    story = [
        {"title": "1. One", "text": "A line.", "scene": "figure1"},
        {"title": "2. Two", "text": "A circle.", "point": "Round.", "claims": ["b"]},
    ]
    kinds = {"claim": "Claims of the texts", "ours": "Statements of our own"}
    rules = "grid", "monte_carlo_costs_of_a_step", "robustness_standardized_features"
    jobs = [SimpleNamespace(rule=rule, starttime=0.0, endtime=1234.5) for rule in rules]
    text = (
        page.environment(folder)
        .get_template("page.html.jinja")
        .render(
            introduction="<p>Two texts.</p>",
            chapters=page.chapters(story, [line], claims),
            ledgers=page.ledgers(claims, kinds, "later"),
            tally=Counter(map(page.answer, claims)),
            kinds=kinds,
            tables={"claims": claims, "hyperparameters": [], "sensitivity": []},
            paths={"claims": folder / "claims.csv"},
            times=page.times(jobs),
            versions={"Python": "3"},
            configuration=[("config.yaml", "a: 1\n" * 99)],
            folders={"results": [str(folder / "claims.csv")]},
            left_out={},
            beside=folder / "snakemake.html",
            explorable=folder / "explore.html",
        )
    )
    (folder / "report.html").write_text(text, encoding="utf-8")
    return folder / "report.html"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.chromium(tmp_path_factory.mktemp("profile")) as started:
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        started.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [calm]})
        yield started


def visible(chromium, selector):
    return [
        each.get_attribute("id") or each.text
        for each in chromium.find_elements("css selector", selector)
        if each.is_displayed()
    ]


def test_numbers_are_written_as_people_write_them(small):
    text = small.read_text("utf-8")
    assert "From 10⁻²⁰ to 10¹⁰." in text and "2.5·10⁻⁸ of 100× the loss" in text
    assert "on the draw: holds in 2 of 3." in text.lower()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_whole_and_accessible(small, chromium, width, theme):
    scheme = {"name": "prefers-color-scheme", "value": theme}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.visit(chromium, small, width)
    assert browser.complaints(chromium) == []
    assert browser.overhang(chromium) <= 0
    assert browser.dead_links(chromium) == []
    assert browser.headings(chromium)[0] == 1
    assert browser.faults_of_access(chromium) == []
    assert visible(chromium, ".scrolls") == ([] if width > 600 else [HINT])
    assert visible(chromium, ".claim") == ["a.one", "b.two", "b.three"]


HINT = "↔ The figure is wider than the screen: scroll it."


def test_the_contents_stay_and_mark_what_is_read(small, chromium):
    browser.visit(chromium, small, 1280)
    assert visible(chromium, "#menu") == []
    chromium.execute_script("document.getElementById('run').scrollIntoView()")
    wait(chromium, lambda: visible(chromium, "nav [aria-current]") == ["How it was made"])
    assert chromium.find_element("css selector", "nav").rect["height"] > 0
    top = chromium.execute_script(
        "return document.querySelector('nav').getBoundingClientRect().top"
    )
    assert top == 0


def test_the_menu_of_a_narrow_screen_opens_and_closes_with_the_keyboard(small, chromium):
    browser.visit(chromium, small, 390)
    assert visible(chromium, "#contents") == []
    menu = chromium.find_element("id", "menu")
    menu.send_keys(Keys.ENTER)
    assert visible(chromium, "#contents") == ["contents"]
    assert browser.faults_of_access(chromium) == []
    chromium.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert visible(chromium, "#contents") == []
    menu.send_keys(Keys.ENTER)
    chromium.find_element("link text", "2. Two").send_keys(Keys.ENTER)
    assert visible(chromium, "#contents") == []
    assert chromium.current_url.endswith("#chapter-2")


def test_filters_leave_the_claims_that_fit_and_are_in_the_address(small, chromium):
    browser.visit(chromium, small, 1280)
    box = chromium.find_element("css selector", "[name=answer][value=depends]")
    box.send_keys(Keys.SPACE)
    assert visible(chromium, ".claim") == ["b.three"]
    assert visible(chromium, "figure, .chapter") == ["chapter-2"]
    assert visible(chromium, "#found") == ["found"]
    assert chromium.find_element("id", "found").text == "1 of 3 claims"
    assert browser.faults_of_access(chromium) == []
    shared = chromium.current_url
    chromium.get(shared)
    assert visible(chromium, ".claim") == ["b.three"]
    chromium.find_element("css selector", "[name=answer][value=depends]").send_keys(Keys.SPACE)
    chromium.find_element("id", "words").send_keys("ROUND circle")
    assert visible(chromium, ".claim") == ["b.two"]
    chromium.find_element("id", "words").send_keys(" nothing")
    assert visible(chromium, ".claim, .chapter") == []
    chromium.find_element("css selector", "[type=reset]").send_keys(Keys.ENTER)
    wait(chromium, lambda: visible(chromium, ".claim") == ["a.one", "b.two", "b.three"])
    assert "?" not in chromium.current_url
    assert visible(chromium, "figure") == ["line"]


def test_a_link_to_what_a_filter_hides_shows_it(small, chromium):
    browser.visit(chromium, small, 1280)
    chromium.find_element("css selector", "[name=kind][value=ours]").send_keys(Keys.SPACE)
    assert visible(chromium, "#files") == []
    chromium.find_element("link text", "Files").send_keys(Keys.ENTER)
    wait(chromium, lambda: visible(chromium, "#files") == ["files"])


def test_without_scripts_everything_is_there(small, chromium):
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.visit(chromium, small, 390)
        shown = chromium.find_elements("css selector", ".claim, nav a, figure, .scrolls")
        assert [each.is_displayed() for each in shown] == [True] * len(shown)
        assert not chromium.find_element("id", "filters").is_displayed()
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def wait(chromium, condition):
    WebDriverWait(chromium, 5).until(lambda _: condition())
