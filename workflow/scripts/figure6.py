"""Draw Figure 6."""

from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure 6"):
    line, dataset = read_csv(snakemake.input.line), read_csv(snakemake.input.dataset)
    style.save(figures.starting_points(line, dataset, snakemake.params.title), *snakemake.output)
