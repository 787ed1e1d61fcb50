"""Search the grids of one data set in every variant that it is in."""

from empirical_fisher import search
from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import read
from empirical_fisher.experiments.robustness import experiment as robustness
from empirical_fisher.pipeline.tables import stacked, write_csv
from job import logged

dataset = snakemake.wildcards.dataset
with logged(snakemake.log[0], f"robustness on {dataset}") as log:
    data = read(snakemake.input.data)
    levels = {name: log_axis(**axis) for name, axis in snakemake.params.axes.items()}
    tables = {}
    for variant in snakemake.params.variants:
        log.info("%s", variant)
        tables[dataset, variant] = robustness.variant(
            variant,
            data,
            prior_variance=snakemake.params.prior_variance,
            **levels,
            clip=snakemake.params.clip,
            methods=snakemake.params.methods,
            schedule=search.Schedule(**snakemake.params.schedule),
        )
    write_csv(stacked(tables, "dataset", "variant"), snakemake.output[0])
