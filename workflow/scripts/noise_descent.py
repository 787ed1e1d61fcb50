"""Compare stochastic descents that adapt to noise with some that do not."""

import numpy as np

from empirical_fisher.arrays import log_axis
from empirical_fisher.experiments.drawn_problems import random_problem
from empirical_fisher.experiments.noise import stochastic
from empirical_fisher.pipeline.tables import stacked, write_csv
from job import logged

seed, settings = snakemake.params.seed, snakemake.params.settings
with logged(snakemake.log[0], "noise.descent"):
    step_sizes = log_axis(**settings["step_sizes"])
    schedule = {name: settings[name] for name in ("tuning", "runs", "steps", "every")}
    choices, paths = {}, {}
    for name, condition in settings["conditions"].items():
        generator = np.random.default_rng(seed)
        shape = settings["size"], settings["features"]
        problem = random_problem(generator, "regression", *shape, condition)
        choices[name], paths[name] = stochastic.tune(problem, step_sizes, seed, **schedule)
    table = stacked(paths, "problem")
    write_csv(table, snakemake.output.paths)
    write_csv(stochastic.summary(table), snakemake.output.summary)
    write_csv(stacked(choices, "problem"), snakemake.output.choices)
