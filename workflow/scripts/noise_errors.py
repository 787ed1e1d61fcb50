"""Check Eqs. 18 and 19 on random problems and data sets."""

import numpy as np

from empirical_fisher import noise
from empirical_fisher.datasets import design
from empirical_fisher.problems import linear_problem
from empirical_fisher.tables import read_csv, write_csv
from job import logged

settings = snakemake.params.settings
with logged(snakemake.log[0], "noise.errors"):
    points = noise.random_points(settings["seed"], **settings["random_problems"])
    sets = zip(settings["datasets"], snakemake.params.tasks, snakemake.input.data, strict=True)
    for name, task, data in sets:
        problem = linear_problem(*design(read_csv(data), task, bias=True), task)
        points[name] = problem.at(np.zeros(problem.parameters))
    write_csv(noise.identities(points), snakemake.output.identities)
    table = noise.errors(points, settings["seed"], settings["perturbations"])
    write_csv(table, snakemake.output.errors)
