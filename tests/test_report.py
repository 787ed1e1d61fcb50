"""The report's page: what it makes of the story, the claims and the jobs.

How the page looks in a browser is tested with the whole pipeline, in test_pipeline.py.
"""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jinja2
import pytest
import yaml
from snakemake_interface_common.exceptions import WorkflowError

import browser
from conftest import ROOT
from pipeline import WORKFLOW

sys.path.insert(0, str(ROOT / "workflow" / "report"))
import snakemake_report_plugin_page as page

STORY = yaml.safe_load((Path(page.__file__).parent / "story.yaml").read_text("utf-8"))


class Job(NamedTuple):
    output: tuple[str, ...]


def figure(name, chapter):
    return {"name": name, "chapter": chapter}


def claim(identity, holds="yes", figure=None):
    return {"id": identity, "holds": holds, "figure": figure, "trials": 1, "agree": 1}


def test_every_chapter_has_figures_and_every_figure_a_chapter():
    titles = [chapter["title"] for chapter in STORY]
    assert set(re.findall(r'category="(.*?)"', WORKFLOW)) == set(titles)
    assert [title.split(".")[0] for title in titles] == [str(1 + n) for n in range(len(titles))]


def test_a_chapter_shows_its_figures_their_claims_and_those_left_over():
    story = [{"title": "One", "claims": ["b.two"]}, {"title": "Two"}]
    figures = [figure("circle", "Two"), figure("line", "One"), figure("square", "One")]
    claims = [claim("a.one", "no", "line"), claim("b.two"), claim("b.three", "in part", "circle")]
    one, two = page.chapters(story, figures, claims)
    assert [(each["name"], each["claims"]) for each in one["figures"]] == [
        ("line", claims[:1]),
        ("square", []),
    ]
    assert one["claims"] == claims[1:2]
    assert dict(one["tally"]) == {"no": 1, "yes": 1}
    assert [(each["name"], each["claims"]) for each in two["figures"]] == [("circle", claims[2:])]
    assert (two["claims"], dict(two["tally"])) == ([], {"in part": 1})


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
        ({}, "NGD γ = 1, λ = 1e-10"),
        ({"damping": None}, "NGD γ = 1"),
        ({"edge": "lowest damping"}, "NGD γ = 1, λ = 1e-10, the lowest damping of the grid"),
        ({"step_size": None}, "NGD: no run finished"),
        (
            {"orders": 4, "other_winners": 0},
            "NGD γ = 1, λ = 1e-10, with a final loss of 2 and, in 4 other orders of the rows, of "
            "1.5 to 2.5",
        ),
        (
            {"orders": 4, "other_winners": 3},
            "NGD γ = 1, λ = 1e-10, with a final loss of 2 and, in 4 other orders of the rows, of "
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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(page.HERE), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(number=page.number, link=str, answer=page.answer)
    text = (page.HERE / "page.html.jinja").read_text("utf-8").partition("<!doctype")[0]
    macros = environment.from_string(text).make_module()
    assert " ".join(macros.cell(best).split()) == said


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (9881, "9881"), (0.0005038413846, "0.0005038"), (1e-10, "1e-10")],
)
def test_numbers_are_shown_with_four_digits(value, shown):
    assert page.number(value) == shown


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
        ends = [link.rpartition("/")[2] for link in browser.dead_links(chromium)]
        assert ends == ["bad.html#nowhere", "gone.csv", ""]
