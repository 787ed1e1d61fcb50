"""Search the grids of one data set again with its rows in other orders."""

from empirical_fisher import robustness, search
from empirical_fisher.datasets import read
from empirical_fisher.tables import read_csv, write_csv
from job import logged

dataset, methods = snakemake.wildcards.dataset, snakemake.params.methods
with logged(snakemake.log[0], f"orders of the rows of {dataset}"):
    orders = robustness.row_orders(
        read(snakemake.input.data),
        snakemake.params.model,
        dict(zip(methods, map(read_csv, snakemake.input.grids), strict=True)),
        dict(zip(methods, map(read_csv, snakemake.input.cells), strict=True)),
        snakemake.params.seeds,
        search.Schedule(**snakemake.params.schedule),
    )
    orders.insert(0, "dataset", dataset)
    write_csv(orders, snakemake.output[0])
