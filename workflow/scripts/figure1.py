"""Draw Figure 1."""

from empirical_fisher.experiments.optimization import figure as figures
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure 1"):
    names = ("data", "fit", "field", "trajectories", "contours")
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    style.save(figures.vector_fields(**tables), *snakemake.output)
