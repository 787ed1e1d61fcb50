"""Snakemake's report as one page: the story of the two texts, and what this run makes of it.

A report plugin of Snakemake, found by its name once the folder above is on Python's path::

    PYTHONPATH=workflow/report snakemake --reporter page --report-page-path results/report.html

Snakemake hands over the figures with their captions, categories and labels, and the jobs with their
times; its own report, with the rules, their code and their graph, is put beside the page.
"""

import os
import platform
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
from snakemake.report import html_reporter
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_report_plugins.reporter import ReporterBase
from snakemake_interface_report_plugins.settings import ReportSettingsBase

HERE = Path(__file__).parent
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
        from empirical_fisher.files import write_text  # the Snakefile knows where it is
        from empirical_fisher.tables import read_csv

        missing = [path for path in TABLES.values() if not Path(path).is_file()]
        if missing:
            raise WorkflowError(f"The report needs {', '.join(missing)}: run the workflow first.")
        tables = {name: rows(read_csv(path)) for name, path in TABLES.items()}
        page = self.settings.path
        beside = page.with_name("snakemake.html")
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

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        environment.filters["number"] = number
        environment.filters["link"] = lambda path: os.path.relpath(path, page.parent)
        story = yaml.safe_load((HERE / "story.yaml").read_text("utf-8"))
        text = environment.get_template("page.html.jinja").render(
            introduction=self.workflow_description,
            chapters=chapters(story, self.figures(tables["hyperparameters"]), tables["claims"]),
            tally=Counter(claim["holds"] for claim in tables["claims"]),
            tables=tables,
            paths=TABLES,
            times=times(self.jobs),
            versions=versions(),
            configuration=[(record.path.name, record.source) for record in self.configfiles],
            folders=folders(path for job in self.dag.jobs for path in map(str, job.output)),
            beside=beside,
        )
        write_text(text, page)

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
                "image": b64encode(record.path.read_bytes()).decode(),
                "caption": record.caption,
                "pdf": record.path.with_suffix(".pdf"),
                "cells": chosen(cells, list(map(str, record.job.input))),
                "tables": [path for path in map(str, record.job.input) if path.endswith(".csv")],
            }
            for record in sorted(records, key=lambda record: record.labels["figure"])
        ]


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
    """The chapters of the story with their figures, the claims these show, and those left over."""
    homeless = {figure["chapter"] for figure in figures} - {chapter["title"] for chapter in story}
    if homeless:
        raise WorkflowError(f"Categories that are no chapters of story.yaml: {sorted(homeless)}.")
    told = []
    for chapter in story:
        shown = [figure for figure in figures if figure["chapter"] == chapter["title"]]
        for figure in shown:
            figure["claims"] = [claim for claim in claims if claim["figure"] == figure["name"]]
        others = [claim for claim in claims if claim["id"] in chapter.get("claims", ())]
        every = sum((figure["claims"] for figure in shown), others)
        tally = Counter(claim["holds"] for claim in every)
        told.append({**chapter, "figures": shown, "claims": others, "tally": tally})
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
    names = [Requirement(line).name for line in project["dependencies"]]
    return {
        project["name"]: project["version"],
        "Python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def folders(paths):
    """The tables among some files, those that are there, by folder."""
    tables = sorted({path for path in paths if path.endswith(".csv") and Path(path).is_file()})
    tables.sort(key=os.path.dirname)
    return {folder: list(each) for folder, each in groupby(tables, key=os.path.dirname)}


def number(value):
    """A number to read; the CSVs have all digits."""
    return "" if value is None else f"{value:.4g}"
