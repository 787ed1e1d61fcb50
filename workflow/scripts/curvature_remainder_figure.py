"""Draw both sides of Proposition 2."""

from empirical_fisher import figures_curvature, style
from empirical_fisher.tables import read_csv
from job import logged

with logged(snakemake.log[0], "remainder figure"):
    tables = {name: read_csv(snakemake.input[name]) for name in ("training", "repeated")}
    style.save(figures_curvature.remainder(**tables), *snakemake.output)
