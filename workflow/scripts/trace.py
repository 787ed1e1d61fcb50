"""Put the shards of a grid together, find the best cell and follow its run."""

import pandas as pd

from empirical_fisher import search
from empirical_fisher.data.datasets import read
from empirical_fisher.experiments import recipes
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.pipeline.tables import read_csv, write_csv
from job import logged

model = snakemake.params.model
dataset, name = snakemake.wildcards.dataset, snakemake.wildcards.method
with logged(snakemake.log[0], f"trace of {name} on {dataset}"):
    method = recipes.read(name, snakemake.params.recipe, *snakemake.input.own)
    problem = modelled(read(snakemake.input.data), **model)
    schedule = search.Schedule(**snakemake.params.schedule)
    shards = map(read_csv, snakemake.input.shards)
    cells = pd.concat([shard for shard in shards if len(shard)])  # of more shards than cells
    grid = cells.sort_values(["step_size", "damping"])
    write_csv(grid, snakemake.output.grid)
    best = search.best_cell(problem, method, grid, schedule)
    step_size, damping = best[["step_size", "damping"]].iloc[0]
    best.insert(0, "dataset", dataset)
    best.insert(1, "method", name)
    write_csv(best, snakemake.output.cell)
    write_csv(search.trace(problem, method, step_size, damping, schedule), snakemake.output.trace)
