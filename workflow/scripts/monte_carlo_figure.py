"""Draw the figure of the one-sample Fisher."""

from empirical_fisher import figures_monte_carlo, style
from empirical_fisher.tables import read_csv
from job import logged

datasets, methods = snakemake.params.datasets, snakemake.params.methods
with logged(snakemake.log[0], "figure of monte_carlo"):
    tables = map(read_csv, snakemake.input.traces)
    traces = {dataset: {method: next(tables) for method in methods} for dataset in datasets}
    samples = dict(zip(datasets, map(read_csv, snakemake.input.samples), strict=True))
    errors = read_csv(snakemake.input.by_samples), read_csv(snakemake.input.overall)
    style.save(figures_monte_carlo.monte_carlo(*errors, samples, traces), *snakemake.output)
