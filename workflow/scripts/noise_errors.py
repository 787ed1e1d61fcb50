"""Check Eqs. 18 and 19 on random problems and data sets."""

import numpy as np

from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.noise import experiment as noise
from empirical_fisher.pipeline.tables import write_csv
from empirical_fisher.problems import linear_problem
from job import logged

settings = snakemake.params.settings
with logged(snakemake.log[0], "noise.errors"):
    points = noise.random_points(settings["seed"], **settings["random_problems"])
    for name, path in zip(settings["datasets"], snakemake.input.data, strict=True):
        problem = linear_problem(*design(read(path), bias=True))
        points[name] = problem.at(np.zeros(problem.parameters))
    write_csv(noise.identities(points), snakemake.output.identities)
    table = noise.errors(points, settings["seed"], settings["perturbations"])
    write_csv(table, snakemake.output.errors)
