"""Measure the error and count the cost of the one-sample Fisher."""

import numpy as np

from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments import drawn_problems
from empirical_fisher.experiments.monte_carlo import experiment as monte_carlo
from empirical_fisher.pipeline.tables import stacked, write_csv
from empirical_fisher.problems import linear_problem
from job import logged, naming

settings = snakemake.params.settings
with logged(snakemake.log[0], "monte_carlo.errors"):
    by_samples, overall, costs = {}, {}, {}
    for name, path in zip(settings["datasets"], snakemake.input.data, strict=True):
        with naming(name):
            problem = linear_problem(*design(read(path), bias=True))
            by_samples[name], overall[name] = monte_carlo.errors(
                problem.at(problem.minimizer()),
                settings["seed"],
                settings["repeats"],
                settings["doublings"],
            )
    for task in drawn_problems.TASKS:
        generator = np.random.default_rng(settings["seed"])
        problem = drawn_problems.random_problem(generator, task, **settings["cost_problem"])
        costs[task] = monte_carlo.costs(problem, np.zeros(problem.parameters))
    for name, tables, key in (
        ("by_samples", by_samples, "dataset"),
        ("overall", overall, "dataset"),
        ("costs", costs, "task"),
    ):
        write_csv(stacked(tables, key), snakemake.output[name])
