"""Draw the final loss over the grid of every data set and method."""

import pandas as pd

from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import by_method, read_csv
from job import logged

titles = snakemake.params.titles
with logged(snakemake.log[0], "sensitivity figure"):
    grids = by_method(snakemake.input.grids, snakemake.params.methods)
    initial_losses = {
        dataset: read_csv(trace)["loss"].iloc[0]
        for dataset, trace in zip(titles, snakemake.input.traces, strict=True)
    }
    best = pd.concat(map(read_csv, snakemake.input.cells))
    style.save(figures.sensitivity(grids, best, initial_losses, titles), *snakemake.output)
