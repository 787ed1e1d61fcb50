"""Draw Figure 2 or Figure 4."""

from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

titles = snakemake.params.titles
with logged(snakemake.log[0], snakemake.rule):
    data = dict(zip(titles, map(read_csv, snakemake.input.data), strict=True))
    tables = {name: read_csv(snakemake.input[name]) for name in ("summary", "ellipses", "contours")}
    style.save(figures.misspecification(data, titles, **tables), *snakemake.output)
