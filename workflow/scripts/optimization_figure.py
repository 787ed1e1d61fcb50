"""Draw Figure 3 or Figure 5."""

from empirical_fisher import figures, style
from empirical_fisher.tables import read_csv
from job import logged

titles = snakemake.params.titles
with logged(snakemake.log[0], snakemake.rule):
    tables = map(read_csv, snakemake.input.traces)
    traces = {
        dataset: {method: next(tables) for method in methods}
        for dataset, methods in snakemake.params.methods.items()
    }
    style.save(figures.optimization(traces, titles), *snakemake.output)
