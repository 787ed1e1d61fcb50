"""Run NGD with the one-sample Fisher on a problem of Figure 3."""

from empirical_fisher import search
from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import design, read
from empirical_fisher.experiments.monte_carlo import experiment as monte_carlo
from empirical_fisher.pipeline.tables import read_csv, write_csv
from empirical_fisher.problems import linear_problem
from job import logged

model, settings = snakemake.params.model, snakemake.params.settings
dataset = snakemake.wildcards.dataset
with logged(snakemake.log[0], f"monte_carlo.descent of {dataset}"):
    best = read_csv(snakemake.input.cell)
    ends, traces = monte_carlo.experiment(
        linear_problem(*design(read(snakemake.input.data), bias=True), **model),
        tuple(best[["step_size", "damping"]].iloc[0]),
        settings["step_size_factors"],
        log_axis(**settings["dampings"]),
        search.Schedule(**snakemake.params.schedule),
        seed=snakemake.params.seed,
        runs=settings["runs"],
    )
    write_csv(ends, snakemake.output.ends)
    write_csv(traces, snakemake.output.traces)
