"""Tabulate how large the good part of each grid is."""

from empirical_fisher.experiments.optimization import sensitivity
from empirical_fisher.pipeline.tables import read_csv, stacked, write_csv
from job import logged

with logged(snakemake.log[0], "sensitivity"):
    methods = snakemake.params.methods
    runs = [(dataset, method) for dataset in methods for method in methods[dataset]]
    tables = {
        run: sensitivity.summary(read_csv(grid))
        for run, grid in zip(runs, snakemake.input.grids, strict=True)
    }
    write_csv(stacked(tables, "dataset", "method"), snakemake.output[0])
