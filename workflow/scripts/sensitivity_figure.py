"""Draw the final loss over the grid of every data set and method."""

from empirical_fisher import figures, style
from empirical_fisher.tables import read_csv
from job import logged

with logged(snakemake.log[0], "sensitivity figure"):
    tables = map(read_csv, snakemake.input.grids)
    grids = {
        dataset: {method: next(tables) for method in snakemake.params.methods}
        for dataset in snakemake.params.datasets
    }
    initial_losses = {
        dataset: read_csv(trace)["loss"].iloc[0]
        for dataset, trace in zip(snakemake.params.datasets, snakemake.input.traces, strict=True)
    }
    best = read_csv(snakemake.input.hyperparameters)
    style.save(figures.sensitivity(grids, best, initial_losses), *snakemake.output)
