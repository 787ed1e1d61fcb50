"""Draw updates far from the optimum, and the step sizes that work from there."""

from empirical_fisher.experiments.scaling import figure as figures_scaling
from empirical_fisher.pipeline import style
from empirical_fisher.pipeline.tables import read_csv
from job import logged

with logged(snakemake.log[0], "figure on scaling"):
    names = ("steps", "angles", "starts", "path")
    tables = {name: read_csv(snakemake.input[name]) for name in names}
    style.save(figures_scaling.scaling(**tables), *snakemake.output)
