"""Draw Figure 3 or Figure 5."""

from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import by_method
from job import logged

titles = snakemake.params.titles
with logged(snakemake.log[0], snakemake.rule):
    traces = by_method(snakemake.input.traces, snakemake.params.methods)
    style.save(figures.optimization(traces, titles), *snakemake.output)
