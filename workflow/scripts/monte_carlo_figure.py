"""Draw the figure of the one-sample Fisher."""

from empirical_fisher.experiments.monte_carlo import figure as figures_monte_carlo
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import by_method, read_csv
from job import logged

titles = snakemake.params.titles
with logged(snakemake.log[0], "figure of monte_carlo"):
    traces = by_method(snakemake.input.traces, snakemake.params.methods)
    samples = dict(zip(titles, map(read_csv, snakemake.input.samples), strict=True))
    errors = read_csv(snakemake.input.by_samples), read_csv(snakemake.input.overall)
    figure = figures_monte_carlo.monte_carlo(*errors, samples, traces, titles)
    style.save(figure, *snakemake.output)
