"""Snakemake's report as one page: the story of the two texts, and what this run makes of it.

A report plugin of Snakemake, found by its name once the folder above is on Python's path::

    PYTHONPATH=workflow/report snakemake --reporter page --report-page-path results/report.html

Snakemake hands over the figures with their captions, categories and labels, and the jobs with their
times; its own report, with the rules, their code and their graph, is put beside the page.
"""

import inspect
import os
import platform
import re
import tomllib
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import jinja2
import yaml
from packaging.requirements import Requirement
from snakemake.logging import logger
from snakemake.report import html_reporter
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_report_plugins.reporter import ReporterBase
from snakemake_interface_report_plugins.settings import ReportSettingsBase

HERE = Path(__file__).parent
BARE = {"point": "", "scene": ""}  #: what a chapter need not have
OTHERS = {"title": "Other claims", "text": "Claims that no chapter tells."}
TABLES = {name: f"results/{name}.csv" for name in ("claims", "hyperparameters", "sensitivity")}


@dataclass
class ReportSettings(ReportSettingsBase):
    """Where the page goes."""

    path: Path = field(
        default=Path("results/report.html"),
        metadata={"help": "Path of the page, an .html file", "env_var": False, "required": False},
    )


class Reporter(ReporterBase):
    """The page, and Snakemake's own report beside it."""

    def render(self):
        """Write both."""
        from empirical_fisher.pipeline import outputs  # the Snakefile knows where it is
        from empirical_fisher.pipeline.files import write_text
        from empirical_fisher.pipeline.ledger import KINDS, LATER
        from empirical_fisher.pipeline.tables import read_csv

        folder = Path.cwd()
        shown, left_out = self.separate(outputs.own(folder))
        self.keep(shown)
        tables = {
            name: rows(read_csv(path)) if path in shown else [] for name, path in TABLES.items()
        }
        if not self.results and not any(tables.values()):
            raise WorkflowError(
                "No figure, claim or hyperparameter here is of this configuration: run it first."
            )
        page = self.settings.path
        beside = page.with_name("snakemake.html")
        left_out -= {os.path.relpath(page), os.path.relpath(beside)}
        html_reporter.Reporter(
            self.rules,
            self.results,
            self.configfiles,
            self.jobs,
            html_reporter.ReportSettings(path=beside),
            self.workflow_description,
            self.dag,
            self.metadata,
        ).render()

        story = yaml.safe_load((HERE / "story.yaml").read_text("utf-8"))
        claims = tables["claims"]
        explorable = page.with_name("explore.html")
        text = (
            environment(page.parent)
            .get_template("page.html.jinja")
            .render(
                introduction=self.workflow_description,
                chapters=chapters(story, self.figures(tables["hyperparameters"]), claims),
                ledgers=ledgers(claims, KINDS, LATER),
                tally=Counter(map(answer, claims)),
                kinds=KINDS,
                tables=tables,
                paths=TABLES,
                times=times(self.jobs),
                versions=versions(),
                configuration=[(each.path.name, each.source) for each in self.configfiles],
                folders=by_folder(path for path in shown if path.endswith(".csv")),
                left_out=by_folder(left_out),
                beside=beside,
                explorable=explorable
                if explorable.exists() and os.path.relpath(explorable) not in left_out
                else None,
            )
        )
        write_text(text, page)
        outputs.note(folder, page, beside)
        if left_out:
            logger.warning(f"{len(left_out)} files are left out of the page; its end says which.")

    def separate(self, own):
        """The files of this configuration, and the files that may not be.

        The page shows what the requested jobs wrote and would not write again, with these settings,
        this code and these inputs, if nobody changed it or what it is made from. ``own`` are the
        files that are as the pipeline wrote them.
        """
        made = {
            job: {str(path) for path in job.output if Path(path).exists()} for job in self.dag.jobs
        }
        doubtful = [job for job, paths in made.items() if self.dag.needrun(job) or not paths <= own]
        doubtful = {*doubtful, *self.dag.bfs(self.dag.depending, *doubtful)}
        shown = {path for job, paths in made.items() if job not in doubtful for path in paths}
        others = own.union(*made.values()) - shown
        return shown, {path for path in others if not path.startswith("logs/")}

    def keep(self, shown):
        """Forget the figures, jobs and rules of all other files."""
        self.results = {
            category: kept
            for category, listed in self.results.items()
            if (kept := {name: only for name, each in listed.items() if (only := of(each, shown))})
        }
        self.jobs = [job for job in self.jobs if {*map(str, job.output)} <= shown]
        rules = {job.rule for job in self.jobs}
        self.rules = {name: rule for name, rule in self.rules.items() if name in rules}

    def figures(self, cells):
        """What the page shows of every figure, in the order of their labels."""
        records = [
            record
            for subcategories in self.results.values()
            for listed in subcategories.values()
            for record in listed
        ]
        return [
            {
                "name": record.path.stem,
                "chapter": record.category.name,
                "title": record.labels["shows"],
                **picture(record.path.read_bytes()),
                **split(record.caption),
                "pdf": record.path.with_suffix(".pdf"),
                "cells": chosen(cells, list(map(str, record.job.input))),
                "tables": [path for path in map(str, record.job.input) if path.endswith(".csv")],
                "steps": self.steps(record.job),
            }
            for record in sorted(records, key=lambda record: record.labels["figure"])
        ]

    def steps(self, drawing):
        """The functions that made the tables of a figure and drew it, with their sources."""
        from empirical_fisher.pipeline.step import find

        inputs = set(map(str, drawing.input))
        making = [job for job in self.dag.jobs if not inputs.isdisjoint(map(str, job.output))]
        making.sort(key=lambda job: str(job.output[0]))
        called = [job.params.get("step") for job in (*making, drawing)]
        return [(name, inspect.getsource(find(name))) for name in dict.fromkeys(called) if name]


def environment(folder):
    """Where the templates are, with what they need; links are relative to a folder."""
    from empirical_fisher.pipeline.numerals import number, prose

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["number"] = number
    made.filters["prose"] = prose
    made.filters["answer"] = answer
    made.filters["total"] = Counter.total
    made.filters["slug"] = lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    made.filters["link"] = lambda path: os.path.relpath(path, folder)
    return made


def picture(svg):
    """An SVG as the page embeds it, and how wide it is printed, in inches."""
    points = re.search(rb'<svg[^>]* width="([\d.]+)pt"', svg)[1]
    return {"image": b64encode(svg).decode(), "inches": float(points) / 72}


def split(caption):
    """The heading of a caption, which is its first bold text, and what follows."""
    found = re.fullmatch(r"\s*<p><strong>(.*?)</strong>\s*(.*)", caption, re.DOTALL)
    if not found:
        raise WorkflowError(f"A caption does not begin with a bold heading: {caption[:60]}…")
    return {"heading": found[1], "caption": f"<p>{found[2]}"}


def answer(claim):
    """What the page says of a claim: whether it holds, or that this depends on the trial."""
    return claim["holds"] if claim["agree"] == claim["trials"] else "depends"


def ledgers(claims, kinds, later):
    """How many claims of each kind there are by their answer; those of later texts apart."""
    after = "Claims of later texts"
    counts = {name: Counter() for name in (*kinds.values(), after)}
    for claim in claims:
        counts[after if topic(claim) == later else kinds[claim["kind"]]][answer(claim)] += 1
    return {name: tally for name, tally in counts.items() if tally}


def topic(claim):
    """The part of the ledger that a claim is in."""
    return claim["id"].partition(".")[0]


def of(records, shown):
    """Those of some records whose file is shown."""
    return [record for record in records if str(record.path) in shown]


def rows(table):
    """The rows of a table, None for an empty entry."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def chosen(cells, paths):
    """The best cells among these, by data set, that a figure of these tables shows."""
    kind = "best" if any(path.startswith("results/best/") for path in paths) else "traces"
    shown = [
        cell for cell in cells if f"results/{kind}/{cell['dataset']}/{cell['method']}.csv" in paths
    ]
    return {name: list(each) for name, each in groupby(shown, key=lambda cell: cell["dataset"])}


def chapters(story, figures, claims):
    """The chapters with their figures and claims, each claim once, and those left over, if any.

    A claim stands below its figure if that is shown, else in the chapter that lists it or its
    topic.
    """
    homeless = {figure["chapter"] for figure in figures} - {chapter["title"] for chapter in story}
    if homeless:
        raise WorkflowError(f"Categories that are no chapters of story.yaml: {sorted(homeless)}.")
    shown = {figure["name"] for figure in figures}
    homes = {name: place for place, each in enumerate(story) for name in each.get("claims", ())}
    told = []
    for place, chapter in enumerate([*story, OTHERS]):
        own = [figure for figure in figures if figure["chapter"] == chapter["title"]]
        for figure in own:
            figure["claims"] = [claim for claim in claims if claim["figure"] == figure["name"]]
        others = [
            claim
            for claim in claims
            if claim["figure"] not in shown
            and homes.get(claim["id"], homes.get(topic(claim), len(story))) == place
        ]
        every = sum((figure["claims"] for figure in own), others)
        if every or own:
            tally = Counter(map(answer, every))
            told.append({**BARE, **chapter, "figures": own, "claims": others, "tally": tally})
    return told


def times(jobs):
    """How many jobs of each rule there were, their seconds in sum and the longest's."""
    by_rule = groupby(sorted(jobs, key=lambda job: job.rule), key=lambda job: job.rule)
    seconds = {rule: [job.endtime - job.starttime for job in group] for rule, group in by_rule}
    table = [
        {
            "rule": rule,
            "jobs": len(each),
            "seconds": round(sum(each), 1),
            "longest": round(max(each), 1),
        }
        for rule, each in seconds.items()
    ]
    return sorted(table, key=lambda row: -row["seconds"])


def versions():
    """Versions of Python and of what the project asks for."""
    project = tomllib.loads((HERE.parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["pipeline"]]
    names = [Requirement(line).name for line in needed]
    return {
        project["name"]: project["version"],
        "Python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def by_folder(paths):
    """Files by the folder that they are in."""
    ordered = sorted(sorted(paths), key=os.path.dirname)
    return {folder: list(each) for folder, each in groupby(ordered, key=os.path.dirname)}
