"""Tabulate the length of updates as the gradient's changes."""

from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.magnitude import experiment as magnitude
from empirical_fisher.pipeline.tables import stacked, write_csv
from empirical_fisher.problems import linear_problem
from job import logged, naming

settings = snakemake.params.settings
with logged(snakemake.log[0], "magnitude"):
    scales, distances = (log_axis(**settings[name]) for name in ("scales", "distances"))
    parts = {"scales": {}, "distances": {}, "signs": {}}
    for name, path in zip(settings["datasets"], snakemake.input.data, strict=True):
        with naming(name):
            data = read(path)
            problem = linear_problem(*design(data, bias=True))
            minimum = problem.minimizer()
            near = magnitude.away(problem, minimum, 1.0)
            parts["scales"][name] = magnitude.scales(near, scales)
            parts["signs"][name] = magnitude.signs(near)
            if data.task == "regression":
                parts["distances"][name] = magnitude.distances(problem, minimum, distances)
    for part, tables in parts.items():
        write_csv(stacked(tables, "dataset"), snakemake.output[part])
