"""Draw what two splits of the loss leave out of the Hessian."""

from empirical_fisher.experiments.curvature import figure as figures_curvature
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "splits figure"):
    tables = {name: read_csv(snakemake.input[name]) for name in ("memorised", "residuals")}
    style.save(figures_curvature.splits(**tables), *snakemake.output)
