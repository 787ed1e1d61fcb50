"""Draw both sides of Proposition 2."""

from empirical_fisher.experiments.curvature import figure as figures_curvature
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "remainder figure"):
    tables = {name: read_csv(snakemake.input[name]) for name in ("training", "repeated")}
    style.save(figures_curvature.remainder(**tables), *snakemake.output)
