"""Tabulate updates far from the optimum, and the step sizes that work from there."""

from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.scaling import experiment as scaling
from empirical_fisher.pipeline.tables import write_csv
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule
from job import logged, naming

settings = snakemake.params.settings
name, seed, rays = (settings[key] for key in ("dataset", "seed", "rays"))
schedules = {use: Schedule(**each) for use, each in settings["schedules"].items()}
distances, step_sizes = (log_axis(**settings[name]) for name in ("distances", "step_sizes"))
runs = step_sizes, settings["damping"]
with logged(snakemake.log[0], "scaling"):
    with naming(name):
        problem = linear_problem(*design(read(snakemake.input.data), bias=True))
        cases = scaling.landscapes(name, problem)
    tables = {
        "steps": scaling.steps(cases, rays["steps"], seed, distances, settings["dampings"]),
        "angles": scaling.angles(cases[name], rays["angles"], seed, distances),
        "starts": scaling.starts(cases, settings["starts"], *runs, schedules["starts"]),
        "path": scaling.path(cases[name], *runs, schedules["path"]),
    }
    for part, table in tables.items():
        write_csv(table, snakemake.output[part])
