"""Draw Figure 3."""

from empirical_fisher import figures, style
from empirical_fisher.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure 3"):
    tables = map(read_csv, snakemake.input.traces)
    traces = {
        dataset: {method: next(tables) for method in snakemake.params.methods}
        for dataset in snakemake.params.datasets
    }
    style.save(figures.optimization(traces), *snakemake.output)
