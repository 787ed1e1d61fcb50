"""Follow the descents of Figure 6."""

import numpy as np
import pandas as pd

from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.optimization import starting_points
from empirical_fisher.pipeline.tables import read_csv, write_csv
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule
from job import logged

settings, model = snakemake.params.settings, snakemake.params.model
factor = snakemake.params.divergence_factor
with logged(snakemake.log[0], "starting points"):
    line, dataset = settings["line"], settings["dataset"]
    cell = {"step_size": line["step_size"], "damping": line["damping"]}
    problem = starting_points.constant_problem(line["targets"])
    table = starting_points.descents(
        problem,
        problem.minimizer(),
        pd.DataFrame({"method": snakemake.params.methods, **cell}),
        [(start, np.array([start])) for start in line["starts"]],
        Schedule(line["iterations"], factor),
    )
    write_csv(table, snakemake.output.line)

    problem = linear_problem(*design(read(snakemake.input.data), bias=True), **model)
    minimum = problem.minimizer()
    table = starting_points.descents(
        problem,
        minimum,
        pd.concat(map(read_csv, snakemake.input.cells)),
        [(start, start * minimum) for start in dataset["starts"]],
        Schedule(dataset["iterations"], factor),
    )
    write_csv(table, snakemake.output.dataset)
